"""The calendar as a month with numbers, or a week or day with every item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import MONTHS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from publisher.office import BadConfiguration, Office
from publisher.people.roles import Permission
from publisher.review.working_days import Calendar, calendar
from publisher.web.access import allowed
from publisher.web.agenda import happenings, span
from publisher.web.agenda.allowances import allowances
from publisher.web.agenda.happenings import DayCounts, Line
from publisher.web.agenda.span import Span
from publisher.web.rows import scene

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """One day as the page shows it; ``note`` says that it is a day off or made up for one."""

    on: date
    name: str
    note: str
    is_inside: bool
    is_today: bool
    is_free: bool
    counts: DayCounts
    lines: Sequence[Line]


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """What goes out and went out in a month, a week or on a day."""
    around = scene(request)
    today = around.now.astimezone(around.office.timezone).date()
    asked = span.read(request.GET, today)
    channel = request.GET.get("channel", "")
    channel = channel if channel in around.office.channels else ""
    counted = happenings.counts(around, asked.period, channel) if asked.kind == "month" else {}
    listed = happenings.lines(around, asked.period, channel) if asked.kind != "month" else {}
    holidays = _holidays(around.office)
    days = [_day(day, asked, today, holidays, counted.get(day), listed.get(day)) for day in asked.days]
    values = {
        "asked": asked,
        "name": _name(asked),
        "weeks": [days[number : number + 7] for number in range(0, len(days), 7)],
        "days": days,
        "weekdays": list(WEEKDAYS_ABBR.values()),
        "kinds": [(kind, word, asked.as_kind(kind, today).query) for kind, word in _kinds()],
        "channel": channel,
        "channels": [(entry.key, entry.name) for entry in around.office.channels.values()],
        "more": f"&channel={channel}" if channel else "",
        "is_cut": happenings.is_cut(listed),
        "allowances": allowances(around),
    }
    return render(request, "web/agenda/index.html", values)


def _kinds() -> list[tuple[span.Kind, str]]:
    return [("month", _("Month")), ("week", _("Week")), ("day", _("One day"))]


def _name(asked: Span) -> str:
    first, last = asked.period.first, asked.period.last
    if asked.kind == "month":
        return _("{month} {year}").format(month=MONTHS[first.month], year=first.year)
    return first.isoformat() if asked.kind == "day" else f"{first.isoformat()} – {last.isoformat()}"


def _holidays(office: Office) -> Calendar | None:
    """None where a file of holidays has mistakes, which the doctor tells."""
    try:
        return calendar(office)
    except BadConfiguration:
        return None


def _day(
    on: date, asked: Span, today: date, holidays: Calendar | None, counts: DayCounts | None, lines: list[Line] | None
) -> Day:
    is_off = holidays is not None and on in holidays.off
    is_made_up = holidays is not None and on in holidays.made_up
    found = sorted(lines or [], key=lambda line: (line.at is None, line.at.timestamp() if line.at else 0.0))
    return Day(
        on=on,
        name=str(WEEKDAYS_ABBR[on.weekday()]),
        note=_("day off") if is_off else _("working day") if is_made_up else "",
        is_inside=asked.period.first <= on <= asked.period.last,
        is_today=on == today,
        is_free=is_off or (on.weekday() >= SATURDAY and not is_made_up),
        counts=counts or DayCounts(),
        lines=found,
    )
