"""What waits for a person on the platform: noticing by itself that it was done there.

It goes beside the sweep and is never in its way; nothing is sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial

from channels.base import Accepted, Json, Receipt
from channels.errors import ChannelError, PersonNeeded, ProductRefused
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration, ChannelEntry, Office, get_office
from publisher.queue import SYSTEM, bells, clock, companions, delays, notices, outage, row
from publisher.queue.literal import one_of
from publisher.queue.models import TAKING_BACK, Delivery
from publisher.queue.moves import error_json, move, proven
from publisher.queue.patience import aside
from publisher.queue.states import State, Verb
from publisher.queue.visits.dispatch import to_send
from publisher.queue.visits.steps import DurableSteps
from publisher.review.products import NotWhatWasSigned

logger = logging.getLogger(__name__)

LOOK_S = 30.0
"""Between two rounds."""
BATCH = 5


class Awaiting:
    """What a process that goes the rounds does for it; several at once look once."""

    def __init__(self) -> None:
        self._not_before = float("-inf")
        self._step: Future[int] | None = None

    def keep(self) -> None:
        """Begin a round, unless one is under way or it is not time yet."""
        if self._step is not None and not self._step.done():
            return
        if self._step is not None and (error := self._step.exception()) is not None:
            _tell(error)
        self._step = None
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + delays.scaled(LOOK_S)
        self._step = aside(partial(look, get_office()))


def look(office: Office, *, now: datetime | None = None) -> int:
    """One round over what is due; returns how many were found to be done."""
    at = now or clock.now()
    watched = [key for key, entry in office.channels.items() if entry.channel.capabilities.watch_after_s]
    held = Delivery.objects.filter(one_of(State.HELD), companions.VISITED, office=office.slug, channel__in=watched)
    held = held.filter(error__kind=PersonNeeded.__name__, due_at__lte=at).exclude(action__in=TAKING_BACK)
    found = held.select_related("revision__item", "product", "waits_for").order_by("due_at", "pk")[:BATCH]
    return sum(_look(office.channels[delivery.channel], delivery, at) for delivery in list(found))


class _Remembered(DurableSteps):
    """What a delivery remembers, for who only looks: nothing is written, and nothing irreversible is done."""

    def repeatable(
        self,
        name: str,
        call: Callable[[], Json],
        *,
        recover: Callable[[], Json | None] | None = None,  # noqa: ARG002 - as in every Steps
    ) -> Json:
        return self.result(name) or call()

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:  # noqa: ARG002 - as in every Steps
        raise TypeError(f"a look must not do {name}")


def _look(entry: ChannelEntry, delivery: Delivery, at: datetime) -> bool:
    waits = entry.channel.capabilities.watch_after_s
    is_first = delivery.looks == 0
    due_at = delays.after(delivery.since if is_first else at, delays.nth(waits, max(0, delivery.looks - 1)))
    if is_first and due_at <= at:
        due_at = delays.after(at, delays.nth(waits, 1))
        is_first = False
    changes = {"due_at": due_at, "looks": delivery.looks + 1}
    # Whoever moves its time on looks.
    if not row.write(delivery, changes, "state = 'held' AND due_at = %s", [delivery.due_at]):
        return False
    row.follow(delivery, changes)
    return not is_first and _ask(entry, delivery, at)


def _ask(entry: ChannelEntry, delivery: Delivery, at: datetime) -> bool:
    taken = delivery.accepted
    accepted = Accepted(taken["remote_id"], taken["data"] | notices.about(delivery)) if taken else None
    steps = _Remembered(delivery, timeout_s=entry.timeout_s)
    try:
        carried = companions.carried(delivery)
        receipt = entry.channel.watch(to_send(entry, delivery, carried), accepted, steps)
        companions.check(receipt, carried)
    except (PersonNeeded, ProductRefused) as error:
        return _says_otherwise(delivery, error, at)
    except ChannelError as error:
        logger.info("delivery %s waits for a person and cannot be looked for now: %s", delivery.pk, error)
        return False
    except (NotWhatWasSigned, DamagedAsset):
        # Whoever takes it up again is told; nothing that is not as it was signed is compared with anything.
        return False
    return receipt is not None and _settle(entry, delivery, receipt, at)


def _settle(entry: ChannelEntry, delivery: Delivery, receipt: Receipt, at: datetime) -> bool:
    """Somebody has done it. What was handed over before is confirmed in the usual way."""
    if delivery.accepted is not None:
        return _take_up(delivery, at)
    return move(delivery, Verb.CONFIRM, now=at, actor=SYSTEM, **proven(delivery, entry, receipt, found=True))


def _says_otherwise(delivery: Delivery, error: ChannelError, at: datetime) -> bool:
    report = error_json(error.text, code=error.code, kind=type(error).__name__)
    if report == delivery.error:
        return False
    if delivery.accepted is not None:
        return _take_up(delivery, at)
    row.write(delivery, {"error": report}, "state = 'held'")
    return False


def _take_up(delivery: Delivery, at: datetime) -> bool:
    is_moved = move(delivery, Verb.ACCEPT, now=at, actor=SYSTEM, error=None, tries=0)
    if is_moved:
        bells.ring([delivery])
    return is_moved


def _tell(error: BaseException) -> None:
    if isinstance(error, outage.LOST):
        logger.warning("what waits for a person cannot be looked for now (%s)", outage.reason(error))
    elif isinstance(error, BadConfiguration):
        logger.warning("what waits for a person cannot be looked for: %s has mistakes", error.path)
    else:
        logger.error("what waits for a person cannot be looked for; it is tried again", exc_info=error)
