"""Looking again when the lists of words have changed: through what is out, and through what still waits to be sent.

It goes beside the sweep and is never in its way.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from datetime import datetime
from functools import partial

from channels.errors import Text
from publisher.items.models import Revision
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration, Office, get_office
from publisher.queue import SYSTEM, clock, delays, outage
from publisher.queue.models import TAKING_BACK, Delivery
from publisher.queue.moves import error_json, move
from publisher.queue.patience import aside
from publisher.queue.states import State, Verb
from publisher.review.checks import live
from publisher.review.checks.passing import new_errors
from publisher.review.models import LiveScan

logger = logging.getLogger(__name__)

LOOK_S = 30.0
"""Between two looks, where the one before left nothing to do."""
BUSY_S = 5.0
STEP_S = 0.5
BATCH = 20

UNSENT = (State.PLANNED, State.WAITING)


class Looking:
    """What a process that goes the rounds does for it; several at once do no harm."""

    def __init__(self) -> None:
        self._not_before = float("-inf")
        self._step: Future[bool] | None = None

    def keep(self) -> None:
        """Begin a step, unless one is under way or it is not time yet."""
        if self._step is not None and not self._step.done():
            return
        if self._step is not None and self._has_more(self._step):
            self._not_before = min(self._not_before, time.monotonic() + delays.scaled(BUSY_S))
        self._step = None
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + delays.scaled(LOOK_S)
        self._step = aside(partial(look, get_office()))

    @staticmethod
    def _has_more(step: Future[bool]) -> bool:
        try:
            return step.result()
        except outage.LOST as error:
            logger.warning("what is out cannot be looked through now (%s)", outage.reason(error))
        except BadConfiguration as error:
            logger.warning("what is out cannot be looked through: %s has mistakes", error.path)
        except Exception:
            logger.exception("what is out cannot be looked through; it is tried again")
        return False


def look(office: Office, *, now: datetime | None = None) -> bool:
    """One step; returns whether more is to be done at once. Raises BadConfiguration."""
    at = now or clock.now()
    has_more = live.step(office, now=at, seconds=STEP_S)
    scan = live.last(office)
    if scan is not None and scan.unsent_at is None:
        return _through_unsent(office, scan, at) or has_more
    return has_more


def _through_unsent(office: Office, scan: LiveScan, now: datetime) -> bool:
    """Hold what waits to be sent and has errors by the lists of this round that nobody has passed over."""
    waiting = Delivery.objects.filter(office=office.slug, state__in=UNSENT, pk__gt=scan.unsent)
    rows = list(
        waiting.exclude(action__in=TAKING_BACK).select_related("revision__item", "product").order_by("pk")[:BATCH]
    )
    errors: dict[int, int] = {}
    for delivery in rows:
        if delivery.revision_id not in errors:
            errors[delivery.revision_id] = _count(office, delivery.revision)
        if errors[delivery.revision_id]:
            text = Text(
                "By the lists of words as they are now, the checks find errors in it ({count}): correct the item, or "
                "take it up again with retry.",
                count=errors[delivery.revision_id],
            )
            move(delivery, Verb.HOLD, now=now, actor=SYSTEM, error=error_json(text))
        scan.unsent = delivery.pk
    if not rows:
        scan.unsent_at = now
    scan.save(update_fields=["unsent", "unsent_at"])
    return bool(rows)


def _count(office: Office, revision: Revision) -> int:
    try:
        return len(new_errors(office, revision))
    except DamagedAsset:
        # Sending says so itself, with what to do.
        return 0
