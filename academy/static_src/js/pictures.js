/* Makes the picture of a question answer to a mouse or a finger. The form below it is the answer:
   everything here sets a control of the form and shows what the form says. */

const MOVED = 6; /* pixels: less is a press, not a drag */

/* The rectangles are in the picture's per cent already: what is laid over them takes the same numbers. */
const cover = (element, rect) => {
  for (const [side, name] of [["x", "left"], ["y", "top"], ["width", "width"], ["height", "height"]])
    element.style[name] = rect.getAttribute(side);
};

function hotspot(figure, form) {
  const places = [...figure.querySelectorAll("[data-place]")];
  const inputs = new Map([...form.querySelectorAll("[name=answer]")].map((input) => [input.value, input]));
  const show = () => places.forEach((place) => place.toggleAttribute("data-chosen", !!inputs.get(place.dataset.place)?.checked));
  figure.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]");
    if (place) inputs.get(place.dataset.place)?.click();
  });
  form.addEventListener("change", show);
  show();
}

function dragdrop(figure, form) {
  const frame = figure.firstElementChild;
  const tray = document.createElement("div");
  tray.className = "ac-tray";
  tray.setAttribute("aria-hidden", "true"); /* the lists say it to everybody else */
  figure.prepend(tray);
  const zones = new Map([...figure.querySelectorAll("[data-place]")].map((place) => {
    const zone = document.createElement("div");
    zone.className = "ac-zone";
    zone.setAttribute("aria-hidden", "true");
    cover(zone, place.querySelector("rect"));
    frame.append(zone);
    return [place.dataset.place, zone];
  }));
  let picked = null, drag = null;

  const chips = [...form.querySelectorAll("select[data-token]")].map((select) => {
    const chip = document.createElement("span");
    chip.className = "ac-token";
    chip.textContent = chip.title = select.labels[0].textContent;
    chip.select = select;
    return chip;
  });
  const show = () => chips.forEach((chip) => {
    const home = zones.get(chip.select.value) || tray;
    if (chip.parentNode !== home) home.append(chip);
  });
  const pick = (chip) => {
    picked?.removeAttribute("data-picked");
    picked = chip;
    chip?.setAttribute("data-picked", "");
    figure.toggleAttribute("data-picking", !!chip);
  };
  const put = (chip, place) => {
    pick(null);
    const value = [...zones].find(([, zone]) => zone === place)?.[0] || "";
    if (chip.select.value === value) return;
    chip.select.value = value;
    chip.select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const under = (event) => {
    const found = document.elementsFromPoint(event.clientX, event.clientY);
    return found.find((element) => element.matches(".ac-zone, .ac-tray") && figure.contains(element));
  };
  const end = (event) => {
    const { chip, moved } = drag;
    drag = null;
    chip.style.translate = "";
    chip.removeAttribute("data-dragged");
    zones.forEach((zone) => zone.removeAttribute("data-over"));
    if (event.type === "pointercancel") return pick(null);
    const place = under(event);
    if (moved) return place ? put(chip, place) : pick(null);
    if (picked && picked !== chip && place !== tray) return put(picked, place);
    pick(picked === chip ? null : chip);
  };

  figure.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    const chip = event.target.closest(".ac-token");
    if (!chip) return;
    event.preventDefault();
    drag = { chip, x: event.clientX, y: event.clientY, moved: false };
    chip.setPointerCapture(event.pointerId);
  });
  figure.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const x = event.clientX - drag.x, y = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(x, y) < MOVED) return;
    drag.moved = true;
    pick(drag.chip);
    drag.chip.setAttribute("data-dragged", "");
    drag.chip.style.translate = `${x}px ${y}px`;
    const place = under(event);
    zones.forEach((zone) => zone.toggleAttribute("data-over", zone === place));
  });
  figure.addEventListener("pointerup", (event) => { if (drag) end(event); });
  figure.addEventListener("pointercancel", (event) => { if (drag) end(event); });
  figure.addEventListener("click", (event) => {
    if (!picked || event.target.closest(".ac-token")) return;
    const place = event.target.closest(".ac-zone, .ac-tray");
    if (place) put(picked, place);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !(picked || drag)) return;
    if (drag) { drag.chip.style.translate = ""; drag.chip.removeAttribute("data-dragged"); drag = null; }
    pick(null);
  });
  form.addEventListener("change", show);
  show();
  const hint = document.querySelector("[data-picture-hint]");
  if (hint) hint.hidden = false;
}

for (const figure of document.querySelectorAll("[data-picture]")) {
  const form = figure.closest("form") || document.querySelector("main");
  (figure.dataset.picture === "hotspot" ? hotspot : dragdrop)(figure, form);
  figure.setAttribute("data-ready", "");
}
