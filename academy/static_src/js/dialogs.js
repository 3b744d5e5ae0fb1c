/* A question before something that cannot be undone, and the warning before the session ends. */

/* <button data-confirm="Withdraw this answer?" data-confirm-label="Withdraw"> */
export function confirmations() {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog?.showModal) return;
  const yes = dialog.querySelector("[value=yes]");
  let asked;
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-confirm]");
    if (!button || button === asked) return;
    event.preventDefault();
    dialog.querySelector("h2").textContent = button.dataset.confirm;
    yes.textContent = button.dataset.confirmLabel || yes.dataset.default;
    yes.classList.toggle("govuk-button--warning", button.classList.contains("govuk-button--warning"));
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      button.focus();
      if (dialog.returnValue !== "yes") return;
      asked = button;
      button.click();
      asked = undefined;
    }, { once: true });
  });
}

/* components/timeout_warning.html */
export function timeout() {
  const dialog = document.querySelector("dialog[data-timeout]");
  if (!dialog?.showModal) return;
  const { timeout: seconds, timeoutWarn: warn, timeoutUrl: url } = dialog.dataset;
  const wait = () => setTimeout(() => dialog.showModal(), Math.min(Math.max(seconds - warn, 5) * 1000, 2 ** 31 - 1));
  dialog.addEventListener("close", async () => {
    try { await fetch(url, { credentials: "same-origin" }); } finally { wait(); }
  });
  wait();
}
