/* What the checks find in the draft: asked for anew a moment after each saving. */

const AFTER_SAVING_MS = 800;

export function watchFindings(place) {
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
    if (turn === asked && data.html !== undefined && !place.contains(document.activeElement)) place.innerHTML = data.html;
  }

  return {
    refresh() {
      clearTimeout(timer);
      timer = setTimeout(show, AFTER_SAVING_MS);
    },
  };
}
