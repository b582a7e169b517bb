"""The one hand that moves a delivery: one conditional update and its log entry, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from publisher.items.actions import subject as item_subject
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue.models import Delivery
from publisher.queue.states import EVENTS, MOVES, State, Verb


def move(
    delivery: Delivery,
    verb: Verb,
    *,
    now: datetime,
    actor: str,
    event: Event | None = None,
    proof: log.Proof | None = None,
    **changes: Any,
) -> bool:
    """Move ``delivery`` by ``verb``; False where another worker was first or the attempt is no longer ours.

    Every move raises the fence, so whoever held the delivery before can write nothing any more.

    Args:
        event: what the log says; by default what the table of events says of this move, which may be nothing.
        changes: further columns to set.
    Raises KeyError: the table of moves has no such move.
    """
    old = State(delivery.state)
    new = MOVES[old, verb]
    event = event or EVENTS.get((old, verb))
    changes = {"due_at": now, "lease_until": None, "owner": "", "rung_at": None, "looks": 0, **changes}
    with transaction.atomic():
        moved = Delivery.objects.filter(pk=delivery.pk, state=old, attempt=delivery.attempt).update(
            state=new, since=now, attempt=F("attempt") + 1, **changes
        )
        if not moved:
            return False
        if event is not None:
            log.record(get_office(), event, subject(delivery), actor=actor, proof=proof or _reason(changes))
    _follow(delivery, new, changes, now)
    return True


def subject(delivery: Delivery) -> log.Subject:
    """What a log entry about ``delivery`` says of it."""
    return replace(
        item_subject(get_office(), delivery.revision),
        channel=delivery.channel,
        channel_kind=delivery.channel_kind,
        delivery=delivery.pk,
        action=delivery.action,
        digest=delivery.product.digest,
    )


def _reason(changes: Mapping[str, Any]) -> log.Proof:
    error = changes.get("error")
    return log.Proof(detail={"error": error}) if error else log.Proof()


def _follow(delivery: Delivery, new: State, changes: Mapping[str, Any], now: datetime) -> None:
    for name, value in changes.items():
        setattr(delivery, name, value)
    delivery.state, delivery.since = new, now
    delivery.attempt += 1
