"""Checking a log of any size, in the database or in a file: every fault, and what is sound after it.

An auditor need not trust any of this: ``auditor.py`` checks the same by itself, in one short file without the program.

How the log is chained: the hash of an entry is SHA-256 over the hash before it, a line feed and its text ("canonical")
in UTF-8; before the first entry of an office stand 64 zeros. The other columns repeat what the text says; one that the
text does not name was added to the book later and is empty.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from json.decoder import scanstring  # type: ignore[attr-defined]
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from channels.errors import message_id

START = "0" * 64
CHAIN = ("canonical", "previous", "hash")
NO_FACTS = {*CHAIN, "id", "keeper", "archive"}
MOST_FAULTS = 1000
"""After so many the rest is not looked at: such a file is no log that somebody tampered with."""


MESSAGES = {
    "unreadable": message_id("What stands there is no entry that can be read."),
    "text": message_id("Entry {numbers} was changed: its text does not match its hash."),
    "link": message_id("Entry {numbers} was changed: it names another hash before it."),
    "columns": message_id("Entry {numbers} was changed in its columns: {columns}."),
    "replaced": message_id("Entry {numbers} or the one before it was replaced."),
    "missing": message_id("Entry {numbers} is missing."),
    "beginning": message_id("Entry {numbers} is missing at the beginning."),
    "end": message_id("Entry {numbers} was written and is missing at the end."),
    "after": message_id("Entry {numbers} stands after the last one written."),
    "twice": message_id("Entry {numbers} is there twice, also at #{other}."),
    "stray": message_id("Entry {numbers} does not belong there: it was inserted."),
    "place": message_id("Entry {numbers} stands in the wrong place."),
    "channel": message_id("Entry {numbers} is number {found} in channel {channel}, where {expected} comes next."),
    "history": message_id("Entry {numbers} is not that of the checkpoint of {made}."),
    "head": message_id("Entry {numbers} is not the one that was written last."),
    "checkpoint": message_id("The checkpoint of {made} was changed."),
    "chain": message_id("The checkpoint before that of {made} is missing."),
    "manifest": message_id("The file is not the one its manifest describes."),
    "no_column": message_id("This is no log: it has no column {columns}."),
    "no_checkpoint": message_id("There is no checkpoint in it."),
    "no_manifest": message_id("The manifest {path} cannot be read."),
    "notes": message_id(
        "{count} notes of what went out several times do not follow from the log: counts are wrong until "
        "`publisher log guard` has made them again."
    ),
    "many": message_id("There are too many faults: from here on nothing was looked at."),
}
"""What is said of each kind of fault, and of what cannot be read."""


class Fault(NamedTuple):
    """One fault and where it is: from which number to which, and in which record of the source (0: in none)."""

    kind: str
    office: str = ""
    first: int = 0
    last: int = 0
    place: int = 0
    more: tuple[tuple[str, object], ...] = ()

    @property
    def values(self) -> dict[str, object]:
        """What goes into the message."""
        numbers = str(self.first) if self.first == self.last else f"{self.first}–{self.last}"
        return {"numbers": numbers, **dict(self.more)}

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.office, f"#{self.place}" if self.place else "")))
        return f"[{where}] {MESSAGES[self.kind].format(**self.values)}"


class Unreadable(Exception):
    """Nothing that holds a log, or a checkpoint, or a manifest; ``fault`` says what is the matter."""

    def __init__(self, kind: str, **more: object) -> None:
        self.fault = Fault(kind, more=tuple(more.items()))
        super().__init__(str(self.fault))


class Checkpoint(NamedTuple):
    """That entry ``number`` had the hash ``head`` when it was made; ``before`` is the digest of the one before it."""

    office: str
    number: int
    head: str
    made: str
    before: str = START

    @property
    def text(self) -> str:
        """The checkpoint as it is printed, mailed and published; the last line is the SHA-256 of those above it."""
        return f"{self.body}sha256: {self.digest}\n"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def body(self) -> str:
        """Everything above the digest."""
        lines = (f"{name}: {value}\n" for name, value in self._asdict().items())
        return "publication log checkpoint 1 发布日志检查点\n" + "".join(lines)


def checkpoints(text: str) -> list[tuple[Checkpoint, bool]]:
    """The checkpoints in a text, each with whether it is what its own digest says."""
    names = (*Checkpoint._fields, "sha256")
    found = [match.groups() for match in re.finditer(r"\s+".join(rf"{name}: +(\S+)" for name in names), text)]
    made = [(Checkpoint(office, int(number), *rest), digest) for office, number, *rest, digest in found]
    return [(checkpoint, checkpoint.digest == digest) for checkpoint, digest in made]


# Reading: whatever holds entries becomes (record, text, previous, hash, facts in the text, columns that differ from it)

Entry = tuple[int, str, str, str, "dict[str, Any]", Sequence[str]]
UNREADABLE: tuple[str, str, str, dict[str, Any], Sequence[str]] = ("", "", "", {}, ())
QUICK = '{"canonical":"'
HEADINGS = re.compile(rb'(\xef\xbb\xbf)?"?\w+"?,"?\w')
"""How a CSV file begins."""

ALL_ENTRIES = "SELECT * FROM log_logentry ORDER BY office, seq"

decode = json.JSONDecoder().raw_decode


def documents(lines: Iterable[str]) -> Iterator[Entry]:
    """Entries of JSON Lines. A line as the program writes it ends in the text itself and need not be read twice."""
    for place, line in enumerate(lines, 1):
        try:
            if line.startswith(QUICK):
                text, at = scanstring(line, len(QUICK))
                digest, previous = line[at + 9 : at + 73], line[at + 87 : at + 151]
                if line[at:].rstrip("\r\n") == f',"hash":"{digest}","previous":"{previous}",{text[1:]}':
                    yield place, text, previous, digest, facts_of(text), ()
                    continue
            yield (place, *document(json.loads(line, object_pairs_hook=_each_once)))
        except (ValueError, RecursionError):
            yield (place, *UNREADABLE)


def table(names: Sequence[str], rows: Iterable[Sequence[Any]], *, is_csv: bool = False) -> Iterator[Entry]:
    """Entries of a table: of a CSV file, or of a database with times, dates and details as text."""
    if missing := {*CHAIN, "office", "seq", "at", "detail"} - set(names):
        raise Unreadable("no_column", columns=", ".join(sorted(missing)))
    plain = [name for name in names if name not in NO_FACTS and name not in ("at", "detail")]
    pick, want = itemgetter(*map(names.index, plain)), itemgetter(*plain)
    rest = itemgetter(*map(names.index, (*CHAIN, "at", "detail")))
    for place, row in enumerate(rows, 1):
        if len(row) != len(names):
            yield (place, *UNREADABLE)
            continue
        text, previous, digest, at, detail = rest(row)
        facts = facts_of(text)
        try:
            wanted = tuple(map(_cell, want(facts))) if is_csv else want(facts)
            is_right = pick(row) == wanted and utc(at) == facts["at"] and len(facts) == len(plain) + 2
            is_right = is_right and (json.loads(detail) if detail != "{}" else {}) == facts["detail"]
        except (KeyError, OverflowError, TypeError, ValueError):
            is_right = False
        if is_right:
            yield place, text, previous, digest, facts, ()
        else:
            yield (place, *document(dict(zip(names, row)), is_csv=is_csv))  # noqa: B905 - not in Python 3.9


def document(row: Any, *, is_csv: bool = False) -> tuple[str, str, str, dict[str, Any], Sequence[str]]:
    """One entry by its columns, compared with care."""
    if not isinstance(row, dict):
        return UNREADABLE
    text, previous, digest = (str(row.get(name, "")) for name in CHAIN)
    facts = facts_of(text)
    if facts:
        names = sorted({*facts, *row} - NO_FACTS)
        return text, previous, digest, facts, [name for name in names if _differs(name, row, facts, is_csv)]
    is_number = re.fullmatch("[0-9]{1,18}", str(row.get("seq")))
    facts = {"office": str(row.get("office")), "seq": int(row["seq"])} if is_number else {}
    return text, previous, digest, facts, ("canonical",)


def facts_of(text: Any) -> dict[str, Any]:
    """What an entry's text says; nothing where it is no entry's text."""
    try:
        facts, end = decode(text)
        is_entry = end == len(text) and type(facts["seq"]) is int and type(facts["office"]) is str
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return facts if is_entry else {}


def utc(cell: str) -> str:
    """A time as it is hashed, from the ways in which databases write it. Raises ValueError."""
    if cell[10:20:9] in (" .", "T.") and len(cell) >= 26 and cell[20:26].isdigit() and cell[26:] in ("Z", "", "+00"):
        return f"{cell[:10]}T{cell[11:26]}Z"
    match = re.fullmatch(r"(\S{10})[T ](\S{8})(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d):?(\d\d)?)?", cell)
    if match is None:
        raise ValueError(cell)
    day, clock, fraction, sign, hours, minutes = match.groups(default="")
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return f"{(datetime.fromisoformat(f'{day}T{clock}') - ahead).isoformat()}.{fraction:0<6}Z"


def _differs(name: str, row: dict[str, Any], facts: dict[str, Any], is_csv: bool) -> bool:
    cell, value = row.get(name), facts.get(name)
    if name not in facts or name not in row:
        return bool(cell) or name in facts
    try:
        if name == "at":
            return utc(str(cell)) != value
        if name == "detail":
            cell = json.loads(cell) if isinstance(cell, str) else cell
        elif is_csv:
            return bool(cell != _cell(value))
    except (OverflowError, ValueError, RecursionError):
        return True
    # As text, in which 1 is neither true nor 1.0.
    return json.dumps(cell, sort_keys=True) != json.dumps(value, sort_keys=True)


def _cell(value: Any) -> str:
    return value if type(value) is str else "" if value is None else str(value)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(pairs)
    return found


# Checking: entries become runs in which each follows the one before it; at the end the runs are held against each other


def link(previous: str, text: str) -> str:
    """The hash of the entry with ``text`` that follows the entry with hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class Run:
    """Entries in a row. The next one names ``end``, or ``other``, where text and hash of the last one do not fit."""

    first: int
    last: int
    place: int
    before: str
    end: str
    other: str = ""
    was_hurt: bool = False
    is_moved: bool = False

    @property
    def ends(self) -> set[str]:
        return {self.end, self.other} - {""}


@dataclass
class Book:
    """The log of one office, or the part after entry ``start``, which has the hash ``after``.

    ``known`` is what is known from elsewhere: of a number the hash, whether it is a checkpoint's ("history") or that of
    the last entry ("head"), and when it was made. ``channels`` has the last number in each channel, ``base`` that of a
    channel not met yet; None where it is not known.
    """

    office: str
    start: int = 0
    after: str = START
    known: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = None if self.start else 0
        self.run = Run(self.start + 1, self.start, 1, self.after, self.after)
        self.runs = [self.run]
        self.last, self.head = self.start, self.after

    def fault(self, kind: str, first: int, last: int, place: int = 0, **more: object) -> Fault:
        return Fault(kind, self.office, first, last, place, tuple(more.items()))


class _TooMany(Exception):
    """Nobody is served by more faults."""


class Verifier:
    """Takes entries in their order, finds what is wrong, and after each fault goes on with what is sound.

    With ``has_heads``, as in a database, the last entry of every office is known.
    """

    def __init__(self) -> None:
        self.entries = 0
        self.faults: list[Fault] = []
        self.books: dict[str, Book] = {}
        self.has_heads = False
        self._is_whole = True

    def book(self, office: str) -> Book:
        if office not in self.books:
            self.books[office] = Book(office)
        return self.books[office]

    def begin(self, office: str, number: int, digest: str) -> None:
        """Say that only the part after entry ``number`` is there, which has that hash."""
        self.books[office] = Book(office, number, digest)

    def expect(self, office: str, number: int, digest: str, *, kind: str = "history", made: str = "") -> None:
        """Say that entry ``number`` is known to have that hash."""
        known = self.book(office).known.setdefault(number, [])
        known += [(digest, kind, made)] if (digest, kind, made) not in known else []

    def expect_checkpoints(self, text: str) -> None:
        """Say what the checkpoints in ``text`` know. Raises Unreadable: there is none."""
        if not (found := checkpoints(text)):
            raise Unreadable("no_checkpoint")
        for (office, number, head, made, _before), is_intact in found:
            if is_intact:
                self.expect(office, number, head, made=made)
            else:
                self.faults.append(self.book(office).fault("checkpoint", number, number, made=made))

    def check(self, entries: Iterable[Entry]) -> None:
        """Look at every entry."""
        place = 0
        try:
            for entry in entries:
                self.entries, place = self.entries + 1, entry[0]
                self._look(entry)
        except _TooMany:
            self.faults.append(Fault("many", place=place))
            self._is_whole = False

    def finish(self) -> list[Fault]:
        """All faults, by office and number."""
        for book in self.books.values():
            self.faults += _settle(book)
            self.faults += _at_the_end(book, self.has_heads) if self._is_whole else ()
        self.faults.sort(key=lambda fault: (fault.office, fault.first, fault.place))
        return self.faults

    def _look(self, entry: Entry) -> None:
        place, text, previous, digest, facts, wrong = entry
        if not facts:
            return self._tell(Fault("unreadable", place=place))
        book, number = self.books.get(facts["office"]), facts["seq"]
        run = book.run if book else None
        is_next = run and previous == run.end and number == run.last + 1
        if book and run and is_next and not wrong and link(previous, text) == digest:
            run.last, run.end, run.other = number, digest, ""
        else:
            book = self._look_closely(entry)
            run = book.run
        if run.last in book.known and not run.other:
            for known, kind, made in book.known[run.last]:
                if known != digest:
                    self._tell(book.fault(kind, run.last, run.last, place, made=made))
        if facts.get("channel") and "channel_seq" in facts and not run.other:
            self._count(book, place, str(facts["channel"]), facts["channel_seq"])
        return None

    def _look_closely(self, entry: Entry) -> Book:
        """Say what is wrong with an entry that is not simply the next one, and find its place in the chain."""
        place, text, previous, digest, facts, wrong = entry
        number, other, kind = facts["seq"], "", "columns" if wrong else ""
        is_true = link(previous, text) == digest
        book = self._own(previous, facts["office"]) if is_true else self._home(previous, facts["office"])
        run = book.run
        if not is_true and any(link(end, text) == digest for end in run.ends):
            kind, previous = "link", run.end
        elif not is_true:
            # What it follows says more about where it belongs than what it says itself.
            kind, other, number = "text", link(previous, text), run.last + 1 if previous in run.ends else number
        if kind:
            more = {"columns": ", ".join(wrong)} if kind == "columns" else {}
            self._tell(book.fault(kind, number, number, place, **more))
        if number == run.last + 1 and (previous in run.ends or run.other or other):
            run.last, run.end, run.other = number, digest, other
        else:
            run = book.run = Run(number, number, place, previous, digest, other, was_hurt=bool(other))
            book.runs.append(run)
            other = other or "unknown"
        run.is_moved |= not {"office", "seq"}.isdisjoint(wrong)
        if other:
            # What was lost there may have had numbers in any channel.
            book.channels, book.base = {}, None
        return book

    def _own(self, previous: str, office: str) -> Book:
        """The book of an entry that can be believed, even where all before it were said to be in another one."""
        if office not in self.books and previous != START:
            for name in [name for name, book in self.books.items() if previous in book.run.ends]:
                self.books[office] = self.books.pop(name)
                self.books[office].office = office
        return self.book(office)

    def _home(self, previous: str, office: str) -> Book:
        """Where an entry belongs that cannot be believed: where its predecessor stands, else where it says."""
        following = [book for book in self.books.values() if previous in book.run.ends]
        return (following or [self.books.get(office) or next(iter(self.books.values()), None) or self.book(office)])[0]

    def _count(self, book: Book, place: int, channel: str, found: object) -> None:
        before = book.channels.get(channel, book.base)
        if before is not None and found != before + 1:
            more = {"channel": channel, "found": found, "expected": before + 1}
            self._tell(book.fault("channel", book.run.last, book.run.last, place, **more))
        if isinstance(found, int):
            book.channels[channel] = found

    def _tell(self, fault: Fault) -> None:
        self.faults.append(fault)
        if len(self.faults) + sum(len(book.runs) - 1 for book in self.books.values()) >= MOST_FAULTS:
            raise _TooMany


def _settle(book: Book) -> list[Fault]:
    """Which numbers are missing, used twice, inserted or in the wrong place."""
    faults: list[Fault] = []
    kept: list[Run] = []
    ordered: list[Run] = []
    ends = {(book.start, book.after)} | {(run.last, end) for run in book.runs for end in run.ends}
    befores = {(run.first - 1, run.before) for run in book.runs}
    for run in sorted(book.runs, key=lambda run: run.first - run.last):
        is_linked = (run.first - 1, run.before) in ends or any((run.last, end) in befores for end in run.ends)
        for part in _unclaimed(run, kept, book, faults):
            is_ordered = all((part.first < one.first) == (part.place < one.place) for one in ordered)
            ordered += [part] if is_ordered else []
            kept += [part] if is_ordered or is_linked or part.is_moved else []
            if not is_ordered and not part.is_moved:
                faults.append(book.fault("place" if is_linked else "stray", part.first, part.last, part.place))
    before = Run(book.start, book.start, 0, "", book.after)
    for run in sorted(kept, key=lambda run: run.first):
        if run.first > before.last + 1:
            kind = "missing" if before.place else "beginning"
            faults.append(book.fault(kind, before.last + 1, run.first - 1))
        elif run.before and before.end and run.before not in before.ends and not run.was_hurt and not before.other:
            faults.append(book.fault("replaced", run.first, run.first, run.place))
        before = run
    book.last, book.head = before.last, before.end
    return faults


def _unclaimed(run: Run, kept: Sequence[Run], book: Book, faults: list[Fault]) -> list[Run]:
    """What of a run has its numbers to itself; ``kept`` are the longer ones, which have theirs already."""
    if run.first <= min(book.start, run.last):
        faults.append(book.fault("stray", run.first, min(book.start, run.last), run.place))
    parts = [(max(run.first, book.start + 1), run.last)]
    for one in kept:
        for first, last in parts.copy():
            low, high = max(first, one.first), min(last, one.last)
            if low <= high:
                parts.remove((first, last))
                parts += [(first, low - 1), (high + 1, last)]
                place, other = run.place + low - run.first, one.place + low - one.first
                faults.append(book.fault("twice", low, high, place, other=other))
    return [_part(run, first, last) for first, last in parts if first <= last]


def _part(run: Run, first: int, last: int) -> Run:
    """The entries of a run with these numbers; where it is cut, nothing is known of its neighbours."""
    part = replace(run, first=first, last=last, place=run.place + first - run.first)
    part.before = run.before if first == run.first else ""
    part.end, part.other = (run.end, run.other) if last == run.last else ("", "")
    return part


def _at_the_end(book: Book, has_heads: bool) -> Iterator[Fault]:
    """What is known of entries that are not there, and which are there that nobody knows of."""
    heads = [number for number, known in book.known.items() if any(kind == "head" for _, kind, _ in known)]
    written = max(heads, default=0 if has_heads else book.last)
    if (highest := max(book.known, default=0)) > book.last:
        yield book.fault("end", book.last + 1, highest)
    elif written < book.last:
        yield book.fault("after", written + 1, book.last)
    for known, kind, made in book.known.get(book.start, ()):
        if known != book.after:
            yield book.fault(kind, book.start, book.start, made=made)


# Sources


def entries_of(path: str, verifier: Verifier) -> Iterator[Entry]:
    """The entries in a file, or on standard input where it is "-". Raises Unreadable, OSError, sqlite3.Error."""
    with open(0, "rb", closefd=False) if path == "-" else open(path, "rb") as file:  # noqa: PTH123 - or a descriptor
        begin = file.peek(4096)
        if begin.startswith(b"SQLite format 3\0"):
            yield from _in_database(Path(path), verifier)
            return
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        if HEADINGS.match(begin):
            csv.field_size_limit(2**31 - 1)
            rows = _rows(csv.reader(lines))
            yield from table(next(rows), rows, is_csv=True)
        else:
            yield from documents(lines)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows of a CSV file; an empty one where it cannot be read."""
    while True:
        try:
            yield next(reader)
        except csv.Error:
            yield []
        except StopIteration:
            return


def _in_database(path: Path, verifier: Verifier) -> Iterator[Entry]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as database:
        database.execute("BEGIN")
        verifier.has_heads = True
        for office, number, digest in database.execute("SELECT office, seq, hash FROM log_loghead WHERE seq > 0"):
            verifier.expect(office, number, digest, kind="head")
        found = database.execute(f"{ALL_ENTRIES} LIMIT 0")
        yield from table([column[0] for column in found.description], _stored(database))


def _stored(database: sqlite3.Connection) -> Iterator[Sequence[Any]]:
    """The rows of a database; bytes that are no text become a change of their entry instead of ending the reading."""
    done = 0
    try:
        for row in database.execute(ALL_ENTRIES):
            yield row
            done += 1
    except sqlite3.OperationalError:
        database.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        yield from database.execute(f"{ALL_ENTRIES} LIMIT -1 OFFSET {done}")


def mind_manifest(path: str, verifier: Verifier) -> None:
    """Hold a file against the manifest beside it, where there is one. Raises Unreadable, OSError."""
    place = Path(f"{path}.manifest.json")
    if not place.exists():
        return
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        office, sha256 = str(told["office"]), told["sha256"]
        verifier.begin(office, int(told["after"]["number"]), told["after"]["hash"])
        verifier.expect(office, int(told["last"]), told["head"], kind="head")
        if told["checkpoint"]:
            verifier.expect_checkpoints(told["checkpoint"])
    except (ValueError, KeyError, TypeError):
        raise Unreadable("no_manifest", path=place) from None
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    if digest.hexdigest() != sha256:
        verifier.faults.append(Fault("manifest", office))
