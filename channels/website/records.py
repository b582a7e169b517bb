"""What stands on the site, one row an item, so that a publication among many thousands reads only what it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from channels.errors import ChannelError, NeverSent, PersonNeeded

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    item INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    column_key TEXT NOT NULL,
    path TEXT NOT NULL,
    published_at TEXT NOT NULL,
    page_sha256 TEXT NOT NULL,
    stage INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS shown_by_column ON entries (column_key, published_at, item) WHERE stage > 0;
CREATE INDEX IF NOT EXISTS shown_by_time ON entries (published_at, item) WHERE stage > 0;
CREATE INDEX IF NOT EXISTS shown_by_path ON entries (path) WHERE stage > 0;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

FIELDS = "item, revision, digest, title, summary, column_key, path, published_at, page_sha256, stage"

LASTING = frozenset(
    {"SQLITE_AUTH", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_PERM", "SQLITE_READONLY"}
)
"""Troubles that waiting does not mend; the names of extended codes begin with these."""


class Stage(IntEnum):
    """How far the publication of an entry has come."""

    MEANT = 0
    """written down, its page may be there or not"""
    SHOWN = 1
    """its page is there; lists may link to it"""
    COMPLETE = 2
    """every list, the feed and the maps know it"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on the site; ``path`` is below the site's address, ``published_at`` in UTC."""

    item: int
    revision: int
    digest: str
    title: str
    summary: str
    column_key: str
    path: str
    published_at: datetime
    page_sha256: str
    stage: Stage = Stage.MEANT


class Records:
    """Questions and changes, each its own transaction. The caller keeps two writers apart."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def save(self, entry: Entry) -> None:
        """Write the entry down in place of an earlier one of the same item."""
        values = (
            entry.item, entry.revision, entry.digest, entry.title, entry.summary, entry.column_key, entry.path,
            entry.published_at.isoformat(), entry.page_sha256, int(entry.stage),
        )  # fmt: skip
        self._connection.execute(
            f"INSERT OR REPLACE INTO entries ({FIELDS}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 - constants
            values,
        )

    def set_stage(self, item: int, stage: Stage) -> None:
        self._connection.execute("UPDATE entries SET stage = ? WHERE item = ?", (int(stage), item))

    def entry(self, item: int) -> Entry | None:
        return next(self._entries("WHERE item = ?", item), None)

    def newest(self, limit: int, column_key: str | None = None) -> list[Entry]:
        """Shown entries, newest first."""
        order = "ORDER BY published_at DESC, item DESC LIMIT ?"
        if column_key is None:
            return list(self._entries(f"WHERE stage > 0 {order}", limit))
        return list(self._entries(f"WHERE stage > 0 AND column_key = ? {order}", column_key, limit))

    def block(self, column_key: str, start: int, length: int) -> list[Entry]:
        """Shown entries of a column from number ``start`` (0 = the oldest) on, newest first."""
        where = "WHERE stage > 0 AND column_key = ? ORDER BY published_at, item LIMIT ? OFFSET ?"
        return list(self._entries(where, column_key, length, start))[::-1]

    def count(self, column_key: str) -> int:
        return self._number("SELECT count(*) FROM entries WHERE stage > 0 AND column_key = ?", column_key)

    def position(self, entry: Entry) -> int:
        """How many shown entries of its column are older than this one."""
        return self._number(
            "SELECT count(*) FROM entries WHERE stage > 0 AND column_key = ? AND (published_at, item) < (?, ?)",
            entry.column_key,
            entry.published_at.isoformat(),
            entry.item,
        )

    def below(self, folder: str) -> list[Entry]:
        """Shown entries whose path begins with ``folder/``."""
        # "0" is the character after "/": the range is what begins with the folder, and the index finds it.
        return list(
            self._entries("WHERE stage > 0 AND path >= ? AND path < ? ORDER BY path", f"{folder}/", f"{folder}0")
        )

    def folders(self) -> list[tuple[str, datetime]]:
        """The folders in which pages are shown, with the time of the newest of each."""
        rows = self._connection.execute(
            "SELECT substr(path, 1, instr(path, '/') - 1) AS folder, max(published_at) FROM entries WHERE stage > 0 "
            "GROUP BY folder ORDER BY folder"
        )
        return [(folder, datetime.fromisoformat(newest)) for folder, newest in rows]

    def fact(self, name: str) -> str:
        """A stored fact about the site, empty where there is none."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _entries(self, where: str, *values: object) -> Iterator[Entry]:
        for row in self._connection.execute(f"SELECT {FIELDS} FROM entries {where}", values):  # noqa: S608 - constants
            read = dict(zip(FIELDS.split(", "), row, strict=True))
            read |= {"published_at": datetime.fromisoformat(read["published_at"]), "stage": Stage(read["stage"])}
            yield Entry(**read)

    def _number(self, query: str, *values: object) -> int:
        return int(self._connection.execute(query, values).fetchone()[0])


@contextmanager
def open_records(path: Path) -> Iterator[Records]:
    """The records in the file ``path``, made where it is missing."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(SCHEMA)
        yield Records(connection)
    finally:
        connection.close()


def records_error(error: sqlite3.Error, path: Path) -> ChannelError:
    """The error to raise for records that cannot be read or written."""
    reason = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if reason.startswith(tuple(LASTING)):
        return PersonNeeded(
            "The records of the site in {path} cannot be used ({reason}): mend the permissions or restore the file "
            "from the backup.",
            path=path,
            reason=reason,
        )
    return NeverSent(
        "The records of the site in {path} cannot be used at the moment ({reason}). It will be tried again.",
        path=path,
        reason=reason,
    )
