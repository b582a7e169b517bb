"""The board as a page, and what has changed of it since it was last asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from publisher.items.models import Item
from publisher.people.roles import Permission
from publisher.queue.diagnosis.findings import Who
from publisher.queue.states import State
from publisher.web.access import allowed
from publisher.web.board import filters
from publisher.web.board.approving import emergency_chips, steps_of
from publisher.web.board.filters import NOT_RELEASED, Filters
from publisher.web.board.strip import alarms, fingerprint
from publisher.web.live import nothing_new, render_live
from publisher.web.rows import ItemRow, Scene, item_rows, scene

PAGE_LENGTH = 30


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the items, newest first; ``older`` and ``newer`` lead to the others, empty where there are none."""

    rows: Sequence[ItemRow]
    older: str
    newer: str


@require_safe
@allowed(Permission.SEE_ITEMS)
def start(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """The address of the desk leads to what there is to do."""
    return redirect("todo")


@require_safe
@allowed(Permission.SEE_ITEMS)
def items(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """The address above those of the items leads to the board."""
    return redirect("board")


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """What was submitted, newest first, with its state on every channel."""
    around = scene(request)
    wanted = filters.read(request.GET, around)
    page = _page(request, around, wanted)
    shown = alarms(around)
    values = {
        "page": page,
        "wanted": wanted,
        "total": None if wanted.is_any else Item.objects.filter(office=around.office.slug).count(),
        "alarms": shown,
        "strip": fingerprint(shown),
        "states": [(state.value, state.label) for state in (*NOT_RELEASED, *State)],
        "turns": Who.choices,
        "channels": [(entry.key, entry.name) for entry in around.office.channels.values()],
        "columns": [(column.key, column.name) for column in around.office.columns.values()],
        "news": request.GET.urlencode(),
    }
    return render_live(request, "web/board/index.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS, keeps_awake=False)
def changes(request: HttpRequest) -> HttpResponseBase:
    """Of the same page, only the rows that are no longer what the browser shows, and the red strip where it changed."""
    around = scene(request)
    page = _page(request, around, filters.read(request.GET, around))
    shown = alarms(around)
    strip = fingerprint(shown)
    news = _news(page.rows, request.GET.getlist("seen"))
    is_strip_new = strip != request.GET.get("strip")
    if not (is_strip_new or news):
        return nothing_new()
    values = {**news, "alarms": shown if is_strip_new else None, "strip": strip, "is_strip_new": is_strip_new}
    return render(request, "web/board/changes.html", values)


def _page(request: HttpRequest, around: Scene, wanted: Filters) -> Page:
    """By numbers of items, not of pages: what comes in meanwhile moves nothing, and old pages cost what new ones do."""
    found = filters.items(around, wanted)
    before, after = _number(request, "before"), _number(request, "after")
    if after is not None:
        rows = item_rows(around, found.filter(pk__gt=after).order_by("pk")[: PAGE_LENGTH + 1])
        shown, has_newer, has_older = rows[:PAGE_LENGTH][::-1], len(rows) > PAGE_LENGTH, True
    else:
        if before is not None:
            found = found.filter(pk__lt=before)
        rows = item_rows(around, found.order_by("-pk")[: PAGE_LENGTH + 1])
        shown, has_newer, has_older = rows[:PAGE_LENGTH], before is not None, len(rows) > PAGE_LENGTH
    query = f"&{wanted.query}" if wanted.query else ""
    steps = steps_of(row.item for row in shown)
    urgent = emergency_chips(row.item for row in shown)
    return Page(
        rows=[replace(row, waits_at=steps.get(row.item.pk, ""), emergency=urgent.get(row.item.pk)) for row in shown],
        older=f"?before={shown[-1].item.pk}{query}" if shown and has_older else "",
        newer=f"?after={shown[0].item.pk}{query}" if shown and has_newer else "",
    )


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _news(rows: Sequence[ItemRow], seen: Sequence[str]) -> dict[str, object]:
    """What to put where; empty where the browser shows these rows already."""
    before = dict(text.partition(".")[::2] for text in seen)
    now = {str(row.item.pk): row for row in rows}
    new = [row for number, row in now.items() if number not in before]
    changed = [row for number, row in now.items() if number in before and row.fingerprint != before[number]]
    gone = [number for number in before if number not in now]
    kept = [number for number in before if number in now]
    if not (new or changed or gone):
        return {}
    if list(now) != [str(row.item.pk) for row in new] + kept or not kept:
        return {"all": rows}
    return {"new": new, "changed": changed, "gone": [number for number in gone if number.isdecimal()]}
