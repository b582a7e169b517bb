"""How much each section or channel has published in a month, where a standard asks for so much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from publisher.office import Office
from publisher.reports.counts import count_by
from publisher.reports.freshness.standard import Light, Minimum, Standard, months_later
from publisher.reports.periods import Period
from publisher.reports.rules import rule
from publisher.reports.selection import Selection

LOOK_BACK_MONTHS = 12
"""Who published in these months is held to what all are held to."""

Counted = Mapping[tuple[str, int, int], int]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One section or channel in one month; ``expected`` is what it comes to at the month's end at the pace so far."""

    minimum: Minimum
    name: str
    month: Period
    count: int
    expected: int
    light: Light

    @property
    def missing(self) -> int:
        return max(0, self.minimum.per_month - self.count)


def monthly_rows(office: Office, standard: Standard, *, today: date) -> list[MonthRow]:
    """The month before and the one that runs, for everybody a minimum in force is about."""
    minima = [minimum for minimum in standard.minima if minimum.since <= today]
    return [row for minimum in minima for row in _rows(office, minimum, today)]


def _rows(office: Office, minimum: Minimum, today: date) -> Iterator[MonthRow]:
    first = months_later(today.replace(day=1), -LOOK_BACK_MONTHS)
    counted = _counted(office, minimum, Period(first, today))
    running = Period.of_month(today.year, today.month)
    ended = running.first - timedelta(days=1)
    for name in minimum.names or sorted({name for name, _year, _month in counted if name}):
        for month in (Period.of_month(ended.year, ended.month), running):
            number = counted.get((name, month.first.year, month.first.month), 0)
            yield _row(minimum, name, month, number, today)


def _counted(office: Office, minimum: Minimum, period: Period) -> Counted:
    """What was published, by name, year and month."""
    selection = Selection(period, rule(minimum.rule, on=period.last), kinds=minimum.kinds)
    cells: Sequence[Mapping[str, str | int]] = count_by(office, selection, [minimum.by, "year", "month"])
    return {(str(cell[minimum.by]), int(cell["year"]), int(cell["month"])): int(cell["count"]) for cell in cells}


def _row(minimum: Minimum, name: str, month: Period, number: int, today: date) -> MonthRow:
    length = (month.last - month.first).days + 1
    gone = min(length, (today - month.first).days + 1)
    light = Light.GREEN
    if number < minimum.per_month:
        if month.last < today:
            light = Light.RED
        elif gone >= math.ceil(length * minimum.warn_percent / 100):
            light = Light.WARN
    return MonthRow(minimum, name, month, number, number * length // gone, light)
