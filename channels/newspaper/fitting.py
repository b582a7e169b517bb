"""Copy-fitting: how much room a text takes in print, and a shorter one cut at paragraphs and sentences.

Newspapers count cells: a Chinese character or mark fills one, two digits or Latin letters share one. A base column has
lines of 13 cells; text set over ``n`` columns also fills the gaps between them, one cell each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy

from lxml.html import HtmlElement

from channels.markup import Block, blocks, inner_html, parse

LINE = 13
INDENT = 2
"""Cells left empty at the beginning of a paragraph."""

HALF = re.compile("[!-~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]")
"""What shares a cell with its neighbour. The script that counts on while somebody types has the same rule."""

SENTENCE = re.compile(r"[^。！？!?；;]*[。！？!?；;]+[”’」』）)》]*", re.DOTALL)
"""A sentence with its end; what stands behind the last end is none."""

CUTTABLE = frozenset({"p", "blockquote"})


def half_cells(text: str) -> int:
    """Twice the cells of a text, so that it stays a whole number; blanks between words take none."""
    return sum(1 if HALF.fullmatch(sign) else 2 for sign in text if not sign.isspace())


def cells(text: str) -> int:
    """The cells a text takes, as the paper counts them."""
    return math.ceil(half_cells(text) / 2)


def line_cells(columns: int, line: int = LINE) -> int:
    """Cells of a line set over so many columns: 13, 27, 41, 55 …"""
    return line * columns + columns - 1


def line_count(content: Sequence[Block], width: int) -> int:
    """Lines of ``width`` cells the text fills; each paragraph begins a new one with its indent."""
    texts = (text for block in content for line in block.lines() for text in line.split("\n"))
    return sum(math.ceil((2 * INDENT + half_cells(text)) / (2 * width)) for text in texts if text.strip())


def proposal(html: str, room: int) -> str:
    """A shorter text of at most ``room`` cells: the lead, then whole paragraphs, then whole sentences of the next one.

    The lead is kept whole where it fits and cut behind a sentence where it does not; nothing is ever cut inside a
    sentence. Empty where nothing needs to be cut, or not even the first sentence fits.
    """
    if _room_of(html) <= 2 * room:
        return ""
    root = parse(html)
    kept: list[HtmlElement] = []
    left = 2 * room
    for part in list(root):
        taken = _room_of_parts([part])
        if taken <= left:
            kept.append(part)
            left -= taken
            continue
        if (shorter := _sentences(part, left)) is not None:
            kept.append(shorter)
        break
    while kept and kept[-1].tag in {"h2", "h3", "h4"}:
        kept.pop()
    return _joined(kept) if _room_of_parts(kept) else ""


def _sentences(part: HtmlElement, left: int) -> HtmlElement | None:
    """The first whole sentences of a paragraph that fit; None where none does."""
    if part.tag not in CUTTABLE:
        return None
    kept = ""
    for found in SENTENCE.finditer(part.text_content()):
        if half_cells(kept + found[0]) > left:
            break
        kept += found[0]
    return _cut(part, len(kept)) if kept.strip() else None


def _cut(part: HtmlElement, length: int) -> HtmlElement:
    """The paragraph with its first ``length`` characters, whatever stands around them."""
    shorter = deepcopy(part)
    shorter.tail = None
    _trim(shorter, length)
    return shorter


def _trim(element: HtmlElement, length: int) -> int:
    """Keep ``length`` characters of the text inside; return how many are left for what follows."""
    text = element.text or ""
    element.text, length = text[:length], max(0, length - len(text))
    for child in list(element):
        if length == 0:
            element.remove(child)
            continue
        length = _trim(child, length)
        tail = child.tail or ""
        child.tail, length = tail[:length], max(0, length - len(tail))
    return length


def _room_of(html: str) -> int:
    return sum(half_cells(line) for block in blocks(html) for line in block.lines())


def _room_of_parts(parts: Iterable[HtmlElement]) -> int:
    return _room_of(_joined(parts))


def _joined(parts: Iterable[HtmlElement]) -> str:
    root = parse("")
    for part in parts:
        copy = deepcopy(part)
        copy.tail = None
        root.append(copy)
    return inner_html(root)
