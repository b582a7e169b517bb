"""Whether the database can be relied on: it answers, forgets nothing, can be written, and knows the time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import Error, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext

from channels.errors import Text, message_id
from publisher.queue.clock import DatabaseClock
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.queue.models import Pulse

CHECK = "database"

WRITTEN = "written"
"""Name of the sign that the database took a write."""

HURRY_S = 2
"""How long an examination waits for a lock that another program holds."""

CLOCKS_APART_S = 2.0

REASONS = {
    sqlite3.SQLITE_READONLY: message_id("it is read-only"),
    sqlite3.SQLITE_FULL: message_id("the disk is full"),
    sqlite3.SQLITE_CANTOPEN: message_id("its file cannot be opened"),
    sqlite3.SQLITE_IOERR: message_id("the disk does not read or write, or is full"),
    sqlite3.SQLITE_CORRUPT: message_id("its file is damaged"),
    sqlite3.SQLITE_NOTADB: message_id("its file is damaged"),
    "25006": message_id("it is read-only"),
    "53100": message_id("the disk is full"),
}
"""Why the database refuses, by the code of SQLite (sqlite.org/rescode.html) or PostgreSQL (its appendix A)."""

BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03")
"""Codes of "another program holds the lock"."""

DURABLE = {
    "sqlite": {"journal_mode": ("wal",), "synchronous": ("2", "3")},
    "postgresql": {"fsync": ("on",), "synchronous_commit": ("on", "remote_apply", "remote_write")},
}
"""Settings without which a commit may be forgotten, and what they may be; the first is what to set."""


class NotWritable(Exception):
    """The database answers and takes no writes; ``error`` is its own word."""

    def __init__(self, error: Error) -> None:
        self.error = error
        super().__init__(str(error))


class NothingToSee(Exception):
    """The database does not answer or has no tables: there is nothing else to look at. ``findings`` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__()


def hurry() -> None:
    """Let this thread's connection wait for nobody's lock longer than ``HURRY_S``."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {HURRY_S * 1000}")
        else:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{HURRY_S}s"])


def prove_writable(now: datetime) -> None:
    """Write and commit a sign. Raises NotWritable: the database refuses; not where another program holds its lock."""
    try:
        Pulse.objects.update_or_create(name=WRITTEN, defaults={"at": now})
    except Error as error:
        if not is_busy(error):
            raise NotWritable(error) from error


def is_busy(error: Error) -> bool:
    return _code(error) in BUSY


def reason(error: Error) -> str:
    """Why the database refused: in the active language where there is a word for it, else in its own words."""
    template = REASONS.get(_code(error))
    return gettext(template) if template else next(iter(str(error).splitlines()), type(error).__name__)


def is_outside(error: Error) -> bool:
    """Whether it is the database's trouble, and no mistake of the program."""
    return isinstance(error, OperationalError) or _code(error) in REASONS


def presence() -> list[Finding]:
    """Whether it answers and has its tables. Raises NothingToSee: it does not, and there is nothing to ask it."""
    if connection.vendor == "sqlite" and not _file().exists():
        raise NothingToSee([_without_tables()])
    try:
        hurry()
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Error as error:
        raise NothingToSee([_silent(error)]) from error
    if not executor.loader.applied_migrations:
        raise NothingToSee([_without_tables()])
    if pending:
        text = Text("The tables are older than the program: {count} changes of them are outstanding.", count=pending)
        remedy = Text("Any command, such as `publisher status`, brings them up to date.")
        raise NothingToSee([problem(CHECK, text, Who.ADMINISTRATOR, remedy)])
    return [well(CHECK, Text("The database ({kind}) answers.", kind=connection.display_name))]


def durability() -> list[Finding]:
    """Whether what is committed stays: a commit the database forgets could publish twice."""
    weak = [finding for name, allowed in DURABLE[connection.vendor].items() for finding in _weak(name, allowed)]
    return weak or [well("durability", Text("What the database has committed survives a power failure."))]


def writing() -> list[Finding]:
    """Whether it can be written: tried with a row of its own."""
    try:
        Pulse.objects.update_or_create(name=WRITTEN, defaults={"at": timezone.now()})
    except Error as error:
        if is_busy(error):
            text = Text("Another program keeps the database locked for longer than {seconds} s.", seconds=HURRY_S)
            remedy = Text("Wait until it has ended, or find it and end it.")
            return [warning("writing", text, Who.ADMINISTRATOR, remedy)]
        text = Text("Nothing can be written into the database ({reason}).", reason=reason(error))
        remedy = Text("Make room on its disk, or make it writable again.")
        return [problem("writing", text, Who.ADMINISTRATOR, remedy)]
    return [well("writing", Text("The database can be written."))]


def time() -> list[Finding]:
    """Whether this machine, which dates what is published, and the database server agree about the time."""
    if connection.vendor == "sqlite":
        return []
    before = timezone.now()
    told = DatabaseClock()()
    after = timezone.now()
    apart = max((before - told).total_seconds(), (told - after).total_seconds())
    if apart <= CLOCKS_APART_S:
        return [well("clock", Text("The clocks of this machine and of the database agree."))]
    text = Text("The clock of this machine is {seconds} s off that of the database.", seconds=f"{apart:.0f}")
    remedy = Text("Let both machines follow the same time server: publications are dated by this one.")
    return [warning("clock", text, Who.ADMINISTRATOR, remedy)]


def _without_tables() -> Finding:
    text = Text("There is no database yet: nothing was ever started here.")
    return warning(CHECK, text, Who.ADMINISTRATOR, Text("`publisher up` makes it."))


def _silent(error: Error) -> Finding:
    text = Text("The database gives no answer ({reason}), so nothing can be said of deliveries.", reason=reason(error))
    remedy = Text("Start it, or correct DATABASE_URL.")
    if connection.vendor == "sqlite":
        remedy = Text("See that its file can be read and written and that its disk has room.")
    return problem(CHECK, text, Who.ADMINISTRATOR, remedy)


def _weak(name: str, allowed: tuple[str, ...]) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}" if connection.vendor == "sqlite" else f"SHOW {name}")
        value = str(cursor.fetchone()[0])
    if value not in allowed:
        text = Text(
            "The database may forget what it has committed, and it could go out twice: its setting {name} is {value}.",
            name=name,
            value=value,
        )
        remedy = Text("Set {name} to {value}.", name=name, value=allowed[0])
        yield problem("durability", text, Who.ADMINISTRATOR, remedy)


def _file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _code(error: Error) -> int | str | None:
    """The database's own code; of SQLite's extended ones the primary part."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) or 0) & 0xFF
    code: str | None = getattr(cause, "sqlstate", None)
    return code
