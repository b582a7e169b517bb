"""Where each cell of a table stands: the grid behind the spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.reports.document import Cell, Table


class NotRectangular(ValueError):
    """The spans of a table leave a gap, overlap or stick out: the form's data is wrong."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell and the place of its upper left corner, both counted from 0."""

    cell: Cell
    row: int
    column: int

    def covers(self, row: int) -> bool:
        return self.row <= row < self.row + self.cell.rows


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells in reading order, and how many columns there are."""

    cells: Sequence[Placed]
    width: int

    def starting_in(self, row: int) -> list[Placed]:
        return [place for place in self.cells if place.row == row]

    def covering(self, row: int) -> list[Placed]:
        """The cells that take part in a row, from the left."""
        return sorted((place for place in self.cells if place.covers(row)), key=lambda place: place.column)

    def groups(self, rows: range) -> list[range]:
        """``rows`` cut wherever no cell spans the cut: what belongs on one page."""
        spanned = {row for place in self.cells for row in range(place.row + 1, place.row + place.cell.rows)}
        starts = [row for row in rows if row == rows.start or row not in spanned]
        # Without rows there are no groups, and then no start for the last stop.
        return [range(first, stop) for first, stop in zip(starts, [*starts[1:], rows.stop], strict=False)]


def lay_out(table: Table) -> Grid:
    """Place the cells as a browser does. Raises NotRectangular: they do not fill a rectangle exactly."""
    taken: dict[tuple[int, int], Cell] = {}
    cells = []
    for number, row in enumerate(table.rows):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            _take(taken, cell, number, column)
            cells.append(Placed(cell, number, column))
            column += cell.columns
    width = max((column for _, column in taken), default=-1) + 1
    _check(taken, len(table.rows), width)
    for place in cells:
        if place.row < table.head_rows < place.row + place.cell.rows:
            raise NotRectangular(f"the cell {place.cell.text!r} reaches below the head")
    return Grid(cells, width)


def relative_widths(table: Table, width: int) -> list[float]:
    """The share of each column of the grid; together 1."""
    widths = list(table.widths) or [1.0] * width
    if len(widths) != width:
        raise NotRectangular(f"the table has {width} columns but {len(widths)} widths")
    return [each / sum(widths) for each in widths]


def _take(taken: dict[tuple[int, int], Cell], cell: Cell, row: int, column: int) -> None:
    if cell.rows < 1 or cell.columns < 1:
        raise NotRectangular(f"the cell {cell.text!r} covers nothing")
    for place in ((row + down, column + right) for down in range(cell.rows) for right in range(cell.columns)):
        if place in taken:
            raise NotRectangular(f"the cells {taken[place].text!r} and {cell.text!r} overlap in row {place[0] + 1}")
        taken[place] = cell


def _check(taken: dict[tuple[int, int], Cell], height: int, width: int) -> None:
    for row in range(height):
        missing = [column + 1 for column in range(width) if (row, column) not in taken]
        if missing:
            raise NotRectangular(f"row {row + 1} has no cell in column {missing[0]} of {width}")
    sticking_out = [cell.text for (row, _), cell in taken.items() if row >= height]
    if sticking_out:
        raise NotRectangular(f"the cell {sticking_out[0]!r} reaches below the last row")
