/* A region that is not ready yet: <div id="…" data-poll="url">. The address is fetched every three
   seconds (data-poll-every) and the region takes what comes: the element of the same id in the
   answer, else its first element. It stops when what came has no data-poll. */

export function poll() {
  document.querySelectorAll("[data-poll]").forEach((region) => {
    const until = Date.now() + 15 * 60 * 1000;
    let every = 1000 * (region.dataset.pollEvery || 3);
    const again = () => { if (Date.now() < until) setTimeout(look, every); };
    async function look() {
      if (document.hidden) return again();
      try {
        const response = await fetch(region.dataset.poll, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
        if (!response.ok || response.redirected) throw new Error(response.status);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = (region.id && page.getElementById(region.id)) || page.body.firstElementChild;
        if (!fresh) return again();
        if (region.innerHTML !== fresh.innerHTML) region.innerHTML = fresh.innerHTML;
        if (!fresh.hasAttribute("data-poll")) { region.removeAttribute("data-poll"); region.removeAttribute("aria-busy"); return; }
      } catch { every = Math.min(every * 2, 60000); }
      again();
    }
    region.setAttribute("aria-live", "polite");
    again();
  });
}
