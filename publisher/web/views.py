"""Pages of the desk: one item, and what is shown where something is wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from publisher.items.models import Item, Revision, RevisionAsset
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.queue.expiry import is_expired
from publisher.review.queries import emergency_of, newest_review
from publisher.web.access import allowed
from publisher.web.live import nothing_new, render_live
from publisher.web.reviews.rows import emergency_row
from publisher.web.revising import may_revise
from publisher.web.rows import item_with_history, scene
from publisher.web.seen import seen
from publisher.web.words import channel_name


@require_safe
@allowed(Permission.SEE_ITEMS)
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item: its newest text, its deliveries and what the log says of them."""
    office = get_office()
    found, revision = find(pk)
    around = scene(request)
    row, history = item_with_history(around, found)
    values = {
        "is_expired": is_expired(found, localdate(around.now, office.timezone)),
        "row": row,
        "revision": revision,
        "channels": [channel_name(office, key) for key in revision.channels],
        "attachments": revision.assets.filter(role=RevisionAsset.Role.ATTACHMENT),
        "history": history,
        "seen": seen(office, found),
        "may_revise": may_revise(request, found),
        "review": newest_review(found),
        "emergency": emergency_row(urgent) if (urgent := emergency_of(found)) else None,
    }
    return render_live(request, "web/item.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS, keeps_awake=False)
def item_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Its deliveries once more, where they are no longer what the browser shows."""
    around = scene(request)
    found = get_object_or_404(Item, pk=pk, office=around.office.slug)
    row, _history = item_with_history(around, found)
    if row.fingerprint == request.GET.get("seen"):
        return nothing_new()
    return render(request, "web/item_channels.html", {"row": row})


def find(pk: int) -> tuple[Item, Revision]:
    """An item of this office with its newest revision. Raises Http404: the office has no such item."""
    found = get_object_or_404(Item, pk=pk, office=get_office().slug)
    return found, found.revisions.order_by("-number")[0]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    return render(request, "web/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "web/500.html", status=500)
