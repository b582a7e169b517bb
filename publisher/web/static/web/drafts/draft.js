/* The page of a draft: everything in it comes together here. */
import { send, token, upload } from "./asking.js";
import { guardPage, hasFiles, place, report } from "./dropping.js";
import { digestOf, inward, makeEditor, outward } from "./editor.js";
import { watchFindings } from "./findings.js";
import { Keeper } from "./saving.js";
import { makeTools } from "./tools.js";

const form = document.getElementById("draft");
const words = document.querySelector("[data-words]").dataset;
const find = (query) => form.querySelector(query);
const root = find("[data-editor]");
const textarea = root.querySelector("textarea");
const pictures = find("[data-pictures]");
const attachments = find("[data-attachments]");
document.documentElement.classList.add("has-script");
guardPage();

/* What became of what was typed */

const status = find("[data-saving]");
let findings = null;

function tell(state, answer = {}) {
  status.dataset.state = state;
  const said = {
    typed: words.typed,
    saving: words.saving,
    saved: words.saved.replace("{time}", answer.at || ""),
    offline: words.offline,
    signedOut: words.signedOut,
    refused: answer.message || words.failed,
    conflict: words.typed,
  }[state];
  status.querySelector(".saving-words").textContent = said;
  if (state === "saved" && findings) findings.refresh();
  if (state === "conflict") {
    find("[data-conflict]").hidden = false;
    find("[data-conflict-words]").textContent = words.conflict.replace("{name}", answer.who || "");
    find("[data-conflict-way]").href = answer.address;
  }
}

/* The text */

const wordsOf = (digest) => ({
  alt: (form.elements[`alt-${digest}`] || {}).value || "",
  caption: (form.elements[`caption-${digest}`] || {}).value || "",
});

let showTools = () => {};

const editor = makeEditor({
  surface: root.querySelector("[data-surface]"),
  html: textarea.value,
  placeholder: words.placeholder,
  label: document.querySelector('label[for="text"]').textContent,
  wordsOf,
  onChoose: choosePicture,
  onChange: () => {
    write();
    keeper.changed();
  },
  onSelect: () => showTools(),
  onPaste,
  onFiles: (event, spot) => {
    const files = hasFiles(event) ? [...event.dataTransfer.files] : [];
    if (!files.length) return false;
    event.preventDefault();
    sort(files, spot ? spot.pos : null);
    return true;
  },
});
root.classList.add("is-rich");
textarea.hidden = true;
document.querySelector('label[for="text"]').addEventListener("click", () => editor.commands.focus());
write();

const keeper = new Keeper(form, tell);
if (find("[data-findings]")) findings = watchFindings(find("[data-findings]"), editor);
showTools = makeTools(root, editor, () => find('[data-drop="picture"] input').click());
showTools();

function write() {
  textarea.value = outward(editor.getHTML());
  const number = editor.getText().replace(/\s/g, "").length;
  find("[data-counted]").textContent = words.characters.replace("{number}", number);
  markPictures();
  sayPictures();
}

/* Pictures */

function markPictures() {
  for (const row of pictures.querySelectorAll(".picture")) {
    const digest = digestOf(row.dataset.address);
    const isIn = textarea.value.includes(digest);
    row.querySelector(".picture-out").hidden = isIn;
    row.querySelector(".picture-place").hidden = isIn;
  }
}

function choosePicture(digest) {
  const field = form.elements[`alt-${digest}`];
  if (!field) return;
  field.closest(".picture").scrollIntoView({ block: "nearest" });
  field.focus({ preventScroll: true });
}

function sayPictures() {
  for (const figure of root.querySelectorAll("figure[data-digest]")) {
    const said = wordsOf(figure.dataset.digest);
    figure.querySelector("img").alt = said.alt;
    figure.querySelector("figcaption").textContent = said.caption;
    figure.dataset.missing = said.alt.trim() ? "" : words.undescribed;
  }
}

/* Behind the paragraph, list or table at `spot`, or where somebody writes; in place of an empty paragraph. */
function insertPicture(address, spot) {
  const { doc, selection } = editor.state;
  const place = typeof spot === "number" ? doc.resolve(spot) : selection.$to;
  const isEmpty = place.depth === 1 && place.parent.content.size === 0;
  const at = place.depth ? { from: isEmpty ? place.before(1) : place.after(1), to: place.after(1) } : place.pos;
  editor.chain().insertContentAt(at, { type: "picture", attrs: { src: address } }).run();
}

function showPanels(data) {
  if (data.pictures !== undefined) pictures.innerHTML = data.pictures;
  if (data.attachments !== undefined) attachments.innerHTML = data.attachments;
  markPictures();
  sayPictures();
}

/* Presses one of the form's buttons for a script: what was typed goes along. */
function press(button, files = {}) {
  return keeper.inTurn(async () => {
    const fields = keeper.typed();
    const body = new FormData();
    for (const [name, value] of new URLSearchParams(fields)) body.append(name, value);
    for (const [name, list] of Object.entries(files)) for (const file of list) body.append(name, file, file.name);
    body.set("version", keeper.version);
    body.set("window", keeper.window);
    body.set("do", button);
    told.begin();
    const answer = await upload(form.action, body, told.progress);
    const message = answer.data.state === "refused" ? answer.data.message : "";
    told.end(message || (answer.status === 0 ? words.offline : ""));
    if (answer.data.state === "go") {
      keeper.isSubmitting = true;
      keeper.forgetHere();
      location.assign(answer.data.address);
      return answer.data;
    }
    if (answer.data.state !== "refused") keeper.heard(answer, fields);
    showPanels(answer.data);
    keeper.sent = answer.data.state === "saved" ? keeper.typed() : keeper.sent;
    return answer.data;
  });
}

const told = report(form);

/* Files: a manuscript becomes the text, a picture goes into it, anything else is an attachment. */

const endings = find('.drop input[type="file"]').accept.split(",");
const isManuscript = (file) => endings.some((ending) => file.name.toLowerCase().endsWith(ending));
// Many computers know no type for the pictures of telephones.
const isPicture = (file) => file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name);

async function addPictures(files, spot = null) {
  const data = await press("picture", { pictures: files });
  for (const address of data.added || []) insertPicture(address, spot);
}

function sort(files, spot) {
  const shown = files.filter(isPicture);
  if (shown.length) addPictures(shown, spot);
  const manuscript = files.find((file) => !isPicture(file) && isManuscript(file));
  if (manuscript) press("read", { file: [manuscript] });
}

place(find('.drop[data-drop="read"]'), (files) => press("read", { file: [files[0]] }));
place(find('[data-drop="picture"]'), (files) => addPictures(files));
place(find('[data-drop="attachment"]'), (files) => press("attachment", { attachments: files }));

/* Pasting: what other programs put on the clipboard is made the house's by the server; without it, by the editor. */

function onPaste(event) {
  const clipboard = event.clipboardData;
  if (!clipboard) return false;
  const html = clipboard.getData("text/html");
  const files = [...clipboard.files].filter(isPicture);
  if (files.length && !html) {
    event.preventDefault();
    addPictures(files);
    return true;
  }
  if (!html || html.includes("data-pm-slice")) return false;
  event.preventDefault();
  pasteHtml(html, clipboard.getData("text/plain"));
  return true;
}

async function pasteHtml(html, plain) {
  const answer = await keeper.inTurn(() => send(form.dataset.paste, new URLSearchParams({ html })));
  if (answer.status === 200) {
    showPanels(answer.data);
    editor.chain().focus().insertContent(inward(answer.data.html)).run();
    sayPictures();
    sayPasted(answer.data.notes);
    return;
  }
  editor.chain().focus().insertContent(paragraphs(plain)).run();
  sayPasted(answer.data.message ? [answer.data.message] : []);
}

function paragraphs(plain) {
  return plain
    .split(/\r?\n/)
    .filter((line) => line.trim())
    .map((line) => ({ type: "paragraph", content: [{ type: "text", text: line.trim() }] }));
}

function sayPasted(notes) {
  const shown = find("[data-pasted]");
  shown.hidden = !notes.length;
  shown.replaceChildren(
    ...notes.map((note) => {
      const line = document.createElement("p");
      line.className = "reason doubt";
      line.textContent = note;
      return line;
    }),
  );
}

/* The other fields */

const title = form.elements.title;

function grow() {
  title.style.height = "auto";
  title.style.height = `${title.scrollHeight + 2}px`;
}

const units = (text) => [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0xff ? 2 : 1), 0);

function sayLengths() {
  const text = title.value.trim().replace(/\s+/g, " ");
  const parts = [[words.characters.replace("{number}", [...text].length), false]];
  for (const box of form.querySelectorAll('input[name="channels"]:checked')) {
    const limit = Number(box.dataset.units);
    if (!limit) continue;
    const left = Math.floor((limit - units(text)) / 2);
    const said = (left < 0 ? words.over : words.room).replace("{channel}", box.dataset.name);
    parts.push([said.replace("{number}", Math.abs(left)), left < 0]);
  }
  find("[data-lengths]").replaceChildren(
    ...parts.map(([said, isOver]) => {
      const part = document.createElement("span");
      part.textContent = said;
      part.classList.toggle("over", isOver);
      return part;
    }),
  );
}

/* Fields that are asked for only where another one says so. */
function showAsked() {
  for (const field of form.querySelectorAll("[data-when]")) {
    const [, name, sign, value] = /^(\w+)(!?=)(\w+)$/.exec(field.dataset.when);
    const other = form.elements[name];
    const is = other ? (other.value === value) === (sign === "=") : true;
    field.hidden = !is && !field.classList.contains("wrong");
  }
}

/* Another column goes to its own channels, unless somebody has chosen others. */
const column = form.elements.column;
let usual = column ? column.selectedOptions[0].dataset.channels : "";

function tickChannels() {
  const boxes = [...form.querySelectorAll('input[name="channels"]')];
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value).join(" ");
  const next = column.selectedOptions[0].dataset.channels;
  if (ticked === usual) for (const box of boxes) box.checked = next.split(" ").includes(box.value);
  usual = next;
}

if (column) column.addEventListener("change", tickChannels);
title.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  editor.commands.setTextSelection(1);
  editor.view.focus(); // at once: the library's own way waits for the next frame, and loses what is typed until then
});

form.addEventListener("input", (event) => {
  if (event.target.type === "file" || event.target.closest(".tools, .link-bar")) return;
  keeper.changed();
  grow();
  sayLengths();
  showAsked();
  if (/^(alt|caption)-/.test(event.target.name)) sayPictures();
});
form.addEventListener("change", () => {
  sayLengths();
  showAsked();
});

/* The buttons of the form */

form.addEventListener("click", (event) => {
  const button = event.target.closest('button[name="do"]');
  if (!button) return;
  const [name, role, digest] = button.value.split(":");
  if (name === "place") {
    event.preventDefault();
    insertPicture(button.closest(".picture").dataset.address, editor.state.doc.content.size);
  } else if (name === "remove") {
    event.preventDefault();
    if (role === "picture") removeFromText(digest);
    press(button.value);
  } else if (name === "save") {
    event.preventDefault();
    keeper.save();
  } else if (name === "send") {
    event.preventDefault();
    sendUp(button);
  }
});

function removeFromText(digest) {
  const spots = [];
  editor.state.doc.descendants((node, spot) => {
    if (digestOf(node.attrs.src) === digest) spots.push([spot, spot + node.nodeSize]);
  });
  for (const [from, to] of spots.reverse()) editor.commands.deleteRange({ from, to });
}

/* Once: the button is shut until the next page, and what was typed is on the server before it is sent up. */
async function sendUp(button) {
  if (keeper.isSubmitting) return;
  button.disabled = true;
  const isSaved = await keeper.save();
  if (!isSaved) {
    button.disabled = false;
    return;
  }
  keeper.isSubmitting = true;
  const wish = document.createElement("input");
  Object.assign(wish, { type: "hidden", name: "do", value: "send" });
  form.append(wish);
  form.elements.csrfmiddlewaretoken.value = token();
  form.submit();
}

form.addEventListener("submit", () => keeper.submitting());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
find("[data-conflict-way]").addEventListener("click", async (event) => {
  event.preventDefault();
  const way = event.currentTarget.href;
  await keeper.save(); // what was typed since goes to what was put aside
  keeper.isSubmitting = true;
  keeper.forgetHere();
  location.assign(way);
});

grow();
sayLengths();
showAsked();
sayPictures();
const mistakes = document.querySelector("#mistakes, #alike");
if (mistakes) mistakes.focus();
keeper.recover().then((isNews) => {
  if (!isNews) return;
  try {
    sessionStorage.setItem("publisher-found", "yes");
  } catch {
    // Then it is not said.
  }
  location.reload();
});
try {
  if (sessionStorage.getItem("publisher-found")) sayPasted([words.found]);
  sessionStorage.removeItem("publisher-found");
} catch {
  // Nothing to say.
}
