"""A report as blocks in reading order, before it becomes HTML, Word, Excel or PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

LONG_TITLE = 20
"""Characters of 22 point that fit one line of a page."""
FITS_A_PAGE = 30
"""Rows of a table that is kept on one page."""
YEAR = re.compile(r"(?<=\D)(?=\d{4}年)")

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
    runs: Sequence[Run]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


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
    """One printed cell; it covers ``columns`` × ``rows`` places of the grid, those to its right and below.

    A line break in ``text`` is printed as one.
    """

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

    @property
    def is_kept_whole(self) -> bool:
        """Whether it moves to the next page rather than break."""
        return len(self.rows) <= FITS_A_PAGE


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
    """A whole report.

    Args:
        is_draft: it is marked as one on every page.
        author: the office, for the properties of the file.
        dated: the day the file bears in its properties; never the day it was written, which would change its bytes.
    """

    title: str
    blocks: Sequence[Block]
    is_draft: bool = True
    author: str = ""
    dated: date | None = None

    @property
    def title_lines(self) -> list[str]:
        """The title as it is set: a long one is broken where its sense allows, before the year."""
        lines = self.title.splitlines()
        if len(lines) == 1 and len(self.title) > LONG_TITLE:
            return YEAR.split(self.title, maxsplit=1)
        return lines
