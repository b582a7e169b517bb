"""What the stand-ins hold. Every effect is written down once, and is on disk before its answer leaves.

One SQLite file behind lists in memory; without a folder the file is in memory too. A process that is killed loses
nothing that was answered: the operating system has the write-ahead log by then.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from channels.sandbox.faults import Fault

FILE_NAME = "sandbox.sqlite3"
LOCK_TIMEOUT_S = 0.2

BEIJING = timezone(timedelta(hours=8))
"""The clock by which both platforms count their days and hours."""

Entry = TypeVar("Entry")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived, whatever became of it."""

    path: str
    at: datetime
    fault: Fault = Fault.OK

    def as_json(self) -> dict[str, Any]:
        return {"path": self.path, "at": self.at.isoformat(), "fault": self.fault.value}


@dataclass(frozen=True, slots=True)
class Usage:
    """How many calls of a kind were made in one window of a quota."""

    used: int


class Shelf(Generic[Entry]):
    """All entries of one kind by key, in the order in which they came. Entries are never changed, only replaced."""

    def __init__(self, books: Books, name: str, entry_type: type[Entry]) -> None:
        self._books = books
        self._name = name
        self._adapter = adapter_of(entry_type)
        self._entries: dict[str, Entry] = {}
        self.load()

    def load(self) -> None:
        rows = self._books.execute("SELECT key, data FROM entries WHERE shelf = ? ORDER BY number", self._name)
        self._entries = {key: self._adapter.validate_json(data) for key, data in rows}

    def all(self) -> list[Entry]:
        """Every entry, oldest first; a copy, so that it can be read while calls arrive."""
        with self._books.lock:
            return list(self._entries.values())

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def newest_first(self) -> Iterator[Entry]:
        """Every entry, newest first, without a copy: for use inside ``Books.page``."""
        return reversed(self._entries.values())

    def put(self, key: str, entry: Entry) -> None:
        """Add an entry, or replace the one with that key where it stands."""
        with self._books.page():
            self._books.execute(
                "INSERT INTO entries (shelf, key, data) VALUES (?, ?, ?)"
                " ON CONFLICT (shelf, key) DO UPDATE SET data = excluded.data",
                self._name,
                key,
                self._adapter.dump_json(entry),
            )
            self._entries[key] = entry

    def __len__(self) -> int:
        return len(self._entries)


class Books:
    """All shelves and the file behind them.

    Args:
        folder: where the file is kept, made when missing; None keeps it in memory.
    Raises sqlite3.OperationalError: another stand-in has the same folder open.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._shelves: list[Shelf[Any]] = []
        self._depth = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        target = ":memory:" if folder is None else str(folder / FILE_NAME)
        self._connection = sqlite3.connect(
            target, isolation_level=None, check_same_thread=False, timeout=LOCK_TIMEOUT_S
        )
        try:
            # Exclusive: two stand-ins on one file would each believe in their own lists.
            self._connection.executescript(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                "CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, shelf TEXT NOT NULL,"
                " key TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (shelf, key));"
            )
        except sqlite3.OperationalError:
            self._connection.close()
            raise

    def shelf(self, name: str, entry_type: type[Entry]) -> Shelf[Entry]:
        shelf = Shelf(self, name, entry_type)
        self._shelves.append(shelf)
        return shelf

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def page(self) -> Iterator[None]:
        """What is written inside the block stands in the books when it ends, all of it or, after an exception, none.

        Blocks may lie in one another; nobody else writes meanwhile.
        """
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._tear_out()
                raise
            finally:
                self._depth -= 1

    def clear(self) -> None:
        """Empty every shelf."""
        with self.page():
            self._connection.execute("DELETE FROM entries")
            for shelf in self._shelves:
                shelf.load()

    def close(self) -> None:
        with self.lock:
            self._connection.close()

    def _tear_out(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for shelf in self._shelves:
            shelf.load()


def adapter_of(entry_type: type[Entry]) -> TypeAdapter[Entry]:
    """The reader and writer of a type; making one is slow, so they are kept."""
    if entry_type not in _adapters:
        _adapters[entry_type] = TypeAdapter(entry_type)
    return _adapters[entry_type]


def now() -> datetime:
    return datetime.now(UTC)
