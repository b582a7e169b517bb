"""The text under review in numbered pieces, and what was changed in it since an earlier revision."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lxml import etree

from channels.base import ASSET
from publisher.items.models import Revision
from publisher.items.tree import parse
from publisher.review.checks.finding import Finding
from publisher.review.checks.mending import mark

PICTURE = re.compile(rf"^{ASSET}([0-9a-f]{{64}})$")
ALIGNED = re.compile(r"text-align:\s*(left|center|right|justify)")
SIMILAR = 0.3
"""Paragraphs less alike than that are shown as one gone and one new."""
LONGEST = 20_000
"""Characters of a paragraph that are compared one by one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, heading, list, table or picture; ``number`` counts from 1 and names the place of remarks."""

    number: int
    html: SafeString
    words: str

    @property
    def quote(self) -> str:
        return self.words[:40]


@dataclass(frozen=True, slots=True)
class Changed:
    """A piece as it is now, beside what it was; ``html`` marks what came and what went."""

    kind: Literal["same", "changed", "added", "removed"]
    html: SafeString


def pieces(revision: Revision, findings: Sequence[Finding] = ()) -> list[Piece]:
    """The text of a revision from top to bottom, as safe HTML for a page of the desk, findings marked."""
    tree = parse(revision.html)
    mark(tree, findings)
    for node in tree.iter():
        _fit_for_desk(node, revision.item_id)
    found = [node for node in tree if isinstance(node.tag, str)]
    return [Piece(number, _html(node), _words(node)) for number, node in enumerate(found, start=1)]


def changes(before: Sequence[Piece], after: Sequence[Piece]) -> list[Changed]:
    """The text as it is now with everything marked that came, went or was changed since ``before``."""
    matcher = SequenceMatcher(a=[piece.html for piece in before], b=[piece.html for piece in after], autojunk=False)
    return [
        changed
        for kind, first, last, begin, end in matcher.get_opcodes()
        for changed in _section(kind, before[first:last], after[begin:end])
    ]


def line_changes(before: str, after: str) -> SafeString:
    """A line with what came and what went marked character by character."""
    if max(len(before), len(after)) > LONGEST:
        return format_html("<del>{}</del><ins>{}</ins>", before, after)
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    return format_html_join("", "{}", ((_marked(code, before, after),) for code in matcher.get_opcodes()))


def _section(kind: str, before: Sequence[Piece], after: Sequence[Piece]) -> Iterator[Changed]:
    if kind == "equal":
        yield from (Changed("same", piece.html) for piece in after)
        return
    both = min(len(before), len(after))
    for old, new in zip(before[:both], after[:both], strict=True):
        yield from _pair(old, new)
    yield from (_gone(piece) for piece in before[both:])
    yield from (_come(piece) for piece in after[both:])


def _pair(old: Piece, new: Piece) -> Iterator[Changed]:
    if old.words and new.words and old.words != new.words and _alike(old.words, new.words):
        yield Changed("changed", format_html("<p>{}</p>", line_changes(old.words, new.words)))
        return
    yield _gone(old)
    yield _come(new)


def _gone(piece: Piece) -> Changed:
    return Changed("removed", format_html("<del>{}</del>", piece.html))


def _come(piece: Piece) -> Changed:
    return Changed("added", format_html("<ins>{}</ins>", piece.html))


def _alike(before: str, after: str) -> bool:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    return matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR


def _marked(code: tuple[str, int, int, int, int], before: str, after: str) -> SafeString:
    kind, first, last, begin, end = code
    if kind == "equal":
        return format_html("{}", after[begin:end])
    gone = format_html("<del>{}</del>", before[first:last]) if first < last else ""
    come = format_html("<ins>{}</ins>", after[begin:end]) if begin < end else ""
    return format_html("{}{}", gone, come)


def _fit_for_desk(node: etree._Element, item: int) -> None:
    """Pictures from where the desk has them, and alignment by class: style attributes do not count there."""
    style = str(node.attrib.pop("style", ""))
    if aligned := ALIGNED.search(style):
        node.set("class", f"align-{aligned[1]}")
    if node.tag == "img" and (picture := PICTURE.match(node.get("src", ""))):
        node.set("src", reverse("asset", args=[item, picture[1]]))


def _html(node: etree._Element) -> SafeString:
    written = etree.tostring(node, encoding="unicode", method="html", with_tail=False)
    return mark_safe(written)  # noqa: S308 - cleaned when it came in, and once more by parse


def _words(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())
