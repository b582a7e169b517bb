"""Bring the database's tables up to date, once, whichever command comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from filelock import FileLock

from channels.errors import Text
from publisher.cli.output import Exit, stop
from publisher.log import guard
from publisher.queue.diagnosis.database import is_outside, reason

ADVISORY_LOCK = 7_061_737_375
"""Any number of our own; PostgreSQL lets one session at a time hold it."""


def ensure_schema() -> None:
    """Apply missing migrations. Stops the command where the database cannot be reached."""
    try:
        if _is_current():
            return
        with _lock():
            if not _is_current():
                call_command("migrate", verbosity=0, interactive=False)
                # SQLite makes a table anew for some changes, and forgets its triggers.
                guard.install(connection)
    except DatabaseError as error:
        if not is_outside(error):
            raise
        stop(_unusable(error), Exit.USAGE)


def _unusable(error: DatabaseError) -> Text:
    if connection.vendor == "sqlite":
        return Text(
            "The database cannot be used ({reason}): see that its file can be read and written, "
            "and that its disk has room.",
            reason=reason(error),
        )
    return Text("The database cannot be reached: {reason}. Start it or correct DATABASE_URL.", reason=reason(error))


def _is_current() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _lock() -> AbstractContextManager[object]:
    return _advisory_lock() if connection.vendor == "postgresql" else FileLock(settings.PUBLISHER_HOME / "migrate.lock")


@contextmanager
def _advisory_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        # Large tables take their time, and so does another program that is changing them.
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
            cursor.execute("RESET statement_timeout; RESET lock_timeout")
