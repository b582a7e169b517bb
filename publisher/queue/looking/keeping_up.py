"""Letting what is out follow changed settings of the office, a little at a time beside the sweep."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from functools import partial

from channels.errors import ChannelError
from publisher.office import ChannelEntry, Office, get_office
from publisher.queue import accounts, delays, outage
from publisher.queue.patience import aside
from publisher.wording import sentence

logger = logging.getLogger(__name__)

EVERY_S = 30.0
STEP_S = 4.0
SLICE_S = 0.4
"""So long a channel is busy with it at a stretch; in between, publications take their turns."""


class KeepingUp:
    """What a process that goes the rounds does for it; several at once take turns."""

    def __init__(self) -> None:
        self._not_before = float("-inf")
        self._step: Future[int] | None = None

    def keep(self) -> None:
        """Begin a step, unless one is under way or nothing was left a short while ago."""
        if self._step is not None:
            if not self._step.done():
                return
            self._not_before = time.monotonic() + (0 if _left(self._step) else delays.scaled(EVERY_S))
            self._step = None
        if time.monotonic() >= self._not_before:
            self._step = aside(partial(step, get_office()))


def step(office: Office) -> int:
    """Go on for a few seconds on each channel; returns how much is left."""
    stopped = accounts.paused(office.slug)
    return sum(_keep_up(entry) for entry in office.channels.values() if entry.key not in stopped)


def _keep_up(entry: ChannelEntry) -> int:
    until, left = time.monotonic() + STEP_S, 1
    try:
        while left and time.monotonic() < until:
            left = entry.channel.keep_up(seconds=SLICE_S)
    except ChannelError as error:
        logger.warning("what is out on %s cannot follow the settings now: %s", entry.key, sentence(error.text))
        return 0
    return left


def _left(step: Future[int]) -> int:
    try:
        return step.result()
    except outage.LOST as error:
        logger.warning("what is out cannot follow the settings now (%s)", outage.reason(error))
    except Exception:
        logger.exception("what is out cannot follow the settings; it is tried again")
    return 0
