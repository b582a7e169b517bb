"""Visits as figures of a report year: entered with what they were counted from, never over what a person gave."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.office import Office
from publisher.reports.figures import values
from publisher.reports.figures.entering import Given, enter_all, figures_of_year
from publisher.reports.forms.format import AnalyticsFigure
from publisher.reports.models import EnteredKind, EnteredValue
from publisher.reports.visits.queries import Year, of_year

COUNTED = ("views", "visitors")
SOURCE = "网站访问日志"
"""By this the values that were counted are told from those a person gave."""


def feed(office: Office, year: int, *, by: str) -> list[EnteredValue]:
    """Enter the figures of a year that are counted from visits, where they are new or have changed."""
    wanted = list(_changed(office, year))
    return enter_all(office, year, wanted, by=by, kind=EnteredKind.ANALYTICS) if wanted else []


def _changed(office: Office, year: int) -> Iterator[Given]:
    given = values.newest(office, year)
    for key, figure in figures_of_year(office, year).items():
        if not isinstance(figure, AnalyticsFigure) or figure.counted not in COUNTED:
            continue
        counted = of_year(office, year, *figure.channels)
        value, note = str(getattr(counted, figure.counted)), _note(counted)
        before = given.get(key)
        is_new = before is None or (before.source == SOURCE and (before.value, before.note) != (value, note))
        if counted.days and is_new:
            yield Given(key, value, note, SOURCE)


def _note(counted: Year) -> str:
    note = f"{counted.first}至{counted.last}，共{counted.days}天；独立访客按天相加，已剔除爬虫"
    if counted.estimated:
        note += f"；其中{counted.estimated}天访客逾百万，为估计值（误差约1%）"
    return note
