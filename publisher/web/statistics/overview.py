"""What the page of statistics shows above and below its table: the totals, and the tables charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from publisher.office import Office
from publisher.reports.counts import count, count_by
from publisher.reports.naming import CUT_NAMES
from publisher.reports.rules import Unit
from publisher.reports.selection import Selection
from publisher.web.statistics.naming import UNIT_NAMES, period_name, value_name
from publisher.web.statistics.order import Value, ordered, weights
from publisher.web.statistics.question import counted_as
from publisher.web.statistics.tables import Counted, CountTable, Label, Line, Number, crossing, number

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
class Charts:
    """The tables behind the three charts; None where the period gives none.

    Over several years ``months`` are years.
    """

    months: CountTable
    years: CountTable | None
    days: CountTable | None
    is_by_year: bool
    months_kind: Literal["stacked", "beside"]
    """items may stand in several channels: piled up they would show more than there are"""


def totals(office: Office, selection: Selection) -> list[Total]:
    """Distinct items, and publications by channel; issues or columns where the rule counts those."""
    units: list[Unit] = ["item", "publication"]
    if selection.rule.unit not in units:
        units.append(selection.rule.unit)
    return [_total(office, selection, unit) for unit in units]


def _total(office: Office, selection: Selection, unit: Unit) -> Total:
    counted = counted_as(selection, unit)
    word, is_own = str(UNIT_NAMES[unit]), unit == selection.rule.unit
    if unit in {"item", "column"}:
        return Total(word, number(counted, {}, count(office, counted)), is_own)
    rows = count_by(office, counted, ["channel"])
    # Units in different channels are different ones, so here the parts make the whole.
    whole = sum(row["count"] for row in rows)
    parts = _by_channel(office, counted, rows)
    return Total(word, number(counted, {}, whole), is_own, parts)


def _by_channel(office: Office, selection: Selection, rows: Counted) -> list[tuple[str, Number]]:
    counts = weights(rows, "channel")
    return [
        (value_name(office, "channel", value), number(selection, {"channel": value}, counts.get(value, 0)))
        for value in ordered(office, selection, "channel", counts)
    ]


def charts(office: Office, selection: Selection, then: Selection | None) -> Charts:
    """``then`` is the other year the months are compared with, if there is one."""
    period = selection.period
    is_one_year = period.first.year == period.last.year
    is_short = (period.last - period.first).days < LONGEST_CALENDAR
    cuts = ("month" if is_one_year else "year", "channel")
    counted = count_by(office, selection, cuts)
    return Charts(
        crossing(office, selection, cuts, counted),
        _years(office, selection, then, _months(office, selection, counted)) if is_one_year and then else None,
        _crossing(office, selection, ("day", "column")) if is_short else None,
        is_by_year=not is_one_year,
        months_kind="beside" if selection.rule.unit == "item" else "stacked",
    )


def _months(office: Office, selection: Selection, by_channel: Counted) -> dict[Value, int]:
    """How many there are in each month. Units in different channels are different ones, unless they are items."""
    if selection.rule.unit in {"publication", "issue"}:
        return weights(by_channel, "month")
    return weights(count_by(office, selection, ["month"]), "month")


def _crossing(office: Office, selection: Selection, cuts: tuple[str, str]) -> CountTable:
    return crossing(office, selection, cuts, count_by(office, selection, cuts))


def _years(office: Office, selection: Selection, then: Selection, here: dict[Value, int]) -> CountTable:
    """The months of two years side by side; ``here`` are those of the selection."""
    there = weights(count_by(office, then, ["month"]), "month")
    both = ((then, there), (selection, here))
    lines = [
        Line(
            [Label(value_name(office, "month", month), month)],
            [number(one, {"month": month}, counts.get(month, 0)) for one, counts in both],
        )
        for month in ordered(office, selection, "month", there | here)
    ]
    return CountTable([str(CUT_NAMES["month"])], [Label(period_name(one.period)) for one in (then, selection)], lines)
