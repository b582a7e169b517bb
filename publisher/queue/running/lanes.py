"""Lanes: each kind of channel has a few places in a process, so that a platform that hangs delays no other one."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

MOST_PARKED = 1000


@dataclass
class _Lane:
    visited: set[int] = field(default_factory=set)
    parked: dict[int, None] = field(default_factory=dict)


class Lanes:
    """At most ``width`` visits of each kind at a time; who finds no place is parked, and its thread is free at once.

    Only the number of a delivery is kept, and no delivery is visited twice at a time. What is parked is lost with the
    process, or where too many are parked already: the sweep rings for it again.

    Args:
        visit: what is done for a delivery; returns which one is to be visited after it, if any, when those that were
            parked before have had their turn.
        width: visits of one kind at a time.
        most_parked: how many numbers one lane keeps.
    """

    def __init__(self, visit: Callable[[int], int | None], *, width: int, most_parked: int = MOST_PARKED) -> None:
        self._visit = visit
        self._width = width
        self._most_parked = most_parked
        self._lock = threading.Lock()
        self._lanes: defaultdict[str, _Lane] = defaultdict(_Lane)
        self._closed = threading.Event()

    def open(self, width: int) -> None:
        """Take work from now on, ``width`` visits of each kind at a time."""
        with self._lock:
            self._width = width
            self._closed.clear()

    def close(self) -> list[int]:
        """Begin no further visit; returns what was parked, for others to do."""
        with self._lock:
            self._closed.set()
            left = [delivery_id for lane in self._lanes.values() for delivery_id in lane.parked]
            for lane in self._lanes.values():
                lane.parked.clear()
        return left

    @property
    def are_closed(self) -> bool:
        return self._closed.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the closing; whether they are closed."""
        return self._closed.wait(seconds)

    def enter(self, kind: str, delivery_id: int) -> bool:
        """Visit ``delivery_id``, and then whatever of its kind was parked meanwhile; or park it.

        False where the lanes are closed: nothing was done.
        """
        with self._lock:
            if self._closed.is_set():
                return False
            lane = self._lanes[kind]
            if len(lane.visited) >= self._width or delivery_id in lane.visited:
                self._park(lane, delivery_id)
                return True
            lane.visited.add(delivery_id)
        following: int | None = delivery_id
        while following is not None:
            later = self._try(following)
            following = self._next(lane, following, later)
        return True

    def _park(self, lane: _Lane, delivery_id: int) -> None:
        if len(lane.parked) < self._most_parked and not self._closed.is_set():
            lane.parked[delivery_id] = None

    def _try(self, delivery_id: int) -> int | None:
        try:
            return self._visit(delivery_id)
        except Exception:
            # A visit that took its lane along would strand everything parked there.
            logger.exception("delivery %s: the visit failed; the sweep will see to it", delivery_id)
            return None

    def _next(self, lane: _Lane, ended: int, later: int | None) -> int | None:
        """The first one parked that may be visited now, or None: then the place is free."""
        with self._lock:
            lane.visited.discard(ended)
            if later is not None:
                self._park(lane, later)
            following = next((number for number in lane.parked if number not in lane.visited), None)
            if following is not None:
                del lane.parked[following]
                lane.visited.add(following)
            return following
