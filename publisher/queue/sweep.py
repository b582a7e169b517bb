"""The sweep: finds every delivery that needs something, oldest due first, whatever was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from publisher.office import get_office
from publisher.queue import BATCH, accounts, clock, delays
from publisher.queue.bells import ring
from publisher.queue.companions import VISITED
from publisher.queue.issues.following import follow_issues
from publisher.queue.literal import IS_MACHINE, is_waiting
from publisher.queue.models import Delivery, Pulse
from publisher.queue.orders import begin_planned, collect, hold_orphans, stop_recalled
from publisher.queue.recalls.following import follow_all
from publisher.queue.states import State
from publisher.queue.visits.claims import hold_overdue, recover
from publisher.review.opening import open_waiting

PULSE = "sweep"


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    collected: int
    recovered: int
    begun: int
    held: int
    rung: int


def sweep(*, now: datetime | None = None) -> Swept:
    """Take deliveries from dead workers, open approvals that nobody opened, collect releases, begin what was planned,
    hold what must not go out unasked, and ring for what is due."""
    at = now or clock.now()
    recovered = recover(now=at)
    open_waiting(get_office(), now=at)
    collected = collect(now=at)
    stop_recalled(now=at)
    follow_issues(now=at)
    begun = begin_planned(now=at)
    held = hold_orphans(now=at) + _hold_all_overdue(at)
    follow_all(now=at)
    rung = _ring_due(at)
    _beat(at)
    return Swept(len(collected), recovered, len(begun), held, rung)


def notice(*, now: datetime | None = None) -> int:
    """The part of a sweep that somebody else's writing calls for at once; returns how many were rung for."""
    at = now or clock.now()
    collect(now=at)
    return _ring_due(at)


def _ring_due(at: datetime) -> int:
    ready = due(at)
    if ready:
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in ready]).update(rung_at=at)
        ring(ready)
    return len(ready)


def due(now: datetime) -> list[Delivery]:
    """Deliveries for which nobody was told within the last while: at most a batch of each channel, so that none keeps
    the others waiting, and of those the ones never told of first, oldest due first."""
    ready = _ready(now)
    channels = list(ready.values_list("office", "channel").order_by().distinct())
    if not channels:
        return []
    office = get_office()
    paused, busy = accounts.paused(office.slug), accounts.busy_channels(office.slug)
    found: list[Delivery] = []
    for slug, channel in channels:
        entry = office.channels.get(channel) if slug == office.slug else None
        here = ready.filter(office=slug, channel=channel)
        if entry is None:
            # It is told that its channel is gone.
            found += _in_order(here)
        elif channel in paused:
            found += _in_order(here.exclude(state=State.WAITING))
        elif not entry.channel.capabilities.one_at_a_time:
            found += _in_order(here)
        else:
            # Telling of more than the first would only make noise.
            found += _in_order(here.exclude(state=State.WAITING))
            found += [] if channel in busy else _in_order(here.filter(state=State.WAITING))[:1]
    return found


def _ready(now: datetime) -> QuerySet[Delivery]:
    again = Q(rung_at=None) | Q(rung_at__lt=delays.before(now, delays.RING_AGAIN_S))
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    return Delivery.objects.filter(IS_MACHINE, VISITED, again, free, unblocked, due_at__lte=now)


def _in_order(ready: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return ready.order_by(F("rung_at").asc(nulls_first=True), "due_at", "pk")[:BATCH]


def _hold_all_overdue(now: datetime) -> int:
    late = Delivery.objects.filter(is_waiting(), valid_until__lt=now)
    found = late.select_related("revision__item", "product").order_by("valid_until")[:BATCH]
    return sum(hold_overdue(delivery, now=now) for delivery in found)


def _beat(now: datetime) -> None:
    """Leave a sign that sweeps happen, not at each of them."""
    old = delays.before(now, delays.PULSE_S)
    if not Pulse.objects.filter(name=PULSE, at__gt=old).exists():
        Pulse.objects.update_or_create(name=PULSE, defaults={"at": now})
