"""Time as tests pass it: a clock that stands still until it is moved."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from publisher.items.models import Item
from publisher.queue.models import Delivery
from publisher.queue.states import MACHINE
from publisher.queue.sweep import sweep
from publisher.queue.visits import dispatch


class HandClock:
    """A clock moved by hand; it never goes back. Where nothing else is said it stands a little after the real time, so
    that what was just made is due."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or timezone.now() + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **duration: float) -> datetime:
        """Move on, such as by ``minutes=5``."""
        self.at += timedelta(**duration)
        return self.at

    def reach(self, moment: datetime) -> datetime:
        """Move on to ``moment`` unless it is past already."""
        self.at = max(self.at, moment)
        return self.at


def run(item: Item, *, clock: HandClock | None = None, rounds: int = 60) -> dict[str, Delivery]:
    """Do what is due for an item, time after time, until nothing of it moves without a person."""
    hands = clock or HandClock()
    for _ in range(rounds):
        sweep(now=hands())
        moving = Delivery.objects.filter(item=item, state__in=MACHINE)
        ready = list(moving.filter(due_at__lte=hands()).order_by("due_at", "pk"))
        worked = [dispatch.work(delivery.pk, clock=hands) for delivery in ready]
        if any(worked):
            continue
        later = moving.filter(due_at__gt=hands()).order_by("due_at").first()
        if later is None:
            break
        hands.reach(later.due_at)
    return latest(item)


def latest(item: Item) -> dict[str, Delivery]:
    """The newest delivery of an item on each channel."""
    return {delivery.channel: delivery for delivery in Delivery.objects.filter(item=item).order_by("pk")}
