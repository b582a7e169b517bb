/* Lengths as the server counts them; tests compare both over the same texts. */

/* What Python calls white space. JavaScript's own \s is another set. */
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const BLANKS = new RegExp(`[${BLANK}]+`, "g");
const EDGES = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "g");
const ADDRESS = /https?:\/\/[!-~]+/g;
const ADDRESS_UNITS = 20;
/* What shares a cell of the page with its neighbour. */
const HALF = /^[!-~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]$/;
const WIDE_NUMBER_SIGN = "\uff03";

const WAYS = {
  "half-width": (text) => sum(oneLine(text), (code) => (code <= 0xff ? 1 : 2)),
  post(text) {
    const line = oneLine(text).replace(/#/g, WIDE_NUMBER_SIGN);
    const addresses = (line.match(ADDRESS) || []).length * ADDRESS_UNITS;
    return addresses + sum(line.replace(ADDRESS, ""), (code) => (code <= 0xff ? 1 : code <= 0xffff ? 2 : 4));
  },
  signs: (html) => sum(plainText(html).replace(BLANKS, ""), () => 1),
  cells: (html) => Math.ceil([...plainText(html).replace(BLANKS, "")].reduce((all, sign) => all + (HALF.test(sign) ? 1 : 2), 0) / 2),
};

/* The length of what was typed, counted in one of the ways. */
export function count(way, text) {
  return WAYS[way](text);
}

function sum(text, worth) {
  let total = 0;
  for (const sign of text) total += worth(sign.codePointAt(0));
  return total;
}

/* On one line, and without the characters that no database or file can hold. */
function oneLine(text) {
  const kept = [...text].filter((sign) => !isControl(sign) || sign.match(BLANKS)).join("");
  return kept.replace(BLANKS, " ").replace(EDGES, "");
}

function isControl(sign) {
  const code = sign.codePointAt(0);
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xdfff);
}

/* The text of HTML with the marks its lists get where nothing shows them any more. */
function plainText(html) {
  const page = new DOMParser().parseFromString(`<body>${html}</body>`, "text/html");
  for (const item of page.querySelectorAll("li")) {
    if (ownText(item).replace(BLANKS, "")) item.prepend(markOf(item));
  }
  return page.body.textContent;
}

/* The text of a list item before any list within it. */
function ownText(item) {
  let text = "";
  for (const node of item.childNodes) {
    if (node.nodeName === "UL" || node.nodeName === "OL") break;
    text += node.textContent;
  }
  return text;
}

function markOf(item) {
  const list = item.parentElement;
  if (list.tagName !== "OL") return "·";
  const items = [...list.children].filter((child) => child.tagName === "LI");
  return `${(Number(list.getAttribute("start")) || 1) + items.indexOf(item)}.`;
}
