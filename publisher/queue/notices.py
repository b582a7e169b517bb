"""What platforms say by themselves: kept once, and what it is about is asked for at once instead of later.

A notice proves nothing. It brings the question forward, and the channel is given it with the question.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from channels.base import Notice as Said
from publisher.office import ChannelEntry, get_office
from publisher.queue import SYSTEM, bells
from publisher.queue.literal import one_of
from publisher.queue.models import Delivery, Notice
from publisher.queue.moves import move
from publisher.queue.states import State, Verb

CONCERNED = (State.ACCEPTED, State.UNCERTAIN, State.HELD)


def take(entry: ChannelEntry, said: Said, *, now: datetime) -> list[Delivery]:
    """Keep a notice, unless it was said before, and let what it is about be asked for; returns those deliveries.

    A number that nobody knows may be that of what is in doubt on this channel, or was handed over without one.
    """
    office = get_office().slug
    with transaction.atomic():
        _kept, is_new = Notice.objects.get_or_create(
            office=office,
            channel=entry.key,
            key=said.key,
            defaults={"remote_id": said.remote_id, "data": dict(said.data), "received_at": now},
        )
        if not is_new:
            return []
        open_here = Delivery.objects.filter(one_of(*CONCERNED), office=office, channel=entry.key)
        rows = list(open_here.select_related("revision__item", "product").order_by("pk"))
        meant = [row for row in rows if said.remote_id in numbers(row)]
        meant = meant or [row for row in rows if row.state == State.UNCERTAIN or _has_no_number(row)]
        hurried = [row for row in meant if _hurry(row, now)]
    bells.ring(hurried)
    return hurried


def about(delivery: Delivery) -> dict[str, Any]:
    """What ``Channel.confirm`` is told beside what the platform gave when it accepted: the newest notice."""
    found = Notice.objects.filter(
        office=delivery.office, channel=delivery.channel, remote_id__in=sorted(numbers(delivery))
    )
    newest = found.order_by("-pk").first()
    return {"notice": newest.data} if newest else {}


def numbers(delivery: Delivery) -> set[str]:
    """The platform's numbers of what a delivery has handed over."""
    accepted = delivery.accepted or {}
    more = accepted.get("data", {}).get("about") or []
    return {str(number) for number in (accepted.get("remote_id"), *more) if number}


def _has_no_number(delivery: Delivery) -> bool:
    return delivery.accepted is not None and not numbers(delivery)


def _hurry(delivery: Delivery, now: datetime) -> bool:
    """Let it be asked for now. What waits for a person and was handed over may have been settled meanwhile."""
    if delivery.state == State.HELD:
        return move(delivery, Verb.ACCEPT, now=now, actor=SYSTEM, error=None, tries=0)
    waiting = Delivery.objects.filter(pk=delivery.pk, state=delivery.state, attempt=delivery.attempt)
    return waiting.update(due_at=now, rung_at=None) == 1
