"""What the clock does to issues: the coming ones are planned, full ones close, and what was handed over is known."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office, get_office
from publisher.queue import BATCH, SYSTEM, clock
from publisher.queue.companions import go_together
from publisher.queue.issues import moving, planning, queries, slots
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.moves import subject
from publisher.queue.states import IssueState, IssueVerb, Outcome, State

logger = logging.getLogger(__name__)


def follow_issues(*, now: datetime | None = None) -> int:
    """Plan, close, and note what was handed over or missed; returns how many issues moved. Whoever calls, how often."""
    office = get_office()
    if not queries.with_issues(office):
        return 0
    at = now or clock.now()
    with transaction.atomic():
        planning.plan_ahead(office, now=at)
    collecting = Q(state=IssueState.COLLECTING, closes_at__lte=at)
    withdrawn = IssueItem.objects.filter(issue=OuterRef("pk"), outcome=Outcome.WITHDRAWN)
    near = queries.open_issues(office).filter(collecting | Q(state=IssueState.CLOSED) | Q(Exists(withdrawn)))
    return sum(_follow_safely(office, issue, at) for issue in near[:BATCH])


def follow(office: Office, issue: Issue, *, now: datetime) -> bool:
    """Let an issue be what its deliveries and its day are; whether it moved."""
    with transaction.atomic():
        (one,) = queries.filled([Issue.objects.select_for_update().get(pk=issue.pk)])
        verb = _verb(office, one, now)
        if verb is None or not moving.move(one.issue, verb, by=SYSTEM, now=now):
            return False
        if verb == IssueVerb.CLOSE:
            release(one.issue, now=now)
            slots.tidy(one.issue, now=now)
        if verb == IssueVerb.HAND_OVER:
            _note_continued(office, one)
    issue.state = one.issue.state
    return True


def release(issue: Issue, *, now: datetime) -> None:
    """Let what waits for an issue begin, now that it is closed; what was to come later still does."""
    waiting = Delivery.objects.filter(issues__issue=issue, issues__part=1, state=State.WAITING, due_at__gt=now)
    due = [delivery.pk for delivery in waiting.select_related("revision") if not _is_later(delivery, now)]
    Delivery.objects.filter(pk__in=due, state=State.WAITING).update(due_at=now, rung_at=None)


def _is_later(delivery: Delivery, now: datetime) -> bool:
    publish_at = delivery.revision.publish_at
    return publish_at is not None and publish_at > now


def _verb(office: Office, one: queries.Filled, now: datetime) -> IssueVerb | None:
    """What is to be done about an issue; None: nothing yet."""
    is_over = one.issue.planned_on < now.astimezone(office.timezone).date()
    there = [member for member in one.members if member.outcome != Outcome.WITHDRAWN]
    deliveries = [member.delivery for member in there if member.delivery is not None]
    if one.issue.state == IssueState.COLLECTING:
        is_closing = bool(deliveries) and one.issue.closes_at <= now
        return IssueVerb.CLOSE if is_closing else IssueVerb.MISS if is_over and not deliveries else None
    if not deliveries:
        return IssueVerb.MISS if is_over else None
    if one.issue.state != IssueState.CLOSED or any(delivery.state != State.DONE for delivery in deliveries):
        return None
    return IssueVerb.SEND if go_together(office.channels.get(one.issue.channel)) else IssueVerb.HAND_OVER


def _note_continued(office: Office, one: queries.Filled) -> None:
    """What goes on from an earlier issue was handed over with that one: the log says so of this issue too."""
    for member in one.members:
        if member.part > 1 and member.delivery is not None:
            log.record(office, Event.HANDED_OVER, about(member), actor=SYSTEM, proof=_part(member))


def about(member: IssueItem, *, year: int | None = None) -> log.Subject:
    """What a log entry about an item in an issue says of it; without ``year``, one of this year.

    Raises ValueError: nothing of it was handed over.
    """
    if member.delivery is None:
        raise ValueError(f"slot {member.pk} holds no item")
    this_year = timezone.localdate(timezone=get_office().timezone).year
    return replace(subject(member.delivery), issue=member.issue.named_in(year or this_year))


def _part(member: IssueItem) -> log.Proof:
    return log.Proof(detail={"part": member.part, "year": member.issue.year})


def _follow_safely(office: Office, issue: Issue, now: datetime) -> bool:
    try:
        return follow(office, issue, now=now)
    except Exception:
        # One issue that cannot be followed must not keep the others.
        logger.exception("issue %s cannot be followed; it is tried again", issue.pk)
        return False
