"""Grids of figures as tables: a line for each row of the form, a number for each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.reports.forms.format import Grid
from publisher.reports.report import Report
from publisher.web.reports.figures import Shown, shown


@dataclass(frozen=True, slots=True)
class GridTable:
    """A grid with its values."""

    label: str
    unit: str
    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Shown]]]

    @property
    def missing(self) -> list[Shown]:
        """What nobody gave yet, sums left aside."""
        return [
            figure for _label, figures in self.lines for figure in figures if figure.is_missing and figure.is_enterable
        ]


def grids(report: Report) -> list[GridTable]:
    return [_table(report, grid) for grid in report.form.grids]


def _table(report: Report, grid: Grid) -> GridTable:
    lines = [
        (row.label, [shown(report, report.figures[grid.name(row.key, column.key)]) for column in grid.columns])
        for row in grid.rows
    ]
    return GridTable(grid.label, grid.unit, [column.label for column in grid.columns], lines)
