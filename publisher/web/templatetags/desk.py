"""What templates ask of the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publisher.office import get_office
from publisher.people.queries import name_of
from publisher.people.roles import Permission
from publisher.web import words
from publisher.web.access import permissions_here
from publisher.web.todo.counting import how_many

register = template.Library()

ROOMS: Mapping[str, tuple[Promise, *tuple[Permission, ...]]] = {
    "todo": (gettext_lazy("To do"), Permission.SEE_ITEMS),
    "board": (gettext_lazy("Items"), Permission.SEE_ITEMS),
    "drafts": (gettext_lazy("Drafts"), Permission.SUBMIT, Permission.EDIT_ANY_DRAFT),
    "reviews": (gettext_lazy("Approvals"), Permission.SEE_ITEMS),
    "findings": (gettext_lazy("Findings"), Permission.SEE_ITEMS),
    "recalls": (gettext_lazy("Recalls"), Permission.SEE_ITEMS),
    "calendar": (gettext_lazy("Calendar"), Permission.SEE_ITEMS),
    "issues": (gettext_lazy("Issues"), Permission.SEE_ITEMS),
    "statistics": (gettext_lazy("Statistics"), Permission.SEE_STATISTICS),
    "reports": (gettext_lazy("Reports"), Permission.SEE_STATISTICS),
    "freshness": (gettext_lazy("Freshness"), Permission.SEE_STATISTICS),
    "log": (gettext_lazy("Log"), Permission.SEE_LOG),
    "accounts": (gettext_lazy("Accounts"), Permission.MANAGE_CHANNELS),
    "people": (gettext_lazy("People"), Permission.MANAGE_PEOPLE),
    "tokens": (gettext_lazy("Tokens"), Permission.MANAGE_TOKENS),
}
"""Names of addresses, what stands on the way there, and who sees it: whoever has one of these permissions. Addresses
below one of them belong to it."""


@dataclass(frozen=True, slots=True)
class Room:
    name: Promise
    address: str
    is_here: bool
    count: str


@register.simple_tag(takes_context=True)
def rooms(context: Context) -> list[Room]:
    """The ways through the desk that are open to the reader; ``is_here`` where they stand."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return []
    permissions = permissions_here(request)
    return [
        Room(word, address, _is_below(request.path, address), how_many(request) if name == "todo" else "")
        for name, (word, *wanted) in ROOMS.items()
        if not permissions.isdisjoint(wanted) and (address := _address(name))
    ]


def _address(name: str) -> str:
    """Empty where there is no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _is_below(path: str, address: str) -> bool:
    """An item is opened from the board."""
    return path.startswith(address) or (address == reverse("board") and path.startswith(("/items/", "/deliveries/")))


@register.simple_tag
def office_name() -> str:
    return get_office().name


@register.filter
def called(user: User | AnonymousUser) -> str:
    """What people call somebody."""
    return name_of(user)


@register.filter
def browser_name(agent: str) -> str:
    """A browser and its system in the words people know, e.g. ``Chrome 90, Linux``."""
    return words.browser_name(agent)


@register.filter
def minute(moment: datetime) -> str:
    """Local time of the office, e.g. ``2026-11-20 09:05``."""
    return moment.astimezone(get_office().timezone).strftime("%Y-%m-%d %H:%M")


@register.filter
def hour_and_minute(moment: datetime) -> str:
    """Local time of the office without the day, e.g. ``09:05``."""
    return moment.astimezone(get_office().timezone).strftime("%H:%M")


@register.filter
def when(moment: datetime) -> str:
    """The same, shorter: today the time alone, this year without the year."""
    local = moment.astimezone(get_office().timezone)
    today = timezone.now().astimezone(get_office().timezone).date()
    if local.date() == today:
        return local.strftime("%H:%M")
    return local.strftime("%m-%d %H:%M" if local.year == today.year else "%Y-%m-%d %H:%M")


@register.filter
def day(moment: datetime) -> str:
    """The day where the office is, e.g. ``2026-11-20``."""
    return moment.astimezone(get_office().timezone).date().isoformat()
