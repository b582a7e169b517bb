"""Previews of what was submitted: the newest revision of an item. It is frozen; what changes, changes in a draft."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.web.access import allowed
from publisher.web.previews import frames
from publisher.web.previews.showing import show
from publisher.web.previews.subjects import RevisionSubject
from publisher.web.revising import may_revise
from publisher.web.views import find


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(_request: HttpRequest, pk: int) -> HttpResponseBase:
    """The first channel of the item."""
    subject = _subject(pk)
    return redirect(subject.address(subject.channels[0])) if subject.channels else redirect("item", pk)


@require_safe
@allowed(Permission.SEE_ITEMS)
def page(request: HttpRequest, pk: int, channel: str) -> HttpResponse:
    subject = _subject(pk)
    values = {"may_revise": may_revise(request, subject.revision.item)}
    return show(request, subject, channel, "web/previews/item.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS)
@xframe_options_sameorigin
def file(request: HttpRequest, pk: int, channel: str, path: str) -> HttpResponse:
    return frames.file(request, _subject(pk), channel, path)


def _subject(pk: int) -> RevisionSubject:
    return RevisionSubject(get_office(), *find(pk))
