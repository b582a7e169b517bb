"""What people call cuts, their values, periods and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.items.models import Disclosure
from publisher.log import events
from publisher.office import Office
from publisher.reports.periods import Period
from publisher.web import words

UNIT_NAMES: Mapping[str, Promise] = {
    "item": gettext_lazy("Items, whatever their channels"),
    "publication": gettext_lazy("Publications, each channel by itself"),
    "issue": gettext_lazy("Newspaper issues"),
    "column": gettext_lazy("Columns of the website"),
}
"""What is counted once."""

KINDS: Mapping[str, Promise] = {
    "website": gettext_lazy("website"),
    "wechat": gettext_lazy("WeChat"),
    "weibo": gettext_lazy("Weibo"),
    "newspaper": gettext_lazy("newspaper"),
}

PARTS: Mapping[str, tuple[int, int]] = {
    "": (1, 12),
    "h1": (1, 6),
    "h2": (7, 12),
    **{f"q{number}": (3 * number - 2, 3 * number) for number in range(1, 5)},
    **{str(month): (month, month) for month in range(1, 13)},
}
"""Stretches of a year with a name: their first and their last month."""


def part_name(part: str) -> str:
    match part:
        case "":
            return _("whole year")
        case "h1":
            return _("first half")
        case "h2":
            return _("second half")
    return _quarter(part[1:]) if part.startswith("q") else _month(part)


def part_of(period: Period) -> str | None:
    """The name of the stretch in ``PARTS``; None where it is another one."""
    for part, months in PARTS.items():
        if period == period_of(period.first.year, part) and period.first.month == months[0]:
            return part
    return None


def period_of(year: int, part: str) -> Period:
    first, last = PARTS[part]
    return Period(date(year, first, 1), Period.of_month(year, last).last)


def period_name(period: Period) -> str:
    part = part_of(period)
    if part is None:
        return _("{first} to {last}").format(first=period.first.isoformat(), last=period.last.isoformat())
    return _named_part(part, period.first.year)


def _named_part(part: str, year: int) -> str:
    match part:
        case "":
            return _year(year)
        case "h1":
            return _("first half of {year}").format(year=year)
        case "h2":
            return _("second half of {year}").format(year=year)
    if part.startswith("q"):
        return _("quarter {number} of {year}").format(number=part[1:], year=year)
    return _("month {number} of {year}").format(number=part, year=year)


def value_name(office: Office, cut: str, value: str | int) -> str:
    """A value of a cut in words; what the log does not say has a word too."""
    if value == "":
        return _("own") if cut == "source" else _("not stated")
    if cut == "channel":
        return words.channel_name(office, str(value))
    if cut == "column":
        return words.column_name(office, str(value))
    namer = _NAMERS.get(cut)
    return namer(value) if namer else str(value)


def _year(value: str | int) -> str:
    return _("year {number}").format(number=value)


def _quarter(value: str | int) -> str:
    return _("quarter {number}").format(number=value)


def _month(value: str | int) -> str:
    return _("month {number}").format(number=value)


def _issue(value: str | int) -> str:
    return _("issue {number}").format(number=value)


def _origin(value: str | int) -> str:
    return _("own") if value == "own" else _("taken over")


def _event(value: str | int) -> str:
    return events.word(str(value))


def _disclosure(value: str | int) -> str:
    return str(Disclosure(value).label) if value in Disclosure.values else str(value)


def _kind(value: str | int) -> str:
    return str(KINDS.get(str(value), value))


def _person(value: str | int) -> str:
    return words.actor_name(str(value))


def _evidence(value: str | int) -> str:
    return f"{value} {words.evidence_word(str(value))}"


_NAMERS: Mapping[str, Callable[[str | int], str]] = {
    "year": _year,
    "quarter": _quarter,
    "month": _month,
    "issue": _issue,
    "origin": _origin,
    "event": _event,
    "disclosure": _disclosure,
    "kind": _kind,
    "person": _person,
    "evidence": _evidence,
}
