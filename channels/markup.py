"""Reading the clean HTML of an article: as a tree, as plain text, as blocks for writers of other formats.

Serialising is done here and not by libxml2, whose versions differ in what they escape: a product's digest must not
depend on the machine that rendered it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import count
from typing import Literal

from lxml.html import HtmlElement, HTMLParser, fragment_fromstring

from channels.base import ASSET

BULLET = "·"
"""Mark of an unordered item: the middle dot, because GBK, which old typesetting systems speak, has no bullet."""

Kind = Literal["paragraph", "heading", "list_item", "quote", "table", "picture", "caption", "rule"]

VOID = frozenset({"br", "col", "hr", "img", "wbr"})
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
INLINE = frozenset({"a", "b", "code", "em", "i", "s", "del", "small", "span", "strong", "sub", "sup", "u"})
SPACE = re.compile(r"[ \t\n\r\f]+")
ALIGNED = re.compile(r"text-align:\s*(right|center)")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters no XML file may hold: feeds and Word files would not open."""
MAX_SPAN = 1000
"""Largest span of a cell, as in browsers; a greater number is a slip, not a table."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of text looks."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    script: Literal["", "sub", "super"] = ""
    link: str = ""


STYLES: dict[str, dict[str, bool | str]] = {
    "strong": {"bold": True},
    "b": {"bold": True},
    "em": {"italic": True},
    "i": {"italic": True},
    "u": {"underline": True},
    "s": {"strike": True},
    "del": {"strike": True},
    "sub": {"script": "sub"},
    "sup": {"script": "super"},
}


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style; a line break inside it is ``\\n``."""

    text: str
    style: Style = Style()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table with the number of rows and columns it covers."""

    blocks: tuple[Block, ...]
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False

    @property
    def text(self) -> str:
        """The cell on one line."""
        return " ".join(line for block in self.blocks for line in block.lines()).replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item, picture or table, in reading order.

    Attributes:
        level: of a heading 1-6 (h2 is 2); of a list item its depth from 1; else 0.
        mark: of a list item ``·`` or ``3.``; empty where the item goes on in a further paragraph.
        rows: cells as the HTML names them; covered places are left out, as there.
        sha256, alt: of a picture.
        align: ``right`` or ``center`` where a paragraph or heading stands so, as signatures do.
    """

    kind: Kind
    runs: tuple[Run, ...] = ()
    level: int = 0
    mark: str = ""
    rows: tuple[tuple[Cell, ...], ...] = ()
    sha256: str = ""
    alt: str = ""
    align: str = ""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def lines(self) -> Iterator[str]:
        """The block as plain text: a table has one line a row, a picture none."""
        if self.kind == "table":
            for row in self.rows:
                yield "\t".join(cell.text for cell in row)
        elif self.runs:
            yield f"{self.mark} {self.text}" if self.mark else self.text


def parse(html: str) -> HtmlElement:
    """Return a ``div`` that holds the fragment; comments and control characters are left out."""
    parser = HTMLParser(remove_comments=True, remove_pis=True)
    div: HtmlElement = fragment_fromstring(NOT_XML.sub("", html), create_parent="div", parser=parser)
    return div


def inner_html(element: HtmlElement) -> str:
    """The HTML inside ``element``, always written the same way."""
    return _escaped(element.text) + "".join(_outer_html(child) + _escaped(child.tail) for child in element)


def plain_text(html: str) -> str:
    """The text: one paragraph, heading, list item or table row a line, cells parted by tabs, list items with marks."""
    return "\n".join(line for block in blocks(html) for line in block.lines())


def pictures(html: str) -> list[str]:
    """SHA-256 of the pictures in reading order, each once."""
    addresses = (str(image.get("src", "")) for image in parse(html).iter("img"))
    return list(dict.fromkeys(address.removeprefix(ASSET) for address in addresses if address.startswith(ASSET)))


def captions(html: str) -> dict[str, str]:
    """SHA-256 of the pictures that have a caption → its text on one line."""
    figures = ((figure.find("img"), figure.find("figcaption")) for figure in parse(html).iter("figure"))
    return {
        str(image.get("src", "")).removeprefix(ASSET): " ".join(caption.text_content().split())
        for image, caption in figures
        if image is not None and caption is not None
    }


def place_pictures(html: str, address: Callable[[str], str]) -> str:
    """The HTML with every ``asset:SHA256`` replaced by ``address(sha256)``."""
    root = parse(html)
    for image in root.iter("img"):
        source = str(image.get("src", ""))
        if source.startswith(ASSET):
            image.set("src", address(source.removeprefix(ASSET)))
    return inner_html(root)


def blocks(html: str) -> list[Block]:
    """The fragment as blocks in reading order; text outside any paragraph becomes one."""
    return _blocks_of(parse(html))


def _blocks_of(element: HtmlElement) -> list[Block]:
    reader = _Reader()
    reader.read_inside(element, Style(), Block("paragraph"))
    reader.close(Block("paragraph"))
    return reader.blocks


class _Reader:
    """Walks through a tree and collects blocks.

    ``like`` is an empty block that says what text met on the way belongs to: its kind and level.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._runs: list[Run] = []
        # Waits for the first paragraph of a list item; the others go without.
        self._mark = ""

    def close(self, like: Block) -> None:
        """End the paragraph under way, if it holds anything."""
        runs = _tidy(self._runs)
        self._runs = []
        if not runs:
            return
        if like.kind == "list_item":
            like, self._mark = replace(like, mark=self._mark), ""
        self.blocks.append(replace(like, runs=runs))

    def read_inside(self, element: HtmlElement, style: Style, like: Block) -> None:
        self._add(element.text, style)
        for child in element:
            self._read(child, style, like)
            self._add(child.tail, style)

    def _read(self, element: HtmlElement, style: Style, like: Block) -> None:
        tag = str(element.tag)
        if tag == "br":
            self._runs.append(Run("\n", style))
        elif tag in INLINE:
            self.read_inside(element, _restyle(style, element), like)
        elif tag == "img":
            self.close(like)
            self.blocks.append(_picture(element))
        elif tag == "hr":
            self.close(like)
            self.blocks.append(Block("rule"))
        elif tag == "table":
            self.close(like)
            self._read_table(element)
        elif tag in {"ul", "ol"}:
            self.close(like)
            self._read_list(element, style, like)
        else:
            self._read_paragraph(element, style, like)

    def _read_paragraph(self, element: HtmlElement, style: Style, like: Block) -> None:
        self.close(like)
        own = _like(str(element.tag), like)
        if found := ALIGNED.search(element.get("style", "")):
            own = replace(own, align=found[1])
        self.read_inside(element, style, own)
        self.close(own)

    def _read_list(self, element: HtmlElement, style: Style, like: Block) -> None:
        level = like.level + 1 if like.kind == "list_item" else 1
        numbers = count(_whole(element.get("start"), 1))
        for item in element:
            if item.tag in {"ul", "ol"}:
                self._read_list(item, style, Block("list_item", level=level))
                continue
            own = Block("list_item", level=level)
            self._mark = f"{next(numbers)}." if element.tag == "ol" else BULLET
            self.read_inside(item, style, own)
            self.close(own)
            self._mark = ""

    def _read_table(self, element: HtmlElement) -> None:
        for caption in element.iterchildren("caption"):
            self.read_inside(caption, Style(), Block("caption"))
            self.close(Block("caption"))
        rows = tuple(tuple(_cells(row)) for row in element.xpath("./tr | ./*/tr"))
        self.blocks.append(Block("table", rows=tuple(row for row in rows if row)))

    def _add(self, text: str | None, style: Style) -> None:
        if text:
            self._runs.append(Run(SPACE.sub(" ", text), style))


def _like(tag: str, around: Block) -> Block:
    """What the text of an element of this name is, inside a block like ``around``."""
    if tag in HEADINGS:
        return Block("heading", level=HEADINGS[tag])
    if tag == "figcaption":
        return Block("caption")
    if tag == "blockquote":
        return Block("quote")
    return around


def _restyle(style: Style, element: HtmlElement) -> Style:
    if element.tag == "a":
        return replace(style, link=str(element.get("href", "")))
    # Values and names come from one table above; mypy cannot see into it.
    return replace(style, **STYLES.get(str(element.tag), {}))  # type: ignore[arg-type]


def _picture(element: HtmlElement) -> Block:
    return Block("picture", sha256=str(element.get("src", "")).removeprefix(ASSET), alt=str(element.get("alt", "")))


def _cells(row: HtmlElement) -> Iterator[Cell]:
    for cell in row.iterchildren("td", "th"):
        yield Cell(
            blocks=tuple(_blocks_of(cell)),
            row_span=_whole(cell.get("rowspan"), 1),
            column_span=_whole(cell.get("colspan"), 1),
            is_header=cell.tag == "th",
        )


def _whole(text: str | None, default: int) -> int:
    """A whole number from 1 to MAX_SPAN out of an attribute, else ``default``."""
    if text is None or not re.fullmatch(r"[0-9]{1,6}", text.strip()):
        return default
    return min(max(int(text), 1), MAX_SPAN)


def _tidy(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Join runs of one style and drop the blanks HTML does not show: at both ends, doubled, beside line breaks."""
    joined: list[Run] = []
    before = "\n"
    for run in runs:
        text = run.text
        if text == "\n":
            _strip_end(joined)
        elif before[-1] in " \n":
            text = text.lstrip(" ")
        if not text:
            continue
        before = text
        if joined and joined[-1].style == run.style:
            joined[-1] = Run(joined[-1].text + text, run.style)
        else:
            joined.append(Run(text, run.style))
    _strip_end(joined, " \n")
    return tuple(joined)


def _strip_end(runs: list[Run], what: str = " ") -> None:
    while runs:
        text = runs[-1].text.rstrip(what)
        if text:
            runs[-1] = Run(text, runs[-1].style)
            return
        runs.pop()


def _outer_html(element: HtmlElement) -> str:
    tag = str(element.tag)
    attributes = "".join(f' {name}="{_escaped(str(value), quote=True)}"' for name, value in element.attrib.items())
    if tag in VOID:
        return f"<{tag}{attributes}>"
    return f"<{tag}{attributes}>{inner_html(element)}</{tag}>"


def _escaped(text: str | None, *, quote: bool = False) -> str:
    escaped = escape(text or "", quote=False).replace("\u00a0", "&nbsp;")
    return escaped.replace('"', "&quot;") if quote else escaped
