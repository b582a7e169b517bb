"""What a stand-in can do wrong on request: the ways real platforms and networks fail, one call at a time."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one call. *Effect* means what the call asks for is done and stands in the books."""

    OK = "ok"
    """nothing; lets good answers stand between bad ones"""
    SLOW = "slow"
    """effect at once, the right answer after ``slow_s`` seconds"""
    HANG = "hang"
    """effect, then silence until the caller gives up or the stand-in closes"""
    RESET_BEFORE = "reset_before"
    """no effect, the connection is reset"""
    RESET_AFTER = "reset_after"
    """effect, then the connection is reset"""
    ERROR_BEFORE = "error_before"
    """no effect, HTTP 500 with an HTML page"""
    ERROR_AFTER = "error_after"
    """effect, then HTTP 500 with an HTML page"""
    BUSY = "busy"
    """no effect, the platform's own "system busy" """
    BUSY_AFTER = "busy_after"
    """effect, and "system busy" all the same"""
    RATE_LIMITED = "rate_limited"
    """no effect, the platform's own rate code"""
    RATE_LIMITED_AFTER = "rate_limited_after"
    """effect, and the rate code all the same"""
    GARBAGE_AFTER = "garbage_after"
    """effect, then HTTP 200 with a body nobody can read"""
    EMPTY_AFTER = "empty_after"
    """effect, then HTTP 200 with an empty body"""
    HALF_AFTER = "half_after"
    """effect, then an answer that stops in the middle"""
    REFUSED = "refused"
    """no effect, the platform's own "content refused" """
    DUPLICATE = "duplicate"
    """no effect, the platform's own "you have sent that already" (Weibo only)"""
    SYNC_DELAYED = "sync_delayed"
    """effect, answered with 20032: posted, shows up later (Weibo only)"""
    UNDER_REVIEW = "under_review"
    """effect, answered with 20053: posted, people look at it first (Weibo only)"""


SPOKEN_BEFORE = frozenset({Fault.BUSY, Fault.RATE_LIMITED, Fault.REFUSED, Fault.DUPLICATE})
"""The platform itself says no, and means it."""

SPOKEN_AFTER = frozenset({Fault.BUSY_AFTER, Fault.RATE_LIMITED_AFTER, Fault.SYNC_DELAYED, Fault.UNDER_REVIEW})
"""The platform itself answers with an error code although the effect is there."""


class Faults:
    """The faults that wait for their calls, path by path, first in, first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def arm(self, path: str, fault: Fault, times: int) -> None:
        """Let the next ``times`` calls of ``path`` meet ``fault``, after those that wait already."""
        with self._lock:
            self._waiting[path].extend([fault] * times)

    def take(self, path: str) -> Fault:
        """The fault of the call that has just arrived."""
        with self._lock:
            waiting = self._waiting.get(path)
            return waiting.popleft() if waiting else Fault.OK

    def waiting(self) -> dict[str, list[Fault]]:
        with self._lock:
            return {path: list(faults) for path, faults in self._waiting.items() if faults}

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
