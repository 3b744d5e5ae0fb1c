/* Small helps around forms and buttons. */

const each = (selector, run) => document.querySelectorAll(selector).forEach(run);

/* A form is sent once: a second press is ignored until the page is shown again, the line comes back or
   ten seconds have passed. Opt out with data-multiple (downloads). */
export function guardSubmits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("data-multiple")) return;
    if (form.hasAttribute("data-sent")) return event.preventDefault();
    form.setAttribute("data-sent", "");
    event.submitter?.setAttribute("data-busy", "");
    setTimeout(release, 10000);
  });
  const release = () => {
    each("[data-sent]", (form) => form.removeAttribute("data-sent"));
    each("[data-busy]", (button) => button.removeAttribute("data-busy"));
  };
  window.addEventListener("pageshow", release);
  window.addEventListener("online", release);
}

export function focusErrors() {
  const summary = document.querySelector("[data-error-summary]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const target = event.target.closest("a") && document.getElementById(event.target.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    (target.closest("fieldset")?.querySelector("legend") || document.querySelector(`label[for="${target.id}"]`) || target)
      .scrollIntoView();
    target.focus({ preventScroll: true });
  });
}

/* Passkey buttons start hidden, because without WebAuthn they could do nothing. */
export function revealPasskeys() {
  if (!window.PublicKeyCredential) return;
  each("[data-passkey]", (element) => { element.hidden = false; });
  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (!place) return;
    event.preventDefault();
    place.textContent = place.dataset.text;
    place.hidden = false;
  });
}

export function printButtons() {
  each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}

/* <button data-copy="text to copy" data-copied="Copied"> */
export function copyButtons() {
  if (!navigator.clipboard) return;
  each("[data-copy]", (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
    });
  });
}
