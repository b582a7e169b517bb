"""The arithmetic of a benchmark: ratios of interleaved rounds, goals, verdicts, and the tables they are printed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

FLAT = 1.5
"""A cost that grows by more than this from the smallest table to the largest is not flat."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should at least, or at most, be."""

    side: Literal["≥", "≤"]
    limit: float

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.side == "≥" else value <= self.limit

    def __str__(self) -> str:
        return f"{self.side} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``unit`` is empty for a ratio; ``detail`` says what it is made of."""

    name: str
    value: float
    unit: str = ""
    goal: Goal | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "ok" if self.goal.is_met(self.value) else "short"

    def cells(self) -> list[str]:
        value = f"{number(self.value)} {self.unit}".strip()
        return [self.name, value, str(self.goal or ""), self.verdict, self.detail]


@dataclass(frozen=True, slots=True)
class Curve:
    """What one thing costs with growing tables.

    Attributes:
        costs: number of rows → milliseconds.
        beside: the same with empty tables, measured in turn with ``costs``, so that a busy machine changes both.
        is_linear: it has to look at every row, so it may grow with them.
    """

    name: str
    costs: Mapping[int, float]
    beside: Mapping[int, float] = field(default_factory=dict)
    is_linear: bool = False

    @property
    def factor(self) -> float:
        """How much more the largest table costs than the smallest."""
        first, last = min(self.costs), max(self.costs)
        return self._level(last) / self._level(first)

    @property
    def verdict(self) -> str:
        if self.is_linear:
            return "reads every row"
        return "flat" if self.factor <= FLAT else "NOT FLAT"

    def cells(self) -> list[str]:
        costs = [number(self.costs[size]) for size in sorted(self.costs)]
        return [self.name, *costs, number(self.factor), self.verdict]

    def _level(self, size: int) -> float:
        return self.costs[size] / self.beside.get(size, 1.0)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report: what was measured and how, the figures, and the curves."""

    title: str
    note: str
    figures: Sequence[Figure] = ()
    curves: Sequence[Curve] = ()

    def markdown(self) -> str:
        parts = [f"## {self.title}", self.note]
        if self.figures:
            rows = [figure.cells() for figure in self.figures]
            parts.append(table(["what", "measured", "goal", "", "from"], rows))
        if self.curves:
            sizes = [f"{size:,} rows, ms" for size in sorted(self.curves[0].costs)]
            parts.append(table(["what", *sizes, "factor", ""], [curve.cells() for curve in self.curves]))
        return "\n\n".join(parts)


def ratio(
    name: str, ours: Sequence[float], baseline: Sequence[float], *, unit: str, goal: Goal | None = None
) -> Figure:
    """Ours divided by the baseline, round by round; the median of the rounds counts.

    Raises ValueError: the rounds do not pair.
    """
    rounds = [mine / theirs for mine, theirs in zip(ours, baseline, strict=True)]
    spread = f"rounds {number(min(rounds))}–{number(max(rounds))}"
    detail = f"{number(median(ours))} against {number(median(baseline))} {unit}; {spread}"
    return Figure(name, median(rounds), goal=goal, detail=detail)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of ``values`` do not exceed. Raises IndexError: no values."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def number(value: float) -> str:
    """Three significant digits, thousands with commas."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it can be read as it is."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(3, *(len(line[place]) for line in lines)) for place in range(len(headings))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    ruled = [padded[0], ["-" * width for width in widths], *padded[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in ruled)
