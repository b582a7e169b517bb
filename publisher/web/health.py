"""One address that says whether the program works: JSON for machines, a page for people."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.queue import clock
from publisher.queue.diagnosis import database
from publisher.queue.diagnosis.health import Health, health
from publisher.queue.patience import aside
from publisher.web.words import channel_name

logger = logging.getLogger(__name__)

LIMIT_S = 4.0
"""An answer that takes longer is none: whoever asks would give up too."""

WRITE_AGAIN_S = 10.0
"""This address is public: however often it is asked, nothing is written more often than that."""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """200 where deliveries move; 503 where they do not, or the database gives no answer or takes nothing."""
    document, found = _document()
    status = 200 if document["status"] == "ok" else 503
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        response = render(request, "web/health.html", {"health": document, **_figures(found)}, status=status)
    else:
        response = JsonResponse(document, status=status)
    response.headers["Vary"] = "Accept"
    return response


def _document() -> tuple[dict[str, Any], Health | None]:
    """What machines read, and what it was made of."""
    try:
        found = _watch.look()
    except database.NotWritable as error:
        logger.error("health: nothing can be written into the database: %s", error)
        reason = gettext("Nothing can be written into the database: `publisher doctor` says why.")
        return {"status": "unwritable", "reason": reason}, None
    except (Error, TimeoutError) as error:
        # The message may hold the address of the database and who may enter it.
        logger.error("health: the database gives no answer: %s", error)
        reason = gettext("The database gives no answer: start it, check DATABASE_URL and look at the program's log.")
        return {"status": "unreachable", "reason": reason}, None
    document = {
        "status": _status(found),
        "oldest_due_s": round(found.oldest_due_s, 1),
        "since": _stamp(found.since),
        "sweep_at": _stamp(found.swept_at),
        "stuck": list(found.stuck),
        "paused": list(found.paused),
    }
    return document | {state.value: count for state, count in found.counts.items()}, found


def _status(found: Health) -> str:
    if not found.is_swept:
        return "unswept"
    return "stuck" if found.is_stuck else "ok"


def _figures(found: Health | None) -> dict[str, Any]:
    """What people read."""
    if found is None:
        return {}
    office = get_office()
    return {
        "counts": list(found.counts.items()),
        "seconds": round(found.oldest_due_s),
        "stuck": [channel_name(office, channel) for channel in found.stuck],
        "paused": [channel_name(office, channel) for channel in found.paused],
    }


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


class _Watch:
    """Looks at the queue apart from the request, which a frozen database must not keep; one look at a time."""

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._written_at: float | None = None

    def look(self) -> Health:
        """Raises TimeoutError: no answer in time; NotWritable, and whatever else the database says."""
        deadline = time.monotonic() + LIMIT_S
        if not self._busy.acquire(timeout=LIMIT_S):
            raise TimeoutError("an earlier question has no answer yet")
        return aside(self._look).result(max(0.0, deadline - time.monotonic()))

    def _look(self) -> Health:
        try:
            database.hurry()
            # Asked anew: the clock that the workers share must not be kept by a look that hangs.
            found = health(get_office(), now=clock.DatabaseClock()())
            self._write(found.at)
            return found
        finally:
            self._busy.release()

    def _write(self, now: datetime) -> None:
        if self._written_at is None or time.monotonic() - self._written_at >= WRITE_AGAIN_S:
            database.prove_writable(now)
            self._written_at = time.monotonic()


_watch = _Watch()
