"""All sources, and how many things there are to do: what the navigation says on every page."""

from __future__ import annotations

from django.http import HttpRequest

from publisher.web.rows import scene
from publisher.web.todo.approving import APPROVING
from publisher.web.todo.checking import CHECKING
from publisher.web.todo.expiring import EXPIRING
from publisher.web.todo.noticing import NOTICING
from publisher.web.todo.person import person
from publisher.web.todo.sighting import SIGHTING
from publisher.web.todo.sources import DELIVERIES_AND_DRAFTS, ENOUGH
from publisher.web.todo.watching import WATCHED

SOURCES = (*NOTICING, *APPROVING, *DELIVERIES_AND_DRAFTS, *CHECKING, *EXPIRING, *SIGHTING, *WATCHED)
"""In the order of the page."""


def how_many(request: HttpRequest) -> str:
    """How many things wait for whoever asks, of the sorts that are counted cheaply; empty where there are none."""
    who = person(request, scene(request))
    if who is None:
        return ""
    count = sum(source.count(who) for source in SOURCES if source.count and who.may(*source.may))
    return shown(count)


def shown(count: int) -> str:
    """A number of things to do as people read it."""
    return f"{ENOUGH - 1}+" if count >= ENOUGH else str(count or "")
