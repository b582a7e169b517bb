"""Pages that show by themselves what has changed: their scripts, and what they are answered."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from publisher.web.security import policy_of_live_page

EVERY_S = 5
"""How often a page that is looked at asks."""


def render_live(request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page that asks for news; its template extends ``web/live.html``."""
    nonce = secrets.token_urlsafe(16)
    response = render(request, template, {**values, "nonce": nonce, "every_s": EVERY_S}, status=status)
    response.headers["Content-Security-Policy"] = policy_of_live_page(nonce)
    return response


def nothing_new() -> HttpResponse:
    """What htmx takes for: leave the page as it is."""
    return HttpResponse(status=204)
