"""What the checks find in one draft or item: a page, data for scripts, and the text with the places marked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from publisher.items.drafts.content import content_of
from publisher.items.drafts.saving import Conflict, Hand, NotWrittenIn, save
from publisher.items.models import Draft, Item, Revision
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.review.checks.mending import marked
from publisher.web.access import allowed
from publisher.web.drafts.answers import wants_data
from publisher.web.drafts.finding import of_draft
from publisher.web.findings import REPLACE, findings_of, mend
from publisher.web.preview import PICTURE
from publisher.web.security import TEXT_POLICY
from publisher.web.views import find
from publisher.wording import sentence


@require_safe
@allowed(Permission.SEE_ITEMS)
def of_item(request: HttpRequest, pk: int) -> HttpResponse:
    """What the checks find in the newest revision of an item by the lists of today."""
    found_item, revision = find(pk)
    found = findings_of(get_office(), revision)
    if wants_data(request):
        return JsonResponse(found.as_json())
    values = {
        "found": found,
        "title": revision.title,
        "item": found_item,
        "text": reverse("item-findings-text", args=[pk]),
    }
    return render(request, "web/findings/page.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS)
@xframe_options_sameorigin
def text_of_item(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest text of an item with every place marked."""
    found_item, revision = find(pk)
    return _text(request, revision, "asset", found_item)


@require_http_methods(["GET", "HEAD", "POST"])
@of_draft
def of_one_draft(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """What the checks find in a draft as it was saved last; its buttons put suggestions in."""
    if request.method == "POST":
        return _replace(request, draft)
    found = findings_of(get_office(), draft)
    if wants_data(request):
        values = {"found": found, "replaceable": draft.is_written_in}
        part = render_to_string("web/findings/list.html", values, request=request)
        return JsonResponse({**found.as_json(), "version": draft.version, "html": part})
    values = {
        "found": found,
        "title": draft.title,
        "draft": draft,
        "text": reverse("draft-findings-text", args=[draft.pk]),
        "replaceable": draft.is_written_in,
    }
    return render(request, "web/findings/page.html", values)


@require_safe
@of_draft
@xframe_options_sameorigin
def text_of_draft(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The text of a draft with every place marked."""
    return _text(request, draft, "draft-asset", draft)


def _replace(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """Put suggestions in, if the draft is still what the page showed."""
    wanted, version = request.POST.get("do", "").removeprefix(REPLACE), request.POST.get("version", "")
    before = content_of(draft)
    after = mend(get_office(), before, wanted, item=draft.item_id)
    hand = Hand(request.user.get_username(), int(version) if version.isdecimal() else 0, is_kept=True)
    if hand.base != draft.version:
        messages.warning(request, _("The draft was changed meanwhile: look at what is found now."))
    elif after == before:
        messages.warning(request, _("There was nothing to replace any more."))
    else:
        try:
            is_lost = isinstance(save(draft, after, hand, now=timezone.now(), with_variants=True), Conflict)
        except NotWrittenIn as error:
            messages.error(request, sentence(error.text))
        else:
            said = _("Somebody else has just changed the draft: look again.") if is_lost else _("It was replaced.")
            messages.success(request, said)
    return redirect("draft-findings", draft.pk)


def _text(request: HttpRequest, text: Draft | Revision, asset: str, owner: Draft | Item) -> HttpResponse:
    found = findings_of(get_office(), text)
    html = PICTURE.sub(
        lambda match: f'src="{reverse(asset, args=[owner.pk, match[1]])}"', marked(text.html, found.findings)
    )
    values = {"title": text.title, "html": mark_safe(html)}  # noqa: S308 - clean, and inert by its policy
    response = render(request, "web/findings/text.html", values)
    response.headers["Content-Security-Policy"] = TEXT_POLICY
    return response
