"""One address that says whether the program works: JSON for machines, a page for people."""

from __future__ import annotations

import logging
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.queue.health import health
from publisher.queue.states import State

logger = logging.getLogger(__name__)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """200 where deliveries move, 503 where they do not or the database gives no answer."""
    document, counts = _document()
    status = 200 if document["status"] == "ok" else 503
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        values = {"health": document, "counts": counts, "seconds": round(document.get("oldest_due_s", 0))}
        response = render(request, "web/health.html", values, status=status)
    else:
        response = JsonResponse(document, status=status)
    response.headers["Vary"] = "Accept"
    return response


def _document() -> tuple[dict[str, Any], list[tuple[State, int]]]:
    """What machines read, and the counts as people read them."""
    try:
        found = health(get_office())
    except Error as error:
        # The message may hold the address of the database and who may enter it.
        logger.error("health: the database gives no answer: %s", error)
        reason = gettext("The database gives no answer: start it, check DATABASE_URL and look at the program's log.")
        return {"status": "unreachable", "reason": reason}, []
    document = {
        "status": "stuck" if found.is_stuck else "ok",
        "oldest_due_s": round(found.oldest_due_s, 1),
        "since": found.since.isoformat() if found.since else None,
    }
    return document | {state.value: count for state, count in found.counts.items()}, list(found.counts.items())
