"""The tags this room knows: those it writes, and those of other programs it understands."""

from __future__ import annotations

INLINE = {
    "strong": "strong", "b": "strong", "em": "em", "i": "em", "u": "u", "ins": "u", "s": "s", "del": "s",
    "strike": "s", "sub": "sub", "sup": "sup",
}  # fmt: skip
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PARAGRAPHS = frozenset(
    ["address", "article", "aside", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
     "footer", "form", "header", "legend", "li", "main", "nav", "p", "pre", "section", "summary", "tbody", "td",
     "tfoot", "th", "thead", "tr"]
)  # fmt: skip
EMBEDDED = frozenset(["audio", "embed", "iframe", "object", "video"])
LINK_SCHEMES = frozenset(["http", "https", "mailto", "tel"])
BOXES = frozenset(["ul", "ol", "li", "blockquote", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure"])
