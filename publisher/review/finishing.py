"""The end of an approval: the release that the queue collects, with exactly the products that were decided on."""

from __future__ import annotations

from datetime import datetime

from publisher.items.actions import subject
from publisher.items.models import Item, ItemState
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.review.checks.scan import keep_citations
from publisher.review.models import ChannelProduct, Release, Review
from publisher.review.places import Standing

COPIED = ("channel", "canonical", "digest", "wants_link", "problems")


def finish_if_complete(office: Office, review: Review, *, by: str, now: datetime) -> Release | None:
    """Release a review whose steps are all complete; must stand in the transaction of the last decision."""
    if Standing.of(review).current is not None:
        return None
    Review.objects.filter(pk=review.pk).update(state=Review.State.APPROVED, closed_at=now, closed_by=by)
    review.refresh_from_db()
    release = make_release(office, review, Release.Kind.APPROVED, by=by, now=now)
    detail = {"review": review.pk, "digest": review.digest}
    log.record(office, Event.RELEASED, subject(office, review.revision), actor=by, proof=log.Proof(detail=detail))
    return release


def make_release(office: Office, review: Review, kind: Release.Kind, *, by: str, now: datetime) -> Release:
    """The release of what was reviewed, with its products as they were shown, byte for byte."""
    release = Release.objects.create(revision=review.revision, kind=kind, released_at=now, released_by=by)
    ChannelProduct.objects.bulk_create(
        ChannelProduct(release=release, **{name: getattr(product, name) for name in COPIED})
        for product in review.products.order_by("pk")
    )
    Item.objects.filter(pk=review.item_id).update(state=ItemState.APPROVED)
    keep_citations(office, review.revision)
    return release
