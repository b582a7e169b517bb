"""Worker and sweep inside one process, on the embedded broker: no server to install, nothing to start beside it."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from celery import Celery
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.db import close_old_connections, connection
from filelock import FileLock, Timeout

from publisher.queue.bell import wake
from publisher.queue.delays import SWEEP_S, scaled
from publisher.queue.sweep import sweep

logger = logging.getLogger(__name__)

CONCURRENCY = 4
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 40.0
STOP_POLL_S = 0.02
LISTEN_S = 0.3


class _Worker(WorkController):  # type: ignore[misc]
    """Celery's worker without the signal handling and logging of its command line."""

    def __init__(self, ready: threading.Event, **options: Any) -> None:
        self._ready = ready
        super().__init__(**options)

    def on_consumer_ready(self, _consumer: Any) -> None:
        self._ready.set()


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
        worker_state.should_stop = worker_state.should_terminate = None
        ready = threading.Event()
        worker = _Worker(
            ready,
            app=self._app,
            pool_cls="threads",
            concurrency=CONCURRENCY,
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
        )
        self._run("publisher-worker", worker.start)
        if not ready.wait(START_TIMEOUT_S):
            raise RuntimeError("the embedded worker did not start")
        sweep()
        self._run("publisher-sweep", self._sweep_for_ever)

    def stop(self) -> None:
        """Stop taking work, let calls in hand end, and return."""
        self._stopping.set()
        worker_state.should_stop = 0
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for thread in self._threads:
            while thread.is_alive() and time.monotonic() < deadline:
                # Celery's loop waits for messages once more after it was told to stop.
                wake()
                thread.join(STOP_POLL_S)
        self._lock.release()

    def _run(self, name: str, target: Any) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _sweep_for_ever(self) -> None:
        """Sweep every few seconds, and at once when another process has written into the database."""
        seen, swept_at = data_version(), time.monotonic()
        while not self._stopping.wait(LISTEN_S):
            close_old_connections()
            version = data_version()
            if version == seen and time.monotonic() - swept_at < scaled(SWEEP_S):
                continue
            seen, swept_at = version, time.monotonic()
            if not self._lock.is_locked:
                self.is_wanted()
            try:
                sweep()
            except Exception:
                # A sweep that died would strand every delivery.
                logger.exception("the sweep failed; it is tried again")
        connection.close()


def data_version() -> int:
    """A number that changes when another connection has written, on SQLite; elsewhere always the same.

    Source: sqlite.org, PRAGMA data_version, read 2026-11.
    """
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        version: int = cursor.fetchone()[0]
        return version
