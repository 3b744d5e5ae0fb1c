/* An ordered list whose items have a place in a select: <ol data-order>. Where this runs, the selects
   are moved by buttons and, with data-drag, by dragging; they still hold the answer. Runs after autosave,
   which may have filled them in from what this device kept. */

function ordering() {
  document.querySelectorAll("[data-order]").forEach((list) => {
    const said = list.parentNode.querySelector("[data-order-said]");
    const steps = () => [...list.children];
    const select = (step) => step.querySelector("select");
    const text = (step) => step.querySelector("label").textContent.trim();
    let number = 0;

    /* What stands where is written into the selects, and autosave is told. */
    function settle(step, button) {
      steps().forEach((one, index) => { select(one).value = index + 1; });
      show();
      button?.focus();
      const place = steps().indexOf(step) + 1;
      said.textContent = list.dataset.said
        .replace("[step]", text(step)).replace("[place]", place).replace("[count]", list.children.length);
      select(step).dispatchEvent(new Event("change", { bubbles: true }));
    }

    function show() {
      const all = steps();
      all.forEach((step, index) => {
        step.querySelector(".ac-order__number").textContent = select(step).value ? `${index + 1}.` : "–";
        const [up, down] = step.querySelectorAll("button");
        up.setAttribute("aria-disabled", index === 0);
        down.setAttribute("aria-disabled", index === all.length - 1);
      });
    }

    function move(step, by, button) {
      const other = by < 0 ? step.previousElementSibling : step.nextElementSibling;
      if (!other) return;
      if (by < 0) other.before(step);
      else other.after(step);
      settle(step, button);
    }

    function grip(step) {
      const handle = document.createElement("span");
      handle.className = "ac-order__grip";
      handle.setAttribute("aria-hidden", "true");
      handle.textContent = "⠿";
      let moved = false;
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        handle.setPointerCapture(event.pointerId);
        step.classList.add("ac-order__step--dragged");
        moved = false;
      });
      handle.addEventListener("pointermove", (event) => {
        if (!step.classList.contains("ac-order__step--dragged")) return;
        const over = steps().find((one) => {
          const box = one.getBoundingClientRect();
          return event.clientY >= box.top && event.clientY <= box.bottom;
        });
        if (!over || over === step) return;
        if (over.compareDocumentPosition(step) & Node.DOCUMENT_POSITION_FOLLOWING) over.before(step);
        else over.after(step);
        handle.setPointerCapture(event.pointerId);
        moved = true;
      });
      const drop = () => {
        step.classList.remove("ac-order__step--dragged");
        if (moved) settle(step);
        moved = false;
      };
      handle.addEventListener("pointerup", drop);
      handle.addEventListener("pointercancel", drop);
      return handle;
    }

    const all = steps();
    all.sort((a, b) => (+select(a).value || 99) - (+select(b).value || 99));
    for (const step of all) {
      list.append(step);
      select(step).closest(".ac-order__place").hidden = true;
      const place = document.createElement("span");
      place.className = "ac-order__number";
      step.prepend(...("drag" in list.dataset ? [grip(step)] : []), place);
      const label = step.querySelector("label");
      label.id ||= `order-text-${(number += 1)}`;
      const moves = document.createElement("span");
      moves.className = "ac-order__moves";
      for (const [by, words] of [[-1, list.dataset.up], [1, list.dataset.down]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "govuk-button govuk-button--secondary";
        button.id = `${label.id}${by < 0 ? "-up" : "-down"}`;
        button.textContent = words;
        button.setAttribute("aria-labelledby", `${button.id} ${label.id}`);
        button.addEventListener("click", () => move(step, by, button));
        moves.append(button);
      }
      step.append(moves);
    }
    show();
  });
}

ordering();
