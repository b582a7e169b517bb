"""Asking what may never answer: a frozen server, a disk that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")


def aside(call: Callable[[], Answer]) -> Future[Answer]:
    """Begin ``call`` in a thread with a database connection of its own; nobody waits for it when the program ends."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result
            future.set_exception(error)
        finally:
            connection.close()

    threading.Thread(target=run, name="publisher-aside", daemon=True).start()
    return future
