"""Letting something out before its approval is complete: with a reason, marked, and confirmed by somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from publisher.items.actions import subject
from publisher.items.models import Item, ItemState
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.people import actions as people
from publisher.people.roles import Permission
from publisher.review import places
from publisher.review.actions import require_channels, require_proactive
from publisher.review.deciding import errors_of
from publisher.review.finishing import make_release
from publisher.review.models import Emergency, EmergencyConfirmation, Release, Review
from publisher.review.opening import NotReviewed, close


def release_in_emergency(office: Office, review: Review, *, by: User, reason: str, is_free_of_secrets: bool) -> Release:
    """Release what is in approval at once, products as they were shown.

    The law knows no publication without secrecy review, so whoever does this says that they made it.

    Raises NotAllowed: their roles do not give it. Raises NotReviewed: no reason, no word about secrets, their own item,
        or the approval has ended.
    """
    people.require(by, office, Permission.RELEASE_IN_EMERGENCY)
    require_proactive(review.item.disclosure)
    require_channels(office, review.revision)
    if not reason.strip():
        raise NotReviewed("Say why it cannot wait for its approval.")
    if not is_free_of_secrets:
        raise NotReviewed("Say that you have looked at it and it holds no state secrets, or let it wait.")
    name = by.get_username()
    if places.is_author(review.item, review.revision.number, name):
        raise NotReviewed("Nobody decides on an item of their own: leave it to somebody else.")
    found = [error.json() for error in errors_of(office, review)]
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=review.item_id)
        return _release(office, review, name, reason.strip(), found)


def _release(office: Office, review: Review, name: str, reason: str, found: list[dict[str, Any]]) -> Release:
    now = timezone.now()
    close(review, Review.State.EMERGENCY, ItemState.APPROVED, by=name, now=now)
    if review.item.revisions.order_by("-number")[0].pk != review.revision_id:
        raise NotReviewed("The item was changed meanwhile: look at its newest revision.")
    release = make_release(office, review, Release.Kind.EMERGENCY, by=name, now=now)
    confirm_by = now + timedelta(hours=office.workflow.emergency_confirm_hours)
    Emergency.objects.create(release=release, office=office.slug, review=review, reason=reason, confirm_by=confirm_by)
    detail = {"review": review.pk, "digest": review.digest, "reason": reason, "confirm_by": confirm_by.isoformat()}
    log.record(
        office,
        Event.RELEASED_IN_EMERGENCY,
        subject(office, review.revision),
        actor=name,
        proof=log.Proof(detail=detail | {"free_of_secrets": True, "findings": found}),
    )
    return release


def confirm_emergency(
    office: Office, emergency: Emergency, *, by: User, agrees: bool, comment: str = ""
) -> EmergencyConfirmation:
    """Say afterwards, as a second person who signs, that an emergency release was right, or that it was not.

    Raises NotAllowed: they do not sign. Raises NotReviewed: they released or wrote it, it was confirmed before, or
        nothing says why they object.
    """
    people.require(by, office, Permission.SIGN)
    name, review = by.get_username(), emergency.review
    if name == emergency.release.released_by or places.is_author(review.item, review.revision.number, name):
        raise NotReviewed("Somebody else must confirm it: you released it or wrote it yourself.")
    if not agrees and not comment.strip():
        raise NotReviewed("Say why you object: others must know what to do now.")
    event = Event.EMERGENCY_CONFIRMED if agrees else Event.EMERGENCY_OBJECTED
    detail = {"review": review.pk, "reason": comment.strip()}
    try:
        with transaction.atomic():
            said = EmergencyConfirmation.objects.create(
                emergency=emergency, agrees=agrees, comment=comment.strip(), person=name, at=timezone.now()
            )
            log.record(office, event, subject(office, review.revision), actor=name, proof=log.Proof(detail=detail))
    except IntegrityError as error:
        raise NotReviewed("Somebody has said that already: look again.") from error
    return said
