/* Starts Wagtail's admin widgets without inline scripts; see cms/csp.py. */
(() => {
  "use strict";

  /* Only widgets may be started: data in a page must not become a call of anything else. */
  const STARTABLE = /^\w*Chooser$|^(Inline|MultipleChooser)Panel$/;

  /* False when the widget's own script has not been loaded yet. */
  const start = ({ dataset: { call, arguments: escaped } }) => {
    const widget = STARTABLE.test(call) ? window[call] : undefined;
    if (typeof widget !== "function") return false;
    const values = JSON.parse(JSON.parse(`"${escaped}"`));
    if (/^[A-Z]/.test(call)) new widget(...values);
    else widget(...values);
    return true;
  };

  let scripts = Promise.resolve(); // settled when every script of an opened modal has been loaded

  customElements.define(
    "academy-start-up",
    class extends HTMLElement {
      #started = false;

      /* Runs while the markup is being read or inserted, after everything that stands before it. It
         runs again when a panel is moved, hence the flag. A widget whose script stands further down
         the page is started when the page has been read. */
      connectedCallback() {
        if (this.#started) return;
        this.#started = true;
        if (start(this)) return;
        const again = () => {
          if (!start(this)) console.error(`No script for the widget ${this.dataset.call}`);
        };
        if (document.readyState === "loading") {
          document.addEventListener("DOMContentLoaded", again, { once: true });
        } else {
          setTimeout(() => scripts.then(again)); // jQuery turns to the scripts after the markup
        }
      }
    },
  );

  /* jQuery runs the scripts of a modal's HTML by fetching their text and inserting it inline. Here a
     script is loaded by its address, in order, and only once. */
  const loaded = new Set();

  const load = (url) =>
    new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = script.onerror = resolve;
      document.head.append(script);
    });

  window.jQuery._evalUrl = (address) => {
    const url = new URL(address, document.baseURI).href;
    for (const { src } of document.scripts) loaded.add(src);
    if (loaded.has(url)) return;
    loaded.add(url);
    scripts = scripts.then(() => load(url));
  };

  /* wagtail-localize's "select all" on the form that submits pages for translation. */
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "select_all" || !target.closest("[data-academy-translation-form]")) return;
    for (const locale of document.getElementsByName("locales")) locale.checked = target.checked;
  });
})();
