"""Tables with coloured states as they are written into a workbook: what stands where, without a program for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Value = str | int | date | None


@dataclass(frozen=True, slots=True)
class State:
    """A word on a ground of its colour; both colours as six hex digits."""

    word: str
    ground: str
    ink: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A text that leads to a web address, where it is one."""

    text: str
    url: str


Shown = Value | State | Linked


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its title and a line below, headings with the widths of their columns in letters, rows, and notes."""

    name: str
    title: str
    subtitle: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Shown]]
    notes: Sequence[str]
