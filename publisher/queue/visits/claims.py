"""Taking a delivery for a visit to its channel, and taking it back from a worker that died."""

from __future__ import annotations

import logging
import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from django.db import transaction
from django.db.models import F, QuerySet

from channels.errors import Text
from publisher.log import sql
from publisher.office import ChannelEntry, get_office
from publisher.queue import BATCH, SYSTEM, accounts, clock, companions, delays, row, slots
from publisher.queue.models import TAKING_BACK, Action, Delivery
from publisher.queue.moves import error_json, move
from publisher.queue.states import MACHINE, State, Verb
from publisher.queue.visits.steps import intended, open_intent

logger = logging.getLogger(__name__)

OVERDUE = "Overdue"
"""Class of the error of what could not be sent in time."""

IS_WANTED = """NOT EXISTS (
    SELECT 1 FROM queue_delivery later
    WHERE later.item_id = queue_delivery.item_id AND later.channel = queue_delivery.channel
        AND later.state = 'planned' AND later.action IN ('recall', 'mark')
)"""
"""What is to be taken back as soon as it has ended, and has not begun, need not begin."""


@cache
def machine() -> str:
    """Names this machine, or this container of it: process numbers mean something only inside."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}{namespace.readlink() if namespace.is_symlink() else ''}"


@cache
def process_identity(pid: int) -> str:
    """Names this process so that another one on the same machine can tell whether it still lives."""
    return f"{machine()}|{pid}|{psutil.Process(pid).create_time()}"


def claim(delivery_id: int, *, now: datetime | None = None) -> tuple[Delivery, State] | None:
    """Take a due delivery for this process; None where it is not due, not ours or must wait its turn.

    Returns the delivery as it is now, and the state it was in: what is to be done depends on that.
    """
    at = now or clock.now()
    delivery = row.read(delivery_id)
    before = State(delivery.state)
    if not _is_due(delivery, at):
        return None
    if before == State.WAITING and delivery.valid_until and delivery.valid_until < at:
        hold_overdue(delivery, now=at)
        return None
    entry = get_office().channels.get(delivery.channel)
    with sql.turn(), transaction.atomic():
        charged: slots.Windows | None = {}
        if entry and accounts.must_be_locked(entry):
            charged = _admit(delivery, entry, at)
        if charged is None or not _take(delivery, entry, charged, at):
            return None
    return delivery, before


def recover(*, now: datetime | None = None) -> int:
    """Take deliveries from workers that died or lost their lease; returns how many."""
    at = now or clock.now()
    expired = Delivery.objects.filter(lease_until__lt=at - timedelta(seconds=delays.grace_s())).order_by("lease_until")
    leased = Delivery.objects.filter(lease_until__isnull=False)
    owners = leased.filter(owner__startswith=f"{machine()}|").values_list("owner", flat=True).distinct()
    dead = leased.filter(owner__in=[owner for owner in owners if not _is_alive(owner)])
    lost = [*_whole(expired)[:BATCH], *_whole(dead)[:BATCH]]
    return sum(_take_back_safely(delivery, at) for delivery in {d.pk: d for d in lost}.values())


def hold_overdue(delivery: Delivery, *, now: datetime) -> bool:
    """What could not be sent within its time is old news by now: a person decides."""
    text = Text("It could not be sent in time and may be out of date: take it up again with retry, or cancel it.")
    return move(delivery, Verb.HOLD, now=now, actor=SYSTEM, error=error_json(text, kind=OVERDUE))


def _is_due(delivery: Delivery, at: datetime) -> bool:
    if companions.is_carried(delivery) or (delivery.waits_for and delivery.waits_for.state != State.DONE):
        return False
    free = delivery.lease_until is None or delivery.lease_until < at
    return delivery.state in MACHINE and free and delivery.due_at <= at


def _admit(delivery: Delivery, entry: ChannelEntry, at: datetime) -> slots.Windows | None:
    """The quota windows that are charged for this visit; None: it must wait, and the delivery says until when."""
    account, is_busy = accounts.locked_for_visit(delivery.office, delivery.channel)
    visit = slots.visit_of(delivery)
    sends = visit in slots.SENDING
    if sends and (account.paused_at or (is_busy and entry.channel.capabilities.one_at_a_time)):
        return None
    charged, wait = slots.reserve(account, delivery, entry.channel.limits, visit, now=at)
    if wait is not None:
        report = error_json(wait.text, kind="QuotaUsedUp")
        changes = {"due_at": wait.until, "slots": slots.written(wait.windows), "error": report, "rung_at": None}
        if not row.write(delivery, changes, "state = %s AND due_at <= %s", [delivery.state, at]):
            transaction.set_rollback(True)
        return None
    if sends and entry.channel.limits.min_gap_s:
        accounts.note_sending(account, at)
    return charged


def _take(delivery: Delivery, entry: ChannelEntry | None, charged: slots.Windows, at: datetime) -> bool:
    """Claim the row, unless somebody was quicker; ``delivery`` is then as the row is."""
    changes: dict[str, Any] = {
        "attempt": delivery.attempt + 1,
        "owner": process_identity(os.getpid()),
        "lease_until": at + timedelta(seconds=delays.lease_s(entry.timeout_s if entry else 0)),
        "rung_at": None,
        "slots": slots.written(charged),
    }
    # The same lease as was read, and the attempt: so nobody has written a step since.
    conditions = ["state = %s AND due_at <= %s AND lease_until IS NOT DISTINCT FROM %s"]
    is_new = delivery.state == State.WAITING
    if is_new:
        changes |= {"state": State.SENDING, "since": at, **_intent(delivery, entry, at)}
        conditions += [*accounts.may_begin(entry), *([] if delivery.action in TAKING_BACK else [IS_WANTED])]
    if not row.write(delivery, changes, " AND ".join(conditions), [delivery.state, at, delivery.lease_until]):
        # What was reserved for nothing is free again.
        transaction.set_rollback(True)
        return False
    if is_new and companions.go_together(entry) and not companions.bind(delivery, at):
        transaction.set_rollback(True)
        return False
    row.follow(delivery, changes)
    return True


def _intent(delivery: Delivery, entry: ChannelEntry | None, at: datetime) -> dict[str, Any]:
    """The intent of the call with which a first publish begins, where the channel says that one does."""
    name = entry.channel.capabilities.begins_with if entry else ""
    if not name or delivery.action != Action.PUBLISH or delivery.steps:
        return {}
    return {"steps": intended(name, delivery, at)}


def _whole(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return deliveries.select_related("revision__item", "product")


def _is_alive(owner: str) -> bool:
    _, pid, created = owner.split("|")
    try:
        return str(psutil.Process(int(pid)).create_time()) == created
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _take_back_safely(delivery: Delivery, now: datetime) -> bool:
    try:
        return _take_back(delivery, now)
    except Exception:
        # One delivery that cannot be taken back must not strand the others.
        logger.exception("delivery %s cannot be taken back; it is tried again", delivery.pk)
        return False


def _take_back(delivery: Delivery, now: datetime) -> bool:
    if delivery.state == State.SENDING:
        verb = Verb.DOUBT if open_intent(delivery) else Verb.POSTPONE
        text = Text("The worker that was sending it disappeared.")
        return move(delivery, verb, now=now, actor=SYSTEM, error=error_json(text, kind="LeaseLost"))
    unheld = Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, lease_until=delivery.lease_until)
    return unheld.update(lease_until=None, owner="", attempt=F("attempt") + 1, rung_at=None) == 1
