"""The Celery task: a bell that carries an id and nothing else."""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import UTC, datetime
from functools import partial

from celery import Task, shared_task
from django.db import close_old_connections

from publisher.queue import DESK, WORK, bells, outage
from publisher.queue.models import Delivery
from publisher.queue.running.lanes import Lanes
from publisher.queue.visits import dispatch
from publisher.queue.visits.claims import process_identity

logger = logging.getLogger(__name__)

REST_S = 5.0
_thread = threading.local()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def visit(delivery_id: int) -> int | None:
    """Do what is due for a delivery; where the database went away meanwhile, let others see to it when it is back.

    Returns whose turn it is then on the same account, for the same lane to go on with.
    """
    try:
        # Parked deliveries follow each other inside one task, so this is no matter of the task's beginning alone.
        if _rests():
            close_old_connections()
        delivery = dispatch.work(delivery_id)
        _thread.worked_at = time.monotonic()
        if delivery is not None:
            return _tell_next(delivery)
    except outage.LOST as error:
        _thread.worked_at = -REST_S
        logger.error("delivery %s: the database gives no answer (%s)", delivery_id, outage.reason(error))
        outage.insist(partial(_let_go, delivery_id), lanes.wait)
    return None


def _rests() -> bool:
    """Whether the connection of this thread has not been used for a while, so that it may have gone unnoticed."""
    return time.monotonic() - getattr(_thread, "worked_at", -REST_S) >= REST_S


lanes = Lanes(visit, width=1)
"""The lanes of this process; whoever starts its worker opens and closes them."""


@shared_task(name=WORK, bind=True)
def work(task: Task, delivery_id: int) -> None:
    """Look at a delivery, in the lane of the queue through which it was rung for."""
    queue = (task.request.delivery_info or {}).get("routing_key") or DESK
    if not lanes.enter(queue, delivery_id):
        bells.forget([delivery_id])


def _tell_next(delivery: Delivery) -> int | None:
    """Whoever is told in this process needs no bell."""
    if lanes.are_closed:
        bells.ring_next(delivery)
        return None
    bells.ring_followers(delivery)
    return bells.next_in_turn(delivery)


def _let_go(delivery_id: int) -> None:
    """Nobody is at work on it any more, though this process lives on: the next sweep need not wait for its lease."""
    ours = Delivery.objects.filter(pk=delivery_id, owner=process_identity(os.getpid()), lease_until__isnull=False)
    ours.update(lease_until=LONG_AGO, rung_at=None)
