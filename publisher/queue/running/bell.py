"""The embedded broker ``bell://``: messages in the memory of one process, with a wake-up instead of polling.

Kombu's memory transport looks for messages once a second; this one waits on an event that every new message sets.
Messages die with the process, which is fine: they are bells, and the sweep rings again.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory

_rung = threading.Event()


def wake() -> None:
    """Let whoever waits for messages look at once."""
    _rung.set()


class Channel(memory.Channel):  # type: ignore[misc]
    """A memory channel that wakes the consumer whenever there may be something to do."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        wake()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        super().basic_ack(delivery_tag, multiple=multiple)
        wake()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().basic_reject(delivery_tag, requeue=requeue)
        wake()


class Transport(memory.Transport):  # type: ignore[misc]
    """The memory transport with a consumer that sleeps until it is woken."""

    Channel = Channel

    def drain_events(self, connection: object, timeout: float | None = None) -> None:  # noqa: ARG002 - Kombu's name
        """Deliver one message, or wait until woken and look once more. Raises TimeoutError: there was none."""
        # Cleared before looking, never after: a message that comes in between sets it again.
        _rung.clear()
        with suppress(Empty):
            self.cycle.get(self._deliver, timeout=timeout)
            return
        _rung.wait(timeout)
        try:
            self.cycle.get(self._deliver, timeout=timeout)
        except Empty:
            raise TimeoutError from None


def register() -> None:
    """Make ``bell://`` known to Kombu, which refuses import paths as schemes."""
    TRANSPORT_ALIASES["bell"] = f"{__name__}:Transport"
