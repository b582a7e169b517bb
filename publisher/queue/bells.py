"""Bells: messages that say "look at this delivery". A lost one costs seconds, a doubled one nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress

from celery import current_app
from django.utils import timezone
from kombu.exceptions import KombuError

from publisher.log import sql
from publisher.office import get_office
from publisher.queue import DESK, WORK, clock, outage
from publisher.queue.literal import in_sql, is_waiting
from publisher.queue.models import Delivery
from publisher.queue.states import MACHINE, State

logger = logging.getLogger(__name__)

NEXT = f"""
    SELECT waiting.id FROM queue_delivery waiting
    LEFT JOIN queue_delivery giver ON giver.id = waiting.waits_for_id
    WHERE waiting.office = %s AND waiting.channel = %s AND waiting.due_at <= %s
        AND {in_sql("waiting", [State.WAITING], index=MACHINE)} AND (giver.id IS NULL OR giver.state = 'done')
    ORDER BY waiting.due_at, waiting.id LIMIT 1
"""  # noqa: S608 - our own words

_unreachable = threading.Event()
"""The broker could not be reached the last time; this is said once, not at every sweep."""


def ring(deliveries: Iterable[Delivery]) -> None:
    """Tell the workers of each delivery's channel kind. Never raises: the sweep rings again."""
    untold = _worth_telling(deliveries)
    try:
        while untold:
            delivery = untold[0]
            queue = delivery.channel_kind or DESK
            current_app.send_task(WORK, (delivery.pk,), queue=queue, retry=False, ignore_result=True)
            untold.pop(0)
            _unreachable.clear()
    except (KombuError, OSError) as error:
        if not _unreachable.is_set():
            logger.warning("the broker cannot be reached (%s); the sweep will ring again", outage.reason(error))
        _unreachable.set()
        forget([delivery.pk for delivery in untold])


def _worth_telling(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Where they go one at a time only the first of them, which rings for the next one when it is done; else all."""
    channels = get_office().channels
    told: list[Delivery] = []
    seen: set[str] = set()
    for delivery in deliveries:
        entry = channels.get(delivery.channel)
        waits_its_turn = delivery.state == State.WAITING and entry and entry.channel.capabilities.one_at_a_time
        if not waits_its_turn or delivery.channel not in seen:
            told.append(delivery)
        if waits_its_turn and delivery.waits_for_id is None and delivery.due_at <= timezone.now():
            seen.add(delivery.channel)
    return told


def forget(delivery_ids: Collection[int] | None = None) -> None:
    """Let the next sweep ring for these, or for all, as if nobody had been told. Without a database, it rings later."""
    told = Delivery.objects.filter(rung_at__isnull=False)
    if delivery_ids is not None:
        told = told.filter(pk__in=delivery_ids)
    with suppress(*outage.LOST):
        told.update(rung_at=None)


def ring_next(delivery: Delivery) -> None:
    """After ``delivery`` left the road: ring for those that waited for its address or for their turn."""
    ring_followers(delivery)
    following = next_in_turn(delivery)
    if following is not None:
        ring(Delivery.objects.filter(pk=following))


def ring_followers(delivery: Delivery) -> None:
    """Ring for those that waited for the address of ``delivery``, if it has one now."""
    channels = get_office().channels
    if delivery.state == State.DONE and any(entry.link_from == delivery.channel for entry in channels.values()):
        ring(Delivery.objects.filter(is_waiting(), waits_for=delivery))


def next_in_turn(delivery: Delivery) -> int | None:
    """Which one may begin on the account that ``delivery`` has left, where they go one at a time; None: nobody waits,
    or the account is not free."""
    entry = get_office().channels.get(delivery.channel)
    if not entry or not entry.channel.capabilities.one_at_a_time or delivery.state == State.UNCERTAIN:
        return None
    found = sql.rows(NEXT, [delivery.office, delivery.channel, clock.now()])
    return found[0][0] if found else None
