"""The daily look, a little at a time beside the sweep and never in its way."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from functools import partial

from publisher.office import BadConfiguration, Office, get_office
from publisher.queue import clock, delays, outage
from publisher.queue.patience import aside
from publisher.queue.sightings import links
from publisher.queue.sightings.enrolling import enrol
from publisher.queue.sightings.looking import look

logger = logging.getLogger(__name__)

ENROL_S = 3600.0
STEP_EVERY_S = 30.0
BUSY_S = 5.0
STEP_S = 5.0
BATCH = 20
"""On each channel in one step: with the waits between, some 50,000 a day."""


class DailyLook:
    """What a process that goes the rounds does for it; several at once look at different things."""

    def __init__(self) -> None:
        self._not_before = float("-inf")
        self._enrol_at = float("-inf")
        self._step: Future[int] | None = None

    def keep(self) -> None:
        """Begin a step, unless one is under way or it is not time yet."""
        if self._step is not None and not self._step.done():
            return
        if self._step is not None and self._looked(self._step):
            self._not_before = min(self._not_before, time.monotonic() + delays.scaled(BUSY_S))
        self._step = None
        now = time.monotonic()
        if now < self._not_before:
            return
        self._not_before = now + delays.scaled(STEP_EVERY_S)
        must_enrol = now >= self._enrol_at
        if must_enrol:
            self._enrol_at = now + delays.scaled(ENROL_S)
        self._step = aside(partial(step, get_office(), must_enrol=must_enrol))

    @staticmethod
    def _looked(step: Future[int]) -> int:
        try:
            return step.result()
        except outage.LOST as error:
            logger.warning("what is out cannot be looked at now (%s)", outage.reason(error))
        except BadConfiguration as error:
            logger.warning("what is out cannot be looked at: %s has mistakes", error.path)
        except Exception:
            logger.exception("what is out cannot be looked at; it is tried again")
        return 0


def step(office: Office, *, must_enrol: bool) -> int:
    """Look at a few things, and ask for a few pages they link to; returns for how many."""
    if must_enrol:
        enrol(office, now=clock.now())
        links.put_off(office, clock.now())
    looked = sum(1 for _ in look(office, now=clock.now(), most=BATCH, until_s=time.monotonic() + STEP_S))
    return looked + links.ask(office, now=clock.now(), most=BATCH)
