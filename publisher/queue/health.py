"""Whether deliveries move: what an operator, or the machine that watches for one, asks first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from publisher.office import Office
from publisher.queue import delays
from publisher.queue.models import Delivery
from publisher.queue.states import MACHINE, OPEN, State
from publisher.review.models import Release

STUCK_AFTER_S = 120.0
"""Twice the time after which a lost bell is rung again."""

SHORTEST_S = 30.0
"""Calls take their time in drills too."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the queue of one office is.

    Attributes:
        since: from when on the longest-waiting due delivery has been waiting; None where nothing is due.
        oldest_due_s: the same in seconds, 0 where nothing is due.
        is_stuck: something is due for too long and nothing moves on its channel.
        counts: deliveries in each open state.
    """

    since: datetime | None
    oldest_due_s: float
    is_stuck: bool
    counts: Mapping[State, int]


def health(office: Office, *, now: datetime | None = None) -> Health:
    """The health of an office's queue. What is scheduled, follows another delivery or waits for a person is not due."""
    at = now or timezone.now()
    due = _due_since(office, at)
    released = _released_since(office)
    times = [*due.values(), *([released] if released else [])]
    since = min(times, default=None)
    limit = timedelta(seconds=max(delays.scaled(STUCK_AFTER_S), SHORTEST_S))
    overdue = [channel for channel, moment in due.items() if moment < at - limit]
    return Health(
        since=since,
        oldest_due_s=max(0.0, (at - since).total_seconds()) if since else 0.0,
        is_stuck=bool(released and released < at - limit) or not _all_move(office, overdue, at - limit),
        counts=_counts(office),
    )


def _due_since(office: Office, now: datetime) -> dict[str, datetime]:
    """Channel → when the first of its due deliveries became due, those of workers that disappeared included."""
    ours = Delivery.objects.filter(office=office.slug)
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    due = ours.filter(free, unblocked, state__in=MACHINE, due_at__lte=now)
    # Where they go one at a time, the next ones wait for the one under way; that one counts by itself.
    due = due.exclude(state=State.WAITING, channel__in=_busy_accounts(office, ours))
    grace = timedelta(seconds=delays.LEASE_GRACE_S)
    lost = ours.filter(state=State.SENDING, lease_until__lt=now - grace)
    first = dict(due.values_list("channel").annotate(Min("due_at")))
    for channel, moment in lost.values_list("channel").annotate(Min("lease_until")):
        first[channel] = min(first.get(channel, now), moment + grace)
    return first


def _busy_accounts(office: Office, ours: QuerySet[Delivery]) -> list[str]:
    one_by_one = [key for key, entry in office.channels.items() if entry.channel.capabilities.one_at_a_time]
    busy = ours.filter(channel__in=one_by_one, state__in=(State.SENDING, State.UNCERTAIN))
    return list(busy.values_list("channel", flat=True).distinct())


def _released_since(office: Office) -> datetime | None:
    """When the first release was made of which the queue knows nothing yet."""
    waiting = Release.objects.filter(collected_at=None, revision__item__office=office.slug)
    first: datetime | None = waiting.aggregate(first=Min("released_at"))["first"]
    return first


def _all_move(office: Office, channels: list[str], since: datetime) -> bool:
    """Whether a worker has touched each of ``channels`` after ``since``: a long queue that moves is not stuck."""
    if not channels:
        return True
    # New deliveries come in without any worker, so only those that were claimed once tell of one.
    claimed = Delivery.objects.filter(office=office.slug, channel__in=channels, attempt__gt=0)
    moves = claimed.values_list("channel").annotate(Max("since"), Max("lease_until"))
    moving = {channel for channel, *moments in moves if any(m is not None and m >= since for m in moments)}
    return moving.issuperset(channels)


def _counts(office: Office) -> dict[State, int]:
    found = Delivery.objects.filter(office=office.slug, state__in=OPEN).values_list("state").annotate(Count("pk"))
    counted = dict(found)
    return {state: counted.get(state.value, 0) for state in OPEN}
