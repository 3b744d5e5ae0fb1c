/* Answers that are never lost. See assessments/running.py for the other side.

   A form with data-autosave (the address of the queue), data-attempt and data-position is saved whenever
   it changes. Until the server has answered for it, the newest answer of each page waits in localStorage
   under its person and attempt; any page of that person sends it, none of another's does. A save is known
   by the page's `_client` and its rising `seq`, so sending it again does no harm. Before a form with
   data-flush goes, what waits is sent; one with data-resend (a placement) is kept and sent again by itself. */

const RETRY = [1, 2, 4, 8, 15, 30];
const TYPING = 700;
const DAY = 24 * 3600 * 1000;
const CHUNK = 50;
const user = document.body?.dataset.user;
const mine = `academy:answers:${user}:`;
const placement = `academy:placement:${user}`;

/* Another tab may write between two lines of this one: read, change and write at once. */
const memory = {};
let isKept = true;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key) || "{}"); } catch { return memory[key] || {}; } };
function change(key, run) {
  const items = read(key);
  run(items);
  memory[key] = items;
  try {
    if (Object.keys(items).length) localStorage.setItem(key, JSON.stringify(items));
    else { localStorage.removeItem(key); delete memory[key]; }
    isKept = true;
  } catch { isKept = false; }
}
const queues = () => {
  let names = Object.keys(memory);
  try { names = names.concat(Object.keys(localStorage)); } catch { /* memory alone, then */ }
  return [...new Set(names)].filter((name) => name.startsWith(mine));
};
const waiting = () => queues().flatMap((key) => Object.values(read(key))).filter((item) => !item.refused);

/* The cookie is the newest token: after a new sign-in in another tab the page's own is stale. */
const token = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
const renew = (form) => { const field = form.elements.namedItem("csrfmiddlewaretoken"); if (field) field.value = token(); };

const pairsOf = (form) =>
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "seq" && name[0] !== "_");

function restore(form, pairs) {
  const left = [...pairs];
  for (const input of form.elements) {
    if (!input.name || ["hidden", "submit", "file", "fieldset"].includes(input.type)) continue;
    if (input.type === "radio" || input.type === "checkbox") {
      input.checked = pairs.some(([name, value]) => name === input.name && value === input.value);
      continue;
    }
    const next = left.findIndex(([name]) => name === input.name);
    if (next >= 0) input.value = left.splice(next, 1)[0][1];
  }
}

/* The server's time, as far as the page knows it, and how long the question was to be seen. */
function watch(form) {
  const at = form.elements.namedItem("_at"), seconds = form.elements.namedItem("_seconds");
  const offset = at?.dataset.now ? at.dataset.now - Date.now() : 0;
  let seen = 0, since = document.hidden ? 0 : performance.now();
  document.addEventListener("visibilitychange", () => {
    if (since) seen += performance.now() - since;
    since = document.hidden ? 0 : performance.now();
  });
  const facts = () => ({
    client: form.elements.namedItem("_client")?.value || "",
    at: Date.now() + offset,
    seconds: Math.round(+(seconds?.dataset.shown || 0) + (seen + (since && performance.now() - since)) / 1000),
  });
  form.addEventListener("submit", () => {
    const now = facts();
    if (at) at.value = now.at;
    if (seconds) seconds.value = now.seconds;
    renew(form);
  });
  return facts;
}

/* Seen is every change; read out are trouble and its end. */
let said = "";
function say(state, words) {
  document.querySelectorAll("[data-save-status]").forEach((status) => {
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    words ||= (status.getAttribute(`data-text-${state}`) || "").replace("{time}", time);
    status.hidden = false;
    status.dataset.state = state;
    (status.querySelector("[data-save-text]") || status).textContent = words;
    const link = status.querySelector("[data-save-sign-in]");
    if (link) link.hidden = state !== "signed-out";
    const spoken = status.querySelector("[data-save-spoken]");
    if (!spoken || state === "saving" || (state === said && state !== "refused")) return;
    spoken.textContent = words;
  });
  if (state !== "saving") said = state;
}

async function post(url, saves, keepalive) {
  const body = JSON.stringify({ user, saves });
  const response = await fetch(url, {
    // a browser outlives its page with 64 KiB at most, and refuses more
    method: "POST", keepalive: keepalive && body.length < 60_000, credentials: "same-origin",
    headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch", "Content-Type": "application/json", Accept: "application/json" },
    body,
  });
  const json = response.headers.get("content-type")?.includes("json");
  const signedOut = response.status === 401 || response.status === 404 || (response.status === 403 && !json)
    || (response.redirected && /\/login\/?$/.test(new URL(response.url).pathname));
  if (signedOut) return { state: "signed-out" };
  if (response.status >= 500 || response.status === 429 || response.status === 408 || !json) return { state: "offline" };
  const answer = await response.json();
  if (response.ok) return answer;
  return { saves: saves.map((save) => ({ ...save, state: "refused", error: answer.error })) };
}

let busy = null, fails = 0, timer = 0, pages = [], onSent = null;

function retry(state) {
  say(onSent && state === "offline" ? "unsent" : state);
  clearTimeout(timer);
  timer = setTimeout(flush, 1000 * RETRY[Math.min(fails++, RETRY.length - 1)]);
  return false;
}

/* Send all that waits; true when nothing waits any more. */
export function flush() {
  busy ||= sendAll().finally(() => { busy = null; });
  return busy;
}

async function sendAll() {
  clearTimeout(timer);
  for (const key of queues()) {
    for (;;) {
      const items = Object.entries(read(key)).filter(([, item]) => !item.refused).slice(0, CHUNK);
      if (!items.length) break;
      if (items.some(([, item]) => !item.submitted)) say("saving");
      let answer;
      try { answer = await post(items[0][1].url, items.map(([, { url, refused, submitted, since, ...save }]) => save)); }
      catch { answer = { state: "offline" }; }
      if (answer.state) return retry(answer.state);
      fails = 0;
      dispatchEvent(new CustomEvent("academy:clock", { detail: answer }));
      let trouble = "", shown = false;
      answer.saves.forEach((result, index) => {
        const [name, item] = items[index];
        const done = result.state === "stored" || result.state === "known";
        const error = done ? "" : result.error || " ";
        change(key, (kept) => {
          if (kept[name]?.seq !== item.seq) return;  // changed meanwhile: the newer one waits
          if (done || item.submitted) delete kept[name];
          else kept[name].refused = error;
        });
        if (result.kept) pages.forEach((page) => page.heard(name, result));
        if (!item.submitted) { shown = true; trouble ||= error; }
      });
      if (trouble) say("refused", trouble.trim());
      else if (shown) say("saved");
    }
  }
  // Another tab may have sent what could not be sent here.
  if (said && !["saved", "refused"].includes(said)) say("saved");
  if (onSent) { const go = onSent; onSent = null; go(); }
  return true;
}

function bind(form) {
  const { autosave: url, attempt, position } = form.dataset;
  const key = mine + attempt;
  const field = form.elements.namedItem("seq"), seenField = form.elements.namedItem("_seen");
  const facts = watch(form);
  const client = facts().client;
  const name = `${position}:${client}`;
  const shown = +(field?.value || 1) - 1;
  let seq = shown, seen = +(seenField?.value || shown), wait = 0;

  /* What an earlier page of this person left unsent for this question: show the newest. */
  const left = Object.entries(read(key)).filter(([other, item]) => other.startsWith(`${position}:`) && !item.refused).sort((a, b) => a[1].at - b[1].at);
  const adopted = left.at(-1);
  if (adopted) { restore(form, adopted[1].fields); seq = Math.max(seq, adopted[1].seq); }
  pages.push({ heard(other, result) { if (other === name || other === adopted?.[0] || (result.state === "superseded" && other.startsWith(`${position}:`))) { seen = Math.max(seen, result.kept); seq = Math.max(seq, result.kept); if (seenField) seenField.value = seen; if (field && +field.value <= seq) field.value = seq + 1; } } });

  const note = (submitted) => {
    clearTimeout(wait);
    wait = 0;
    seq += 1;
    if (field) field.value = seq;
    change(key, (items) => {
      items[name] = { url, position, seq, seen, since: Date.now(), ...facts(), fields: pairsOf(form), ...(submitted && { submitted }) };
    });
  };
  const save = () => { note(); fails = 0; flush(); };
  form.addEventListener("change", save);
  form.addEventListener("input", (event) => {
    if (!event.target.matches("textarea, input:not([type=radio]):not([type=checkbox]):not([type=file])")) return;
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
    if (navigator.onLine !== false || form.hasAttribute("data-timer-over")) return;
    event.preventDefault();
    note();
    retry("offline");
  });
  addEventListener("pagehide", () => {
    if (!wait) return;
    note();
    try { post(url, [read(key)[name]], true).catch(() => {}); } catch { /* it waits */ }
  });
}

/* Before what cannot be undone: send what waits, then go; without a connection, as soon as there is one. */
function holdBack() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const leaves = /\/logout\/?$/.test(new URL(form.action || location.href, location.href).pathname);
    if (!form.hasAttribute("data-flush") && !leaves) return;
    const forget = () => [...queues(), placement].forEach((key) => {
      if (leaves || key === mine + form.dataset.flush) change(key, (items) => { for (const name in items) delete items[name]; });
    });
    const isReady = form.hasAttribute("data-ready") || (!waiting().length && (leaves || navigator.onLine !== false));
    form.removeAttribute("data-ready");
    if (isReady) { if (!leaves) renew(form); return forget(); }
    event.preventDefault();
    const button = event.submitter;
    const go = () => { form.setAttribute("data-ready", ""); form.requestSubmit(button?.isConnected ? button : undefined); };
    if (leaves) return Promise.race([flush(), new Promise((done) => setTimeout(done, 4000))]).then(go);
    onSent = go;
    if (navigator.onLine === false) return retry("offline");
    flush().then((sent) => { if (sent && onSent === go) { onSent = null; go(); } });
  }, true);
}

/* A placement's item: the answer is kept until a later item is shown, and sent again until it is. */
function resend(form) {
  const { attempt, resend: position } = form.dataset;
  const key = placement;
  const name = `${attempt}:${position}`;
  watch(form);
  change(key, (items) => { for (const other in items) if (other !== name) delete items[other]; });
  const kept = read(key)[name];
  if (kept) restore(form, kept.fields);
  let sending = false, again = 0, tries = 0;
  form.addEventListener("submit", async (event) => {
    if (form.hasAttribute("data-native") || form.hasAttribute("data-sent")) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    clearTimeout(again);
    const button = event.submitter;
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    change(key, (items) => { items[name] = { fields: pairsOf(form) }; });
    say("saving");
    try {
      const response = await fetch(location.href, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
      if (response.type === "opaqueredirect") return location.assign(location.href);
      if (response.status >= 500 || response.status === 429 || response.status === 408) throw new Error(response.status);
      form.setAttribute("data-native", "");  // the page that comes says what is wrong
      form.requestSubmit(button);
    } catch {
      say("offline");
      sending = false;
      again = setTimeout(() => form.requestSubmit(button), 1000 * RETRY[Math.min(tries++, RETRY.length - 1)]);
    }
  });
}

export function autosave() {
  if (!user) return;
  for (const key of queues()) change(key, (items) => { for (const name in items) if (items[name].refused && Date.now() - items[name].since > DAY) delete items[name]; });
  document.querySelectorAll("form[data-autosave][data-attempt]").forEach(bind);
  document.querySelectorAll("form[data-resend]").forEach(resend);
  holdBack();
  addEventListener("online", () => { fails = 0; flush(); });
  addEventListener("focus", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  addEventListener("beforeunload", (event) => { if (!isKept && waiting().length) event.preventDefault(); });
  if (waiting().length) flush();
}
