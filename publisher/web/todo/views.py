"""The page of things to do, and whether anything has changed on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from publisher.people.roles import Permission
from publisher.queue.actions import overdue
from publisher.web.access import allowed
from publisher.web.board.strip import alarms, fingerprint
from publisher.web.live import nothing_new, render_live
from publisher.web.rows import Scene, scene
from publisher.web.todo.counting import SOURCES, shown
from publisher.web.todo.person import Person, person
from publisher.web.todo.sources import MOST, Entry


@dataclass(frozen=True, slots=True)
class Section:
    """One sort of things to do: the first of them, how many there are, and where the others are."""

    key: str
    title: str
    entries: Sequence[Entry]
    count: str
    more: str

    @property
    def fingerprint(self) -> tuple[object, ...]:
        listed = [(e.title, e.chip, e.notes, e.since, e.row.delivery.attempt if e.row else 0) for e in self.entries]
        return self.key, self.count, listed


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """Everything that waits for whoever is signed in."""
    around = scene(request)
    red = alarms(around)
    values = {**_values(request, around), "alarms": red, "strip": fingerprint(red)}
    return render_live(request, "web/todo/index.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS, keeps_awake=False)
def changes(request: HttpRequest) -> HttpResponse:
    """The same once more, where it is no longer what the browser shows."""
    values = _values(request, scene(request))
    if values["seen"] == request.GET.get("seen"):
        return nothing_new()
    return render(request, "web/todo/sections.html", values)


def _values(request: HttpRequest, around: Scene) -> dict[str, object]:
    who = person(request, around)
    sections = _sections(who) if who else []
    seen = repr([section.fingerprint for section in sections])
    return {
        "sections": sections,
        "seen": blake2b(seen.encode(), digest_size=8).hexdigest(),
        "overdue": len(overdue()) if who and who.may(Permission.DECIDE_DELIVERIES) else 0,
    }


def _sections(who: Person) -> list[Section]:
    made = []
    for source in SOURCES:
        if not who.may(*source.may):
            continue
        entries = source.entries(who)
        if entries:
            count = source.count(who) if source.count and len(entries) == MOST else len(entries)
            more = source.more(who) if source.more else ""
            made.append(Section(source.key, str(source.title), entries, shown(count), more))
    return made
