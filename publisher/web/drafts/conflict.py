"""Two people wrote at the same time: both texts beside each other, and one made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.differences import Side, all_files, different_fields, pieces, together
from publisher.items.drafts.saving import Hand, NotWrittenIn
from publisher.items.drafts.texts import take
from publisher.items.models import Draft, DraftVersion
from publisher.office import get_office
from publisher.web.drafts import answers
from publisher.web.drafts.beside import beside
from publisher.web.drafts.finding import of_draft
from publisher.web.drafts.scripts import with_scripts
from publisher.web.names import Names
from publisher.wording import sentence

SIDES: Mapping[str, Side] = {"here": "here", "there": "there", "both": "both"}


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def show(request: HttpRequest, draft: Draft, version: int) -> HttpResponseBase:
    """``here`` is what stands in the draft, ``there`` what was put aside."""
    aside = draft.versions.filter(pk=version, is_aside=True).first()
    if aside is None:
        return redirect("draft-history", draft.pk)
    if request.method == "POST":
        return _put_together(request, draft, aside)
    return _page(request, draft, aside)


def _page(request: HttpRequest, draft: Draft, aside: DraftVersion, *, status: int = 200) -> HttpResponseBase:
    here, there = content_of(draft), Content.from_json(aside.content)
    names = Names.named([draft.changed_by, aside.by])
    values = {
        "draft": draft,
        "aside": aside,
        "here_by": names[draft.changed_by],
        "there_by": names[aside.by],
        "shown": beside(get_office(), here, there, _base(draft, aside)),
    }
    return with_scripts(request, "web/drafts/conflict.html", values, status=status)


def _base(draft: Draft, aside: DraftVersion) -> Content | None:
    """What both began with, as far as the history still knows it."""
    found = draft.versions.filter(number=aside.number, is_aside=False).first()
    return Content.from_json(found.content) if found else None


def _put_together(request: HttpRequest, draft: Draft, aside: DraftVersion) -> HttpResponseBase:
    """Make one of both, unless the draft has changed again since the page was shown."""
    if request.POST.get("version") != str(draft.version):
        messages.warning(request, _("The draft has changed again meanwhile. Look at the differences once more."))
        return _page(request, draft, aside, status=409)
    here, there = content_of(draft), Content.from_json(aside.content)
    content = merged(here, there, request.POST)
    hand = Hand(request.user.get_username(), draft.version, is_kept=True)
    try:
        kept = saving.save(draft, content, hand, now=timezone.now())
    except NotWrittenIn as error:
        messages.error(request, sentence(error.text))
        return redirect("draft", draft.pk)
    if isinstance(kept, saving.Conflict):
        return answers.conflict(request, kept)
    saving.settle(aside)
    messages.success(request, _("Both texts were put together. Each of them is still in the history."))
    return redirect("draft", draft.pk)


def merged(here: Content, there: Content, choices: Mapping[str, Any]) -> Content:
    """One content: of each field and each piece of the text the side that was chosen; without a choice, of fields the
    one that stands there, of pieces both, so that nothing is lost."""
    chosen = {
        name: getattr(there, name)
        for name in different_fields(here, there)
        if name != "variants" and choices.get(f"field-{name}") == "there"
    }
    parts = pieces(here.html, there.html)
    sides = {place: SIDES.get(choices.get(f"part-{place}", ""), "both") for place in range(len(parts))}
    taken = take(together(parts, sides), all_files(here, there))
    return replace(here, **chosen, html=taken.html, files=taken.files)
