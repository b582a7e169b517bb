"""Asking for an item to be taken back, and following it until every channel has its evidence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publisher.items.actions import BadSubmission, asset_store
from publisher.items.models import Item
from publisher.items.store import DamagedAsset
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.queue import bells, clock
from publisher.queue.models import Recall, RecallEvidence, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import evidence, notices, outlook, queries
from publisher.queue.recalls.asking import ask as ask_for
from publisher.queue.recalls.asking import open_recall
from publisher.queue.recalls.following import may_stay
from publisher.queue.states import LineState, RecallKind
from publisher.review.actions import NotReleased
from publisher.web import words
from publisher.web.access import allowed
from publisher.web.preview import SHOWN_TYPES
from publisher.web.recalls.forms import AskForm, EvidenceForm, NoticeForm
from publisher.web.recalls.rows import LineRow, history_of, page_of_recalls, rows_of, times_row
from publisher.web.revising import may_revise
from publisher.web.security import FILE_POLICY
from publisher.web.signing_in import typed
from publisher.web.views import find
from publisher.wording import sentence

logger = logging.getLogger(__name__)

sees = allowed(Permission.SEE_ITEMS)
decides = allowed(Permission.DECIDE_DELIVERIES)


@require_safe
@sees
def index(request: HttpRequest) -> HttpResponse:
    """Every recall, open ones first."""
    office, now = get_office(), clock.now()
    page, rows = page_of_recalls(office, request.GET.get("page"), now)
    open_ones, late_ones = queries.how_many(office, now)
    values = {
        "page": page,
        "rows": rows,
        "times": times_row(office, now),
        "open_ones": open_ones,
        "late_ones": late_ones,
    }
    return render(request, "web/recalls/index.html", values)


@require_safe
@sees
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """One recall, with what is to be done on each channel."""
    return _page(request, _recall(pk))


@require_safe
@sees
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one recall, for printing and filing."""
    office = get_office()
    (row,) = rows_of(office, [_recall(pk)], clock.now())
    return render(request, "web/recalls/record.html", {"row": row})


@require_safe
@sees
def file(request: HttpRequest, pk: int, proof: int) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """A file somebody gave as evidence, byte for byte."""
    found = get_object_or_404(RecallEvidence.objects.exclude(sha256=""), pk=proof, line__recall=_recall(pk))
    try:
        content = asset_store().read(found.sha256)
    except DamagedAsset as error:
        logger.error("evidence %s: %s", proof, error)
        raise Http404 from None
    is_shown = found.media_type in SHOWN_TYPES
    response = HttpResponse(content, content_type=found.media_type if is_shown else "application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(not is_shown, found.name) or "attachment"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


def _because(request: HttpRequest, item: Item) -> dict[str, object]:
    """What the page that led here knows of the reason."""
    if request.GET.get("because") != "expired" or item.in_force_until is None:
        return {"kind": RecallKind.ERROR}
    reason = _("The document was in force until {day} and no longer holds.").format(day=item.in_force_until)
    return {"kind": RecallKind.LAW, "reason": reason}


@require_http_methods(["GET", "HEAD", "POST"])
@decides
def ask(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask for an item to be taken back everywhere; what will happen on each channel is said before."""
    item, revision = find(pk)
    office = get_office()
    before = open_recall(item)
    if before is not None and not may_stay(before) and request.method != "POST":
        messages.info(request, _("It is being taken back already: this is how far it is."))
        return redirect("recall", before.pk)
    sights = outlook.of_recall(office, item)
    choices = [(sight.channel, words.channel_name(office, sight.channel)) for sight in sights]
    initial = {"channels": [sight.channel for sight in sights], **_because(request, item)}
    form = AskForm(typed(request), channels=choices, initial=initial)
    if form.is_valid():
        try:
            asked, changed = ask_for(item, form.wish, by=_by(request))
        except NotPossible as error:
            form.add_error(None, sentence(error.text))
        else:
            bells.ring(changed)
            messages.success(request, _("It is being taken back. This page says what each channel still needs."))
            return redirect("recall", asked.pk)
    rows = [(sight, words.channel_name(office, sight.channel), sentence(sight.text)) for sight in sights]
    values = {
        "item": item,
        "revision": revision,
        "form": form,
        "rows": rows,
        "is_anywhere": any(sight.is_concerned for sight in sights),
        "chosen": form["channels"].value() or [],
    }
    return render(request, "web/recalls/ask.html", values, status=400 if form.errors else 200)


@require_safe
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT, Permission.DECIDE_DELIVERIES)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """What a correction means on each channel, before somebody begins one."""
    item, revision = find(pk)
    office = get_office()
    rows = [
        (sight, words.channel_name(office, sight.channel), sentence(sight.text))
        for sight in outlook.of_correction(office, item)
    ]
    values = {
        "item": item,
        "revision": revision,
        "rows": rows,
        "recall": open_recall(item),
        "may_revise": may_revise(request, item),
    }
    return render(request, "web/recalls/correct.html", values)


@require_POST
@decides
def give(request: HttpRequest, pk: int, channel: str) -> HttpResponseBase:
    """Take in what a person shows for one channel."""
    line = _line(pk, channel)
    form = EvidenceForm(request.POST, request.FILES, line=line)
    if form.is_valid():
        try:
            evidence.give(line, form.given, by=_by(request))
        except NotPossible as error:
            form.add_error(None, sentence(error.text))
        else:
            messages.success(request, _("The evidence is kept with its digest."))
            return redirect("recall", pk)
    return _page(request, _recall(pk), {line.pk: form})


@require_POST
@decides
def propose(request: HttpRequest, pk: int, channel: str) -> HttpResponseBase:
    """Hand in a correction notice as an item for the newspaper."""
    line = _line(pk, channel)
    form = NoticeForm(request.POST, line=line)
    if form.is_valid():
        try:
            notice = notices.submit(line, form.notice, by=_by(request))
        except (NotPossible, BadSubmission, NotReleased) as error:
            form.add_error(None, sentence(error.text))
        else:
            said = _("The notice is item {number}: it goes to the newspaper when it has been released.")
            messages.success(request, said.format(number=notice.pk))
            return redirect("recall", pk)
    return _page(request, _recall(pk), {line.pk: form})


def _page(request: HttpRequest, found: Recall, sent: Mapping[int, forms.Form] | None = None) -> HttpResponse:
    """The page of one recall; ``sent`` is a form that could not be taken, by its line."""
    office = get_office()
    (row,) = rows_of(office, [found], clock.now())
    parts = [_part(found, line, (sent or {}).get(line.line.pk)) for line in row.lines]
    values = {"row": row, "parts": parts, "history": history_of(office, found)}
    return render(request, "web/recalls/recall.html", values, status=400 if sent else 200)


def _part(found: Recall, row: LineRow, sent: forms.Form | None) -> dict[str, Any]:
    """A line with the forms that are open to it."""
    part: dict[str, Any] = {"row": row, "sent": sent, "is_wrong": sent is not None}
    if not row.is_open:
        return part
    part["form"] = sent if isinstance(sent, EvidenceForm) else EvidenceForm(line=row.line)
    if row.line.state == LineState.NOTICE and notices.may_submit(row.line):
        proposed = notices.proposed(get_office(), found, row.line)
        initial = {"title": proposed.title, "text": proposed.text, "issue": proposed.issue}
        part["notice"] = sent if isinstance(sent, NoticeForm) else NoticeForm(line=row.line, initial=initial)
    return part


def _recall(pk: int) -> Recall:
    """Raises Http404: the office has no such recall."""
    return get_object_or_404(queries.recalls(get_office()), pk=pk)


def _line(pk: int, channel: str) -> RecallLine:
    """Raises Http404: the office has no such recall, or it has not this channel."""
    lines = RecallLine.objects.select_related("recall__item")
    return get_object_or_404(lines, recall=pk, recall__office=get_office().slug, channel=channel)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()
