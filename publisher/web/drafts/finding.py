"""Which draft a page is about, and who may open it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from publisher.items.models import Draft
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.web.access import allowed, permissions_here, refuse

View = Callable[..., HttpResponseBase]


def of_draft(view: View) -> View:
    """The page is about one draft of the office: for its owner, and for whoever may edit those of others."""

    @wraps(view)
    @allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
    def answer(request: HttpRequest, pk: int, **more: Any) -> HttpResponseBase:
        found = Draft.objects.select_related("item", "revision").prefetch_related("assets")
        draft = get_object_or_404(found, pk=pk, office=get_office().slug)
        if not may_write(request, draft):
            return refuse(request, Permission.EDIT_ANY_DRAFT)
        return view(request, draft, **more)

    return answer


def may_write(request: HttpRequest, draft: Draft) -> bool:
    return draft.owner == request.user.get_username() or Permission.EDIT_ANY_DRAFT in permissions_here(request)
