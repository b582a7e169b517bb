"""Files of a draft for its page, and cleaning what comes from the clipboard."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from channels.errors import Text
from publisher.items.actions import asset_store
from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.saving import NotWrittenIn
from publisher.items.drafts.texts import take
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.models import Draft
from publisher.items.office_html import understood
from publisher.items.store import DamagedAsset
from publisher.web.drafts import answers
from publisher.web.drafts.finding import of_draft
from publisher.web.drafts.typed import from_page, to_page
from publisher.web.preview import stored_file
from publisher.wording import sentence

logger = logging.getLogger(__name__)


@require_safe
@of_draft
def asset(request: HttpRequest, draft: Draft, sha256: str) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """A picture or attachment of the draft, or of what it was."""
    now = [(a.sha256, a.name, a.media_type) for a in draft.assets.all()]
    found = next((file for file in now if file[0] == sha256), None) or _in_history(draft, sha256)
    if found is None:
        raise Http404
    try:
        content = asset_store().read(sha256)
    except DamagedAsset as error:
        logger.error("draft %s: %s", draft.pk, error)
        raise Http404 from None
    return stored_file(content, found[1], found[2])


def _in_history(draft: Draft, sha256: str) -> tuple[str, str, str] | None:
    for version in draft.versions.order_by("-pk"):
        for file in Content.from_json(version.content).files:
            if file.sha256 == sha256:
                return file.sha256, file.name, file.media_type
    return None


@require_POST
@of_draft
def paste(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """HTML of the clipboard in the house's vocabulary. Pictures within it become pictures of the draft."""
    content = content_of(draft)
    try:
        taken = take(understood(from_page(draft, request.POST.get("html", ""))), content.files)
        if taken.files != content.files:
            by = request.user.get_username()
            draft = saving.amend(draft, {"files": taken.files}, by=by, now=timezone.now())
    except (UnreadableManuscript, NotWrittenIn) as error:
        return answers.refused(error.text)
    notes = [sentence(note) for note in _told(taken.notes)]
    return JsonResponse({"html": to_page(draft, taken.html), "notes": notes, **answers.panels(request, draft)})


def _told(notes: tuple[Text, ...]) -> list[Text]:
    """One sentence instead of one for each picture on the author's own disk."""
    others = [note for note in notes if "file:" not in str(note.values.get("address", ""))]
    if len(others) < len(notes):
        others.append(
            Text(
                "The clipboard of Word and WPS brings no pictures along: drop the file itself to take them over, or "
                "insert them as pictures."
            )
        )
    return others
