"""One life of a worker in the table: it sweeps and works until nothing is left to do, and time flies meanwhile."""

from __future__ import annotations

import logging
import math
import os
import random
import socket
from collections.abc import Iterable
from ctypes import c_double
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.sharedctypes import RawArray
from typing import Any

from django.conf import settings
from django.db import Error, transaction
from django.utils import timezone

from publisher.log import queries as log
from publisher.office import get_office
from publisher.queue import delays, notices
from publisher.queue.looking import awaiting
from publisher.queue.models import Delivery
from publisher.queue.moves import NotPossible
from publisher.queue.states import FINAL, MACHINE, State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from tests.faults.harness import breaks, later, people
from tests.faults.harness.clock import SharedClock, WorkerTime
from tests.faults.harness.judge import number_in, really_out, waits_for_administrator
from tests.faults.harness.moments import Plan, Watch
from tests.faults.harness.patches import replace
from tests.faults.harness.platforms import Platforms

logger = logging.getLogger(__name__)

PATIENCE_S = 2 * 86_400.0
"""Longer than anything waits by itself: daily quotas begin anew at midnight."""

ROUNDS = 1000
"""More than any honest story takes; who needs more is in a trap."""


NOTICED_WITHIN = timedelta(hours=1)
"""So long a person trusts that the program notices by itself what becomes of what was handed over."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What one life is to be like.

    Attributes:
        machine: the name of the computer it runs on: another machine cannot see whether a process lives.
        patience_s: how much time may pass before it ends without having settled everything.
        order: what is ordered about the item once it is out; then the life ends.
        first_sweep_at: when the scheduler, whose rhythm no death changes, sweeps next; None: at once.
        hears: what WeChat says by itself arrives; and all of it arrives again in each life.
    """

    plan: Plan = field(default_factory=Plan)
    machine: str = "here"
    patience_s: float = PATIENCE_S
    order: str = ""
    first_sweep_at: datetime | None = None
    seed: int = 0
    breaks: tuple[str, ...] = ()
    hears: bool = False


@dataclass
class Story:
    """What a life tells at its end."""

    settled: bool = False
    trips: int = 0
    states: dict[str, int] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that is dead: its machine, its number there, and when it died."""

    machine: str
    pid: int
    at: datetime


class Deaths:
    """When the truth about what dead workers held was told; the memory is shared by all lives of a case."""

    MOST = 16

    def __init__(self) -> None:
        self._dead: list[Death] = []
        self._truth_s = RawArray(c_double, self.MOST)

    def reset(self) -> None:
        self._dead = []
        self._truth_s[:] = [-1.0] * self.MOST

    def add(self, death: Death) -> None:
        self._dead.append(death)

    @property
    def longest_s(self) -> float | None:
        told = [self._truth_s[number] for number in range(len(self._dead))]
        return max(told, default=None)

    def look(self, swept_at: datetime) -> bool:
        """Note whose deliveries are in nobody's dead hands any more; whether some still are."""
        for number, death in enumerate(self._dead):
            if self._truth_s[number] < 0 and not _in_the_hands_of(death):
                self._truth_s[number] = (swept_at - death.at).total_seconds()
        return any(self._truth_s[number] < 0 for number in range(len(self._dead)))


def live(orders: Orders, shared: SharedClock, watch: Watch, platforms: Platforms, deaths: Deaths) -> Story:
    """Work until everything is settled or patience ends; the watch may end it earlier."""
    random.seed(orders.seed)
    logging.disable()
    time = WorkerTime(shared)
    replace(socket, "gethostname", lambda: orders.machine)
    claims.machine.cache_clear()
    # The sign of life that the scheduler leaves now and then has no part in any delivery, and is no moment of it.
    replace(delays, "PULSE_S", PATIENCE_S)
    breaks.apply(orders.breaks)
    watch.woken = time.follow
    watch.begin(orders.plan)
    story = Story()
    at = orders.first_sweep_at or timezone.now()
    end = at + timedelta(seconds=orders.patience_s)
    for _ in range(ROUNDS):
        time.advance_to(at)
        if orders.hears:
            _hear(platforms)
        _try(partial(sweep, now=at))
        # The scheduler is another process: what this worker would be busy with meanwhile keeps no truth back.
        is_awaited = deaths.look(at)
        if not is_awaited:
            _work()
        story.settled = _is_settled()
        if not story.settled:
            _try(partial(awaiting.look, get_office(), now=timezone.now()))
            story.decisions += _decide_held(platforms, orders.seed)
        if story.settled or at >= end:
            break
        at += timedelta(seconds=delays.SWEEP_S) if is_awaited else _pause(at)
    if orders.order:
        later.give(orders.order)
    story.labels, story.trips = watch.labels, watch.trips
    story.states = {f"{d.channel} {d.state}": d.attempt for d in Delivery.objects.all()}
    story.log = [log.as_json(entry) for entry in log.export(get_office().slug)]
    return story


def _work() -> None:
    """Visit each open delivery; what is not due is refused by the claim."""
    for number in list(_open().order_by("due_at", "pk").values_list("pk", flat=True)):
        _try(partial(dispatch.work, number))


def _try(call: Any) -> None:
    try:
        call()
    except Exception:
        logger.exception("a task failed; the worker goes on, as Celery's does")
        if transaction.get_connection().in_atomic_block:
            os._exit(70)


def _open() -> Any:
    return Delivery.objects.exclude(state__in=FINAL)


def _is_settled() -> bool:
    return Delivery.objects.exists() and not _open().exists()


def _in_the_hands_of(dead: Death) -> bool:
    leased = Delivery.objects.filter(lease_until__isnull=False, owner__startswith=dead.machine)
    return leased.filter(owner__contains=f"|{dead.pid}|").exists()


def _hear(platforms: Platforms) -> None:
    """What WeChat says by itself, taken as the desk takes it."""
    office = get_office()
    for event in platforms.events():
        for entry in office.channels.values():
            if entry.channel.capabilities.hears:
                reply = entry.channel.hear("POST", event["query"], event["body"].encode(), now=timezone.now())
                assert reply.notice is not None, "the stand-in says nothing that is of no use"
                _try(partial(notices.take, entry, reply.notice, now=timezone.now()))


def _decide_held(platforms: Platforms, seed: int) -> Iterable[str]:
    held = list(Delivery.objects.filter(state=State.HELD).select_related("revision"))
    if not held:
        return
    books = platforms.books()
    things = really_out(books, settings.PUBLISHER_HOME)
    for delivery in held:
        if delivery.accepted is not None and timezone.now() - delivery.since < NOTICED_WITHIN:
            asked = waits_for_administrator(books, number_in(delivery.revision.title))
            # Every second send is slept through, and is over half an hour later.
            if asked and (seed + len(books["wechat"]["sends"])) % 2:
                platforms.confirm_sends()
                yield f"{delivery.channel}: the administrator confirms"
            continue
        try:
            yield f"{delivery.channel}: {people.decide(delivery, things)}"
        except (Error, NotPossible):
            yield f"{delivery.channel}: tries again"


def _pause(swept_at: datetime) -> timedelta:
    """Until the next sweep at which something is due; sweeps in between would find nothing."""
    due = list(_open().filter(state__in=(*MACHINE, State.HELD), lease_until=None).values_list("due_at", flat=True))
    lost = [lease + timedelta(seconds=delays.grace_s()) for lease in _leases()]
    first = max(min([*due, *lost], default=swept_at), timezone.now())
    sweeps = max(1, math.ceil((first - swept_at).total_seconds() / delays.SWEEP_S))
    return timedelta(seconds=sweeps * delays.SWEEP_S)


def _leases() -> list[datetime]:
    return list(_open().filter(lease_until__isnull=False).values_list("lease_until", flat=True))
