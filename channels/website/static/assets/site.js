"use strict";

// Without scripts the page reads just as well: the tools appear only where they work.
const tools = document.querySelector(".tools");
if (tools) {
  const sizes = tools.querySelectorAll("[data-size]");
  const setSize = (size) => {
    document.documentElement.dataset.size = size;
    for (const button of sizes) {
      button.setAttribute("aria-pressed", String(button.dataset.size === size));
    }
  };
  for (const button of sizes) {
    button.addEventListener("click", () => setSize(button.dataset.size));
  }
  tools.querySelector("[data-print]").addEventListener("click", () => window.print());
  tools.hidden = false;
}
