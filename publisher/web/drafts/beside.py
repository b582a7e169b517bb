"""Two contents of a draft beside each other, as a page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import zip_longest

from django.utils.translation import gettext as _

from publisher.items.drafts.content import Content
from publisher.items.drafts.differences import Piece, Run, different_fields, marked, pieces, sides_of
from publisher.items.flow import Block
from publisher.items.models import Disclosure, Origin
from publisher.office import Office
from publisher.web.words import channel_name, column_name

SAME_AROUND = 1
"""Paragraphs shown before and after a difference; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph; ``kind`` is its tag."""

    kind: str
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text; ``hidden`` paragraphs that are the same are left out of ``here``, in its middle.

    ``chosen`` is the side that is taken unless somebody says otherwise.
    """

    place: int
    is_same: bool
    here: Sequence[Line]
    there: Sequence[Line] = ()
    after: Sequence[Line] = ()
    hidden: int = 0
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field in which they differ."""

    name: str
    label: str
    here: Sequence[Run]
    there: Sequence[Run]
    chosen: str


@dataclass(frozen=True, slots=True)
class Beside:
    fields: Sequence[FieldPair]
    parts: Sequence[Part]

    @property
    def is_same(self) -> bool:
        return not self.fields and all(part.is_same for part in self.parts)


def beside(office: Office, here: Content, there: Content, base: Content | None = None) -> Beside:
    """Both contents; ``base`` is what they began with, as far as it is known: it tells who changed what."""
    names = [name for name in different_fields(here, there) if name != "variants"]
    parts = pieces(here.html, there.html)
    sides = sides_of(parts, base.html if base else None)
    return Beside(
        [_pair(office, name, here, there, base) for name in names],
        [replace(_part(place, piece), chosen=sides.get(place, "")) for place, piece in enumerate(parts)],
    )


def _pair(office: Office, name: str, here: Content, there: Content, base: Content | None) -> FieldPair:
    left, right = marked(_said(office, name, here), _said(office, name, there))
    is_old_here = base is not None and getattr(here, name) == getattr(base, name)
    return FieldPair(name, labels()[name], left, right, "there" if is_old_here else "here")


def labels() -> dict[str, str]:
    return {
        "title": _("Title"),
        "summary": _("Summary"),
        "column": _("Column"),
        "section": _("Section"),
        "author": _("Author"),
        "source": _("Source"),
        "origin": _("Origin"),
        "source_url": _("Address of the original"),
        "document_number": _("Document number"),
        "interprets": _("Documents it interprets"),
        "in_force_until": _("In force until"),
        "disclosure": _("Disclosure"),
        "disclosure_reason": _("Reason for not disclosing"),
        "channels": _("Channels"),
        "publish_at": _("Not before"),
        "note": _("A word to the reviewers"),
    }


def _said(office: Office, name: str, content: Content) -> str:
    value = getattr(content, name)
    if name == "channels":
        return "、".join(channel_name(office, key) for key in value)
    if name == "column":
        return column_name(office, value)
    if name == "disclosure":
        return str(Disclosure(value).label) if value in Disclosure.values else value
    if name == "origin":
        return str(Origin(value).label) if value in Origin.values else value
    if isinstance(value, datetime):
        return value.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else value or ""


def _part(place: int, piece: Piece) -> Part:
    if piece.is_same:
        lines = [_line(block) for block in piece.here]
        hidden = len(lines) - 2 * SAME_AROUND
        if hidden < 2:
            return Part(place, True, lines)
        return Part(place, True, lines[:SAME_AROUND], after=lines[-SAME_AROUND:], hidden=hidden)
    here, there = [], []
    for left, right in zip_longest(piece.here, piece.there):
        runs = marked(_text(left), _text(right))
        here += [Line(left.tag, runs[0])] if left else []
        there += [Line(right.tag, runs[1])] if right else []
    return Part(place, False, here, there)


def _line(block: Block) -> Line:
    return Line(block.tag, [Run(_text(block), differs=False)])


def _text(block: Block | None) -> str:
    if block is None:
        return ""
    picture = _("[picture]") if "<img" in block.inner else ""
    return f"{picture} {block.text}".strip()
