/* Says while somebody types how much room is left, and asks before a page is left on which something is not saved. */
import { inward, makeEditor, outward } from "../drafts/editor.js";
import { makeTools } from "../drafts/tools.js";
import { count } from "./counting.js";

const form = document.querySelector(".own-words");
const gauges = [...form.querySelectorAll(".gauge")];
let isSaving = false;

document.documentElement.classList.add("has-script");

function typed(name) {
  const field = form.elements[name];
  return field ? field.value : "";
}

/* What a field takes: what was typed into it, else the item's own. */
function taken(gauge, own, name) {
  const said = typed(name);
  const length = count(gauge.dataset.way, said);
  return length ? { length, isFitted: false } : { length: own[name], isFitted: gauge.dataset.fitted.split(" ").includes(name) };
}

function show(gauge) {
  const own = JSON.parse(gauge.dataset.own);
  const limit = Number(gauge.dataset.limit);
  const parts = Object.keys(own).map((name) => taken(gauge, own, name));
  const sum = (all, part) => all + part.length;
  const written = parts.filter((part) => !part.isFitted).reduce(sum, Number(gauge.dataset.extra));
  const wanted = parts.filter((part) => part.isFitted).reduce(sum, written);
  const used = Math.max(written, Math.min(wanted, limit));
  const left = limit - used;
  gauge.classList.toggle("too-much", left < 0);
  gauge.querySelector(".used").textContent = String(used);
  gauge.querySelector("progress").value = Math.min(used, limit);
  const isFilledUp = written <= limit && wanted > limit;
  const words = isFilledUp ? gauge.dataset.full : left < 0 ? gauge.dataset.over : gauge.dataset.room;
  gauge.querySelector(".left").textContent = words.replace("#", String(inWords(gauge, left)));
}

/* Of a Chinese character there are two half-width ones. */
function inWords(gauge, left) {
  if (["signs", "cells"].includes(gauge.dataset.way)) return Math.abs(left);
  return left >= 0 ? Math.floor(left / 2) : -Math.floor(left / 2);
}

function isChanged() {
  return [...form.elements].some((field) =>
    field.type === "radio" ? field.checked !== field.defaultChecked : field.defaultValue !== undefined && field.value !== field.defaultValue,
  );
}

function follow() {
  gauges.forEach(show);
  form.querySelector(".unsaved").hidden = !isChanged();
  for (const again of form.querySelectorAll(".again")) {
    again.hidden = !typed(again.querySelector("button").value).trim();
  }
}

/* The item's own again: nothing is sent for that. */
form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=own]");
  if (!button) return;
  event.preventDefault();
  const field = form.elements[button.value];
  field.value = "";
  field.dispatchEvent(new Event("emptied"));
  follow();
  if (field.offsetParent) field.focus();
});

form.addEventListener("input", follow);
form.addEventListener("submit", () => {
  isSaving = true;
});
addEventListener("beforeunload", (event) => {
  if (isSaving || !isChanged()) return;
  event.preventDefault();
  event.returnValue = "";
});

const place = form.querySelector("[data-editor]");
if (place) edit(place);
follow();

function edit(root) {
  const field = root.querySelector("textarea");
  const nothing = () => false;
  let mark = () => {};
  const editor = makeEditor({
    surface: root.querySelector("[data-surface]"),
    html: field.value,
    placeholder: "",
    label: form.querySelector(`label[for="${field.id}"]`).textContent,
    wordsOf: () => ({ alt: "", caption: "" }),
    onChoose: () => {},
    onChange: () => write(),
    onSelect: () => mark(),
    onPaste: nothing,
    onFiles: nothing,
  });
  // Pictures are put into the draft itself; here those that are there may stay or go.
  root.querySelector("[data-tool=picture]").hidden = true;
  mark = makeTools(root, editor, () => {});
  root.classList.add("is-rich");
  field.hidden = true;
  // What the editor makes of the text as it was is no change.
  field.value = field.defaultValue = field.value && outward(editor.getHTML());

  function write() {
    field.value = outward(editor.getHTML());
    follow();
  }
  field.addEventListener("emptied", () => editor.commands.setContent(inward(""), { emitUpdate: false }));
}
