"""What the page of statistics shows above and below its table: the totals, and the tables charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from publisher.reports.naming import CUT_NAMES
from publisher.reports.rules import Unit
from publisher.reports.tallies import Tally
from publisher.web.statistics.naming import UNIT_NAMES, period_name, value_name
from publisher.web.statistics.order import Value, ordered, weights
from publisher.web.statistics.question import address, counted_as, parameters_of, rows_address
from publisher.web.statistics.tables import CountTable, Label, Line, Number, crossing, number

LONGEST_CALENDAR = 366
"""Days one calendar has room for."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are of one unit, with its parts by channel where they are told apart."""

    word: str
    number: Number
    is_of_the_rule: bool
    parts: Sequence[tuple[str, Number]] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the calendar is drawn from; ``table`` is the address of the same as a table.

    Args:
        columns: name and key of each that has anything.
        days: a day, the place of a column among ``columns``, and how many there are.
        rows: address of all rows, to which those of a day and a column are added.
    """

    table: str
    columns: Sequence[tuple[str, Value]]
    days: Sequence[tuple[Value, int, int]]
    rows: str

    @property
    def data(self) -> dict[str, Any]:
        """For the script that draws it. Thousands of days and columns are no table that anybody reads."""
        return {"columns": self.columns, "days": self.days, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Charts:
    """The tables behind the charts of months and of years, and the calendar; None where the period gives none.

    Over several years ``months`` are years.
    """

    months: CountTable
    years: CountTable | None
    calendar: Calendar | None
    is_by_year: bool
    months_kind: Literal["stacked", "beside"]
    """items may stand in several channels: piled up they would show more than there are"""


def totals(tally: Tally) -> list[Total]:
    """Distinct items, and publications by channel; issues or columns where the rule counts those."""
    units: list[Unit] = ["item", "publication"]
    if tally.selection.rule.unit not in units:
        units.append(tally.selection.rule.unit)
    return [_total(tally, unit) for unit in units]


def _total(tally: Tally, unit: Unit) -> Total:
    office, counted = tally.office, counted_as(tally.selection, unit)
    word, is_own = str(UNIT_NAMES[unit]), unit == tally.selection.rule.unit
    opening = rows_address(counted)
    if unit in {"item", "column"}:
        return Total(word, number(opening, {}, tally.whole(unit)), is_own)
    rows = tally.by("channel", unit=unit)
    # Units in different channels are different ones, so here the parts make the whole.
    whole = sum(row["count"] for row in rows)
    counts = weights(rows, "channel")
    parts = [
        (value_name(office, "channel", value), number(opening, {"channel": value}, counts.get(value, 0)))
        for value in ordered(office, counted, "channel", counts)
    ]
    return Total(word, number(opening, {}, whole), is_own, parts)


def charts(tally: Tally, then: Tally | None) -> Charts:
    """``then`` is the other year the months are compared with, if there is one."""
    selection = tally.selection
    period = selection.period
    is_one_year = period.first.year == period.last.year
    is_short = (period.last - period.first).days < LONGEST_CALENDAR
    cuts = ("month" if is_one_year else "year", "channel")
    return Charts(
        crossing(tally.office, selection, cuts, tally.by(*cuts)),
        _years(tally, then) if is_one_year and then else None,
        _calendar(tally) if is_short else None,
        is_by_year=not is_one_year,
        months_kind="beside" if selection.rule.unit == "item" else "stacked",
    )


def _calendar(tally: Tally) -> Calendar | None:
    office, selection = tally.office, tally.selection
    counted = tally.by("day", "column")
    if not counted:
        return None
    counts = weights(counted, "column")
    columns = [value for value in ordered(office, selection, "column", counts) if value in counts]
    places = {value: place for place, value in enumerate(columns)}
    return Calendar(
        table=address("statistics", [*parameters_of(selection), ("by", "day"), ("also", "column")]),
        columns=[(value_name(office, "column", value), value) for value in columns],
        days=[(row["day"], places[row["column"]], row["count"]) for row in counted],
        rows=rows_address(selection),
    )


def _years(tally: Tally, then: Tally) -> CountTable:
    """The months of two years side by side."""
    both = [(one.selection, rows_address(one.selection), weights(one.by("month"), "month")) for one in (then, tally)]
    months = ordered(tally.office, tally.selection, "month", both[0][2] | both[1][2])
    lines = [
        Line(
            [Label(value_name(tally.office, "month", month), month)],
            [number(opening, {"month": month}, counts.get(month, 0)) for _, opening, counts in both],
        )
        for month in months
    ]
    heads = [Label(period_name(selection.period)) for selection, *_ in both]
    return CountTable([str(CUT_NAMES["month"])], heads, lines)
