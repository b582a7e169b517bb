"""How long the queue waits, in seconds; every waiting time is multiplied by the time scale of a drill."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings

SWEEP_S = 5.0
RING_AGAIN_S = 60.0
RETRY_S = (5, 15, 60, 300, 900, 1800)
MAX_TRIES = 100
MAX_BUGS = 3
LEASE_GRACE_S = 15.0
LEASE_MARGIN_S = 20.0
SHORTEST_MARGIN_S = 2.0
"""Of a lease in a drill: the program's own work between two calls takes its time there too."""

PULSE_S = 30.0


def scaled(seconds: float) -> float:
    return seconds * float(settings.PUBLISHER_TIME_SCALE)


def after(now: datetime, seconds: float) -> datetime:
    """The moment ``seconds`` of scaled time after ``now``."""
    return now + timedelta(seconds=scaled(seconds))


def retry_at(now: datetime, tries: int, retry_after_s: float | None) -> datetime:
    """When to try again: what the platform asked for, else a growing delay with some jitter."""
    if retry_after_s is not None:
        return after(now, retry_after_s)
    delay = RETRY_S[min(tries, len(RETRY_S) - 1)]
    return after(now, delay * random.uniform(0.9, 1.2))  # noqa: S311 - spreads load, keeps no secret


def nth(delays: tuple[float, ...], number: int) -> float:
    """The delay before question ``number`` (from 0); the last one repeats."""
    return delays[min(number, len(delays) - 1)]


def lease_s(timeout_s: float) -> float:
    """How long a lease must last so that a call of ``timeout_s`` ends inside it; the call itself is never scaled."""
    return 2 * timeout_s + max(SHORTEST_MARGIN_S, scaled(LEASE_MARGIN_S))


def grace_s() -> float:
    """How long after the end of a lease its holder still counts as at work."""
    return max(SHORTEST_MARGIN_S / 2, scaled(LEASE_GRACE_S))


def before(now: datetime, seconds: float) -> datetime:
    """The moment ``seconds`` of scaled time before ``now``."""
    return now - timedelta(seconds=scaled(seconds))
