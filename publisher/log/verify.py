"""Check the chain, entry by entry, in the database or in an export, and say what is wrong in the reader's language.

What is checked, and how, stands in ``verifier.py``; an auditor checks it without this program by ``auditor.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Max

from channels.errors import Text
from publisher.log import models, queries, repetitions, verifier
from publisher.log.checkpoints import listed, printed
from publisher.log.models import Archive, LogHead
from publisher.log.verifier import START, Entry, Fault, Verifier

Shown = Callable[[Iterator[Entry]], Iterator[Entry]]
"""Hands entries on while somebody watches how many they are."""

SEQ = queries.COLUMNS.index("seq")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: how many entries were looked at, the number and the hash of the last one, and every fault."""

    entries: int
    last: int
    head: str
    faults: tuple[Fault, ...] = ()

    @property
    def is_sound(self) -> bool:
        return not self.faults

    @property
    def fault(self) -> Text | None:
        """The first fault as a sentence."""
        return said(self.faults[0]) if self.faults else None


def said(fault: Fault) -> Text:
    template = verifier.MESSAGES[fault.kind]
    return Text(template, **fault.values)


def verify_database(office: str, *, checkpoints: Iterable[str] = (), shown: Shown = iter) -> Verdict:
    """Check every entry of an office in the database, and that none is missing at the end or stands after it."""
    # The head first: what is written meanwhile comes after it.
    head = LogHead.objects.filter(office=office).first()
    seq, digest = (head.seq, head.hash) if head else (0, START)
    checking = Verifier()
    _expect(checking, office, seq, digest)
    for text in checkpoints:
        checking.expect_checkpoints(text)
    checking.check(shown(verifier.table(queries.COLUMNS, queries.plain_rows(office, last=seq))))
    found = checking.finish()
    last = queries.book(office).aggregate(last=Max("seq"))["last"] or 0
    if last > seq and not LogHead.objects.filter(office=office, seq__gte=last).exists():
        found = [*found, Fault("after", office, seq + 1, last)]
    return _verdict(checking, office, [*_broken_checkpoints(office), *found, *_wrong_notes(office)])


def written(office: str) -> int:
    """How many entries an office has written."""
    head = LogHead.objects.filter(office=office).first()
    return head.seq if head else 0


def verify_archive(archive: Archive, *, checkpoints: Iterable[str] = (), shown: Shown = iter) -> Verdict:
    """Check an older log as it stands in the database now."""
    checking = Verifier()
    checking.begin(archive.office, archive.first - 1, archive.after)
    _expect(checking, archive.office, archive.last, archive.head)
    for text in checkpoints:
        checking.expect_checkpoints(text)
    rows = queries.plain_rows(archive.keeper, archive.name, last=archive.last)
    checking.check(shown(verifier.table(queries.COLUMNS, rows)))
    return _verdict(checking, archive.office, checking.finish())


def verify_end(office: str, number: int) -> Verdict:
    """Check the newest ``number`` entries of an office in the database, and that none is missing after them."""
    # The head first: what is written meanwhile comes after it.
    head = LogHead.objects.filter(office=office).first()
    newest = list(queries.plain(queries.book(office).order_by("-seq"))[: number + 1])[::-1]
    checking = Verifier()
    before = 0
    if len(newest) > number:
        before, *_columns, digest = newest.pop(0)[SEQ:]
        checking.begin(office, before, digest)
    if head and head.seq > before:
        _expect(checking, office, head.seq, head.hash)
    checking.check(verifier.table(queries.COLUMNS, newest))
    return _verdict(checking, office, [fault for fault in checking.finish() if fault.kind != "after"])


def verify_entry(entry: models.Entry, *, after: str) -> Verdict:
    """Check one entry, and that it follows the one before it, whose hash is ``after``."""
    checking = Verifier()
    checking.begin(entry.office, entry.seq - 1, after)
    checking.check([(1, *verifier.document(queries.as_json(entry)))])
    return _verdict(checking, entry.office, checking.finish())


def verify_file(path: Path, *, checkpoints: Iterable[str] = (), shown: Shown = iter) -> Verdict:
    """Check an export or a database file; with its manifest, where that lies beside it.

    Raises OSError, verifier.Unreadable, sqlite3.Error: the file cannot be read as a log.
    """
    checking = Verifier()
    verifier.mind_manifest(str(path), checking)
    for text in checkpoints:
        checking.expect_checkpoints(text)
    checking.check(shown(verifier.entries_of(str(path), checking)))
    return _verdict(checking, next(iter(checking.books), ""), checking.finish())


def verify(rows: Iterable[dict[str, Any]]) -> Verdict:
    """Check entries as ``log list --json`` and an export have them."""
    checking = Verifier()
    checking.check((place, *verifier.document(row)) for place, row in enumerate(rows, 1))
    return _verdict(checking, next(iter(checking.books), ""), checking.finish())


def _wrong_notes(office: str) -> Iterator[Fault]:
    """What counts rely on beside the entries themselves must follow from them."""
    if count := repetitions.wrong(office):
        yield Fault("notes", office, more=(("count", count),))


def _broken_checkpoints(office: str) -> Iterator[Fault]:
    """Where the chain of the checkpoints in the database is broken."""
    before = START
    for checkpoint in listed(office):
        if checkpoint.before != before:
            more = (("made", printed(checkpoint).made),)
            yield Fault("chain", office, checkpoint.number, checkpoint.number, 0, more)
        before = checkpoint.digest


def _expect(checking: Verifier, office: str, number: int, digest: str) -> None:
    if number:
        checking.expect(office, number, digest, kind="head")


def _verdict(checking: Verifier, office: str, faults: Iterable[Fault]) -> Verdict:
    book = checking.books.get(office)
    last, head = (book.last, book.head) if book else (0, START)
    return Verdict(checking.entries, last, head, tuple(faults))
