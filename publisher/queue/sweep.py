"""The sweep: finds every delivery that needs something, oldest due first, whatever was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from publisher.queue import delays
from publisher.queue.actions import BATCH, collect, hold_orphans, recover
from publisher.queue.bells import ring
from publisher.queue.models import Delivery
from publisher.queue.states import MACHINE, State


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    collected: int
    recovered: int
    held: int
    rung: int


def sweep(*, now: datetime | None = None) -> Swept:
    """Collect releases, take deliveries from dead workers, hold orphans and ring for what is due."""
    at = now or timezone.now()
    recovered = recover(now=at)
    collected = collect(now=at)
    held = hold_orphans(now=at)
    ready = due(at)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in ready]).update(rung_at=at)
    ring(ready)
    return Swept(len(collected), recovered, held, len(ready))


def due(now: datetime) -> list[Delivery]:
    """Deliveries for which nobody was told within the last while, oldest due first, at most a batch."""
    again = Q(rung_at=None) | Q(rung_at__lt=delays.before(now, delays.RING_AGAIN_S))
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    ready = Delivery.objects.filter(again, free, unblocked, state__in=MACHINE, due_at__lte=now)
    return list(ready.order_by("due_at", "pk")[:BATCH])
