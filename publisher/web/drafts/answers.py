"""What a draft's page tells its script, or, where no script asked, which page comes next."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse

from channels.errors import Text
from publisher.items.drafts.saving import Conflict
from publisher.items.models import Draft
from publisher.office import get_office
from publisher.web.drafts.page import page_of
from publisher.web.names import Names
from publisher.wording import sentence


def wants_data(request: HttpRequest) -> bool:
    """Whether a script asked."""
    return not request.accepts("text/html")


def saved(draft: Draft, *, at: datetime, **more: object) -> JsonResponse:
    clock = at.astimezone(get_office().timezone).strftime("%H:%M")
    return JsonResponse({"state": "saved", "version": draft.version, "at": clock, **more})


def conflict(request: HttpRequest, found: Conflict) -> HttpResponse:
    """The page that shows both, or the way to it."""
    address = reverse("draft-conflict", args=[found.draft.pk, found.aside.pk])
    if not wants_data(request):
        return redirect(address)
    who = Names.named([found.draft.changed_by])[found.draft.changed_by]
    return JsonResponse({"state": "conflict", "address": address, "who": who}, status=409)


def refused(text: Text, *, state: str = "refused", status: int = 422) -> JsonResponse:
    return JsonResponse({"state": state, "message": sentence(text)}, status=status)


def go_to(request: HttpRequest, page: str, pk: int) -> HttpResponse:
    if not wants_data(request):
        return redirect(page, pk)
    return JsonResponse({"state": "go", "address": reverse(page, args=[pk])})


def panels(request: HttpRequest, draft: Draft) -> dict[str, str]:
    """The lists of pictures and attachments as the page shows them, for a script to put in their place."""
    values = {"page": page_of(get_office(), draft, ())}
    names = ("pictures", "attachments")
    return {name: render_to_string(f"web/drafts/{name}.html", values, request) for name in names}
