"""Changing a text where findings say so, and marking in it where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from lxml import etree

from publisher.items.tree import parse
from publisher.review.checks.finding import Finding, Place
from publisher.review.checks.passages import Piece, Spot, spots

TEXTS = frozenset(["paragraph", "cell", "caption"])
"""Parts of an item whose characters lie in its HTML as text."""

LINES = frozenset(["title", "summary"])
"""Parts that are a line of their own."""


def is_mendable(finding: Finding) -> bool:
    """Whether its suggestion can be put in the place of what was found, without a person typing."""
    return finding.suggestion is not None and not finding.where.file and finding.where.part in TEXTS | LINES | {"alt"}


def mended_line(part: str, text: str, findings: Iterable[Finding], *, channel: str = "") -> str:
    """A title or summary, as ``part`` says, with the suggestions of the findings about it.

    Args:
        channel: whose own line it is; empty: the item's.
    """
    for finding in _from_behind(findings, channel):
        if finding.where.part == part and finding.suggestion is not None:
            text = text[: finding.start] + finding.suggestion + text[finding.end :]
    return text


def mended(html: str, findings: Iterable[Finding], *, channel: str = "") -> str:
    """``html`` with the suggestions of the findings in it; those that stand in no one text are passed over.

    The findings must be of exactly this text, the item's or, with ``channel``, the one it has for that channel.
    """
    root = parse(html)
    there = {spot.passage.where: spot for spot in spots(root) if spot.pieces}
    pictures = list(root.iter("img"))
    for finding in _from_behind(findings, channel):
        if finding.suggestion is None or finding.where.file:
            continue
        if finding.where.part == "alt":
            picture = pictures[finding.where.number - 1]
            alt = picture.get("alt", "")
            picture.set("alt", alt[: finding.start] + finding.suggestion + alt[finding.end :])
        elif spot := there.get(replace(finding.where, channel="")):
            _replace(spot, finding.start, finding.end, finding.suggestion)
    return inner(root)


def marked(html: str, findings: Sequence[Finding]) -> str:
    """``html`` with every place marked, as by ``mark``."""
    root = parse(html)
    mark(root, findings)
    return inner(root)


def mark(root: etree._Element, findings: Sequence[Finding]) -> None:
    """Put a ``mark`` around what each finding is about, with the id ``finding-`` and its place in the list.

    What cannot be marked, because it overlaps with another or stands elsewhere, is left out.
    """
    places: dict[Place, list[tuple[int, int, int, str]]] = defaultdict(list)
    for number, finding in enumerate(findings):
        if not finding.where.file:
            places[finding.where].append((finding.start, finding.end, number, finding.severity.value))
    for spot in spots(root):
        if spot.pieces and spot.passage.where in places:
            _mark(spot, _apart(places[spot.passage.where]))


def inner(root: etree._Element) -> str:
    """What stands in a tree, as HTML."""
    inside = "".join(etree.tostring(node, encoding="unicode", method="html") for node in root)
    return escape(root.text or "", quote=False) + inside


def _from_behind(findings: Iterable[Finding], channel: str) -> list[Finding]:
    """Those of the channel that do not overlap, the last of each place first, so that the others keep their places."""
    kept: list[Finding] = []
    of_channel = (finding for finding in findings if finding.where.channel == channel)
    for finding in sorted(of_channel, key=lambda one: (one.start, one.end)):
        if not any(finding.where == other.where and finding.start < other.end for other in kept):
            kept.append(finding)
    return kept[::-1]


def _replace(spot: Spot, start: int, end: int, words: str) -> None:
    """Put ``words`` where the first of the characters stands, and take the others away."""
    place = 0
    for piece in spot.pieces:
        first, last = max(start - place, 0), min(end - place, len(piece.text))
        if first < last and piece.node is not None:
            text = _lying(piece)
            # A piece may have changed behind ``last`` only, for replacements come from behind.
            _lay(piece, text[:first] + words + text[last:])
            words = ""
        place += len(piece.text)


def _lying(piece: Piece) -> str:
    if piece.node is None:
        return ""
    return (piece.node.tail if piece.is_behind else piece.node.text) or ""


def _lay(piece: Piece, text: str) -> None:
    if piece.node is not None and piece.is_behind:
        piece.node.tail = text
    elif piece.node is not None:
        piece.node.text = text


def _apart(ranges: Iterable[tuple[int, int, int, str]]) -> list[tuple[int, int, int, str]]:
    apart: list[tuple[int, int, int, str]] = []
    for one in sorted(ranges):
        if one[0] < one[1] and (not apart or one[0] >= apart[-1][1]):
            apart.append(one)
    return apart


def _mark(spot: Spot, ranges: Sequence[tuple[int, int, int, str]]) -> None:
    place, begun = 0, set[int]()
    for piece in spot.pieces:
        inside = [
            (max(start - place, 0), min(end - place, len(piece.text)), number, severity)
            for start, end, number, severity in ranges
            if start < place + len(piece.text) and end > place
        ]
        if inside and piece.node is not None:
            _mark_piece(piece, inside, begun)
        place += len(piece.text)


def _mark_piece(piece: Piece, ranges: Sequence[tuple[int, int, int, str]], begun: set[int]) -> None:
    """Cut the text of a piece at the ranges; the first mark of a finding has its id."""
    marks = []
    for place, (start, end, number, severity) in enumerate(ranges):
        mark = etree.Element("mark")
        mark.set("class", f"finding finding-{severity}")
        if number not in begun:
            mark.set("id", f"finding-{number}")
            begun.add(number)
        mark.text = piece.text[start:end]
        following = ranges[place + 1][0] if place + 1 < len(ranges) else len(piece.text)
        mark.tail = piece.text[end:following]
        marks.append(mark)
    _lay(piece, piece.text[: ranges[0][0]])
    _put(piece, marks)


def _put(piece: Piece, marks: Sequence[etree._Element]) -> None:
    if piece.node is None:
        return
    if not piece.is_behind:
        for place, mark in enumerate(marks):
            piece.node.insert(place, mark)
        return
    parent = piece.node.getparent()
    if parent is not None:
        at = parent.index(piece.node)
        for place, mark in enumerate(marks, start=1):
            # ``insert`` would take the tail of an element that stands elsewhere; these stand nowhere yet.
            parent.insert(at + place, mark)
