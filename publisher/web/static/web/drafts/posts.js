/* Says while somebody types how much room is left in short posts, for title, summary and link together. */
import { count } from "../previews/counting.js";

const form = document.getElementById("draft");
const words = document.querySelector("[data-words]").dataset;

function show(place) {
  const box = form.querySelector(`input[name="channels"][value="${place.dataset.post}"]`);
  place.hidden = !(box && box.checked);
  const written = ["title", "summary"].reduce((sum, name) => sum + count("post", form.elements[name].value), 0);
  const left = Math.floor((Number(place.dataset.limit) - Number(place.dataset.extra) - written) / 2);
  const said = (left < 0 ? words.over : words.room).replace("{channel}", place.dataset.name);
  const shown = place.querySelector("span");
  shown.textContent = said.replace("{number}", String(Math.abs(left)));
  shown.classList.toggle("over", left < 0);
}

function follow() {
  form.querySelectorAll("[data-post]").forEach(show);
}

for (const event of ["input", "change"]) form.addEventListener(event, follow);
follow();
