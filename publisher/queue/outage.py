"""The database as something that can go away and come back, and that others write into."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

LOST = (OperationalError, InterfaceError)
"""What Django raises where the connection to the database is gone."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


def reason(error: Exception) -> str:
    """The first line of what an error says, or its name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def insist(write: Callable[[], object], wait: Callable[[float], bool]) -> None:
    """Call ``write`` until the database takes it, or until ``wait``, called with seconds, says that it is time to stop.

    For what may be written twice.
    """
    pause = FIRST_PAUSE_S
    while not wait(pause):
        pause = min(2 * pause, LONGEST_PAUSE_S)
        connection.close()
        try:
            write()
        except LOST:
            continue
        return


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
