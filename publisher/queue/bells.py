"""Bells: messages that say "look at this delivery". A lost one costs seconds, a doubled one nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress

from celery import current_app
from django.utils import timezone
from kombu.exceptions import KombuError

from publisher.office import get_office
from publisher.queue import DESK, WORK, outage
from publisher.queue.literal import one_of
from publisher.queue.models import Delivery
from publisher.queue.states import State

logger = logging.getLogger(__name__)

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
    channels = get_office().channels
    waiting = Delivery.objects.filter(one_of(State.WAITING), office=delivery.office).only(
        "channel", "channel_kind", "state", "due_at", "waits_for"
    )
    told: list[Delivery] = []
    if delivery.state == State.DONE and any(entry.link_from == delivery.channel for entry in channels.values()):
        told += waiting.filter(waits_for=delivery)
    entry = channels.get(delivery.channel)
    if entry and entry.channel.capabilities.one_at_a_time and delivery.state != State.UNCERTAIN:
        told += waiting.filter(channel=delivery.channel).order_by("due_at", "pk")[:1]
    ring(told)
