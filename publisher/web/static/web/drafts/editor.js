/* The editor: exactly the headings, lists, tables and marks of the house's own HTML, and nothing else. */
import "./older-browsers.js";
import {
  Blockquote,
  Bold,
  BulletList,
  Document,
  Dropcursor,
  Editor,
  Extension,
  Gapcursor,
  HardBreak,
  Heading,
  HorizontalRule,
  Italic,
  Link,
  ListItem,
  Node,
  OrderedList,
  Paragraph,
  Placeholder,
  Strike,
  Subscript,
  Superscript,
  Table,
  TableCell,
  TableHeader,
  TableRow,
  Text,
  Underline,
  UndoRedo,
} from "../../django_prose_editor/editor.js";
import { FindingMarks } from "./marks.js";

const PICTURE = /\/assets\/([0-9a-f]{64})$/;

export function digestOf(address) {
  const found = PICTURE.exec(address || "");
  return found ? found[1] : "";
}

/* A picture by itself. What is said of it stands in the list of pictures, from where `wordsOf` knows it. */
function pictureNode(wordsOf, onChoose) {
  return Node.create({
    name: "picture",
    group: "block",
    atom: true,
    draggable: true,
    addAttributes() {
      return { src: { default: "" } };
    },
    parseHTML() {
      return [{ tag: "figure", getAttrs: (figure) => sourceOf(figure.querySelector("img")) }];
    },
    renderHTML({ node }) {
      return ["figure", ["img", { src: node.attrs.src, alt: "" }]];
    },
    addNodeView() {
      return ({ node }) => {
        const dom = document.createElement("figure");
        dom.dataset.digest = digestOf(node.attrs.src);
        const image = dom.appendChild(document.createElement("img"));
        image.src = node.attrs.src;
        const caption = dom.appendChild(document.createElement("figcaption"));
        const words = wordsOf(dom.dataset.digest);
        image.alt = words.alt;
        caption.textContent = words.caption;
        dom.addEventListener("click", () => onChoose(dom.dataset.digest));
        return { dom };
      };
    },
  });
}

/* A picture within a line or a cell. */
const InlinePicture = Node.create({
  name: "inlinePicture",
  group: "inline",
  inline: true,
  atom: true,
  draggable: true,
  addAttributes() {
    return { src: { default: "" } };
  },
  parseHTML() {
    return [{ tag: "img[src]", getAttrs: sourceOf }];
  },
  renderHTML({ node }) {
    return ["img", { src: node.attrs.src, alt: "" }];
  },
});

function sourceOf(image) {
  const src = image ? image.getAttribute("src") : "";
  return digestOf(src) ? { src } : false;
}

/* Which side a paragraph is set to. Not a style attribute, as the library has it: the rules of the desk forbid those. */
const Alignment = Extension.create({
  name: "alignment",
  addGlobalAttributes() {
    const align = {
      default: null,
      parseHTML: (element) => element.dataset.align || null,
      renderHTML: (attributes) => (attributes.align ? { "data-align": attributes.align } : {}),
    };
    return [{ types: ["paragraph", "heading"], attributes: { align } }];
  },
});

/* The caption of a table stands in an attribute: the editor's tables are made of rows only. */
const CaptionedTable = Table.extend({
  addAttributes() {
    return {
      ...(this.parent ? this.parent() : {}),
      caption: {
        default: null,
        parseHTML: (table) => table.dataset.caption || null,
        renderHTML: ({ caption }) => (caption ? { "data-caption": caption } : {}),
      },
    };
  },
  renderHTML({ HTMLAttributes }) {
    return ["table", HTMLAttributes, ["tbody", 0]];
  },
});

export function makeEditor({ surface, html, placeholder, label, wordsOf, onChoose, onChange, onSelect, onPaste, onFiles }) {
  return new Editor({
    element: surface,
    content: inward(html),
    injectCSS: false,
    enableInputRules: false,
    enablePasteRules: false,
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label, lang: "zh-CN" },
      // Before the library reads it: reading foreign styles is forbidden here, and would be complained of.
      handleDOMEvents: { paste: (view, event) => onPaste(event) },
      handleDrop: (view, event) => onFiles(event, view.posAtCoords({ left: event.clientX, top: event.clientY })),
    },
    extensions: [
      Document,
      Paragraph,
      Text,
      Heading.configure({ levels: [2, 3, 4] }),
      Bold,
      Italic,
      Underline,
      Strike,
      Subscript,
      Superscript,
      HardBreak,
      BulletList,
      OrderedList,
      ListItem,
      Blockquote,
      HorizontalRule,
      CaptionedTable.configure({ resizable: false }),
      TableRow,
      TableHeader,
      TableCell,
      Link.configure({ openOnClick: false, autolink: false, linkOnPaste: false, protocols: ["mailto", "tel"] }),
      Alignment,
      Dropcursor,
      Gapcursor,
      UndoRedo,
      Placeholder.configure({ placeholder }),
      pictureNode(wordsOf, onChoose),
      InlinePicture,
      FindingMarks,
    ],
    onUpdate: onChange,
    onSelectionUpdate: onSelect,
    onTransaction: onSelect,
  });
}

/* The house's HTML as the editor reads it. */
export function inward(html) {
  const page = new DOMParser().parseFromString(`<body>${html}</body>`, "text/html");
  for (const caption of page.querySelectorAll("table > caption")) {
    caption.parentElement.dataset.caption = caption.textContent;
    caption.remove();
  }
  for (const cell of page.querySelectorAll("td[data-align], th[data-align]")) {
    if (!cell.querySelector("p")) cell.innerHTML = `<p>${cell.innerHTML}</p>`;
    for (const paragraph of cell.querySelectorAll("p")) paragraph.dataset.align = cell.dataset.align;
  }
  return page.body.innerHTML;
}

/* What the editor wrote as the house's HTML. */
export function outward(html) {
  const page = new DOMParser().parseFromString(`<body>${html}</body>`, "text/html");
  for (const table of page.querySelectorAll("table")) {
    putHeadTogether(page, table);
    if (table.dataset.caption) {
      const caption = page.createElement("caption");
      caption.textContent = table.dataset.caption;
      table.prepend(caption);
    }
  }
  return page.body.innerHTML.replace(/^<p><\/p>$/, "");
}

/* Rows at the top that hold heading cells only are the table's head. */
function putHeadTogether(page, table) {
  const head = page.createElement("thead");
  for (const row of [...table.querySelectorAll("tr")]) {
    if (![...row.cells].length || [...row.cells].some((cell) => cell.tagName !== "TH")) break;
    head.append(row);
  }
  if (head.children.length && table.querySelector("tbody tr")) table.prepend(head);
  else if (head.children.length) table.querySelector("tbody").prepend(...head.children);
}
