/* The buttons above the text. */

const MARKS = ["bold", "italic", "underline", "strike", "subscript", "superscript"];
const BLOCKS = ["bulletList", "orderedList", "blockquote"];
const SIDES = ["left", "center", "right"];

const DEEDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  underline: (chain) => chain.toggleUnderline(),
  strike: (chain) => chain.toggleStrike(),
  subscript: (chain) => chain.unsetSuperscript().toggleSubscript(),
  superscript: (chain) => chain.unsetSubscript().toggleSuperscript(),
  left: (chain) => setTo(chain, null),
  center: (chain) => setTo(chain, "center"),
  right: (chain) => setTo(chain, "right"),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  blockquote: (chain) => chain.toggleBlockquote(),
  rule: (chain) => chain.setHorizontalRule(),
  table: (chain) => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
  plain: (chain) => setTo(chain.unsetAllMarks().clearNodes(), null),
  undo: (chain) => chain.undo(),
  redo: (chain) => chain.redo(),
  rowAfter: (chain) => chain.addRowAfter(),
  columnAfter: (chain) => chain.addColumnAfter(),
  deleteRow: (chain) => chain.deleteRow(),
  deleteColumn: (chain) => chain.deleteColumn(),
  mergeOrSplit: (chain) => chain.mergeOrSplit(),
  headerRow: (chain) => chain.toggleHeaderRow(),
  deleteTable: (chain) => chain.deleteTable(),
};

function setTo(chain, align) {
  return chain.updateAttributes("paragraph", { align }).updateAttributes("heading", { align });
}

/* `onPicture` is called where a picture is wanted. */
export function makeTools(root, editor, onPicture) {
  const tools = root.querySelector(".tools");
  const kind = tools.querySelector(".tool-kind");
  const tableTools = tools.querySelector(".table-tools");
  const links = linkBar(root.querySelector(".link-bar"), editor);
  tools.hidden = false;

  tools.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault(); // the selection stays in the text
  });
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-tool]");
    if (!button) return;
    const name = button.dataset.tool;
    if (name === "picture") onPicture();
    else if (name === "link") links.open();
    else DEEDS[name](editor.chain().focus()).run();
  });
  kind.addEventListener("change", () => {
    const level = Number(kind.value);
    const chain = editor.chain().focus();
    (level ? chain.setHeading({ level }) : chain.setParagraph()).run();
    editor.view.focus();
  });
  keysAlong(tools);

  return () => {
    for (const button of tools.querySelectorAll("button[data-tool]")) {
      const name = button.dataset.tool;
      if (MARKS.includes(name) || BLOCKS.includes(name)) press(button, editor.isActive(name));
      if (name === "link") press(button, editor.isActive("link"));
      if (SIDES.includes(name)) press(button, isSet(editor, name));
    }
    const level = [2, 3, 4].find((number) => editor.isActive("heading", { level: number }));
    kind.value = String(level || 0);
    tableTools.hidden = !editor.isActive("table");
  };
}

function isSet(editor, side) {
  if (side !== "left") return editor.isActive({ align: side });
  return !editor.isActive({ align: "center" }) && !editor.isActive({ align: "right" });
}

function press(button, is) {
  button.setAttribute("aria-pressed", String(is));
}

/* One stop for the Tab key; the arrow keys go along. */
function keysAlong(tools) {
  const stops = () => [...tools.querySelectorAll("button, select")].filter((stop) => stop.offsetParent !== null);
  /* The first one, seen or not: in what is folded up, browsers of 2021 show nothing. */
  tools.querySelectorAll("button, select").forEach((stop, place) => {
    stop.tabIndex = place === 0 ? 0 : -1;
  });
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = stops();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    for (const stop of all) stop.tabIndex = stop === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });
}

function linkBar(bar, editor) {
  const input = bar.querySelector("input");
  const close = () => {
    bar.hidden = true;
    editor.commands.focus();
  };
  const set = () => {
    const address = withScheme(input.value.trim());
    const chain = editor.chain().focus().extendMarkRange("link");
    if (!address) chain.unsetLink().run();
    else if (editor.state.selection.empty && !editor.isActive("link")) {
      chain.insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href: address } }] }).run();
    } else chain.setLink({ href: address }).run();
    close();
  };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.link === "set") set();
    else if (button.dataset.link === "remove") {
      editor.chain().focus().extendMarkRange("link").unsetLink().run();
      close();
    } else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") set();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  return {
    open() {
      input.value = editor.getAttributes("link").href || "";
      bar.hidden = false;
      input.focus();
      input.select();
    },
  };
}

function withScheme(address) {
  if (!address || /^(https?:|mailto:|tel:)/i.test(address)) return address;
  return address.includes("@") ? `mailto:${address}` : `https://${address}`;
}
