"""Following the deliveries of open recalls until every channel has its evidence."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from channels.base import Evidence
from publisher.items.actions import subject as item_subject
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue import BATCH, SYSTEM, actions, clock, orders
from publisher.queue.issues import slots
from publisher.queue.models import TAKING_BACK, Delivery, IssueItem, Recall, RecallLine
from publisher.queue.moves import subject
from publisher.queue.recalls import rules
from publisher.queue.recalls.verdicts import Verdict, verdict
from publisher.queue.states import OPEN, OPEN_LINES, STAYING, LineState, Outcome, State

logger = logging.getLogger(__name__)


def follow_all(*, now: datetime | None = None) -> int:
    """Look at every open recall of which something has moved since; returns how many."""
    at = now or clock.now()
    moved = changed_lines().order_by("recall").values_list("recall", flat=True).distinct()[:BATCH]
    return sum(_follow_safely(recall, at) for recall in Recall.objects.filter(pk__in=list(moved)))


def follow(recall: Recall, *, now: datetime | None = None) -> None:
    """Let each open line of a recall be what its deliveries are, and close it when the last one is settled.

    Whoever calls, and however often: what is settled stays so, and is written into the log once.
    """
    at = now or clock.now()
    with transaction.atomic():
        orders.lock(recall.item)
        if not Recall.objects.filter(pk=recall.pk, closed_at=None).exists():
            return
        for line in recall.lines.filter(state__in=OPEN_LINES).order_by("pk"):
            _follow(recall, line, at)
        close_if_settled(recall, at)


def changed_lines() -> QuerySet[RecallLine]:
    """Open lines whose channel has moved since they were last followed, or whose notice is known as printed."""
    there = Delivery.objects.filter(item=OuterRef("recall__item"), channel=OuterRef("channel")).order_by()
    of_channel = there.values("channel")
    lines = RecallLine.objects.filter(state__in=OPEN_LINES, recall__closed_at=None)
    return lines.annotate(
        newest=Coalesce(Subquery(of_channel.annotate(found=Max("pk")).values("found")), 0),
        moves=Coalesce(Subquery(of_channel.annotate(found=Sum("attempt")).values("found")), 0),
    ).filter(~Q(seen_delivery=F("newest")) | ~Q(seen_moves=F("moves")) | Q(Exists(_printed(OuterRef("notice")))))


def settle(recall: Recall, line: RecallLine, found: Verdict, *, by: str, now: datetime, **detail: Any) -> None:
    """Write that a channel has its evidence; stands in a transaction that has locked the item."""
    _change(line, found, now)
    proof = log.Proof(
        url=line.address,
        evidence=found.evidence,
        detail={"recall": recall.pk, "outcome": found.state.value, **detail},
    )
    log.record(get_office(), Event.RECALL_SETTLED, about(recall, line), actor=by, proof=proof)


def close_if_settled(recall: Recall, now: datetime) -> None:
    """Close the recall when no line of it is open; else say when the last of them is due."""
    due = recall.lines.filter(state__in=OPEN_LINES).aggregate(due=Max("due_at"))["due"]
    if due is not None:
        Recall.objects.filter(pk=recall.pk).exclude(due_at=due).update(due_at=due)
        return
    recall.closed_at = max(now, recall.asked_at)
    recall.save(update_fields=["closed_at"])
    took = recall.closed_at - recall.asked_at
    detail = {
        "recall": recall.pk,
        "kind": recall.kind,
        "seconds": round(took.total_seconds()),
        "in_time": recall.closed_at <= recall.due_at,
    }
    entry = item_subject(get_office(), recall.item.revisions.order_by("-number")[0])
    log.record(get_office(), Event.RECALL_COMPLETED, entry, actor=SYSTEM, proof=log.Proof(detail=detail))


def may_stay(recall: Recall) -> bool:
    """Whether it stays to be read, marked, where a channel can do that."""
    return recall.kind in STAYING


def about(recall: Recall, line: RecallLine) -> log.Subject:
    """What a log entry about one channel of a recall says of it."""
    if line.delivery is not None:
        return subject(line.delivery)
    newest = recall.item.revisions.order_by("-number")[0]
    return replace(item_subject(get_office(), newest), channel=line.channel, channel_kind=line.channel_kind, digest="")


def _follow_safely(recall: Recall, now: datetime) -> bool:
    try:
        follow(recall, now=now)
    except Exception:
        # One recall that cannot be followed must not keep the others open.
        logger.exception("recall %s cannot be followed; it is tried again", recall.pk)
        return False
    return True


def _follow(recall: Recall, line: RecallLine, now: datetime) -> None:
    found = _verdict(recall, line)
    if found is None:
        orders.take_back(
            recall.item, [line.channel], by=recall.asked_by, reason=recall.reason, now=now, may_stay=may_stay(recall)
        )
        found = _verdict(recall, line) or Verdict(LineState.BY_HAND)
    if found.state not in OPEN_LINES:
        settle(recall, line, found, by=SYSTEM, now=now)
        return
    notice = _printed(line.notice_id).select_related("issue").first() if line.notice_id else None
    if notice is not None and _is_given_up(recall, line, now):
        _settle_answered(recall, line, notice, now)
        return
    is_left = found.state != LineState.UNDER_WAY and found.state != line.state
    _change(line, found, now, due_at=rules.due_at(recall.kind, found.state, recall.asked_at))
    if is_left and found.state == LineState.NOTICE and (issue := slots.reserve(line, now=now)) is not None:
        line.issue = issue.label
        line.save(update_fields=["issue"])
    if is_left:
        detail = {"recall": recall.pk, "error": found.why, "due_at": line.due_at.isoformat()}
        proof = log.Proof(url=line.address, detail=detail)
        log.record(get_office(), Event.RECALL_LEFT_TO_PERSON, about(recall, line), actor=SYSTEM, proof=proof)


def _printed(notice: int | OuterRef) -> QuerySet[IssueItem]:
    """Where that item is known as printed."""
    return IssueItem.objects.filter(item=notice, outcome=Outcome.PRINTED)


def _is_given_up(recall: Recall, line: RecallLine, now: datetime) -> bool:
    """End what was still to take it back, as it is answered; False: something is under way just now."""
    under_way = [found for found in _deliveries(recall, line) if found.state in (State.PLANNED, *OPEN)]
    if any(found.action not in TAKING_BACK or found.state in (State.SENDING, State.ACCEPTED) for found in under_way):
        return False
    for delivery in under_way:
        actions.cancel(delivery, by=SYSTEM, now=now)
    return True


def _settle_answered(recall: Recall, line: RecallLine, notice: IssueItem, now: datetime) -> None:
    """What a person said of the issue is the evidence: day and page, and the clipping where there is one."""
    issue = notice.issue
    _verdict(recall, line)
    evidence = Evidence.KEPT_COPY if issue.clippings else Evidence.DECLARED
    printed_on = issue.printed_on.isoformat() if issue.printed_on else ""
    told = {"notice": notice.item_id, "issue": issue.label, "printed_on": printed_on, "page": issue.page}
    settle(recall, line, Verdict(LineState.ANSWERED, line.delivery, evidence), by=SYSTEM, now=now, **told)


def _verdict(recall: Recall, line: RecallLine) -> Verdict | None:
    deliveries = _deliveries(recall, line)
    line.seen_delivery = deliveries[-1].pk if deliveries else 0
    line.seen_moves = sum(delivery.attempt for delivery in deliveries)
    return verdict(line, get_office().channels.get(line.channel), deliveries)


def _deliveries(recall: Recall, line: RecallLine) -> list[Delivery]:
    found = Delivery.objects.filter(item=recall.item_id, channel=line.channel)
    return list(found.select_related("revision__item", "product").order_by("pk"))


def _change(line: RecallLine, found: Verdict, now: datetime, **changes: Any) -> None:
    changes |= {
        "delivery": found.delivery,
        "evidence": found.evidence,
        "why": found.why,
        "seen_delivery": line.seen_delivery,
        "seen_moves": line.seen_moves,
    }
    if line.state != found.state:
        changes |= {"state": found.state, "since": now}
    for name, value in changes.items():
        setattr(line, name, value)
    line.save(update_fields=list(changes))
