"""A report as blocks in reading order, before it becomes HTML, Word, Excel or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of running text; ``figure`` is the key of the figure it shows, empty where it shows none."""

    text: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` counts from 1; the title of the document is none of them."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``kind``: body text, a note in small type (counting rules), or the signature and its date."""

    runs: Sequence[Run]
    align: Align = "left"
    kind: Literal["body", "note", "signature"] = "body"

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell; it covers ``columns`` × ``rows`` places of the grid, those to its right and below."""

    text: str
    figure: str = ""
    columns: int = 1
    rows: int = 1
    is_head: bool = False
    align: Align = "center"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; a place that a cell above or to the left covers has no cell of its own."""

    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    widths: Sequence[float] = ()
    """relative widths of the grid's columns; empty: all alike"""
    head_rows: int = 0
    """how many rows are repeated as the head on each page"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as PNG; ``alt`` says in words what it shows, ``width_mm`` how wide it is printed."""

    content: bytes = field(repr=False)
    alt: str
    caption: str = ""
    width_mm: float = 150


Block = Heading | Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. ``is_draft``: it is marked as one on every page."""

    title: str
    blocks: Sequence[Block]
    is_draft: bool = True
