/* Counts the words of a <textarea data-words> in the line below it; says it aloud once typing pauses. */

const PAUSE = 1200;

function words() {
  for (const text of document.querySelectorAll("textarea[data-words]")) {
    const line = document.querySelector(`[data-words-of="${text.id}"]`);
    const said = document.querySelector(`[data-words-said="${text.id}"]`);
    if (!line) continue;
    const limit = +line.dataset.limit || Infinity;
    const number = (count) => count.toLocaleString(document.documentElement.lang);
    let wait = 0;
    const count = () => {
      const many = text.value.split(/\s+/).filter(Boolean).length;
      const over = many > limit;
      line.textContent = over ? line.dataset.over.replace("{count}", number(many - limit)) : line.dataset.text.replace("{count}", number(many));
      line.classList.toggle("ac-over", over);
      clearTimeout(wait);
      wait = setTimeout(() => { if (said) said.textContent = line.textContent; }, PAUSE);
    };
    text.addEventListener("input", count);
    if (text.value) count();
  }
}

words();
