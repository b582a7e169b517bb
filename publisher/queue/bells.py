"""Bells: messages that say "look at this delivery". A lost one costs seconds, a doubled one nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from celery import current_app
from kombu.exceptions import OperationalError

from publisher.office import get_office
from publisher.queue import DESK, WORK
from publisher.queue.models import Delivery
from publisher.queue.states import State

logger = logging.getLogger(__name__)


def ring(deliveries: Iterable[Delivery]) -> None:
    """Tell the workers of each delivery's channel kind. Never raises: the sweep rings again."""
    for delivery in deliveries:
        try:
            current_app.send_task(
                WORK, (delivery.pk,), queue=delivery.channel_kind or DESK, retry=False, ignore_result=True
            )
        except (OperationalError, OSError) as error:
            logger.warning("the broker cannot be reached (%s); the sweep will ring again", type(error).__name__)
            return


def ring_next(delivery: Delivery) -> None:
    """After ``delivery`` left the road: ring for those that waited for its address or for their turn."""
    waiting = Delivery.objects.filter(state=State.WAITING)
    if delivery.state == State.DONE:
        ring(waiting.filter(waits_for=delivery))
    entry = get_office().channels.get(delivery.channel)
    if entry and entry.channel.capabilities.one_at_a_time and delivery.state != State.UNCERTAIN:
        ring(waiting.filter(office=delivery.office, channel=delivery.channel).order_by("due_at", "pk")[:1])
