"""What time it is. Several machines must agree on when a lease ends, so the database says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

Clock = Callable[[], datetime]

ASK_AGAIN_S = 60.0


class DatabaseClock:
    """The time of the database server, asked for once a minute and counted on from there.

    With SQLite, which has no server, the time of this machine.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._told: datetime | None = None

    def __call__(self) -> datetime:
        if connection.vendor != "postgresql":
            return timezone.now()
        with self._lock:
            elapsed = time.monotonic() - self._asked_at
            if self._told is None or elapsed > ASK_AGAIN_S:
                self._told, self._asked_at, elapsed = _ask(), time.monotonic(), 0.0
            return self._told + timedelta(seconds=elapsed)


def _ask() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        told: datetime = cursor.fetchone()[0]
        return told


now = DatabaseClock()
