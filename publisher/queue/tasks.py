"""Celery tasks: bells that carry an id and nothing else."""

from __future__ import annotations

from celery import shared_task

from publisher.queue import SWEEP, WORK, bells, dispatch
from publisher.queue.sweep import sweep


@shared_task(name=WORK)
def work(delivery_id: int) -> None:
    """Look at a delivery and do what is due; then ring for those that waited for it."""
    delivery = dispatch.work(delivery_id)
    if delivery is not None:
        bells.ring_next(delivery)


@shared_task(name=SWEEP)
def sweep_all() -> None:
    """Find what needs something and ring for it."""
    sweep()
