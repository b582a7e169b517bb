"""The pages of what was read, liked and passed on: a year by month, and the items behind each number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.reports import metrics
from publisher.reports.visits import queries as visits
from publisher.web import words
from publisher.web.access import allowed
from publisher.web.statistics.tables import CountTable, Label, Line, Number

VISITS = ("views", "visitors")
MOST = 500
"""Items that a page lists; the command lists all."""


@require_safe
@allowed(Permission.SEE_STATISTICS)
def index(request: HttpRequest) -> HttpResponse:
    """A year: months down, channels and what they count across."""
    office = get_office()
    year = _year(request, office)
    values = {
        "year": year,
        "table": _table(office, year),
        "visits": _visits(office, year),
        "years": _others(office, year),
    }
    return render(request, "web/statistics/metrics.html", values)


@require_safe
@allowed(Permission.SEE_STATISTICS)
def rows(request: HttpRequest) -> HttpResponse:
    """The items behind a number, as many as it adds up from."""
    office = get_office()
    year, month = _year(request, office), _number(request, "month", 0)
    channel, name = request.GET.get("channel", ""), request.GET.get("name", "")
    if month > 12 or (channel and channel not in office.channels):
        raise Http404
    found = metrics.rows(office, year, month=month or None, channel=channel, name=name)
    period = f"{year}-{month:02}" if month else str(year)
    said = [words.channel_name(office, channel) if channel else "", metrics.word(name) if name else "", period]
    values = {
        "rows": [(row, words.channel_name(office, row.channel), metrics.word(row.name)) for row in found[:MOST]],
        "left_out": max(0, len(found) - MOST),
        "total": sum(row.value for row in found),
        "said": " · ".join(filter(None, said)),
        "back": f"{reverse('metrics')}?year={year}",
    }
    return render(request, "web/statistics/metrics_rows.html", values)


def _table(office: Office, year: int) -> CountTable:
    cells = metrics.of_year(office, year)
    gained = Counter({(cell.month, cell.channel, cell.name): cell.value for cell in cells})
    channels = [key for key in office.channels if any(cell.channel == key for cell in cells)]
    columns = [
        (channel, name)
        for channel in channels
        for name in metrics.in_order(cell.name for cell in cells if cell.channel == channel)
    ]
    heads = [Label(f"{words.channel_name(office, channel)} {metrics.word(name)}") for channel, name in columns]
    lines = [
        Line([Label(f"{year}-{month:02}")], [_cell(year, gained[month, *column], *column, month) for column in columns])
        for month in sorted({cell.month for cell in cells})
    ]
    sums = [sum(gained[month, *column] for month in range(1, 13)) for column in columns]
    whole = [_cell(year, value, *column) for column, value in zip(columns, sums, strict=True)]
    return CountTable([_("Month")], heads, lines, Line([Label(_("Total"))], whole) if lines else None)


def _visits(office: Office, year: int) -> CountTable | None:
    """What the web servers' logs say, month by month; None where none was counted."""
    months: Sequence[Mapping[str, Any]] = visits.by_month(office, year)
    if not months:
        return None
    sites = [key for key in office.channels if any(row["site"] == key for row in months)]
    found = {(row["site"], row["month"]): row for row in months}
    heads = [
        Label(f"{words.channel_name(office, site)} {word}")
        for site in sites
        for word in (_("page views"), _("visitors"))
    ]
    lines = [
        Line(
            [Label(f"{year}-{month:02}")],
            [_visited(found.get((site, month)), what) for site in sites for what in VISITS],
        )
        for month in sorted({month for _site, month in found})
    ]
    whole = [Number(sum(line.numbers[place].value for line in lines)) for place in range(len(heads))]
    return CountTable([_("Month")], heads, lines, Line([Label(_("Total"))], whole))


def _visited(row: Mapping[str, Any] | None, what: str) -> Number:
    return Number(row[what] if row else 0)


def _cell(year: int, value: int, channel: str, name: str, month: int = 0) -> Number:
    asked = {"year": year, "channel": channel, "name": name, **({"month": month} if month else {})}
    return Number(value, f"{reverse('metrics-rows')}?{urlencode(asked)}" if value else "")


def _others(office: Office, year: int) -> list[int]:
    return sorted({*metrics.years(office), *visits.years(office)} - {year})


def _year(request: HttpRequest, office: Office) -> int:
    year = _number(request, "year", timezone.localdate(timezone=office.timezone).year)
    if not 2000 <= year <= 2999:
        raise Http404
    return year


def _number(request: HttpRequest, name: str, default: int) -> int:
    told = request.GET.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 5 else default
