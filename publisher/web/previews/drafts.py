"""Previews of what somebody is writing, with the form in which each channel may be given its own words."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publisher.items.drafts import sending
from publisher.items.drafts.saving import NotWrittenIn
from publisher.items.manuscript import UnreadableManuscript, Wording
from publisher.items.models import Draft, DraftState
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.web.access import allowed, refuse
from publisher.web.drafts.finding import of_draft
from publisher.web.previews import frames, own
from publisher.web.previews.own import ChangedMeanwhile
from publisher.web.previews.showing import show
from publisher.web.previews.subjects import DraftSubject
from publisher.web.revising import may_revise
from publisher.web.views import find
from publisher.wording import sentence


@require_safe
@of_draft
def index(_request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """The first channel of the draft."""
    subject = DraftSubject(get_office(), draft)
    return redirect(subject.address(subject.channels[0])) if subject.channels else redirect("draft", draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def page(request: HttpRequest, draft: Draft, channel: str) -> HttpResponseBase:
    if draft.state == DraftState.SENT_UP and draft.item_id:
        return redirect("item-preview", draft.item_id, channel)
    if channel not in draft.channels or channel not in get_office().channels:
        raise Http404
    return _take(request, draft, channel) if request.method == "POST" else _show(request, draft, channel)


@require_safe
@of_draft
@xframe_options_sameorigin
def file(request: HttpRequest, draft: Draft, channel: str, path: str) -> HttpResponse:
    return frames.file(request, DraftSubject(get_office(), draft), channel, path)


@require_POST
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
def begin(request: HttpRequest, pk: int, channel: str) -> HttpResponseBase:
    """Begin a draft of an item to give a channel its own words, or go on with the one there is."""
    item, _revision = find(pk)
    if not may_revise(request, item):
        return refuse(request, Permission.EDIT_ANY_DRAFT)
    draft = sending.draft_of(item, by=request.user.get_username(), now=timezone.now())
    there = channel in draft.channels and channel in get_office().channels
    return redirect("draft-preview", draft.pk, channel) if there else redirect("draft", draft.pk)


def _take(request: HttpRequest, draft: Draft, channel: str) -> HttpResponseBase:
    if request.POST.get("start") == "html":
        return _show(request, draft, channel, replace(_typed(request, draft), html=draft.html))
    if request.POST.get("start") == "shorter":
        return _propose(request, draft, channel)
    try:
        own.save(draft, channel, request.POST, by=request.user.get_username())
    except ChangedMeanwhile as error:
        return _show_conflict(request, draft, channel, error.there)
    except (NotWrittenIn, UnreadableManuscript) as error:
        messages.error(request, sentence(error.text))
        return _show(request, draft, channel, _typed(request, draft), status=400)
    messages.success(request, _("Saved."))
    return redirect("draft-preview", draft.pk, channel)


def _propose(request: HttpRequest, draft: Draft, channel: str) -> HttpResponse:
    """A shorter text stands in the form, plainly marked as proposed; nothing is kept before somebody saves it."""
    typed = _typed(request, draft)
    shorter = get_office().channels[channel].channel.shorter(typed.html or draft.html)
    if not shorter:
        messages.info(request, _("The text fits already, or no whole sentence of it fits: nothing is proposed."))
        return _show(request, draft, channel, typed)
    text = _(
        "Proposed by the program: cut at paragraphs and sentences. Read it before you save it; nothing is kept yet."
    )
    messages.warning(request, text)
    return _show(request, draft, channel, replace(typed, html=shorter))


def _show_conflict(request: HttpRequest, draft: Draft, channel: str, there: Wording) -> HttpResponse:
    """What was typed stands in the form; sending it again replaces what somebody else wrote."""
    words = " / ".join(filter(None, (there.title, there.summary))) or "—"
    text = _(
        "Somebody has changed this meanwhile, so yours is not saved yet. There stands now: {words}. Save again to "
        "replace it."
    )
    messages.warning(request, text.format(words=words))
    draft.refresh_from_db()
    return _show(request, draft, channel, _typed(request, draft), status=409)


def _typed(request: HttpRequest, draft: Draft) -> Wording:
    """What was typed, as far as it can be read."""
    try:
        return own.typed(draft, Wording(), request.POST)[0]
    except UnreadableManuscript:
        said = {name: str(request.POST.get(name, "")) for name in ("title", "summary", "cover")}
        return Wording(**said)


def _show(
    request: HttpRequest, draft: Draft, channel: str, typed: Wording | None = None, *, status: int = 200
) -> HttpResponse:
    entry = get_office().channels[channel]
    is_too_long = bool(entry.channel.shorter(draft.html))
    values = {"draft": draft, "form": own.form(draft, channel, typed), "can_propose": is_too_long}
    return show(request, DraftSubject(get_office(), draft), channel, "web/previews/draft.html", values, status=status)
