"""How fresh columns and accounts are: a page, and the inspection table for saving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.reports.freshness.overview import NOTES, Outcome, Row, Verdict, freshness
from publisher.reports.freshness.standard import Light, Limit
from publisher.reports.freshness.table import about, in_time, workbook
from publisher.web.access import allowed
from publisher.web.rows import Chip
from publisher.web.words import web_address
from publisher.wording import sentence

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LOOKS: Mapping[Light | Outcome, str] = {
    Light.GREEN: "good",
    Light.WARN: "doubt",
    Light.RED: "bad",
    Light.EMPTY: "person",
    Light.UNLIMITED: "calm",
    Outcome.CLEAR: "good",
    Outcome.NEAR: "doubt",
    Outcome.HIT: "bad",
}
"""Colour of a state; the word always stands with it."""


@dataclass(frozen=True, slots=True)
class FreshnessRow:
    """One home page, column or account; ``item`` is what came last, where it is one of ours."""

    name: str
    column_class: str
    chip: Chip
    limit: Limit | None
    days: int | None
    last_on: date | None
    title: str
    address: str
    item: int | None
    red_on: date | None
    next_on: date | None
    every_days: int | None
    in_time: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one site or account is inspected for, and what an inspection would say of it."""

    name: str
    rows: Sequence[FreshnessRow]
    verdicts: Sequence[tuple[Verdict, Chip]]


@require_safe
@allowed(Permission.SEE_STATISTICS)
def show(request: HttpRequest) -> HttpResponse:
    """Every site and account with its columns, the vetoes, and the months where the standard has minima."""
    office = get_office()
    found = freshness(office, now=timezone.now())
    values = {
        "found": found,
        "chip": _chip(found.outcome),
        "about": about(found),
        "groups": [_group(entry.key, entry.name, found.rows, found.verdicts) for entry in office.channels.values()],
        "months": [(month, _chip(month.light)) for month in found.months],
        "notes": [sentence(note) for note in NOTES],
    }
    return render(request, "web/freshness.html", values)


@require_safe
@allowed(Permission.SEE_STATISTICS)
def save(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """The inspection table as an Excel file."""
    found = freshness(get_office(), now=timezone.now())
    response = HttpResponse(workbook(found), content_type=XLSX)
    name = content_disposition_header(True, f"{_('Updates')}-{found.on}.xlsx")
    response.headers["Content-Disposition"] = name or "attachment"
    return response


def _group(key: str, name: str, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> Group:
    return Group(
        name=name,
        rows=[_row(row) for row in rows if row.channel.key == key],
        verdicts=[(one, _chip(one.outcome)) for one in verdicts if one.channel.key == key],
    )


def _row(row: Row) -> FreshnessRow:
    last, forecast = row.last, row.forecast
    return FreshnessRow(
        name=row.name,
        column_class=row.column_class,
        chip=_chip(row.light),
        limit=row.limit,
        days=row.days,
        last_on=last.happened_on if last else None,
        title=last.title if last else "",
        address=web_address(last.url) if last else "",
        item=last.item if last and last.item and last.item > 0 else None,
        red_on=row.red_on,
        next_on=forecast.next_on if forecast else None,
        every_days=forecast.every_days if forecast else None,
        in_time=in_time(row),
    )


def _chip(state: Light | Outcome) -> Chip:
    return Chip(LOOKS[state], str(state.label))
