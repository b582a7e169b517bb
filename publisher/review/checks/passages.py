"""The text of an item as passages, each with its place: paragraphs, table cells, captions, alternative texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from lxml import etree

from publisher.items.tree import parse
from publisher.review.checks.finding import Place

BLOCKS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "th", "caption", "figcaption"])
_LONE = re.compile(r"[0-9Xx\uff10-\uff19\uff38]?")
_SQUARES = 11
"""Cells with one figure each in a row, from so many on, are one number written into squares."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that is read as one piece. ``context``: words that say what it is about, such as a column's heading."""

    where: Place
    text: str
    context: str = ""


def passages(html: str) -> list[Passage]:
    """Every passage of an item's clean HTML, in reading order."""
    return list(_Walker().walk(parse(html)))


def rows_as_passages(rows: Sequence[Sequence[str]], number: int) -> Iterator[Passage]:
    """The cells of table ``number``; the first cell of the row and the first of the column say what a cell is about."""
    heads = rows[0] if rows else ()
    for line, row in enumerate(rows, start=1):
        for place, text in enumerate(row, start=1):
            if text.strip():
                above = heads[place - 1] if line > 1 and place <= len(heads) else ""
                beside = row[place - 2] if place > 1 else ""
                yield Passage(Place("cell", number, line, place), text, f"{above} {beside}".strip())
        yield from _squares(row, number, line)


def _squares(row: Sequence[str], number: int, line: int) -> Iterator[Passage]:
    """Figures that stand alone in neighbouring cells, read as the one number they are."""
    run: list[str] = []
    for place, text in enumerate([*row, "|"], start=1):
        word = text.strip()
        if word and _LONE.fullmatch(word):
            run.append(word)
            continue
        if len(run) >= _SQUARES:
            begin = place - len(run)
            yield Passage(Place("cell", number, line, begin), "".join(run), row[begin - 2] if begin > 1 else "")
        run = []


class _Walker:
    """Walks a tree and numbers what it meets."""

    def __init__(self) -> None:
        self._paragraphs = self._tables = self._captions = self._pictures = 0

    def walk(self, root: etree._Element) -> Iterator[Passage]:
        yield from self._stray(root.text)
        for node in root:
            yield from self._node(node)
            yield from self._stray(node.tail)

    def _node(self, node: etree._Element) -> Iterator[Passage]:
        if node.tag == "table":
            yield from self._table(node)
        elif node.tag in {"figcaption", "caption"}:
            yield from self._caption(node)
        elif any(child.tag in BLOCKS or child.tag in {"table", "ul", "ol", "figure"} for child in node):
            yield from self.walk(node)
        else:
            yield from self._paragraph(node)

    def _paragraph(self, node: etree._Element) -> Iterator[Passage]:
        yield from self._stray(text_of(node))
        for picture in node.iter("img"):
            self._pictures += 1
            if alt := picture.get("alt", "").strip():
                yield Passage(Place("alt", self._pictures), alt)

    def _stray(self, text: str | None) -> Iterator[Passage]:
        if text and text.strip():
            self._paragraphs += 1
            yield Passage(Place("paragraph", self._paragraphs), text)

    def _caption(self, node: etree._Element) -> Iterator[Passage]:
        if text := text_of(node).strip():
            self._captions += 1
            yield Passage(Place("caption", self._captions), text)

    def _table(self, table: etree._Element) -> Iterator[Passage]:
        self._tables += 1
        for caption in table.iterchildren("caption"):
            yield from self._caption(caption)
        rows = [[text_of(cell) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
        yield from rows_as_passages(rows, self._tables)
        for picture in table.iter("img"):
            self._pictures += 1
            if alt := picture.get("alt", "").strip():
                yield Passage(Place("alt", self._pictures), alt)


def text_of(node: etree._Element) -> str:
    """The text of an element as it is read: a line break parts lines, and so do the paragraphs of a cell."""
    parts: list[str] = []
    for step, element in etree.iterwalk(node, events=("start", "end")):
        if step == "start":
            if element.tag == "br" or (element is not node and element.tag in BLOCKS and parts):
                parts.append("\n")
            parts.append(unescape(element.text or "") if element.text else "")
        elif element is not node:
            parts.append(element.tail or "")
    return "".join(parts)
