"""What stands on the site, one row an item, so that a publication among many thousands reads only what it shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
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
    # Before, a page took its place alone and what leads to it followed; now all take their places by one list of moves.
    # Every list is written anew, every page is read once; what was meant then is settled by ``meant``.
    """
    ALTER TABLE entries ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE entries ADD COLUMN image TEXT NOT NULL DEFAULT '';
    ALTER TABLE entries ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
    DROP TABLE chores;
    DELETE FROM facts WHERE name = 'fingerprint';
    CREATE INDEX entries_by_number ON entries (number);
    CREATE INDEX shown_with_image ON entries (published_at, item) WHERE stage > 0 AND image <> '';
    CREATE TABLE moves (place INTEGER PRIMARY KEY, draft TEXT NOT NULL, name TEXT NOT NULL);
    CREATE TABLE links (item INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY (item, path));
    CREATE INDEX links_by_path ON links (path);
    CREATE TABLE folders (folder TEXT PRIMARY KEY, changed_at TEXT NOT NULL);
    INSERT INTO folders SELECT substr(path, 1, instr(path, '/') - 1), max(max(published_at, changed_at)) FROM entries
        GROUP BY 1;
    CREATE TABLE counts (column_key TEXT PRIMARY KEY, shown INTEGER NOT NULL);
    INSERT INTO counts SELECT column_key, count(*) FROM entries WHERE stage > 0 GROUP BY column_key;
    CREATE TRIGGER count_new AFTER INSERT ON entries WHEN new.stage > 0 BEGIN
        INSERT INTO counts VALUES (new.column_key, 1) ON CONFLICT DO UPDATE SET shown = shown + 1;
    END;
    CREATE TRIGGER count_old AFTER DELETE ON entries WHEN old.stage > 0 BEGIN
        UPDATE counts SET shown = shown - 1 WHERE column_key = old.column_key;
    END;
    """,
    # Before, only links within a text told which documents it interprets.
    """
    CREATE TABLE interprets (item INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (item, document));
    CREATE INDEX interprets_by_document ON interprets (document);
    """,
)
"""What each version of the file has more than the one before; ``user_version`` is how many of them it has."""

FIELDS = (
    "item, revision, digest, title, summary, column_key, path, published_at, page_sha256, stage, changed_at, number, "
    "image, details"
)

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
    MARKED = 2
    """the same, with a mark that it no longer holds"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on the site; ``path`` is below the site's address, times are in UTC.

    ``published_at`` is the first time, ``changed_at`` when it was corrected or taken back since. ``digest`` is the
    product's, ``page_sha256`` that of the page or notice at its address. ``number`` counts the items of the site in
    the order they came; ``image`` is the path of its first picture; ``details`` is what the catalogue says of it.
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
    number: int = 0
    image: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_shown(self) -> bool:
        return self.stage > 0

    @property
    def is_marked(self) -> bool:
        return self.stage is Stage.MARKED

    @property
    def mark(self) -> str:
        """What lists say of an item that no longer holds, empty of one that does."""
        return self.details.get("mark", "")

    @property
    def folder(self) -> str:
        return self.path.partition("/")[0]

    @property
    def last_at(self) -> datetime:
        """When what stands there came to be as it is."""
        return self.changed_at or self.published_at

    @property
    def index_number(self) -> str:
        return self.details.get("index_number", "")


@dataclass(frozen=True, slots=True)
class Move:
    """One file taking its place: from ``draft`` to ``name``, both below the public folder; no draft: it is removed."""

    draft: str
    name: str


class Records:
    """Questions and changes. The caller keeps two writers apart, and makes all changes within ``transaction``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes within it are made at its end, or none of them."""
        # The connection begins none by itself; as a context manager it ends this one, well or not.
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def keep(self, entry: Entry) -> None:
        """Let the entry be what stands on the site of its item."""
        marks = ", ".join("?" * len(_row(entry)))
        # Not REPLACE: it would delete the old row without its trigger.
        self._connection.execute("DELETE FROM entries WHERE item = ?", (entry.item,))
        self._connection.execute(f"INSERT INTO entries ({FIELDS}) VALUES ({marks})", _row(entry))  # noqa: S608 - constants
        self._connection.execute(
            "INSERT INTO folders VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)",
            (entry.folder, entry.last_at.isoformat()),
        )

    def link(self, item: int, paths: Iterable[str]) -> None:
        """Let these be the pages of the site that the item's text links to."""
        self._connection.execute("DELETE FROM links WHERE item = ?", (item,))
        self._connection.executemany("INSERT OR IGNORE INTO links VALUES (?, ?)", [(item, path) for path in paths])

    def linked_from(self, path: str) -> list[Entry]:
        """Shown entries whose text links to the page at ``path``, oldest first."""
        where = "JOIN links USING (item) WHERE links.path = ? AND stage > 0 ORDER BY published_at, item"
        return list(self._entries(where, path))

    def linked_to(self, item: int) -> list[Entry]:
        """Shown entries whose pages the item's text links to."""
        where = "WHERE path IN (SELECT path FROM links WHERE item = ?) AND stage > 0 ORDER BY published_at, item"
        return list(self._entries(where, item))

    def interpret(self, item: int, documents: Iterable[int]) -> None:
        """Let these be the items whose documents the item interprets, on the site or not."""
        self._connection.execute("DELETE FROM interprets WHERE item = ?", (item,))
        rows = [(item, document) for document in documents if document != item]
        self._connection.executemany("INSERT OR IGNORE INTO interprets VALUES (?, ?)", rows)

    def interpreted_by(self, item: int) -> list[Entry]:
        """Shown entries whose documents the item interprets, oldest first."""
        where = "JOIN interprets ON document = entries.item WHERE interprets.item = ? AND stage > 0"
        return list(self._entries(f"{where} ORDER BY published_at, entries.item", item))

    def interpreting(self, item: int) -> list[Entry]:
        """Shown entries that interpret the item's document, oldest first."""
        where = "JOIN interprets ON interprets.item = entries.item WHERE document = ? AND stage > 0"
        return list(self._entries(f"{where} ORDER BY published_at, entries.item", item))

    def plan(self, moves: Sequence[Move]) -> None:
        """Write down which files are to take their places; once the transaction has ended they will."""
        self._connection.executemany(
            "INSERT INTO moves (draft, name) VALUES (?, ?)", [(move.draft, move.name) for move in moves]
        )

    def moves(self) -> list[Move]:
        """What has been planned and may not have been done."""
        return [Move(*row) for row in self._connection.execute("SELECT draft, name FROM moves ORDER BY place")]

    def forget_moves(self) -> None:
        self._connection.execute("DELETE FROM moves")

    def meant(self) -> list[Entry]:
        """What a version before was about to put and has not called done."""
        return list(self._entries("", table="meant", fields=FIELDS[: FIELDS.index(", number")]))

    def settle(self, entry: Entry, *, is_there: bool) -> None:
        """Let what was meant be so, or not."""
        if is_there:
            self.keep(entry)
        self._connection.execute("DELETE FROM meant WHERE item = ?", (entry.item,))

    def entry(self, item: int) -> Entry | None:
        return next(self._entries("WHERE item = ?", item), None)

    def entry_at(self, path: str) -> Entry | None:
        return next(self._entries("WHERE path = ?", path), None)

    def newest(self, limit: int, columns: Sequence[str] | None = None, *, after: int = 0) -> list[Entry]:
        """Shown entries of these columns (None: of all), newest first, without the ``after`` newest."""
        order = "ORDER BY published_at DESC, item DESC LIMIT ? OFFSET ?"
        if columns is None:
            return list(self._entries(f"WHERE stage > 0 {order}", limit, after))
        # One index walk a column: an IN over several columns would sort everything they ever showed.
        found = [
            entry
            for key in columns
            for entry in self._entries(
                f"WHERE stage > 0 AND column_key = ? {order}",
                key,
                limit + (after if len(columns) > 1 else 0),
                0 if len(columns) > 1 else after,
            )
        ]
        if len(columns) == 1:
            return found
        found.sort(key=lambda entry: (entry.published_at, entry.item), reverse=True)
        return found[after : after + limit]

    def newest_with_image(self, limit: int) -> list[Entry]:
        where = "WHERE stage > 0 AND image <> '' ORDER BY published_at DESC, item DESC LIMIT ?"
        return list(self._entries(where, limit))

    def count(self, column_key: str | None = None) -> int:
        """How many are shown, in a column or in all."""
        if column_key is None:
            return self._number("SELECT coalesce(sum(shown), 0) FROM counts")
        return self._number("SELECT coalesce(sum(shown), 0) FROM counts WHERE column_key = ?", column_key)

    def count_all(self) -> int:
        """How many entries there are, with those taken back."""
        return self._number("SELECT count(*) FROM entries")

    def position(self, entry: Entry, *, of_all: bool = False) -> int:
        """How many shown entries of its column, or of all, are older than this one."""
        newer = "(published_at, item) > (?, ?)"
        place = (entry.published_at.isoformat(), entry.item)
        if of_all:
            after = self._number(f"SELECT count(*) FROM entries WHERE stage > 0 AND {newer}", *place)  # noqa: S608 - constants
            return max(0, self.count() - after - 1)
        after = self._number(
            f"SELECT count(*) FROM entries WHERE stage > 0 AND column_key = ? AND {newer}",  # noqa: S608 - constants
            entry.column_key,
            *place,
        )
        return max(0, self.count(entry.column_key) - after - 1)

    def below(self, folder: str) -> list[Entry]:
        """Shown entries whose path begins with ``folder/``."""
        # "0" is the character after "/": the range is what begins with the folder, and the index finds it.
        return list(
            self._entries("WHERE stage > 0 AND path >= ? AND path < ? ORDER BY path", f"{folder}/", f"{folder}0")
        )

    def between(self, begin: datetime, end: datetime) -> list[Entry]:
        """Shown entries first published from ``begin`` on and before ``end``."""
        where = "WHERE stage > 0 AND published_at >= ? AND published_at < ?"
        return list(self._entries(where, *(moment.astimezone(UTC).isoformat() for moment in (begin, end))))

    def facts(self, beginning: str) -> list[str]:
        """Names of the stored facts that begin so, in their order."""
        names = "SELECT name FROM facts WHERE name >= ? AND name < ? ORDER BY name"
        return [str(name) for (name,) in self._connection.execute(names, (beginning, f"{beginning}\uffff"))]

    def along_paths(self, after: str, limit: int) -> list[Entry]:
        """Entries by their paths behind ``after``, those taken back among them."""
        return list(self._entries("WHERE path > ? ORDER BY path LIMIT ?", after, limit))

    def numbered(self, first: int, last: int) -> list[Entry]:
        """Shown entries with these numbers, both ends included, by their numbers."""
        return list(self._entries("WHERE number BETWEEN ? AND ? AND stage > 0 ORDER BY number", first, last))

    def last_number(self) -> int:
        return self._number("SELECT coalesce(max(number), 0) FROM entries")

    def without_number(self, limit: int) -> list[Entry]:
        """Entries of a version that did not number them, oldest first."""
        return list(self._entries("WHERE number = 0 ORDER BY published_at, item LIMIT ?", limit))

    def folders(self) -> list[tuple[str, datetime]]:
        """The folders in which pages are or were shown, with the time of the latest change in each."""
        rows = self._connection.execute("SELECT folder, changed_at FROM folders ORDER BY folder")
        return [(folder, datetime.fromisoformat(newest)) for folder, newest in rows]

    def columns(self) -> list[str]:
        """Keys of the columns in which something is shown."""
        rows = self._connection.execute("SELECT column_key FROM counts WHERE shown > 0 ORDER BY column_key")
        return [str(key) for (key,) in rows]

    def fact(self, name: str) -> str:
        """A stored fact about the site, empty where there is none."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _entries(self, where: str, *values: object, table: str = "entries", fields: str = FIELDS) -> Iterator[Entry]:
        names = fields.split(", ")
        wanted = ", ".join(f"{table}.{name}" for name in names)
        for row in self._connection.execute(f"SELECT {wanted} FROM {table} {where}", values):  # noqa: S608 - constants
            read = dict(zip(names, row, strict=True))
            changed_at = datetime.fromisoformat(read["changed_at"]) if read["changed_at"] else None
            read |= {"published_at": datetime.fromisoformat(read["published_at"]), "changed_at": changed_at}
            read |= {"details": json.loads(read.get("details", "{}")), "stage": Stage(read["stage"])}
            yield Entry(**read)

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
        entry.changed_at.isoformat() if entry.changed_at else "", entry.number, entry.image,
        json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True),
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
