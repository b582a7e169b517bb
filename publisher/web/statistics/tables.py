"""Counts as tables: every number knows the address of the entries behind it, every heading that of its own table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from publisher.office import Office
from publisher.reports.naming import CUT_NAMES
from publisher.reports.selection import Selection
from publisher.reports.tallies import Tally
from publisher.web.statistics.naming import period_name, value_name
from publisher.web.statistics.order import Value, ordered, weights
from publisher.web.statistics.question import FILTERS, Question, address, cell_address, parameters_of, rows_address

WIDEST = 16
"""So many columns fit a page; what has more values goes down the page instead."""

Counted = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and where its entries are shown; empty where there are none."""

    value: int
    address: str = ""

    @property
    def html(self) -> SafeString:
        """As pages show it; a page may have thousands of them."""
        if not self.address:
            return format_html('<span class="none">{}</span>', self.value)
        return format_html('<a href="{}">{}</a>', self.address, self.value)


@dataclass(frozen=True, slots=True)
class Change:
    """How much more, or less below zero, than in the other year; ``share`` in per cent, empty where that was 0."""

    value: int
    share: str


@dataclass(frozen=True, slots=True)
class Label:
    """A value of a cut in words; ``address`` leads to the statistics of it alone, where they can be asked for."""

    text: str
    value: Value = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what it is about, its numbers, and the change where two years stand side by side."""

    labels: Sequence[Label]
    numbers: Sequence[Number]
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class CountTable:
    """``heads`` stand over the labels, ``columns`` over the numbers."""

    heads: Sequence[str]
    columns: Sequence[Label]
    lines: Sequence[Line]
    total: Line | None = None

    @property
    def overlaps(self) -> bool:
        """Whether its lines add up to more than the total: a unit stands in several of them."""
        if self.total is None:
            return False
        place = -1 if self.total.change is None else 0
        return sum(line.numbers[place].value for line in self.lines) > self.total.numbers[place].value


def table_of(question: Question, tally: Tally, then: Tally | None) -> CountTable:
    """The table a question asks for: one cut, two crossing each other, or either beside another year."""
    if then is not None:
        return _beside(question.by, tally, then)
    if len(question.by) == 2:
        counted = tally.by(*question.by)
        if len({row[question.by[1]] for row in counted}) <= WIDEST:
            return _with_totals(question.by, tally, counted)
    return _down(question.by, tally)


def crossing(office: Office, selection: Selection, cuts: tuple[str, str], counted: Counted) -> CountTable:
    """One cut down, the other across, without totals."""
    down, across = cuts
    columns = ordered(office, selection, across, weights(counted, across))
    counts = {(row[down], row[across]): row["count"] for row in counted}
    opening = rows_address(selection)

    def line(value: Value) -> Line:
        cells = (number(opening, {down: value, across: other}, counts.get((value, other), 0)) for other in columns)
        return Line([_label(office, selection, down, value)], list(cells))

    rows = ordered(office, selection, down, weights(counted, down))
    heads = [_label(office, selection, across, value) for value in columns]
    return CountTable([str(CUT_NAMES[down])], heads, [line(value) for value in rows])


def number(opening: str, cell: Mapping[str, Value], value: int) -> Number:
    """A count in a cell; ``opening`` is the address of all rows."""
    return Number(value, cell_address(opening, cell) if value else "")


def _with_totals(by: Sequence[str], tally: Tally, counted: Counted) -> CountTable:
    """A crossing with what each line and column makes by itself: units in several cells count once there."""
    down, across = by
    table = crossing(tally.office, tally.selection, (down, across), counted)
    opening = rows_address(tally.selection)
    of_lines = _counts(tally.by(down), [down])
    of_columns = _counts(tally.by(across), [across])
    lines = [
        replace(line, numbers=[*line.numbers, _total(opening, down, line.labels[0], of_lines)]) for line in table.lines
    ]
    totals = [_total(opening, across, column, of_columns) for column in table.columns]
    whole = number(opening, {}, tally.whole())
    total = Line([Label(_("Total"))], [*totals, whole])
    return CountTable(table.heads, [*table.columns, Label(_("Total"))], lines, total)


def _total(opening: str, cut: str, label: Label, counts: Mapping[tuple[Value, ...], int]) -> Number:
    return number(opening, {cut: label.value}, counts.get((label.value,), 0))


def _down(by: Sequence[str], tally: Tally) -> CountTable:
    """A line for each value, or each pair of values."""
    office, selection = tally.office, tally.selection
    counts = _counts(tally.by(*by), by)
    opening = rows_address(selection)
    lines = [
        Line(_labels(office, selection, by, values), [_cell(opening, by, values, counts)])
        for values in _keys(office, selection, by, counts)
    ]
    total = Line([Label(_("Total"))], [number(opening, {}, tally.whole())])
    return CountTable(_heads(by), [Label(_("Count"))], lines, total)


def _beside(by: Sequence[str], now: Tally, then: Tally) -> CountTable:
    """The same lines for two stretches of time, and the change."""
    here, there = (_counts(tally.by(*by), by) for tally in (now, then))
    openings = [rows_address(tally.selection) for tally in (now, then)]
    lines = [
        _compared(
            _labels(now.office, now.selection, by, values),
            _cell(openings[0], by, values, here),
            _cell(openings[1], by, values, there),
        )
        for values in _keys(now.office, now.selection, by, {**there, **here})
    ]
    whole = (number(rows, {}, tally.whole()) for rows, tally in zip(openings, (now, then), strict=True))
    columns = [Label(period_name(tally.selection.period)) for tally in (now, then)]
    return CountTable(_heads(by), columns, lines, _compared([Label(_("Total"))], *whole))


def _compared(labels: Sequence[Label], here: Number, there: Number) -> Line:
    more = here.value - there.value
    share = f"{100 * more / there.value:+.1f}%" if there.value else ""
    return Line(labels, [here, there], Change(more, share))


def _heads(by: Sequence[str]) -> list[str]:
    return [str(CUT_NAMES[name]) for name in by]


def _counts(counted: Counted, by: Sequence[str]) -> dict[tuple[Value, ...], int]:
    return {tuple(row[name] for name in by): row["count"] for row in counted}


def _keys(
    office: Office, selection: Selection, by: Sequence[str], counts: Mapping[tuple[Value, ...], int]
) -> Iterable[tuple[Value, ...]]:
    """The values of the lines in order; of a single cut also those that are expected."""
    rows = [dict(zip(by, values, strict=True)) | {"count": number} for values, number in counts.items()]
    orders = [ordered(office, selection, name, weights(rows, name)) for name in by]
    if len(by) == 1:
        return ((value,) for value in orders[0])
    places = [{value: place for place, value in enumerate(order)} for order in orders]
    return sorted(counts, key=lambda values: tuple(place[v] for place, v in zip(places, values, strict=True)))


def _cell(
    opening: str, by: Sequence[str], values: tuple[Value, ...], counts: Mapping[tuple[Value, ...], int]
) -> Number:
    return number(opening, dict(zip(by, values, strict=True)), counts.get(values, 0))


def _labels(office: Office, selection: Selection, by: Sequence[str], values: tuple[Value, ...]) -> list[Label]:
    return [_label(office, selection, name, value) for name, value in zip(by, values, strict=True)]


def _label(office: Office, selection: Selection, cut: str, value: Value) -> Label:
    """The value in words, leading to its own statistics where a filter of that name can ask for it."""
    narrowed = ""
    if cut in FILTERS and value != "":
        others = [(name, given) for name, given in parameters_of(selection) if name != cut]
        narrowed = address("statistics", [*others, (cut, str(value)), ("by", "month"), ("also", "channel")])
    return Label(value_name(office, cut, value), value, narrowed)
