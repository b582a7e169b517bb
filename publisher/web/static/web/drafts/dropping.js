/* The places for files: dragging over them, choosing, and the bar that shows how far an upload is. */

/* Calls onFiles with the files dropped on, or chosen in, one place. */
export function place(label, onFiles) {
  const input = label.querySelector('input[type="file"]');
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) onFiles(files);
  });
  const mark = (is) => label.classList.toggle("is-over", is);
  label.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  label.addEventListener("dragleave", () => mark(false));
  label.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(false);
    onFiles([...event.dataTransfer.files]);
  });
}

export function hasFiles(event) {
  return Boolean(event.dataTransfer) && [...event.dataTransfer.types].includes("Files");
}

/* A file that misses its place must not replace the page, and what stands in it. */
export function guardPage() {
  for (const name of ["dragover", "drop"]) {
    addEventListener(name, (event) => {
      if (hasFiles(event)) event.preventDefault();
    });
  }
}

/* The bar and the place for a mistake that belong to a form with one big drop place. */
export function report(form) {
  const bar = form.querySelector(".drop-progress");
  const mistake = form.querySelector("[data-drop-mistake]");
  return {
    begin() {
      mistake.textContent = "";
      bar.value = 0;
      bar.hidden = false;
    },
    progress(share) {
      // Reading comes after the last byte: until it has an end nobody knows how long it takes.
      if (share < 1) bar.value = share;
      else bar.removeAttribute("value");
    },
    end(message = "") {
      bar.hidden = true;
      mistake.textContent = message;
    },
  };
}
