"""Sending a revision up for approval, and taking it back before it is decided."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from publisher.items.actions import subject
from publisher.items.models import Disclosure, Item, ItemState, Revision
from publisher.log import actions as log
from publisher.log.chain import canonical
from publisher.log.events import Event
from publisher.office import Office, StepSection
from publisher.people import queries as people
from publisher.people.roles import Permission
from publisher.review import changes, places
from publisher.review.actions import NotReleased, require_channels, require_proactive
from publisher.review.finishing import finish_if_complete
from publisher.review.models import Decision, Review, ReviewedProduct, ReviewStep
from publisher.review.places import Standing
from publisher.review.products import Draft, drafts, keep
from publisher.review.working_days import due_after

logger = logging.getLogger(__name__)

AT_ONCE = timedelta(seconds=30)
"""What was submitted so lately is still being released directly by whoever submitted it, or sent up by them."""
BATCH = 50

Verdict = Decision.Verdict


class NotReviewed(NotReleased):
    """What cannot be done about an approval; ``text`` says why and what to do."""


def has_steps(office: Office) -> bool:
    """Whether items of the office go through approval."""
    return bool(office.workflow.steps)


def open_review(office: Office, revision: Revision, *, by: str) -> Review:
    """Send the newest revision of an item up for approval: the products are made now, and nothing else will go out.

    Steps keep the approval an earlier revision got there, where nothing they are about has changed since. A review of
    an older revision ends. Sending up twice does nothing.

    Raises NotReviewed: the office has no steps, the revision is not the newest, or it was decided already.
    Raises NotReleased: the item is not proactive, or one of its channels is no longer configured.
    """
    if not has_steps(office):
        raise NotReviewed("This office has no approval steps: write them into the table [workflow].")
    require_proactive(revision.item.disclosure)
    require_channels(office, revision)
    # Rendering takes its time with large pictures, so it stands before the transaction; it only reads what is frozen.
    made = drafts(office, revision)
    with transaction.atomic():
        item = Item.objects.select_for_update().get(pk=revision.item_id)
        if before := Review.objects.filter(revision=revision, state=Review.State.OPEN).first():
            return before
        _require_to_be_decided(item, revision)
        return _open(office, item, revision, made, by)


def open_if_wanted(office: Office, revision: Revision, *, by: str) -> Review | None:
    """Send what was just submitted up for approval, where the office approves its items; what is not proactive stays.

    Raises NotReviewed, NotReleased: as ``open_review``.
    """
    if not has_steps(office) or revision.item.disclosure != Disclosure.PROACTIVE:
        return None
    return open_review(office, revision, by=by)


def _require_to_be_decided(item: Item, revision: Revision) -> None:
    newest = item.revisions.order_by("-number")[0]
    if newest.pk != revision.pk:
        raise NotReviewed("Item {item} has a newer revision: send that one up.", item=item.pk)
    if item.state not in (ItemState.SUBMITTED, ItemState.WITHDRAWN):
        raise NotReviewed(
            "Item {item} cannot be sent up as it is, its state is: {state}.",
            item=item.pk,
            state=ItemState(item.state).label,
        )


def _open(office: Office, item: Item, revision: Revision, made: list[Draft], by: str) -> Review:
    now = timezone.now()
    item.reviews.filter(state=Review.State.OPEN).update(state=Review.State.SUPERSEDED, closed_at=now, closed_by=by)
    review = Review.objects.create(
        office=office.slug,
        item=item,
        revision=revision,
        digest=_digest(item, revision, made),
        opened_at=now,
        opened_by=by,
        due_on=due_after(office, now.astimezone(office.timezone).date(), office.workflow.working_days),
    )
    ReviewStep.objects.bulk_create(_frozen(review, *numbered) for numbered in enumerate(office.workflow.steps, start=1))
    for draft in made:
        keep(ReviewedProduct(review=review, channel=draft.entry.key), draft)
    Item.objects.filter(pk=item.pk).update(state=ItemState.IN_REVIEW)
    log.record(office, Event.REVIEW_OPENED, subject(office, revision), actor=by, proof=_proof(review))
    for step in review.steps.all():
        _repeat(office, review, step, now)
    finish_if_complete(office, review, by=by, now=now)
    return review


def _proof(review: Review) -> log.Proof:
    return log.Proof(detail={"review": review.pk, "digest": review.digest})


def _digest(item: Item, revision: Revision, made: list[Draft]) -> str:
    """SHA-256 over all that is decided on: the revision, where and when it goes, and every product."""
    products = [[draft.entry.key, draft.product.digest if draft.product else "", _told(draft)] for draft in made]
    facts = {
        "revision": revision.digest,
        "column": item.column,
        "section": item.section,
        "disclosure": item.disclosure,
        "publish_at": revision.publish_at.isoformat() if revision.publish_at else "",
        "products": products,
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _told(draft: Draft) -> list[list[str]]:
    return [[problem.severity, problem.text.template] for problem in draft.problems]


def _frozen(review: Review, position: int, step: StepSection) -> ReviewStep:
    return ReviewStep(
        review=review,
        position=position,
        key=step.key,
        name=step.name,
        kind=step.kind,
        roles=list(step.deciding_roles),
        people=list(step.people),
        deputies=dict(step.deputies),
        places=len(step.people) if step.needs == "all" else 1,
        own_section=step.own_section,
        own_item=step.own_item,
        same_person=step.same_person,
        again_when=list(step.changes_that_count),
        working_days=step.working_days,
    )


def _repeat(office: Office, review: Review, step: ReviewStep, now: datetime) -> None:
    """Let the approvals stand that a step got for an earlier revision, if nothing it is about has changed since."""
    last = Decision.objects.filter(review__item=review.item, step__key=step.key).exclude(review=review)
    newest = last.select_related("review__revision", "step").order_by("-pk").first()
    if newest is None or not newest.is_approval or not _still_fits(newest, review, step):
        return
    standing = Standing.of(review)
    for old in newest.step.decisions.exclude(place=None):
        if standing.hindrance(step, old.person) is None and old.place is not None and old.place < step.places:
            stands = _standing(review, step, old, now)
            proof = log.Proof(detail={"step": step.name, "review": review.pk, "decision": stands.pk})
            subject_ = subject(office, review.revision)
            log.record(office, Event.APPROVAL_STANDS, subject_, actor=old.person, proof=proof)


def _still_fits(old: Decision, review: Review, step: ReviewStep) -> bool:
    """Whether the step is decided by the same people for the same purpose, and what it is about is unchanged."""
    same = ("kind", "roles", "people", "places", "own_section")
    return all(getattr(old.step, name) == getattr(step, name) for name in same) and changes.is_unchanged(
        old.review.revision, review.revision, step.again_when
    )


def _standing(review: Review, step: ReviewStep, old: Decision, now: datetime) -> Decision:
    return Decision.objects.create(
        review=review,
        step=step,
        place=old.place,
        verdict=Verdict.STANDS,
        person=old.person,
        on_behalf_of=old.on_behalf_of,
        comment=old.comment,
        despite=old.despite,
        findings=old.findings,
        digest=review.digest,
        repeats=old,
        at=now,
    )


def withdraw(office: Office, review: Review, *, by: User) -> None:
    """Take an item back from approval before it is decided: its author does, or whoever edits drafts of others.

    Raises NotReviewed: it is not theirs, or it was decided already.
    """
    name = by.get_username()
    if not places.is_author(review.item, review.revision.number, name) and not people.may(
        by, office, Permission.EDIT_ANY_DRAFT
    ):
        raise NotReviewed("Only its author takes an item back from approval.")
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=review.item_id)
        close(review, Review.State.WITHDRAWN, ItemState.WITHDRAWN, by=name, now=timezone.now())
        log.record(office, Event.WITHDRAWN, subject(office, review.revision), actor=name, proof=_proof(review))


def close(review: Review, state: Review.State, item: ItemState, *, by: str, now: datetime) -> None:
    """End an open review, and let its item be what follows. Raises NotReviewed: it has ended already."""
    still_open = Review.objects.filter(pk=review.pk, state=Review.State.OPEN)
    if not still_open.update(state=state, closed_at=now, closed_by=by):
        ended = Review.objects.get(pk=review.pk)
        raise NotReviewed(
            "This approval has ended already: {state}, by {person}.",
            state=Review.State(ended.state).label,
            person=ended.closed_by,
        )
    review.refresh_from_db()
    Item.objects.filter(pk=review.item_id).update(state=item)


def open_waiting(office: Office, *, now: datetime | None = None) -> int:
    """Send up what was submitted and whose sender was interrupted before that; returns how many."""
    if not has_steps(office):
        return 0
    late = (now or timezone.now()) - AT_ONCE
    waiting = Item.objects.filter(office=office.slug, state=ItemState.SUBMITTED, disclosure=Disclosure.PROACTIVE)
    return sum(_open_late(office, item, late) for item in waiting.order_by("pk")[:BATCH])


def _open_late(office: Office, item: Item, late: datetime) -> bool:
    revision = item.revisions.order_by("-number")[0]
    if revision.created_at > late:
        return False
    try:
        open_review(office, revision, by=revision.created_by)
    except NotReleased as error:
        logger.info("item %s cannot be sent up: %s", item.pk, error)
        return False
    except Exception:
        # One item that cannot be sent up must not keep the others waiting.
        logger.exception("item %s cannot be sent up; it is tried again", item.pk)
        return False
    return True
