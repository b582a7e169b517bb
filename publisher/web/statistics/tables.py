"""Counts as tables: every number knows the address of the entries behind it, every heading that of its own table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from publisher.office import Office
from publisher.reports.counts import count, count_by
from publisher.reports.naming import CUT_NAMES
from publisher.reports.selection import Selection
from publisher.web.statistics.naming import period_name, value_name
from publisher.web.statistics.order import Value, ordered, weights
from publisher.web.statistics.question import FILTERS, Question, address, parameters_of, rows_address

WIDEST = 16
"""So many columns fit a page; what has more values goes down the page instead."""

Counted = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and where its entries are shown; empty where there are none."""

    value: int
    address: str = ""


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


def table_of(office: Office, question: Question) -> CountTable:
    """The table a question asks for: one cut, two crossing each other, or either beside another year."""
    if question.against is not None:
        return _beside(office, question, question.against)
    if len(question.by) == 2:
        counted = count_by(office, question.selection, question.by)
        if len({row[question.by[1]] for row in counted}) <= WIDEST:
            return _with_totals(office, question, counted)
    return _down(office, question)


def crossing(office: Office, selection: Selection, cuts: tuple[str, str], counted: Counted) -> CountTable:
    """One cut down, the other across, without totals."""
    down, across = cuts
    columns = ordered(office, selection, across, weights(counted, across))
    counts = {(row[down], row[across]): row["count"] for row in counted}

    def line(value: Value) -> Line:
        cells = (number(selection, {down: value, across: other}, counts.get((value, other), 0)) for other in columns)
        return Line([_label(office, selection, down, value)], list(cells))

    rows = ordered(office, selection, down, weights(counted, down))
    heads = [_label(office, selection, across, value) for value in columns]
    return CountTable([str(CUT_NAMES[down])], heads, [line(value) for value in rows])


def number(selection: Selection, cell: Mapping[str, Value], value: int) -> Number:
    return Number(value, rows_address(selection.within(cell)) if value else "")


def _with_totals(office: Office, question: Question, counted: Counted) -> CountTable:
    """A crossing with what each line and column makes by itself: units in several cells count once there."""
    selection, (down, across) = question.selection, question.by
    table = crossing(office, selection, (down, across), counted)
    of_lines = _counts(count_by(office, selection, [down]), [down])
    of_columns = _counts(count_by(office, selection, [across]), [across])
    lines = [
        replace(line, numbers=[*line.numbers, _total(selection, down, line.labels[0], of_lines)])
        for line in table.lines
    ]
    totals = [_total(selection, across, column, of_columns) for column in table.columns]
    whole = number(selection, {}, count(office, selection))
    total = Line([Label(_("Total"))], [*totals, whole])
    return CountTable(table.heads, [*table.columns, Label(_("Total"))], lines, total)


def _total(selection: Selection, cut: str, label: Label, counts: Mapping[tuple[Value, ...], int]) -> Number:
    return number(selection, {cut: label.value}, counts.get((label.value,), 0))


def _down(office: Office, question: Question) -> CountTable:
    """A line for each value, or each pair of values."""
    selection, by = question.selection, question.by
    counts = _counts(count_by(office, selection, by), by)
    lines = [
        Line(_labels(office, selection, by, values), [_cell(selection, by, values, counts)])
        for values in _keys(office, selection, by, counts)
    ]
    total = Line([Label(_("Total"))], [number(selection, {}, count(office, selection))])
    return CountTable(_heads(by), [Label(_("Count"))], lines, total)


def _beside(office: Office, question: Question, then: Selection) -> CountTable:
    """The same lines for two stretches of time, and the change."""
    now, by = question.selection, question.by
    here, there = (_counts(count_by(office, selection, by), by) for selection in (now, then))
    lines = [
        _compared(_labels(office, now, by, values), _cell(now, by, values, here), _cell(then, by, values, there))
        for values in _keys(office, now, by, {**there, **here})
    ]
    whole = (number(selection, {}, count(office, selection)) for selection in (now, then))
    columns = [Label(period_name(selection.period)) for selection in (now, then)]
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
    selection: Selection, by: Sequence[str], values: tuple[Value, ...], counts: Mapping[tuple[Value, ...], int]
) -> Number:
    return number(selection, dict(zip(by, values, strict=True)), counts.get(values, 0))


def _labels(office: Office, selection: Selection, by: Sequence[str], values: tuple[Value, ...]) -> list[Label]:
    return [_label(office, selection, name, value) for name, value in zip(by, values, strict=True)]


def _label(office: Office, selection: Selection, cut: str, value: Value) -> Label:
    """The value in words, leading to its own statistics where a filter of that name can ask for it."""
    narrowed = ""
    if cut in FILTERS and value != "":
        others = [(name, given) for name, given in parameters_of(selection) if name != cut]
        narrowed = address("statistics", [*others, (cut, str(value)), ("by", "month"), ("also", "channel")])
    return Label(value_name(office, cut, value), value, narrowed)
