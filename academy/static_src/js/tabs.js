/* Parts of one page behind tabs; see components/tabs.html. Arrow keys move, Home and End jump. */

export function tabs() {
  document.querySelectorAll("[data-tabs]").forEach((box) => {
    const list = box.querySelector("ul");
    const links = [...list.querySelectorAll("a")];
    const panels = links.map((link) => document.getElementById(link.hash.slice(1)));
    list.setAttribute("role", "tablist");
    list.querySelectorAll("li").forEach((item) => item.setAttribute("role", "presentation"));

    function show(index, focus) {
      links.forEach((link, i) => {
        link.setAttribute("aria-selected", i === index);
        link.tabIndex = i === index ? 0 : -1;
        panels[i].hidden = i !== index;
      });
      if (focus) links[index].focus();
    }
    links.forEach((link, index) => {
      link.setAttribute("role", "tab");
      link.setAttribute("aria-controls", panels[index].id);
      panels[index].setAttribute("role", "tabpanel");
      panels[index].tabIndex = 0;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        history.replaceState(null, "", link.hash);
        show(index, true);
      });
      link.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (document.dir === "rtl" ? -1 : 1);
        const next = step ? (index + step + links.length) % links.length : { Home: 0, End: links.length - 1 }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        show(next, true);
      });
    });
    show(Math.max(0, links.findIndex((link) => link.hash === location.hash)));
  });
}
