/* What the checks find in the draft: asked for anew a moment after each saving, and marked in the text. */
import { rangeOf, showMarks } from "./marks.js";

const AFTER_SAVING_MS = 800;

export function watchFindings(place, editor) {
  let timer = 0;
  let asked = 0;

  async function show() {
    asked += 1;
    const turn = asked;
    let data = {};
    try {
      const answer = await fetch(place.dataset.findings, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (answer.ok) data = await answer.json();
    } catch {
      return; // The next saving asks again.
    }
    // An answer that was overtaken by a newer question says nothing any more.
    if (turn !== asked || data.html === undefined) return;
    showMarks(editor, data.findings);
    if (place.contains(document.activeElement) && document.activeElement !== place) return;
    place.innerHTML = data.html;
    leadToMarks();
  }

  /* The place of what is marked becomes a way to it. */
  function leadToMarks() {
    for (const word of place.querySelectorAll("span.finding-place")) {
      const number = Number(word.dataset.finding);
      if (!rangeOf(editor, number)) continue;
      const way = document.createElement("button");
      way.type = "button";
      way.className = "link finding-place";
      way.textContent = word.textContent;
      way.addEventListener("click", () => {
        const range = rangeOf(editor, number);
        if (range) editor.chain().focus().setTextSelection(range).scrollIntoView().run();
      });
      word.replaceWith(way);
    }
  }

  show();
  return {
    refresh() {
      clearTimeout(timer);
      timer = setTimeout(show, AFTER_SAVING_MS);
    },
  };
}
