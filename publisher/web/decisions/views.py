"""One page for each thing a person may do with deliveries, for one of them or for many marked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from publisher.items.actions import asset_store
from publisher.items.store import DamagedAsset
from publisher.log import queries as log
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.queue import actions
from publisher.queue.deeds import Deed, possible
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.web.access import allowed
from publisher.web.decisions import doing
from publisher.web.decisions.doing import Marked, Outcome
from publisher.web.decisions.forms import DecisionForm
from publisher.web.decisions.sentences import consequence
from publisher.web.rows import DeliveryRow, Scene, delivery_row, scene
from publisher.web.security import FILE_POLICY

OVERDUE = "overdue"
"""Stands for all deliveries that could not be sent in time."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery on the page, with what will happen to it; empty where it is not possible."""

    row: DeliveryRow
    title: str
    consequence: str


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.DECIDE_DELIVERIES)
def decide(request: HttpRequest, deed: str) -> HttpResponseBase:
    """Say what will happen, ask for what the log needs, and do it."""
    if deed not in Deed.values:
        raise Http404
    wish = Deed(deed)
    if request.method != "POST":
        return _page(request, wish, _asked(request), DecisionForm(wish))
    marked = doing.read(request.POST.getlist("delivery"))
    form = DecisionForm(wish, request.POST, request.FILES)
    if not marked or not form.is_valid():
        return _page(request, wish, marked, form, status=400)
    outcome = doing.decide(get_office(), wish, marked, form.said, by=request.user.get_username())
    _say(request, wish, outcome)
    touched = [*outcome.done, *outcome.changed] or doing.deliveries(get_office(), marked)
    items = {delivery.item_id for delivery in touched}
    return redirect("item", items.pop()) if len(items) == 1 else redirect("board")


def _asked(request: HttpRequest) -> list[Marked]:
    if request.GET.get("all") == OVERDUE:
        return [Marked(delivery.pk) for delivery in actions.overdue()[: doing.MOST]]
    return doing.read(request.GET.getlist("delivery"))


def _page(
    request: HttpRequest, deed: Deed, marked: Sequence[Marked], form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    around = scene(request)
    found = doing.deliveries(around.office, marked)
    if marked and not found:
        raise Http404
    candidates = [_candidate(around, deed, delivery) for delivery in found]
    values = {
        "deed": deed,
        "form": form,
        "ready": [one for one in candidates if one.consequence],
        "others": [one for one in candidates if not one.consequence],
        "is_one": len(candidates) == 1,
    }
    return render(request, "web/decisions/decide.html", values, status=status)


def _candidate(around: Scene, deed: Deed, delivery: Delivery) -> Candidate:
    row = delivery_row(around, delivery, {delivery.channel: delivery.url})
    text = consequence(around, deed, delivery) if deed in possible(delivery) else ""
    return Candidate(row, delivery.revision.title, text)


def _say(request: HttpRequest, deed: Deed, outcome: Outcome) -> None:
    if outcome.done:
        said = _("{deed}: done for {number}.").format(deed=deed.label, number=len(outcome.done))
        messages.success(request, said)
    for delivery in outcome.changed:
        text = _("Delivery {number} has changed since you looked, so it was left alone; it is now: {state}.")
        messages.warning(request, text.format(number=delivery.pk, state=State(delivery.state).label))
    for reason in outcome.refused:
        messages.error(request, reason)


@require_safe
@allowed(Permission.SEE_LOG)
def evidence(request: HttpRequest, seq: int) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """The file that somebody showed when they decided, as the log's entry names it, for saving."""
    entry = get_object_or_404(log.book(get_office().slug), seq=seq)
    file = entry.detail.get("file")
    if not file:
        raise Http404
    try:
        content = asset_store().read(file["sha256"])
    except DamagedAsset:
        raise Http404 from None
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, file["name"]) or "attachment"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
