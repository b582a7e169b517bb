"""The sweep: finds every delivery that needs something, oldest due first, whatever was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from publisher.office import ChannelEntry, Office, get_office
from publisher.queue import BATCH, accounts, clock, delays
from publisher.queue.bells import ring
from publisher.queue.claims import hold_overdue, recover
from publisher.queue.models import Delivery, Pulse
from publisher.queue.orders import begin_planned, collect, hold_orphans
from publisher.queue.states import MACHINE, State

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
    """Take deliveries from dead workers, collect releases, begin what was planned, hold what must not go out unasked,
    and ring for what is due."""
    at = now or clock.now()
    recovered = recover(now=at)
    collected = collect(now=at)
    begun = begin_planned(now=at)
    held = hold_orphans(now=at) + _hold_all_overdue(at)
    ready = due(at)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in ready]).update(rung_at=at)
    ring(ready)
    _beat(at)
    return Swept(len(collected), recovered, len(begun), held, len(ready))


def due(now: datetime) -> list[Delivery]:
    """Deliveries for which nobody was told within the last while: at most a batch of each channel, so that none keeps
    the others waiting, and of those the ones never told of first, oldest due first."""
    office = get_office()
    paused = accounts.paused(office.slug)
    found = [
        delivery
        for entry in office.channels.values()
        for delivery in _due_on(office, entry, now, is_paused=entry.key in paused)
    ]
    # What belongs to a channel that is gone has to be told so.
    return found + list(_in_order(_ready(now).exclude(office=office.slug, channel__in=office.channels)))


def _due_on(office: Office, entry: ChannelEntry, now: datetime, *, is_paused: bool) -> list[Delivery]:
    ready = _ready(now).filter(office=office.slug, channel=entry.key)
    if is_paused:
        return list(_in_order(ready.exclude(state=State.WAITING)))
    if not entry.channel.capabilities.one_at_a_time:
        return list(_in_order(ready))
    # Where they go one at a time, telling of more than the first would only make noise.
    asked = list(_in_order(ready.exclude(state=State.WAITING)))
    first = ready.filter(state=State.WAITING).order_by("due_at", "pk").first()
    return asked if first is None or accounts.busy(first).exists() else [*asked, first]


def _ready(now: datetime) -> QuerySet[Delivery]:
    again = Q(rung_at=None) | Q(rung_at__lt=delays.before(now, delays.RING_AGAIN_S))
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    return Delivery.objects.filter(again, free, unblocked, state__in=MACHINE, due_at__lte=now)


def _in_order(ready: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return ready.order_by(F("rung_at").asc(nulls_first=True), "due_at", "pk")[:BATCH]


def _hold_all_overdue(now: datetime) -> int:
    late = Delivery.objects.filter(state=State.WAITING, valid_until__lt=now)
    found = late.select_related("revision__item", "product").order_by("valid_until")[:BATCH]
    return sum(hold_overdue(delivery, now=now) for delivery in found)


def _beat(now: datetime) -> None:
    """Leave a sign that sweeps happen, not at each of them."""
    old = delays.before(now, delays.PULSE_S)
    if not Pulse.objects.filter(name=PULSE, at__gt=old).exists():
        Pulse.objects.update_or_create(name=PULSE, defaults={"at": now})
