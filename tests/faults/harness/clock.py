"""One clock for all processes of a table run, which the harness puts forward instead of waiting.

Every process is forked from the one that made the clock, so all see the same memory. Waiting times, leases and the
platforms' own delays keep the length they have in life; only nobody waits for them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from ctypes import c_double
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import RawValue
from typing import Any

import requests
import time_machine
from django.utils import timezone

from channels import deadline
from publisher.queue.clock import DatabaseClock
from tests.faults.harness.patches import replace, wrap

SOCKET_SCALE = 1 / 20
"""A socket that is waited for is real: ten seconds of patience take half a second."""


_real_monotonic = time.monotonic
_began_at, _began_monotonic = time.time(), time.monotonic()


def _real_time() -> float:
    """What this machine's clock says. Time travel replaces that clock itself, so it is counted on from the start."""
    return _began_at + _real_monotonic() - _began_monotonic


_real_elapsed = deadline.elapsed


class SharedClock:
    """How many seconds the harness is ahead of this machine."""

    def __init__(self) -> None:
        self._ahead_s = RawValue(c_double, 0.0)

    @property
    def ahead_s(self) -> float:
        return self._ahead_s.value

    def now(self) -> datetime:
        return datetime.fromtimestamp(_real_time() + self.ahead_s, UTC)

    def advance(self, seconds: float) -> None:
        self._ahead_s.value += max(0.0, seconds)

    def reset(self) -> None:
        """Go back to this machine's own time; only while nobody lives by this clock."""
        self._ahead_s.value = 0.0


class WorkerTime:
    """Makes every clock of this process the shared one."""

    def __init__(self, shared: SharedClock) -> None:
        self.shared = shared
        self._applied_s = shared.ahead_s
        start = shared.now().timestamp()
        self._traveller = time_machine.travel(start, tick=True).start()
        replace(time, "monotonic", lambda: _real_monotonic() + shared.ahead_s)
        replace(deadline, "elapsed", lambda: _real_elapsed() + shared.ahead_s)
        replace(DatabaseClock, "__call__", lambda _self: timezone.now())
        wrap(requests.Session, "request", self._shortened)

    def advance(self, seconds: float) -> None:
        self.shared.advance(seconds)
        self.follow()

    def advance_to(self, moment: datetime) -> None:
        """Let the shared clock be at least at ``moment``."""
        self.advance((moment - self.shared.now()).total_seconds())

    def follow(self) -> None:
        """Catch up with what others have put the shared clock forward meanwhile."""
        behind_s = self.shared.ahead_s - self._applied_s
        self._applied_s += behind_s
        self._traveller.shift(timedelta(seconds=behind_s))

    def _shortened(self, request: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
        """A request that waits for its socket only a part of the time, and puts the clock forward by the whole."""

        def shortened(*words: Any, timeout: tuple[float, float], **options: Any) -> requests.Response:
            connect_s, read_s = timeout
            try:
                return request(*words, timeout=(connect_s * SOCKET_SCALE, read_s * SOCKET_SCALE), **options)
            except requests.Timeout:
                self.advance(read_s)
                raise

        return shortened


def bend_platforms(shared: SharedClock) -> None:
    """Let the stand-ins of this process live by the shared clock: their ``now`` is one function, imported by name."""
    books = sys.modules["channels.sandbox.books"]
    original: Callable[[], datetime] = books.now
    for name, module in list(sys.modules.items()):
        if name.startswith("channels.sandbox") and getattr(module, "now", None) is original:
            replace(module, "now", shared.now)
