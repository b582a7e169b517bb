"""The moment after which nothing may leave: a worker that slept past its lease must not act on it any more.

Whoever has an effect asks as late as possible: right before the first byte, or right before the file takes its place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from channels.errors import NeverSent

# A laptop that is closed, a virtual machine that is moved: only this clock goes on meanwhile. Linux has it.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)

_latest: ContextVar[float | None] = ContextVar("latest", default=None)


def elapsed() -> float:
    """Seconds on a clock that never goes back and, where there is one, does not stand still in sleep."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@contextmanager
def not_after(latest: float) -> Iterator[None]:
    """Within it nothing may leave once ``elapsed()`` is past ``latest``; the earliest of several limits holds.

    It is kept for this thread only.
    """
    outer = _latest.get()
    token = _latest.set(latest if outer is None else min(outer, latest))
    try:
        yield
    finally:
        _latest.reset(token)


def too_late() -> bool:
    """Whether the moment has passed. Without a limit it never does."""
    latest = _latest.get()
    return latest is not None and elapsed() > latest


def check() -> None:
    """Raises NeverSent: the moment has passed."""
    if too_late():
        raise NeverSent("Too much time passed before anything could be sent, so nothing was. It will be tried again.")
