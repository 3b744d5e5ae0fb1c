/* Saves the answer of a form with data-autosave whenever it changes, and never loses one.

   The newest answer of each form (by data-autosave-key, else its address) waits in localStorage under
   the person's own key until the server has answered for it. Each carries a rising number, the form's
   `seq` field: the page comes with the next free one, so it serves without JavaScript too. The server
   keeps the highest, so a repeated or late arrival does no harm. Only what the server refuses (4xx
   with a message) is shown instead of repeated, and forgotten after a day. */

const RETRY = [1, 2, 4, 8, 15, 30];
const TYPING = 700;
const DAY = 24 * 3600 * 1000;

class Queue {
  constructor(user) {
    this.key = `academy:answers:${user}`;
    try { this.items = JSON.parse(localStorage.getItem(this.key)) || {}; } catch { this.items = {}; }
    for (const [key, item] of Object.entries(this.items)) if (item.refused && Date.now() - item.at > DAY) delete this.items[key];
  }
  write() {
    try { localStorage.setItem(this.key, JSON.stringify(this.items)); this.kept = true; } catch { this.kept = false; }
  }
  put(key, item) { this.items[key] = item; this.write(); }
  drop(key, seq) { if (this.items[key]?.seq === seq) { delete this.items[key]; this.write(); } }
  get waiting() { return Object.entries(this.items).filter(([, item]) => !item.refused); }
}

const pairsOf = (form) =>
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "seq");

/* The cookie is the newest token: after a new sign-in in another tab the page's own is stale. */
const token = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

function restore(form, pairs) {
  for (const input of form.elements) {
    if (!input.name || input.type === "hidden" || input.type === "submit" || input.type === "file") continue;
    const values = pairs.filter(([name]) => name === input.name).map(([, value]) => value);
    if (input.type === "radio" || input.type === "checkbox") input.checked = values.includes(input.value);
    else if (values.length) input.value = values[0];
  }
}

export function autosave() {
  const forms = [...document.querySelectorAll("form[data-autosave]")];
  const user = (forms[0] || document.body).dataset.user || document.body.dataset.user;
  if (!user) return;
  const queue = new Queue(user);
  const status = document.querySelector("[data-save-status]");
  let busy = false, fails = 0, timer = 0;

  function say(state, extra) {
    if (!status) return;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const words = extra || (status.getAttribute(`data-text-${state}`) || "").replace("{time}", time);
    status.hidden = false;
    status.dataset.state = state;
    if (status.textContent !== words) status.textContent = words;
  }

  function retry(state) {
    say(state);
    clearTimeout(timer);
    timer = setTimeout(flush, 1000 * RETRY[Math.min(fails++, RETRY.length - 1)]);
  }

  async function send(item) {
    const body = new URLSearchParams([...item.pairs, ["seq", item.seq]]);
    const response = await fetch(item.url, {
      // a browser outlives its page with 64 KiB at most, and refuses more
      method: "POST", body, keepalive: `${body}`.length < 60_000, credentials: "same-origin",
      headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch", Accept: "application/json" },
    });
    const json = response.headers.get("content-type")?.includes("json");
    if (response.status === 401 || (response.status === 403 && !json) || (response.redirected && /\/login\/?$/.test(new URL(response.url).pathname)))
      return "signed-out";
    if (response.ok) return "saved";
    if (response.status >= 500 || response.status === 429 || response.status === 408) return "offline";
    item.refused = (json && (await response.json()).error) || true;
    return "refused";
  }

  async function flush() {
    if (busy) return;
    clearTimeout(timer);
    busy = true;
    try {
      for (const [key, item] of queue.waiting) {
        if (!item.submitted) say("saving");
        let state;
        try { state = await send(item); } catch { state = "offline"; }
        if (state === "offline" || state === "signed-out") return retry(state);
        fails = 0;
        if (state === "saved" || item.submitted) queue.drop(key, item.seq);
        else queue.write();
        if (!item.submitted) say(state, typeof item.refused === "string" ? item.refused : "");
      }
    } finally { busy = false; }
    if (queue.waiting.length) flush();
  }

  for (const form of forms) {
    const url = form.dataset.autosave || form.action;
    const key = form.dataset.autosaveKey || url;
    const field = form.elements.namedItem("seq");
    const shown = +(field?.value || 1) - 1;
    const kept = queue.items[key];
    let seq = Math.max(shown, kept?.seq || 0);
    let wait = 0;
    if (kept && kept.seq > shown) restore(form, kept.pairs);
    const note = (submitted) => {
      clearTimeout(wait);
      wait = 0;
      seq += 1;
      if (field) field.value = seq;
      queue.put(key, { url, seq, pairs: pairsOf(form), at: Date.now(), ...(submitted && { submitted }) });
    };
    const save = () => { note(); fails = 0; flush(); };
    form.addEventListener("change", save);
    form.addEventListener("input", (event) => {
      if (!event.target.matches("textarea, input:not([type=radio]):not([type=checkbox])")) return;
      clearTimeout(wait);
      wait = setTimeout(save, TYPING);
    });
    form.addEventListener("submit", (event) => {
      // Files go with the page alone: a copy of the answer without them must not arrive before it.
      if (navigator.onLine !== false && [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length)) {
        clearTimeout(wait);
        wait = 0;
        seq += 1;
        if (field) field.value = seq;
        return;
      }
      note(true);
      if (navigator.onLine === false && !form.hasAttribute("data-timer-over")) {
        event.preventDefault();
        note();
        retry("offline");
      }
    });
    addEventListener("pagehide", () => { if (wait) note(); });
  }

  addEventListener("online", () => { fails = 0; flush(); });
  addEventListener("focus", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  addEventListener("beforeunload", (event) => {
    if (queue.kept === false && Object.keys(queue.items).length) event.preventDefault();
  });
  flush();
}
