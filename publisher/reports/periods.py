"""The stretches of time figures are counted for: whole days of the office's calendar."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """From ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def of_year(cls, year: int) -> Period:
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def of_quarter(cls, year: int, quarter: int) -> Period:
        """``quarter`` counts from 1."""
        return cls(date(year, 3 * quarter - 2, 1), cls.of_month(year, 3 * quarter).last)

    @classmethod
    def of_month(cls, year: int, month: int) -> Period:
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    @property
    def years(self) -> range:
        return range(self.first.year, self.last.year + 1)

    @property
    def months(self) -> dict[int, range]:
        """The months it touches in each of its years."""
        starts = {self.first.year: self.first.month}
        ends = {self.last.year: self.last.month + 1}
        return {year: range(starts.get(year, 1), ends.get(year, 13)) for year in self.years}

    @property
    def is_whole_years(self) -> bool:
        return (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31)

    @property
    def is_whole_months(self) -> bool:
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1

    def a_year_before(self) -> Period:
        """The same stretch of the year before; 29 February becomes the 28th."""
        return self.moved(-1)

    def moved(self, years: int) -> Period:
        """The same stretch that many years later, or earlier below zero; the end of a month stays its end."""
        return Period(_moved(self.first, years), _moved(self.last, years))


def _moved(day: date, years: int) -> date:
    year = day.year + years
    last = calendar.monthrange(year, day.month)[1]
    is_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, day.month, last if is_end else min(day.day, last))
