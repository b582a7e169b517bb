"""What a draft's form sends: typed text, dropped files, and the button that was pressed.

Every button keeps what was typed before it does anything else, so that none can lose it. The scripts of the page press
the same buttons and get data instead of pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.items.drafts import files, saving, sending
from publisher.items.drafts.content import Content, File, content_of
from publisher.items.drafts.saving import Conflict, NotWrittenIn
from publisher.items.drafts.sending import NEWER, SIMILAR, NotReady
from publisher.items.drafts.texts import named
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.models import Draft, DraftState
from publisher.items.store import DamagedAsset
from publisher.items.wishes import BadSubmission
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.review.actions import NotReleased
from publisher.review.opening import NotReviewed, open_if_wanted
from publisher.web.access import permissions_here, refuse
from publisher.web.drafts import answers
from publisher.web.drafts.form import MEND, show
from publisher.web.drafts.typed import hand, picture_address, typed
from publisher.web.drafts.uploads import bytes_of
from publisher.web.findings import mend
from publisher.web.revising import may_revise
from publisher.web.views import find
from publisher.wording import sentence

READ, PICTURES, ATTACHMENTS = "file", "pictures", "attachments"
"""Names of the fields that take files."""

REPLACE = "replace"
"""The button of a finding that puts its suggestion into the text."""


@dataclass(slots=True)
class Done:
    """What a button made of the content. ``notes`` is None where nothing was read in."""

    content: Content
    notes: tuple[Text, ...] | None = None
    pictures: list[File] = field(default_factory=list)


Deed = Callable[[HttpRequest, Content, str], Done]


def take_form(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    button, _colon, what = request.POST.get("do", "save").partition(":")
    if button == "send" and Permission.SUBMIT not in permissions_here(request):
        return refuse(request, Permission.SUBMIT)
    if button == "send" and draft.state == DraftState.SENT_UP and draft.item_id:
        return redirect("item", draft.item_id)  # a second click
    try:
        return _keep(request, draft, button, what)
    except UnreadableManuscript as error:
        return _not_kept(request, draft, error.text)
    except NotWrittenIn as error:
        return _not_kept(request, draft, error.text, state="closed", status=409)


def _keep(request: HttpRequest, draft: Draft, button: str, what: str) -> HttpResponseBase:
    """Raises UnreadableManuscript, NotWrittenIn."""
    now, by = timezone.now(), request.user.get_username()
    form = typed(get_office(), draft, content_of(draft), request.POST)
    done = DEEDS.get(button, _nothing)(request, form.content, what)
    if button == REPLACE:
        done.content = mend(get_office(), done.content, what, item=draft.item_id)
    is_kept = button not in ("autosave", "send")
    writer = hand(request.POST, draft, by=by, is_kept=is_kept)
    kept = saving.save(draft, done.content, writer, now=now, with_variants=button == REPLACE)
    if isinstance(kept, Conflict):
        return answers.conflict(request, kept)
    if done.notes is not None:
        saving.remark(kept.draft, done.notes)
    if button == "send":
        return _send_up(request, kept.draft)
    if button == "join":
        return _join(request, kept.draft, what)
    return _afterwards(request, kept.draft, button, done)


def _afterwards(request: HttpRequest, draft: Draft, button: str, done: Done) -> HttpResponse:
    if not answers.wants_data(request):
        if button == "save":
            messages.success(request, _("Saved."))
        return redirect(reverse("draft", args=[draft.pk]) + ("#findings" if button == REPLACE else ""))
    if button in ("read", "dismiss"):
        return answers.go_to(request, "draft", draft.pk)
    more: dict[str, object] = {}
    if button in ("picture", "attachment", "remove"):
        more |= answers.panels(request, draft)
        more["added"] = [picture_address(draft, file.sha256) for file in done.pictures]
    return answers.saved(draft, at=draft.changed_at, **more)


def _send_up(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    office, by = get_office(), request.user.get_username()
    despite = [name for name in (NEWER, SIMILAR) if f"despite-{name}" in request.POST]
    try:
        revision = sending.send_up(office, draft, by=by, now=timezone.now(), despite=despite)
    except NotReady:
        return redirect(f"{reverse('draft', args=[draft.pk])}?{MEND}=yes")
    except (BadSubmission, DamagedAsset) as error:
        messages.error(request, sentence(error.text))
        return redirect("draft", draft.pk)
    messages.success(request, _("The item was sent up."))
    try:
        opened = open_if_wanted(office, revision, by=by)
    except (NotReviewed, NotReleased) as error:
        messages.error(request, sentence(error.text))
        opened = None
    return redirect("review", opened.pk) if opened else redirect("item", revision.item_id)


def _join(request: HttpRequest, draft: Draft, number: str) -> HttpResponseBase:
    """Make the draft one of an item that is there. Raises NotWrittenIn."""
    item, _revision = find(int(number) if number.isascii() and number.isdigit() else 0)
    if not may_revise(request, item):
        return refuse(request, Permission.EDIT_ANY_DRAFT)
    sending.join(draft, item, by=request.user.get_username(), now=timezone.now())
    messages.success(request, _("This is now the next revision of that item."))
    return redirect("draft", draft.pk)


def _not_kept(
    request: HttpRequest, draft: Draft, text: Text, *, state: str = "refused", status: int = 422
) -> HttpResponse:
    if answers.wants_data(request):
        return answers.refused(text, state=state, status=status)
    messages.error(request, sentence(text))
    return show(request, draft, status=status)


def _nothing(_request: HttpRequest, content: Content, _what: str) -> Done:
    return Done(content)


def _read(request: HttpRequest, content: Content, _what: str) -> Done:
    upload = request.FILES.get(READ)
    if upload is None:
        raise UnreadableManuscript("Choose a file first.")
    content, notes = files.with_manuscript(content, upload.name or "", bytes_of(upload))
    return Done(content, notes)


def _pictures(request: HttpRequest, content: Content, _what: str) -> Done:
    """Where no script says where they go, they stand at the end of the text."""
    done = Done(content)
    for upload in request.FILES.getlist(PICTURES):
        done.content, added = files.with_picture(done.content, upload.name or "", bytes_of(upload))
        done.pictures.append(added)
    if not answers.wants_data(request):
        for added in done.pictures:
            done.content = files.in_text(done.content, added)
    return done


def _attachments(request: HttpRequest, content: Content, _what: str) -> Done:
    for upload in request.FILES.getlist(ATTACHMENTS):
        content = files.with_attachment(content, upload.name or "", bytes_of(upload))
    return Done(content)


def _remove(_request: HttpRequest, content: Content, what: str) -> Done:
    role, _colon, sha256 = what.partition(":")
    return Done(files.without(content, role, [sha256]))


def _place(_request: HttpRequest, content: Content, what: str) -> Done:
    """Put a picture that does not stand in the text at its end."""
    found = [file for file in content.pictures if file.sha256 == what and what not in named(content.html)]
    for picture in found:
        content = files.in_text(content, picture)
    return Done(content)


def _dismiss(_request: HttpRequest, content: Content, _what: str) -> Done:
    """The remarks on the file were read."""
    return Done(content, notes=())


DEEDS: Mapping[str, Deed] = {
    "read": _read,
    "picture": _pictures,
    "attachment": _attachments,
    "remove": _remove,
    "place": _place,
    "dismiss": _dismiss,
}
"""What a button does to the content; those that are not named only keep it."""
