"""Two texts beside each other: what is the same, what differs, and one text made of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Literal

from publisher.items.cleaning import join, rebuild
from publisher.items.drafts.content import Content, File
from publisher.items.drafts.texts import named
from publisher.items.flow import Block
from publisher.items.pictures import Pictures

Side = Literal["here", "there", "both"]

LONGEST_MARKED = 4_000
"""Characters of a pair of paragraphs up to which differences within them are looked for: that takes their square."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: the same on both sides where ``here`` and ``there`` are equal."""

    here: tuple[Block, ...]
    there: tuple[Block, ...]

    @property
    def is_same(self) -> bool:
        return self.here == self.there

    def of(self, side: Side) -> tuple[Block, ...]:
        if side == "both":
            return (*self.here, *self.there)
        return self.here if side == "here" else self.there


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a line; ``differs`` where the other side has something else."""

    text: str
    differs: bool


def pieces(here: str, there: str) -> list[Piece]:
    """Two clean texts, block by block."""
    left, right = _blocks(here), _blocks(there)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return [Piece(tuple(left[a:b]), tuple(right[c:d])) for _tag, a, b, c, d in matcher.get_opcodes()]


def together(parts: Sequence[Piece], sides: Mapping[int, Side]) -> str:
    """One text: of each piece that differs, by its place, the side that was chosen; without a choice both."""
    chosen = [
        block
        for place, piece in enumerate(parts)
        for block in (piece.here if piece.is_same else piece.of(sides.get(place, "both")))
    ]
    return join(chosen)


def sides_of(parts: Sequence[Piece], base: str | None) -> dict[int, Side]:
    """For each piece that differs the side that changed, where only one did; ``base`` is what both began with."""
    began = set(_blocks(base)) if base is not None else set()
    return {place: _changed_side(piece, began) for place, piece in enumerate(parts) if not piece.is_same}


def _changed_side(piece: Piece, began: set[Block]) -> Side:
    is_old_here, is_old_there = began.issuperset(piece.here), began.issuperset(piece.there)
    if is_old_here and is_old_there:
        # Nothing new on either side: one of them took something out, or both moved things.
        return "here" if not piece.here else "there" if not piece.there else "both"
    if is_old_here:
        return "there"
    return "here" if is_old_there else "both"


def marked(here: str, there: str) -> tuple[list[Run], list[Run]]:
    """Two lines with the parts of them that differ."""
    if len(here) + len(there) > LONGEST_MARKED:
        return [Run(here, differs=True)], [Run(there, differs=True)]
    opcodes = SequenceMatcher(None, here, there, autojunk=False).get_opcodes()
    left = [Run(here[a:b], tag != "equal") for tag, a, b, _c, _d in opcodes if b > a]
    right = [Run(there[c:d], tag != "equal") for tag, _a, _b, c, d in opcodes if d > c]
    return left, right


def different_fields(here: Content, there: Content) -> list[str]:
    """Names of the fields in which they differ, the text and the files left out."""
    names = (field.name for field in fields(Content) if field.name not in ("html", "files"))
    return [name for name in names if getattr(here, name) != getattr(there, name)]


def all_files(here: Content, there: Content) -> tuple[File, ...]:
    """The files of both; what only one of them says of a picture is kept."""
    return tuple(_united(here.files, there.files))


def _united(here: Sequence[File], there: Sequence[File]) -> Iterator[File]:
    others = {(file.role, file.sha256): file for file in there}
    for file in here:
        other = others.pop((file.role, file.sha256), file)
        yield File(
            file.role, file.sha256, file.name, file.media_type, file.alt or other.alt, file.caption or other.caption
        )
    yield from others.values()


def _blocks(html: str) -> list[Block]:
    blocks, _notes = rebuild(html, Pictures(known=named(html)))
    return blocks
