"use strict";

// Without scripts every page reads just as well: tools appear only where they work.
const root = document.documentElement;
const tools = document.querySelector(".tools");

const remembered = () => {
  try {
    return localStorage.getItem("size") || "";
  } catch {
    return "";
  }
};

const remember = (size) => {
  try {
    localStorage.setItem("size", size);
  } catch {
    // A browser that keeps nothing shows the next page in its usual size.
  }
};

if (tools) {
  const sizes = tools.querySelectorAll("[data-size]");
  const setSize = (size) => {
    root.dataset.size = size;
    for (const button of sizes) {
      button.setAttribute("aria-pressed", String(button.dataset.size === size));
    }
  };
  for (const button of sizes) {
    button.addEventListener("click", () => {
      setSize(button.dataset.size);
      remember(button.dataset.size);
    });
  }
  tools.querySelector("[data-print]").addEventListener("click", () => window.print());
  setSize(remembered());
  tools.hidden = false;
}

for (const form of document.querySelectorAll("[data-seek]")) {
  form.hidden = false;
  // Led by hand: a site may forbid its pages to send forms anywhere.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = new FormData(form).get("q").trim();
    if (words && !("here" in form.dataset)) {
      location.href = `${root.dataset.root}search.html?q=${encodeURIComponent(words)}`;
    }
  });
}

// A page stays as it was written; whether what it says still holds is a matter of the day it is read on.
for (const mark of document.querySelectorAll("[data-until]")) {
  mark.hidden = new Date(`${mark.dataset.until}T23:59:59+08:00`) >= new Date();
}
