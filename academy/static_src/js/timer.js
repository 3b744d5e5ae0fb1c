/* Time left, by the server's clock: <… data-deadline="ISO" data-now="ISO">. Shown to the minute, in the
   last minute to the second; read out at ten, five and one. At zero the form with data-timer-submit goes. */

const ANNOUNCE = [10, 5, 1];

export function timers() {
  const language = document.documentElement.lang;
  const unit = (number, name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(number);

  document.querySelectorAll("[data-deadline]").forEach((box) => {
    const offset = Date.parse(box.dataset.now) - Date.now();
    const deadline = Date.parse(box.dataset.deadline);
    if (!deadline || Number.isNaN(offset)) return;
    const shown = box.querySelector("[data-timer-text]") || box;
    const spoken = box.querySelector("[data-timer-announce]");
    const left = () => Math.max(0, Math.ceil((deadline - Date.now() - offset) / 1000));
    let before = left() / 60;

    function tick() {
      const seconds = left();
      const minutes = seconds / 60;
      const hours = Math.floor(seconds / 3600);
      const words = seconds <= 60 ? unit(seconds, "second")
        : hours ? `${unit(hours, "hour")} ${unit(Math.floor((seconds % 3600) / 60), "minute")}`
        : unit(Math.ceil(minutes), "minute");
      shown.textContent = words;
      box.toggleAttribute("data-low", minutes <= 5);
      const mark = ANNOUNCE.find((point) => before > point && minutes <= point);
      if (mark && spoken) spoken.textContent = box.dataset.textLow.replace("{time}", unit(mark, "minute"));
      before = minutes;
      if (seconds > 0) return setTimeout(tick, seconds <= 61 ? 1000 : Math.min(15000, (seconds - 60) * 1000));
      if (spoken) spoken.textContent = box.dataset.textOver;
      const form = document.querySelector("form[data-timer-submit]");
      if (form) { form.noValidate = true; form.setAttribute("data-timer-over", ""); form.requestSubmit(); }
    }
    tick();
  });
}
