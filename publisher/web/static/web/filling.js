/* Adds up what is typed, and asks before a page is left on which something was typed and not kept. */
(() => {
  "use strict";

  const form = document.querySelector(".filling");
  const sums = [...form.querySelectorAll(".sum")];
  const byKey = new Map(sums.map((cell) => [cell.dataset.key, cell]));

  /* What a figure is worth now, as a number; NaN where that is for the server to say. */
  function worth(key) {
    const field = form.elements[`value.${key}`];
    if (field) return /^[0-9]+(\.[0-9]+)?$/.test(field.value.trim()) ? Number(field.value) : NaN;
    const cell = byKey.get(key);
    return cell ? total(cell) : NaN;
  }

  function total(cell) {
    const keys = (text) => text.split(" ").filter(Boolean);
    const sum = (text) => keys(text).reduce((all, key) => all + worth(key), 0);
    return sum(cell.dataset.of) - sum(cell.dataset.less);
  }

  function addUp() {
    for (const cell of sums) {
      const value = total(cell);
      if (!Number.isNaN(value)) cell.textContent = String(Math.round(value * 1e6) / 1e6);
      else if (isChanged) cell.textContent = "";
    }
  }

  /* Typed before this ran, or put back by the browser on the way back to the page. */
  function isTyped(field) {
    return field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.defaultValue !== undefined && field.value !== field.defaultValue;
  }

  let isChanged = form.querySelector(".give.wrong") !== null || [...form.elements].some(isTyped);
  addUp();
  form.addEventListener("input", () => {
    isChanged = true;
    addUp();
  });
  form.addEventListener("submit", () => {
    isChanged = false;
  });
  addEventListener("beforeunload", (event) => {
    if (!isChanged) return;
    event.preventDefault();
    event.returnValue = "";
  });
})();
