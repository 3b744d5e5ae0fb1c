/* The assessment builder: shows the fields that a section's rule needs, and tells what the sections
   would draw while they are written. Without it, every field is there and the page tells it when it is
   opened. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";

  /* The fields of a section that only some rules have. */
  const FIELDS = {
    competency: ["random", "adaptive"],
    level: ["random", "adaptive"],
    count: ["random", "adaptive"],
    pilot_count: ["random", "fixed"],
    items: ["fixed"],
  };

  const panel = document.querySelector("[data-builder]");
  const form = panel?.closest("form");
  if (!form) return;

  const fit = (rule) => {
    const prefix = rule.name.slice(0, -"rule".length);
    for (const [name, rules] of Object.entries(FIELDS)) {
      const input =
        form.querySelector(`[name="${prefix}${name}"]`) ||
        form.querySelector(`[name="${prefix}${name}-TOTAL_FORMS"]`);
      const field = input?.closest(".w-panel__wrapper");
      if (field) field.hidden = !rules.includes(rule.value);
    }
  };
  const fitAll = () => {
    for (const rule of form.querySelectorAll('select[name^="sections-"][name$="-rule"]')) fit(rule);
  };

  let waiting;
  let latest = 0;
  const check = async () => {
    const data = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (/^(sections-|kind$|csrfmiddlewaretoken$)/.test(name)) data.append(name, value);
    }
    const turn = ++latest;
    try {
      const response = await fetch(panel.dataset.url, { method: "POST", body: data });
      if (response.ok && turn === latest) panel.innerHTML = await response.text();
    } catch {
      /* offline: what is shown stays */
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  };

  form.addEventListener("input", soon);
  form.addEventListener("change", ({ target }) => {
    if (target.name?.endsWith("-rule")) fit(target);
    soon();
  });
  /* Sections and questions are added, moved and deleted without an event of the form. */
  new MutationObserver((changes) => {
    if (changes.every(({ target }) => panel.contains(target))) return;
    fitAll();
    soon();
  }).observe(document.getElementById("id_sections-FORMS") || form, { childList: true, subtree: true });
  fitAll();
});
