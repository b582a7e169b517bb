"""The text of an item as passages, each with its place: paragraphs, table cells, captions, alternative texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from publisher.items.tree import parse
from publisher.review.checks.finding import Place

BLOCKS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "th", "caption", "figcaption"])
_LONE = re.compile(r"[0-9Xx\uff10-\uff19\uff38]?")
_SQUARES = 11
"""Cells with one figure each in a row, from so many on, are one number written into squares."""


@dataclass(frozen=True, slots=True)
class Link:
    """Characters of a passage that lead to an address."""

    start: int
    end: int
    address: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that is read as one piece. ``context``: words that say what it is about, such as a column's heading."""

    where: Place
    text: str
    context: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage as it lies in the tree: inside an element, or behind it; a line break has no element."""

    text: str
    node: etree._Element | None = None
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage with the pieces it is made of; without any, it is no text of one element."""

    passage: Passage
    pieces: tuple[Piece, ...] = ()


@lru_cache(maxsize=4)
def passages(html: str) -> tuple[Passage, ...]:
    """Every passage of an item's clean HTML, in reading order. Several checks ask one after the other."""
    return tuple(spot.passage for spot in spots(parse(html)))


def spots(root: etree._Element) -> list[Spot]:
    """Every passage of a tree, with where it lies in it."""
    return list(_Walker().blocks(root))


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
            yield Passage(Place("cells", number, line, begin), "".join(run), row[begin - 2] if begin > 1 else "")
        run = []


class _Walker:
    """Walks a tree and numbers what it meets."""

    def __init__(self) -> None:
        self._paragraphs = self._tables = self._captions = self._pictures = 0

    def blocks(self, root: etree._Element) -> Iterator[Spot]:
        """Block by block, as the page of an approval numbers them."""
        yield from self._stray([Piece(root.text or "", root)])
        for number, node in enumerate((node for node in root if isinstance(node.tag, str)), start=1):
            for spot in self._node(node):
                yield replace(spot, passage=replace(spot.passage, where=replace(spot.passage.where, block=number)))
            yield from self._stray([Piece(node.tail or "", node, is_behind=True)])

    def walk(self, root: etree._Element) -> Iterator[Spot]:
        yield from self._stray([Piece(root.text or "", root)])
        for node in root:
            yield from self._node(node)
            yield from self._stray([Piece(node.tail or "", node, is_behind=True)])

    def _node(self, node: etree._Element) -> Iterator[Spot]:
        if node.tag == "table":
            yield from self._table(node)
        elif node.tag in {"figcaption", "caption"}:
            yield from self._caption(node)
        elif any(child.tag in BLOCKS or child.tag in {"table", "ul", "ol", "figure"} for child in node):
            yield from self.walk(node)
        else:
            yield from self._stray(pieces_of(node))
            yield from self._descriptions(node)

    def _descriptions(self, node: etree._Element) -> Iterator[Spot]:
        for picture in node.iter("img"):
            self._pictures += 1
            if (alt := picture.get("alt", "")).strip():
                yield Spot(Passage(Place("alt", self._pictures), alt))

    def _stray(self, pieces: Sequence[Piece]) -> Iterator[Spot]:
        if any(piece.text.strip() for piece in pieces):
            self._paragraphs += 1
            yield _spot(Place("paragraph", self._paragraphs), pieces)

    def _caption(self, node: etree._Element) -> Iterator[Spot]:
        if text_of(node).strip():
            self._captions += 1
            yield _spot(Place("caption", self._captions), pieces_of(node))

    def _table(self, table: etree._Element) -> Iterator[Spot]:
        self._tables += 1
        for caption in table.iterchildren("caption"):
            yield from self._caption(caption)
        cells = [[pieces_of(cell) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
        rows = [[_joined(pieces) for pieces in row] for row in cells]
        for passage in rows_as_passages(rows, self._tables):
            if passage.where.part == "cells":
                yield Spot(passage)
            else:
                yield _spot(passage.where, cells[passage.where.row - 1][passage.where.column - 1], passage.context)
        yield from self._descriptions(table)


def text_of(node: etree._Element) -> str:
    """The text of an element as it is read: a line break parts lines, and so do the paragraphs of a cell."""
    return _joined(pieces_of(node))


def pieces_of(node: etree._Element) -> list[Piece]:
    """The text of an element piece by piece, in reading order."""
    pieces: list[Piece] = []
    for step, element in etree.iterwalk(node, events=("start", "end")):
        if step == "start":
            if element.tag == "br" or (element is not node and element.tag in BLOCKS and pieces):
                pieces.append(Piece("\n"))
            if element.text:
                pieces.append(Piece(element.text, element))
        elif element is not node and element.tail:
            pieces.append(Piece(element.tail, element, is_behind=True))
    return pieces


def _joined(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _spot(where: Place, pieces: Sequence[Piece], context: str = "") -> Spot:
    links, start = [], 0
    for piece in pieces:
        if address := _address(piece):
            links.append(Link(start, start + len(piece.text), address))
        start += len(piece.text)
    return Spot(Passage(where, _joined(pieces), context, tuple(links)), tuple(pieces))


def _address(piece: Piece) -> str:
    node = piece.node.getparent() if piece.node is not None and piece.is_behind else piece.node
    while node is not None and node.tag != "a":
        node = node.getparent()
    return node.get("href", "") if node is not None else ""
