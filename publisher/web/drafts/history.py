"""What a draft was before: the list, one version beside what stands there now, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.saving import Hand, NotWrittenIn
from publisher.items.inline import plain
from publisher.items.models import Draft, DraftVersion
from publisher.office import get_office
from publisher.web.drafts.beside import beside
from publisher.web.drafts.finding import of_draft
from publisher.web.names import Names
from publisher.wording import sentence


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One row of the history; ``length`` in characters of its text."""

    version: DraftVersion
    by: str
    title: str
    length: int
    is_newest: bool


@require_safe
@of_draft
def index(request: HttpRequest, draft: Draft) -> HttpResponse:
    versions = list(draft.versions.order_by("-pk"))
    names = Names.named(version.by for version in versions)
    newest = next((version.pk for version in versions if not version.is_aside), None)
    rows = [_row(version, names, is_newest=version.pk == newest) for version in versions]
    return render(request, "web/drafts/history.html", {"draft": draft, "rows": rows})


def _row(version: DraftVersion, names: Names, *, is_newest: bool) -> VersionRow:
    content = Content.from_json(version.content)
    title = content.title.strip() or _("(no title yet)")
    return VersionRow(version, names[version.by], title, len(plain(content.html)), is_newest)


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def version(request: HttpRequest, draft: Draft, version: int) -> HttpResponseBase:
    """One version beside what stands there now; sending the form makes it what stands there."""
    kept = _version(draft, version)
    content = Content.from_json(kept.content)
    if request.method == "POST":
        return _restore(request, draft, content)
    values = {
        "draft": draft,
        "version": kept,
        "by": Names.named([kept.by])[kept.by],
        "shown": beside(get_office(), content_of(draft), content),
    }
    return render(request, "web/drafts/version.html", values)


def _restore(request: HttpRequest, draft: Draft, content: Content) -> HttpResponseBase:
    hand = Hand(request.user.get_username(), draft.version, is_kept=True)
    try:
        saving.save(draft, content, hand, now=timezone.now(), with_variants=True)
    except NotWrittenIn as error:
        messages.error(request, sentence(error.text))
    else:
        messages.success(request, _("The earlier version stands here again. What stood here before is in the history."))
    return redirect("draft", draft.pk)


def _version(draft: Draft, pk: int) -> DraftVersion:
    found = draft.versions.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
