"""The list of drafts, a new one, the page of one, and putting one away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publisher.items.drafts import files, saving, sending
from publisher.items.drafts.content import Content
from publisher.items.drafts.saving import NotWrittenIn
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.models import Draft, DraftState
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.web.access import allowed, membership_here, permissions_here, refuse
from publisher.web.drafts import answers
from publisher.web.drafts.finding import of_draft
from publisher.web.drafts.form import show
from publisher.web.drafts.rows import page_of_drafts
from publisher.web.drafts.scripts import with_scripts
from publisher.web.drafts.sent import READ, take_form
from publisher.web.drafts.uploads import bytes_of
from publisher.web.revising import may_revise
from publisher.web.views import find
from publisher.wording import sentence

ENDINGS = ",".join(files.MANUSCRIPTS)


@require_safe
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
def index(request: HttpRequest) -> HttpResponse:
    sees_all = Permission.EDIT_ANY_DRAFT in permissions_here(request)
    shown = page_of_drafts(get_office(), request.user.get_username(), request.GET, sees_all=sees_all)
    may_begin = Permission.SUBMIT in permissions_here(request)
    values = {"shown": shown, "endings": ENDINGS, "may_begin": may_begin}
    return with_scripts(request, "web/drafts/index.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SUBMIT)
def new(request: HttpRequest) -> HttpResponseBase:
    """Begin with a file, or with an empty page."""
    if request.method != "POST":
        return with_scripts(request, "web/drafts/new.html", {"endings": ENDINGS})
    content, now = _first_content(request), timezone.now()
    upload = request.FILES.get(READ)
    if upload is None:
        return redirect("draft", saving.begin(get_office(), content, by=_by(request), now=now).pk)
    try:
        content, notes = files.with_manuscript(content, upload.name or "", bytes_of(upload))
    except UnreadableManuscript as error:
        return _unreadable(request, error)
    draft = saving.begin(get_office(), content, by=_by(request), now=now)
    saving.remark(draft, notes)
    return answers.go_to(request, "draft", draft.pk)


def _first_content(request: HttpRequest) -> Content:
    """What is chosen beforehand: the first column with its channels, and the section where somebody has only one."""
    office, member = get_office(), membership_here(request)
    column = next(iter(office.columns))
    sections = member.sections if member else []
    section = sections[0] if len(sections) == 1 else ""
    return Content(column=column, channels=tuple(office.channels_of(column)), section=section)


def _unreadable(request: HttpRequest, error: UnreadableManuscript) -> HttpResponse:
    if answers.wants_data(request):
        return answers.refused(error.text)
    return with_scripts(
        request, "web/drafts/new.html", {"endings": ENDINGS, "mistake": sentence(error.text)}, status=400
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def draft(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    if request.method == "POST":
        return take_form(request, draft)
    if draft.state == DraftState.SENT_UP and draft.item_id:
        return redirect("item", draft.item_id)
    return show(request, draft)


@require_POST
@of_draft
def discard(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    try:
        saving.discard(draft, by=_by(request), now=timezone.now())
    except NotWrittenIn as error:
        messages.error(request, sentence(error.text))
    else:
        messages.success(request, _("The draft was discarded. You find it among the discarded ones."))
    return redirect("drafts")


@require_POST
@of_draft
def take_up(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """Write on in a discarded draft."""
    try:
        saving.take_up_again(draft, by=_by(request), now=timezone.now())
    except NotWrittenIn as error:
        messages.error(request, sentence(error.text))
        return redirect("drafts")
    return redirect("draft", draft.pk)


@require_POST
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
def revise(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Begin a draft of an item, or go on with the one there is."""
    item, _revision = find(pk)
    if not may_revise(request, item):
        return refuse(request, Permission.EDIT_ANY_DRAFT)
    draft = sending.draft_of(item, by=_by(request), now=timezone.now())
    return redirect("draft", draft.pk)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()
