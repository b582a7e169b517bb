"""Whether the cells of a table cover its grid exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """How many columns and rows a cell covers, to its right and below."""

    columns: int = 1
    rows: int = 1


def width(rows: Sequence[Sequence[Span]]) -> int:
    """How many columns the grid has: what the cells of the first row cover."""
    return sum(span.columns for span in rows[0])


def first_bad_row(rows: Sequence[Sequence[Span]]) -> int | None:
    """The first row, from 1, whose cells do not fill exactly what the rows above left free; None: all fit."""
    taken: set[tuple[int, int]] = set()
    wide = width(rows)
    for number, row in enumerate(rows):
        free = (place for place in range(wide) if (number, place) not in taken)
        if not _lay(row, number, list(free), taken):
            return number + 1
    below = [line for line, _place in taken if line >= len(rows)]
    return len(rows) if below else None


def _lay(row: Iterable[Span], number: int, free: list[int], taken: set[tuple[int, int]]) -> bool:
    """Put the cells of a row on its free places from the left; whether they fill them and nothing else."""
    for span in row:
        places, free = free[: span.columns], free[span.columns :]
        if len(places) < span.columns or places[-1] - places[0] != span.columns - 1:
            return False
        taken.update((number + below, place) for place in places for below in range(span.rows))
    return not free
