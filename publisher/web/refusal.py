"""Pages that say what cannot be shown or done, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from channels.errors import ConfigurationError, Text
from publisher.wording import sentence


def refused(request: HttpRequest, error: ConfigurationError, *, status: int) -> HttpResponse:
    """Names what is wrong, and every mistake of a file where one has some."""
    flaws = [(flaw.key, sentence(flaw.text)) for flaw in getattr(error, "flaws", ())]
    return told(request, error.text, status=status, flaws=flaws)


def told(request: HttpRequest, text: Text, *, status: int, flaws: list[tuple[str, str]] | None = None) -> HttpResponse:
    back = "reports" if request.path.startswith(reverse("reports")) else "statistics"
    return render(request, "web/refused.html", {"reason": sentence(text), "flaws": flaws, "back": back}, status=status)
