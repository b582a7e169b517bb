"""Any HTML as a tree, read as a browser reads it, without scripts and other things that are no text."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from html.parser import HTMLParser

import nh3
from lxml import etree

from publisher.items.inline import without_forbidden
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.vocabulary import BOXES, EMBEDDED, HEADINGS, INLINE, LINK_SCHEMES, PARAGRAPHS

MAX_DEPTH = 100
"""Elements inside elements; no manuscript needs a tenth of it."""

# Tags no browser closes by itself. The parser needs the square of their depth in time.
_NESTING = re.compile(
    r"<(/?)(?:div|section|article|blockquote|table|ul|ol|center|span|font|b|strong|em|i|u)[\s>]", re.I
)
_HOPELESS_DEPTH = 5_000

_EMPTY = frozenset(["br", "embed", "hr", "img", "input"])
_FRAME_CONTENT = re.compile(r"(<iframe[^>]*>).*?(?=</iframe>)", re.DOTALL)

_sieve = nh3.Cleaner(
    tags={*INLINE, *HEADINGS, *PARAGRAPHS, *EMBEDDED, *BOXES, "a", "br", "hr", "img", "input"},
    clean_content_tags={"head", "title", "script", "style", "template", "noscript", "svg", "math", "xml", "select",
                        "textarea", "button"},
    attributes={
        "*": {"style", "align"}, "a": {"href"}, "img": {"src", "alt"}, "ol": {"start"},
        "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "input": {"type", "checked"},
    },
    # Wider than what may stay, the drives of Windows included, so that what goes can be named.
    url_schemes={*LINK_SCHEMES, "asset", "data", "file", "ftp", "cid", "blob", *string.ascii_lowercase},
    filter_style_properties={"text-align"},
    link_rel=None,
)  # fmt: skip


def parse(html: str) -> etree._Element:
    """The content of ``html`` below one element ``body``.

    Raises UnreadableManuscript: it is nested beyond reason.
    """
    html = without_forbidden(html)
    check_nesting(html)
    sound = without_forbidden(_FRAME_CONTENT.sub(r"\1", _sieve.clean(html)))
    grower = _Grower()
    grower.feed(sound)
    tree = grower.tree()
    for node in tree.iter("pre"):
        _show_line_breaks(node)
    return tree


class _Grower(HTMLParser):
    """Builds the tree of sound HTML, every tag of which is closed.

    Not the HTML parser of libxml2: that one knows the rules of HTML 4 and moves paragraphs out of bold type.
    """

    def __init__(self) -> None:
        super().__init__()
        self._builder = etree.TreeBuilder()
        self._builder.start("body", {})
        self._depth = 0

    def tree(self) -> etree._Element:
        self.close()
        self._builder.end("body")
        return self._builder.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _EMPTY:
            self._builder.end(tag)
            return
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep()

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)

    def handle_data(self, data: str) -> None:
        self._builder.data(data)


def _show_line_breaks(node: etree._Element) -> None:
    """Turn the line ends of preformatted text into ``br``."""
    first, *rest = "".join(str(text) for text in node.itertext()).strip("\n").split("\n")
    tail = node.tail
    node.clear()
    node.text, node.tail = first, tail
    for line in rest:
        etree.SubElement(node, "br").tail = line


def check_nesting(html: str) -> None:
    """Raises UnreadableManuscript: parsing it would take for ever."""
    depth = 0
    for match in _NESTING.finditer(html):
        depth = max(depth - 1, 0) if match.group(1) else depth + 1
        if depth > _HOPELESS_DEPTH:
            raise _too_deep()


def _too_deep() -> UnreadableManuscript:
    return UnreadableManuscript(
        "The text is nested more than {limit} levels deep: copy it into a new document as plain text.", limit=MAX_DEPTH
    )
