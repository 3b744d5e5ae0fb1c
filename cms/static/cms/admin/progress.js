/* Keeps what a page tells of work under way up to date, until it is done. Without it, reload the page. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const told = document.querySelector("[data-progress]");
  if (!told?.dataset.progress) return;
  const ask = async () => {
    try {
      const response = await fetch(told.dataset.progress);
      if (response.ok) told.innerHTML = await response.text();
    } catch {
      /* asked again below */
    }
    if (told.querySelector("progress")) setTimeout(ask, 2000);
  };
  setTimeout(ask, 1000);
});
