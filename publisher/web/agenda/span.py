"""The month, week or day somebody looks at, read from the address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from publisher.reports.periods import Period

Kind = Literal["month", "week", "day"]

YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row. ``days`` of a month begin on a Monday and end on a Sunday, so that they fill whole weeks."""

    kind: Kind
    period: Period

    @property
    def days(self) -> list[date]:
        first, last = self.period.first, self.period.last
        if self.kind == "month":
            first -= timedelta(days=first.weekday())
            last += timedelta(days=6 - last.weekday())
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    @property
    def before(self) -> Span:
        return _around(self.kind, self.period.first - timedelta(days=1))

    @property
    def after(self) -> Span:
        return _around(self.kind, self.period.last + timedelta(days=1))

    @property
    def value(self) -> str:
        """What its address says, e.g. ``2026-W48``."""
        first = self.period.first
        if self.kind == "week":
            year, week, _day = first.isocalendar()
            return f"{year}-W{week:02}"
        return first.isoformat() if self.kind == "day" else f"{first:%Y-%m}"

    @property
    def query(self) -> str:
        return f"{self.kind}={self.value}"

    def as_kind(self, kind: Kind, today: date) -> Span:
        """The same time seen otherwise: around today where that is in it, else from its first day on."""
        inside = self.period.first <= today <= self.period.last
        return _around(kind, today if inside else self.period.first)


def read(data: Mapping[str, str], today: date) -> Span:
    """What the address asks for; today where it makes no sense, this month where it asks for nothing."""
    for kind, first in READERS.items():
        if kind in data:
            found = first(data[kind])
            return _around(kind, found if found and found.year in YEARS else today)
    return _around("month", today)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _week(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-W(\d\d)", text)
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None


def _month(text: str) -> date | None:
    return _day(f"{text}-01")


READERS: Mapping[Kind, Callable[[str], date | None]] = {"day": _day, "week": _week, "month": _month}


def _around(kind: Kind, day: date) -> Span:
    if kind == "month":
        return Span(kind, Period.of_month(day.year, day.month))
    first = day - timedelta(days=day.weekday()) if kind == "week" else day
    return Span(kind, Period(first, first + timedelta(days=6 if kind == "week" else 0)))
