"""Celery's worker as this program runs it: with lanes, in a process of its own or embedded in another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery
from celery.worker import WorkController
from celery.worker import state as worker_state
from celery.worker.consumer import Consumer
from kombu import Connection

from channels.registry import CHANNELS
from publisher.office import Office
from publisher.queue import DESK, bells, outage
from publisher.queue.running.tasks import lanes

logger = logging.getLogger(__name__)

QUEUES = (*CHANNELS, DESK)
"""Every Celery queue there is: one for each kind of channel, and one for what belongs to none."""

STOP_MARGIN_S = 5.0
RECONNECT_S = 0.5
LONGEST_RECONNECT_S = 3.0


class _Consumer(Consumer):  # type: ignore[misc]
    """Celery's consumer, except that it comes back within seconds and says in two lines that it was away."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        # On RabbitMQ this one makes dozens of queues for tasks that wait; ours never do, the database keeps the time.
        default_steps = tuple(step for step in Consumer.Blueprint.default_steps if not step.endswith("DelayedDelivery"))

    def ensure_connected(self, conn: Connection) -> Connection:
        is_told = False

        def tell(error: Exception, _interval: float) -> None:
            nonlocal is_told
            if not is_told:
                logger.error("the broker cannot be reached (%s); it is tried again", outage.reason(error))
            is_told = True

        connected = conn.ensure_connection(
            tell,
            interval_start=RECONNECT_S,
            interval_step=RECONNECT_S,
            interval_max=LONGEST_RECONNECT_S,
            callback=worker_state.maybe_shutdown,
        )
        self.first_connection_attempt = False
        if is_told:
            logger.warning("the broker can be reached again")
        return connected


class Worker(WorkController):  # type: ignore[misc]
    """Takes bells from ``queues`` and visits at most ``width`` deliveries of each of them at a time.

    There is one thread more than the lanes can hold, so that a bell is always heard; threads begin when they are
    needed. Signals and logging stay with the program.

    Args:
        on_ready: called when it takes work.
    """

    def __init__(self, app: Celery, *, queues: Sequence[str], width: int, on_ready: Callable[[], object]) -> None:
        self._on_ready = on_ready
        # Both are of the process, not of the worker: a worker may have run and stopped here before.
        worker_state.should_stop = worker_state.should_terminate = None
        lanes.open(width)
        super().__init__(
            app=app,
            queues=list(queues),
            pool_cls="threads",
            concurrency=len(queues) * width + 1,
            consumer_cls=_Consumer,
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
        )

    def on_consumer_ready(self, _consumer: Any) -> None:
        self._on_ready()


def stop_working() -> None:
    """Let the worker of this process end after the visits in hand, and leave what was parked to others."""
    worker_state.should_stop = 0
    bells.forget(lanes.close())


def stop_limit_s(office: Office) -> float:
    """How long visits in hand may take to end: a call that never answers, and what is written after it."""
    return max(entry.timeout_s for entry in office.channels.values()) + STOP_MARGIN_S
