"""Whether deliveries move: what an operator, or the machine that watches for one, asks first.

A handful of questions, each over open rows only: they cost the same however much is finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from publisher.log.events import Event
from publisher.log.models import LogEntry, LogHead
from publisher.office import Office
from publisher.queue import BATCH, SYSTEM, accounts, clock, delays
from publisher.queue.companions import VISITED
from publisher.queue.literal import IS_MACHINE, IS_OPEN
from publisher.queue.models import Account, Delivery, Pulse
from publisher.queue.states import OPEN, State
from publisher.queue.sweep import PULSE
from publisher.review.models import Release

STUCK_AFTER_S = 120.0
"""Twice the time after which a lost bell is rung again."""

SHORTEST_S = 30.0
"""Calls take their time in drills too."""

NEWEST = 5_000
"""Entries of the log in which the trace of a worker is looked for; more are not written in the time it is about."""

WORKED = (
    *(Event.ACCEPTED, Event.PUBLISHED, Event.HANDED_OVER, Event.CORRECTED, Event.RECALLED, Event.ABSENT),
    Event.NOTICE_HANDED_OVER,
)
"""What only a worker writes into the log: the sweep and those who make deliveries never do."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the queue of one office is.

    Attributes:
        at: when that was.
        due: channel → from when on its longest-waiting due delivery has been waiting.
        stuck: channels on which something is due for too long and nothing moves.
        released: when the first release was made of which the queue knows nothing yet.
        swept_at: when somebody last left a sign of looking for due deliveries.
        idle_since: from when on nobody has looked for too long; None where somebody does, or nothing was ever begun.
        paused: channels on which nothing new is sent until a person resumes them.
        counts: deliveries in each state that is not final.
    """

    at: datetime
    due: Mapping[str, datetime]
    stuck: Sequence[str]
    released: datetime | None
    swept_at: datetime | None
    idle_since: datetime | None
    paused: Sequence[str]
    counts: Mapping[State, int]

    @property
    def since(self) -> datetime | None:
        """From when on the first of what is due has been waiting; None where nothing is due."""
        return min([*self.due.values(), *([self.released] if self.released else [])], default=None)

    @property
    def oldest_due_s(self) -> float:
        return max(0.0, (self.at - self.since).total_seconds()) if self.since else 0.0

    @property
    def is_release_stuck(self) -> bool:
        return self.released is not None and self.released < self.at - patience()

    @property
    def is_stuck(self) -> bool:
        """Something is due for too long and nothing moves there."""
        return bool(self.stuck) or self.is_release_stuck

    @property
    def is_swept(self) -> bool:
        return self.idle_since is None


def health(office: Office, *, now: datetime | None = None) -> Health:
    """The health of an office's queue.

    Not due is what is scheduled, planned or follows another delivery, what waits for a quota, a paused channel or a
    person.
    """
    at = now or clock.now()
    paused = sorted(accounts.paused(office.slug))
    due = _due_since(office, paused, at)
    overdue = [channel for channel, moment in due.items() if moment < at - patience()]
    counts = _counts(office)
    released = _released_since(office)
    swept_at, idle = _swept(office, released, at)
    return Health(
        at=at,
        due=due,
        stuck=sorted(set(overdue) - _moving(office, overdue, at - patience())),
        released=released,
        swept_at=swept_at,
        idle_since=idle,
        paused=paused,
        counts=counts,
    )


def patience() -> timedelta:
    """How long something may be due before it is suspicious that nothing moves."""
    return timedelta(seconds=max(delays.scaled(STUCK_AFTER_S), SHORTEST_S))


def idle_since(office: Office, *, now: datetime) -> datetime | None:
    """From when on nobody has looked for due deliveries for too long; None where somebody does."""
    return _swept(office, _released_since(office), now)[1]


def _swept(office: Office, released: datetime | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When somebody last left a sign of looking for due deliveries, and from when on nobody has for too long."""
    swept_at = Pulse.objects.filter(name=PULSE).values_list("at", flat=True).first()
    since = swept_at or _begun(office, released)
    return swept_at, since if since and since < now - _sweeps_within() else None


def _sweeps_within() -> timedelta:
    """How old the last sign of a sweep may be: one sign may be lost, and a busy machine be late."""
    return timedelta(seconds=2 * delays.scaled(delays.PULSE_S)) + patience()


def _due_since(office: Office, paused: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Channel → when the first of its due deliveries became due, those of workers that disappeared included."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    due = Delivery.objects.filter(IS_MACHINE, VISITED, free, unblocked, office=office.slug, due_at__lte=now)
    # Where they go one at a time, the next ones wait for the one under way; that one counts by itself.
    due = due.exclude(state=State.WAITING, channel__in=[*paused, *_busy_accounts(office)])
    grace = timedelta(seconds=delays.grace_s())
    lost = Delivery.objects.filter(office=office.slug, state=State.SENDING, lease_until__lt=now - grace)
    first = dict(due.values_list("channel").annotate(Min("due_at")))
    for channel, moment in lost.values_list("channel").annotate(Min("lease_until")):
        first[channel] = min(first.get(channel, now), moment + grace)
    return first


def _busy_accounts(office: Office) -> list[str]:
    one_by_one = [key for key, entry in office.channels.items() if entry.channel.capabilities.one_at_a_time]
    under_way = (State.SENDING, State.UNCERTAIN)
    busy = Delivery.objects.filter(IS_OPEN, office=office.slug, channel__in=one_by_one, state__in=under_way)
    return list(busy.values_list("channel", flat=True).distinct())


def _released_since(office: Office) -> datetime | None:
    """When the first release was made of which the queue knows nothing yet."""
    # The office is compared here: asked to, SQLite would begin with all of the office's items.
    waiting = Release.objects.filter(collected_at=None).order_by("pk")[:BATCH]
    found = waiting.values_list("released_at", "revision__item__office")
    return min((released_at for released_at, slug in found if slug == office.slug), default=None)


def _begun(office: Office, released: datetime | None) -> datetime | None:
    """When the first of what is not finished came in."""
    made = Delivery.objects.filter(IS_OPEN, office=office.slug).aggregate(first=Min("created_at"))["first"]
    return min(filter(None, (made, released)), default=None)


def _moving(office: Office, channels: Sequence[str], since: datetime) -> set[str]:
    """On which of ``channels`` a worker did something after ``since``: a long queue that moves is not stuck."""
    if not channels:
        return set()
    touched = Q(since__gte=since) | Q(lease_until__gte=since)
    # New deliveries come in without any worker, so only those that were claimed once tell of one.
    claimed = Delivery.objects.filter(IS_OPEN, touched, office=office.slug, channel__in=channels, attempt__gt=0)
    begun = Account.objects.filter(office=office.slug, channel__in=channels, last_at__gte=since)
    head = LogHead.objects.filter(office=office.slug).values_list("seq", flat=True).first() or 0
    written = LogEntry.objects.filter(
        office=office.slug,
        seq__gt=head - NEWEST,
        at__gte=since,
        channel__in=channels,
        event__in=WORKED,
        actor=SYSTEM,
    )
    return {channel for rows in (claimed, begun, written) for channel in rows.values_list("channel", flat=True)}


def _counts(office: Office) -> dict[State, int]:
    planned = Delivery.objects.filter(office=office.slug, state=State.PLANNED).count()
    ours = Delivery.objects.filter(IS_OPEN, office=office.slug)
    counted = dict(ours.values_list("state").annotate(Count("pk")))
    return {State.PLANNED: planned} | {state: counted.get(state.value, 0) for state in OPEN}
