"""Sweeping again and again: beside an embedded worker, or as ``publisher beat``."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections, connection

from publisher.queue import outage
from publisher.queue.delays import SWEEP_S, scaled
from publisher.queue.diagnosis.safekeeping import Safekeeping
from publisher.queue.looking.again import Looking
from publisher.queue.looking.awaiting import Awaiting
from publisher.queue.looking.credentials import Watching
from publisher.queue.looking.keeping_up import KeepingUp
from publisher.queue.sightings.rounds import DailyLook
from publisher.queue.sweep import notice, sweep

logger = logging.getLogger(__name__)

LISTEN_S = 0.3


class Rounds:
    """A sweep every few seconds, and what is new looked at at once when somebody has written into SQLite.

    Whatever goes wrong, the next round comes: a sweep that died would strand every delivery.

    Args:
        first: something else to do in each round.
    """

    def __init__(self, *, first: Callable[[], object] = lambda: None) -> None:
        self._first = first
        self._seen = -1
        self._swept_at = float("-inf")
        self._works = True
        self._safekeeping = Safekeeping()
        self._looking = Looking()
        self._awaiting = Awaiting()
        self._watching = Watching()
        self._daily_look = DailyLook()
        self._keeping_up = KeepingUp()

    def run(self, stopping: threading.Event) -> None:
        """Go the rounds until ``stopping``; one that has begun is finished."""
        while not stopping.wait(LISTEN_S):
            try:
                self._round()
            except outage.LOST as error:
                if self._works:
                    logger.error("the sweep cannot use the database (%s); it is tried again", outage.reason(error))
                self._works = False
            except Exception:
                logger.exception("the sweep failed; it is tried again")
        connection.close()

    def _round(self) -> None:
        close_old_connections()
        version = outage.data_version()
        is_time = time.monotonic() - self._swept_at >= scaled(SWEEP_S)
        if version == self._seen and not is_time:
            return
        self._seen = version
        self._first()
        if is_time:
            self._swept_at = time.monotonic()
            sweep()
            self._safekeeping.keep()
            self._looking.keep()
            self._awaiting.keep()
            self._watching.keep()
            self._daily_look.keep()
            self._keeping_up.keep()
        else:
            notice()
        if not self._works:
            logger.warning("the sweep can use the database again")
        self._works = True
