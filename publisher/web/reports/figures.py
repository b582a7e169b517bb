"""Figures as pages show them: the value, where it comes from, and where it opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publisher.reports.checks.comparison import Change
from publisher.reports.figures.entering import is_enterable
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.report import Report
from publisher.web import words
from publisher.web.statistics.question import rows_address

KINDS: Mapping[str, Promise] = {
    "log": gettext_lazy("from the log"),
    "names": gettext_lazy("names in the log"),
    "entered": gettext_lazy("entered"),
    "analytics": gettext_lazy("from statistics"),
    "config": gettext_lazy("from the configuration"),
    "text": gettext_lazy("text"),
    "sum": gettext_lazy("from other figures"),
}
"""Where figures come from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure. ``rows`` leads to the entries it counts, ``address`` to all that stands behind it."""

    key: str
    label: str
    unit: str
    kind: str
    value: str
    is_missing: bool
    is_text: bool
    is_enterable: bool
    note: str
    by: str
    at: datetime | None
    rows: str
    address: str
    before: str = ""
    difference: str = ""


def shown(report: Report, figure: Figure, change: Change | None = None) -> Shown:
    given = figure.entered
    return Shown(
        key=figure.key,
        label=figure.label,
        unit=figure.unit,
        kind=str(KINDS[figure.kind]),
        value=value_of(report, figure),
        is_missing=figure.is_missing,
        is_text=figure.kind == "text",
        is_enterable=is_enterable(figure.definition),
        note=figure.definition.note,
        by=words.actor_name(given.by) if given else "",
        at=given.at if given else None,
        rows=rows_address(figure.selection) if figure.selection and not figure.is_empty else "",
        address=figure_address(report, figure.key),
        before=_digits(change.before) if change else "",
        difference=_signed(change.difference) if change else "",
    )


def value_of(report: Report, figure: Figure) -> str:
    """The number alone, or the text as it is printed."""
    if figure.is_number:
        return _digits(figure.number)
    return report.texts.get(figure.key, "" if figure.is_empty else figure.phrase)


def figure_address(report: Report, key: str) -> str:
    return reverse("report-figure", args=[report.year, report.form.key, key])


def single_figures(report: Report) -> list[Shown]:
    """All figures but those of grids, each beside last year's."""
    beside = {change.figure.key: change for change in report.changes}
    return [shown(report, report.figures[one.key], beside.get(one.key)) for one in report.form.figures]


def all_shown(report: Report, figures: Iterable[Figure]) -> Sequence[Shown]:
    return [shown(report, figure) for figure in figures]


def _digits(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def _signed(number: Decimal | None) -> str:
    return "" if number is None else f"+{plain(number)}" if number > 0 else plain(number)
