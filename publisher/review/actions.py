"""Deciding that something goes out, in one place."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from channels.errors import Text, message_id
from publisher.items.actions import subject
from publisher.items.models import Disclosure, Item, ItemState, Revision
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.review.checks.finding import Finding
from publisher.review.checks.scan import keep_citations, scan
from publisher.review.models import Release
from publisher.review.products import drafts, sign

ERRORS = message_id(
    "Item {item} cannot go out as it is. Errors found by the checks: {count}. Correct them, or release it all the same "
    "and say why."
)


class NotReleased(Exception):
    """The revision may not go out; ``text`` says why and what to do."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


class FoundErrors(NotReleased):
    """The checks found what keeps the revision from going out; ``errors`` says what and where."""

    def __init__(self, item: int, errors: list[Finding]) -> None:
        self.errors = errors
        super().__init__(ERRORS, item=item, count=len(errors))


def release_directly(office: Office, revision: Revision, *, by: str, despite: str = "") -> Release:
    """Release a revision without the approval steps and sign the product of each channel.

    A channel whose product has errors is left out and recorded with its reasons; the others go on. Works only where the
    office allows it; the log says what it was.

    Args:
        despite: why it goes out although the checks found errors; stands in the log with what they found.
    Raises NotReleased: the office does not allow it, the item is not proactive, one of its channels is no longer
        configured, or it was released before.
    Raises FoundErrors: the checks found errors and there is no reason to pass over them.
    """
    require_direct_release(office)
    require_proactive(revision.item.disclosure)
    require_channels(office, revision)
    prefetch_related_objects([revision], "assets", "variants")
    proof = _proof(revision, scan(office, revision), despite.strip())
    # Rendering takes its time with large pictures, so it stands before the transaction; it only reads what is frozen.
    made = drafts(office, revision)
    with transaction.atomic():
        if not Item.objects.filter(pk=revision.item_id, state=ItemState.SUBMITTED).update(state=ItemState.APPROVED):
            raise _not_waiting(revision.item_id)
        release = Release.objects.create(
            revision=revision, kind=Release.Kind.DIRECT, released_at=timezone.now(), released_by=by
        )
        for draft in made:
            sign(release, draft)
        keep_citations(office, revision)
        log.record(office, Event.RELEASED_DIRECTLY, subject(office, revision), actor=by, proof=proof)
    return release


def _not_waiting(item: int) -> NotReleased:
    if Item.objects.filter(pk=item, state=ItemState.IN_REVIEW).exists():
        return NotReleased("Item {item} is in approval: decide on it there.", item=item)
    return NotReleased("Item {item} was released before.", item=item)


def _proof(revision: Revision, found: list[Finding], despite: str) -> log.Proof | None:
    """What the log keeps of the errors that were passed over; None where there are none. Raises FoundErrors."""
    errors = [finding for finding in found if finding.is_error]
    if not errors:
        return None
    if not despite:
        raise FoundErrors(revision.item_id, errors)
    return log.Proof(detail={"despite": despite, "findings": [finding.json() for finding in errors]})


def require_direct_release(office: Office) -> None:
    """Raises NotReleased: the office wants every item to go through its approval steps."""
    if not office.direct_release:
        raise NotReleased(
            "Direct release is switched off: set direct_release = true under [workflow], or let the item be approved."
        )


def require_proactive(disclosure: str) -> None:
    """Raises NotReleased: only what is disclosed proactively may go to any channel."""
    if disclosure != Disclosure.PROACTIVE:
        raise NotReleased(
            "Only an item marked “{wanted}” may be published; this one is marked “{found}”.",
            wanted=Disclosure.PROACTIVE.label,
            found=Disclosure(disclosure).label,
        )


def require_channels(office: Office, revision: Revision) -> None:
    """Raises NotReleased: a channel the revision is meant for is no longer configured."""
    missing = [key for key in revision.channels if key not in office.channels]
    if missing:
        raise NotReleased(
            "Item {item} is meant for {missing}, which is no longer configured: configure it again, or submit the item "
            "anew for other channels.",
            item=revision.item_id,
            missing=", ".join(missing),
        )


def mark_collected(release: Release, *, now: datetime) -> bool:
    """Say that the queue has made its deliveries of ``release``; False where another process was first."""
    return Release.objects.filter(pk=release.pk, collected_at=None).update(collected_at=now) == 1
