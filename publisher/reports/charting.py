"""What the charts of a report show: counts along an axis, one row of them for each channel or column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from publisher.office import Office
from publisher.reports.counts import Selection
from publisher.reports.periods import Period
from publisher.reports.tallies import Tally

YEARS = 5
"""So many years stand side by side."""

Kind = Literal["months", "years", "calendar"]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of a chart: what it is called, and a count for each label."""

    name: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class ChartData:
    """A chart before it is drawn.

    Args:
        kind: bars by month, bars by year, or a heat map of days.
        labels: along the axis: 1月 … 12月, years, or all days of a year as 2017-01-01.
        series: channels for bars, columns for the heat map; those that have nothing are left out.
    """

    kind: Kind
    title: str
    labels: Sequence[str]
    series: Sequence[Series]

    @property
    def words(self) -> str:
        """What it shows, for those who cannot see it."""
        totals = "，".join(f"{series.name}{series.total}" for series in self.series) or "没有发布记录"
        return f"{self.title}：{totals}。" if self.title else f"{totals}。"


def chart_data(office: Office, selection: Selection, kind: Kind, title: str = "") -> ChartData:
    """The counts of a chart; the period of ``selection`` is one whole year, the last one shown."""
    year = selection.period.last.year
    match kind:
        case "months":
            labels = {str(month): f"{month}月" for month in range(1, 13)}
            counts = _counts(office, selection, "month", "channel")
            return ChartData(kind, title, [*labels.values()], _channels(office, counts, [*labels]))
        case "years":
            years = [str(known) for known in range(year - YEARS + 1, year + 1)]
            longer = replace(selection, period=Period(date(year - YEARS + 1, 1, 1), selection.period.last))
            return ChartData(kind, title, years, _channels(office, _counts(office, longer, "year", "channel"), years))
        case "calendar":
            days = _days(selection.period)
            counts = _counts(office, selection, "day", "column")
            names = {key: office.column(key).name for key in _in_order([*office.columns], counts) if key}
            return ChartData(kind, title, days, _series(names, counts, days))


Counts = Mapping[str, Mapping[str, int]]
"""By channel or column, then by label."""


def _counts(office: Office, selection: Selection, along: str, by: str) -> Counts:
    found: dict[str, dict[str, int]] = {}
    for row in Tally(office, selection).by(by, along):
        found.setdefault(str(row[by]), {})[str(row[along])] = row["count"]
    return found


def _channels(office: Office, counts: Counts, labels: Sequence[str]) -> list[Series]:
    keys = _in_order([*office.channels], counts)
    names = {key: office.channels[key].name if key in office.channels else key for key in keys}
    return _series(names, counts, labels)


def _in_order(known: Sequence[str], counts: Counts) -> list[str]:
    """The keys that have entries: in the office's order, then those it no longer has."""
    return [*(key for key in known if key in counts), *sorted(key for key in counts if key not in known)]


def _series(names: Mapping[str, str], counts: Counts, labels: Sequence[str]) -> list[Series]:
    return [Series(name, [counts[key].get(label, 0) for label in labels]) for key, name in names.items()]


def _days(period: Period) -> list[str]:
    length = (period.last - period.first).days + 1
    return [(period.first + timedelta(days=day)).isoformat() for day in range(length)]
