/* The editor of questions shows the fields and offers the blocks of the chosen kind of question.
   What each kind has stands in the select of the type, as data-question-kinds. Blocks of another kind
   that are there already stay in sight: the server asks to remove them. */
(() => {
  "use strict";

  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;
  const type = () => document.querySelector("select[data-question-kinds]");
  const kinds = () => JSON.parse(type()?.dataset.questionKinds || "{}");
  const chosen = () => kinds()[type()?.value];

  /* Fields that only some kinds have, and sections of such fields alone. */
  function showFields() {
    const kind = chosen();
    if (!kind) return;
    const special = new Set(Object.values(kinds()).flatMap(({ fields }) => fields));
    for (const name of special) {
      const field = document.querySelector(`[data-contentpath="${name}"]`);
      if (!field) continue;
      const panel = field.closest(".w-panel");
      const own = field.closest(".w-panel__wrapper");
      panel.hidden = !kind.fields.includes(name);
      if (!own || !panel.contains(own)) continue;
      own.hidden = panel.hidden;
      panel.hidden = false;
      panel.hidden = [...panel.querySelectorAll("[data-field-wrapper]")].every((one) => one.closest("[hidden]"));
    }
    const options = document.querySelector("[name=options-count]")?.closest(".w-panel");
    if (options) options.hidden = !kind.blocks.length && options.querySelector("[name=options-count]").value === "0";
    for (const box of document.querySelectorAll("[name=barriers]")) {
      const fixed = kind.barriers.includes(box.value);
      box.closest("label")?.classList.toggle("desk-fixed", fixed);
      if (fixed) box.checked = true;
    }
  }

  class OptionsBlockDefinition extends StreamBlockDefinition {
    render(...where) {
      const all = this.groupedChildBlockDefs.map(([, blocks]) => [...blocks]);
      const offer = () => {
        const kind = chosen();
        if (!kind) return;
        this.groupedChildBlockDefs.forEach(([, blocks], group) => {
          blocks.splice(0, blocks.length, ...all[group].filter((block) => kind.blocks.includes(block.name)));
        });
      };
      const block = super.render(...where);
      /* A button made while one kind of block was offered inserts that one, whatever came after. */
      const insert = block._onRequestInsert.bind(block);
      block._onRequestInsert = (index, what) => {
        const allowed = chosen()?.blocks || [what.type];
        const kind = allowed.includes(what.type) ? what.type : allowed[0];
        if (kind) insert(index, { ...what, type: kind });
      };
      offer();
      type()?.addEventListener("change", offer);
      return block;
    }
  }
  window.telepath.register("academy.questions.OptionsBlock", OptionsBlockDefinition);

  const start = () => {
    showFields();
    type()?.addEventListener("change", showFields);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
