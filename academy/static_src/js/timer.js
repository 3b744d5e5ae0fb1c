/* Time left, by the server's clock: <… data-deadline="ISO" data-now="ISO">. Shown to the minute, in the
   last minute to the second; read out at ten, five and one. The deadline may move: data-clock is asked
   every minute and at zero, and each save tells it. At zero the form with data-timer-submit goes, else the
   page goes to data-over. */
import { flush } from "./autosave.js";

const ANNOUNCE = [10, 5, 1];
const ASK = 60000;

export function timers() {
  const language = document.documentElement.lang;
  const unit = (number, name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(number);

  document.querySelectorAll("[data-deadline]").forEach((box) => {
    let offset = Date.parse(box.dataset.now) - Date.now();
    let deadline = Date.parse(box.dataset.deadline);
    if (!deadline || Number.isNaN(offset)) return;
    const shown = box.querySelector("[data-timer-text]") || box;
    const spoken = box.querySelector("[data-timer-announce]");
    const left = () => Math.max(0, Math.ceil((deadline - Date.now() - offset) / 1000));
    let before = left() / 60, next = 0;

    async function ask() {
      try {
        const response = await fetch(box.dataset.clock, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
        if (response.ok && !response.redirected) hear(await response.json());
      } catch { /* the clock that is shown stands */ }
    }

    function hear(clock) {
      if (clock.paused) return location.reload();  // paused in another tab: the questions are hidden
      const moved = Date.parse(clock.deadline) - deadline;
      if (!clock.deadline || Number.isNaN(moved)) return;
      if (clock.over && !document.querySelector("form[data-timer-submit]")) return over();
      offset = Date.parse(clock.now) - Date.now();
      if (Math.abs(moved) < 1000) return;
      deadline += moved;
      before = left() / 60;
      if (moved > 0 && spoken) spoken.textContent = box.dataset.textMoved.replace("{time}", unit(Math.ceil(before), "minute"));
      tick();
    }

    async function over() {
      const form = document.querySelector("form[data-timer-submit]");
      if (form) { form.noValidate = true; form.setAttribute("data-timer-over", ""); return form.requestSubmit(); }
      if (!box.dataset.over) return;
      if (await flush()) location.assign(box.dataset.over);
      else next = setTimeout(over, 5000);  // without a connection there is nowhere to go
    }

    async function tick() {
      clearTimeout(next);
      const seconds = left();
      const minutes = seconds / 60;
      const hours = Math.floor(seconds / 3600);
      shown.textContent = seconds <= 60 ? unit(seconds, "second")
        : hours ? `${unit(hours, "hour")} ${unit(Math.floor((seconds % 3600) / 60), "minute")}`
        : unit(Math.ceil(minutes), "minute");
      box.toggleAttribute("data-low", minutes <= 5);
      const mark = ANNOUNCE.find((point) => before > point && minutes <= point);
      if (mark && spoken) spoken.textContent = box.dataset.textLow.replace("{time}", unit(mark, "minute"));
      before = minutes;
      if (seconds > 0) { next = setTimeout(tick, seconds <= 61 ? 1000 : Math.min(15000, (seconds - 60) * 1000)); return; }
      if (box.dataset.clock) { await ask(); if (left() > 0) return; }
      if (spoken) spoken.textContent = box.dataset.textOver;
      over();
    }
    if (box.dataset.clock) {
      setInterval(() => { if (!document.hidden) ask(); }, ASK);
      document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
      addEventListener("academy:clock", (event) => hear(event.detail));
    }
    tick();
  });
}
