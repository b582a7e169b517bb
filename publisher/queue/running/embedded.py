"""Worker and sweep inside one process, on the embedded broker: no server to install, nothing to start beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery
from filelock import FileLock, Timeout

from publisher.office import get_office
from publisher.queue import bells
from publisher.queue.running.bell import wake
from publisher.queue.running.rounds import Rounds
from publisher.queue.running.workers import QUEUES, Worker, stop_limit_s, stop_working
from publisher.queue.sweep import sweep

CONCURRENCY = 3
"""Visits of one kind of channel at a time."""

START_TIMEOUT_S = 10.0
STOP_POLL_S = 0.02


class Engine:
    """A worker thread and a sweep thread of this process.

    Stopping waits for calls in hand; whatever is cut off all the same is found by the sweep of the next start. Which
    process of a home is at work is told by a lock, so that a command that waits need not work beside ``publisher up``,
    with secrets of its own or without. Two engines at once would do no harm: every claim is conditional.

    Args:
        home: the folder of the lock.
    """

    def __init__(self, app: Celery, home: Path) -> None:
        self._app = app
        self._lock = FileLock(home / "engine.lock", thread_local=False)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_running(self) -> bool:
        return bool(self._threads)

    def is_wanted(self) -> bool:
        """Whether no other process of this home is at work; if so, this one now has the lock."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def start(self) -> None:
        """Sweep once, which is the whole of crash recovery, and start working.

        Raises RuntimeError: the worker did not come up.
        """
        ready = threading.Event()
        worker = Worker(self._app, queues=QUEUES, width=CONCURRENCY, on_ready=ready.set)
        self._run("publisher-worker", worker.start)
        if not ready.wait(START_TIMEOUT_S):
            raise RuntimeError("the embedded worker did not start")
        if self.is_wanted():
            # The bells of an earlier process died with it.
            bells.forget()
        sweep()
        self._run("publisher-sweep", lambda: Rounds(first=self._take_lock).run(self._stopping))

    def stop(self) -> bool:
        """Stop taking work and let calls in hand end; False where one did not end in time."""
        self._stopping.set()
        stop_working()
        deadline = time.monotonic() + stop_limit_s(get_office())
        for thread in self._threads:
            while thread.is_alive() and time.monotonic() < deadline:
                # Celery's loop waits for messages once more after it was told to stop.
                wake()
                thread.join(STOP_POLL_S)
        self._lock.release()
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, name: str, target: Callable[[], object]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _take_lock(self) -> None:
        """Where two were at work and the other one ended, tell the next command that somebody is."""
        if not self._lock.is_locked:
            self.is_wanted()
