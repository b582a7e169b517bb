"""What stands on the site, one row an item, so that a publication among many thousands reads only what it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from pathlib import Path

from channels.errors import ChannelError, NeverSent, PersonNeeded

SCHEMA = (
    """
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
    """,
    # Before, stage 0 was an entry whose page may be missing, 1 one whose lists may be, 2 a complete one.
    """
    ALTER TABLE entries ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
    CREATE INDEX entries_by_path ON entries (path);
    CREATE TABLE chores (kind TEXT NOT NULL, name TEXT NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (kind, name));
    INSERT INTO chores SELECT DISTINCT 'list', column_key, 1 FROM entries WHERE stage < 2;
    INSERT INTO chores SELECT DISTINCT 'map', substr(path, 1, instr(path, '/') - 1), 0 FROM entries WHERE stage < 2;
    CREATE TABLE meant AS SELECT * FROM entries WHERE stage = 0;
    CREATE UNIQUE INDEX meant_by_item ON meant (item);
    DELETE FROM entries WHERE stage = 0;
    UPDATE meant SET stage = 1;
    UPDATE entries SET stage = 1;
    """,
)
"""What each version of the file has more than the one before; ``user_version`` is how many of them it has."""

FIELDS = "item, revision, digest, title, summary, column_key, path, published_at, page_sha256, stage, changed_at"

LASTING = frozenset(
    {"SQLITE_AUTH", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_PERM", "SQLITE_READONLY"}
)
"""Troubles that waiting does not mend; the names of extended codes begin with these."""


class Stage(IntEnum):
    """What stands at an entry's address."""

    RECALLED = -1
    """a notice that the item was taken back; no list names it"""
    SHOWN = 1
    """its page; lists link to it"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on the site; ``path`` is below the site's address, times are in UTC.

    ``published_at`` is the first time, ``changed_at`` when it was corrected or taken back since. ``digest`` is the
    product's, ``page_sha256`` that of the page or notice at its address.
    """

    item: int
    revision: int
    digest: str
    title: str
    summary: str
    column_key: str
    path: str
    published_at: datetime
    page_sha256: str
    stage: Stage = Stage.SHOWN
    changed_at: datetime | None = None

    @property
    def is_shown(self) -> bool:
        return self.stage is Stage.SHOWN

    @property
    def folder(self) -> str:
        return self.path.partition("/")[0]

    @property
    def last_at(self) -> datetime:
        """When what stands there came to be as it is."""
        return self.changed_at or self.published_at


class Kind(StrEnum):
    """What is left to do after a page was put, changed or taken back."""

    LIST = "list"
    """write the list of a column anew, from page ``first`` on"""
    MAP = "map"
    """write the map of a folder anew"""
    FILE = "file"
    """remove a file, unless a page names it"""


@dataclass(frozen=True, slots=True)
class Chore:
    """One of them; ``name`` is a column's key, a folder, or a path below the site's address."""

    kind: Kind
    name: str
    first: int = 0


class Records:
    """Questions and changes, each its own transaction. The caller keeps two writers apart.

    A page and its row cannot change in one move. So an entry is *meant* first, together with the chores it brings; then
    the page takes its place, then the entry is *settled*. After a crash the page itself tells whether it came to that.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def mean(self, entry: Entry, chores: Iterable[Chore]) -> None:
        """Write down what is about to be at the entry's address, in place of what was meant for the item before."""
        with self._transaction():
            self._connection.execute(
                f"INSERT OR REPLACE INTO meant ({FIELDS}) VALUES ({', '.join('?' * len(_row(entry)))})",  # noqa: S608 - constants
                _row(entry),
            )
            self._connection.executemany(
                "INSERT INTO chores VALUES (?, ?, ?) "
                "ON CONFLICT (kind, name) DO UPDATE SET first = min(first, excluded.first)",
                [(chore.kind.value, chore.name, chore.first) for chore in chores],
            )

    def settle(self, item: int) -> None:
        """Let what was meant for the item be so."""
        with self._transaction():
            self._connection.execute(
                f"INSERT OR REPLACE INTO entries ({FIELDS}) SELECT {FIELDS} FROM meant WHERE item = ?",  # noqa: S608 - constants
                (item,),
            )
            self.forget(item)

    def forget(self, item: int) -> None:
        """Let what was meant for the item not be so."""
        self._connection.execute("DELETE FROM meant WHERE item = ?", (item,))

    def chores(self) -> list[Chore]:
        rows = self._connection.execute("SELECT kind, name, first FROM chores ORDER BY kind, name")
        return [Chore(Kind(kind), name, first) for kind, name, first in rows]

    def forget_chores(self) -> None:
        self._connection.execute("DELETE FROM chores")

    def entry(self, item: int) -> Entry | None:
        return next(self._entries("WHERE item = ?", item), None)

    def entry_at(self, path: str) -> Entry | None:
        return next(self._entries("WHERE path = ?", path), None)

    def meant(self) -> list[Entry]:
        """What was meant and has not been settled."""
        return list(self._entries("", table="meant"))

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
        """The folders in which pages are shown, with the time of the latest change in each."""
        rows = self._connection.execute(
            "SELECT substr(path, 1, instr(path, '/') - 1) AS folder, max(max(published_at, changed_at)) FROM entries "
            "WHERE stage > 0 GROUP BY folder ORDER BY folder"
        )
        return [(folder, datetime.fromisoformat(newest)) for folder, newest in rows]

    def fact(self, name: str) -> str:
        """A stored fact about the site, empty where there is none."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _entries(self, where: str, *values: object, table: str = "entries") -> Iterator[Entry]:
        for row in self._connection.execute(f"SELECT {FIELDS} FROM {table} {where}", values):  # noqa: S608 - constants
            read = dict(zip(FIELDS.split(", "), row, strict=True))
            changed_at = datetime.fromisoformat(read["changed_at"]) if read["changed_at"] else None
            read |= {"published_at": datetime.fromisoformat(read["published_at"]), "changed_at": changed_at}
            yield Entry(**read | {"stage": Stage(read["stage"])})

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # The connection begins none by itself; as a context manager it ends this one, well or not.
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _number(self, query: str, *values: object) -> int:
        return int(self._connection.execute(query, values).fetchone()[0])


@contextmanager
def open_records(path: Path) -> Iterator[Records]:
    """The records in the file ``path``, made where it is missing."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(connection)
        yield Records(connection)
    finally:
        connection.close()


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(SCHEMA[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")


def _row(entry: Entry) -> tuple[object, ...]:
    """The values of ``FIELDS``."""
    return (
        entry.item, entry.revision, entry.digest, entry.title, entry.summary, entry.column_key, entry.path,
        entry.published_at.isoformat(), entry.page_sha256, int(entry.stage),
        entry.changed_at.isoformat() if entry.changed_at else "",
    )  # fmt: skip


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
