"""Older logs, taken in from an export to be read and counted, never to be changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import DataError, transaction
from django.db.models import IntegerField, JSONField
from django.utils import timezone

from channels.errors import Text
from publisher.log import queries, sql, verifier
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import Archive, ArchivedEntry
from publisher.log.verifier import Entry, Fault, Verifier
from publisher.log.verify import Shown
from publisher.office import Office

Facts = dict[str, Any]

BATCH = 1000
FIELDS = [column for column in ArchivedEntry._meta.fields if column.name in queries.FACTS]
EMPTY: Facts = {column.name: None if column.null else column.get_default() for column in FIELDS}
"""What stands in columns that an old entry's text does not name."""

KINDS = [
    (int if isinstance(column, IntegerField) else dict if isinstance(column, JSONField) else str, column.max_length)
    for column in FIELDS
]
"""What each column holds: a kind of value, and its most letters. SQLite would take anything."""

MAY_BE_NONE = [column.null for column in FIELDS]


class NotArchived(Exception):
    """The file was not taken in; ``text`` says why, ``faults`` what is wrong with it."""

    def __init__(self, text: Text, faults: tuple[Fault, ...] = ()) -> None:
        self.text, self.faults = text, faults
        super().__init__(str(text))


def listed(office: Office) -> list[Archive]:
    return list(Archive.objects.filter(keeper=office.slug).order_by("name"))


def named(office: Office, name: str) -> Archive | None:
    return Archive.objects.filter(keeper=office.slug, name=name).first()


def take_in(office: Office, path: Path, name: str, *, actor: str, shown: Shown = iter) -> tuple[Archive, bool]:
    """Check an export, with its manifest where that lies beside it, and keep its entries under ``name``.

    Returns the archive, and whether it is new: the same file under the same name a second time changes nothing.
    Raises NotArchived, verifier.Unreadable, OSError, sqlite3.Error; then nothing was taken in.
    """
    digest = _digest(path)
    if known := Archive.objects.filter(keeper=office.slug, digest=digest).first():
        if known.name == name:
            return known, False
        raise NotArchived(Text("This file is there already, as the archive {name}.", name=known.name))
    if named(office, name):
        raise NotArchived(Text("There is another archive {name} already: choose another name.", name=name))
    # Checked first, and only then written, so that others wait for the database as briefly as possible.
    checking = _checked(path, shown)
    (book,) = checking.books.values()
    archive = Archive(
        keeper=office.slug,
        name=name,
        office=book.office,
        entries=checking.entries,
        first=book.start + 1,
        last=book.last,
        after=book.after,
        head=book.head,
        digest=digest,
        imported_at=timezone.now(),
        imported_by=actor,
    )
    with transaction.atomic():
        _store(archive, verifier.entries_of(str(path), Verifier()))
        if _digest(path) != digest:
            raise NotArchived(Text("The file was changed while it was read: import it again."))
        archive.save(force_insert=True)
        detail = {"archive": name, "entries": archive.entries, "head": archive.head}
        subject = Subject(title=name, digest=digest)
        record(office, Event.ARCHIVE_IMPORTED, subject, actor=actor, proof=Proof(detail=detail))
    return archive, True


def _checked(path: Path, shown: Shown) -> Verifier:
    """The verifier after it has read the file. Raises NotArchived: it is not sound, or no log of one office."""
    checking = Verifier()
    verifier.mind_manifest(str(path), checking)
    checking.check(shown(verifier.entries_of(str(path), checking)))
    if faults := tuple(checking.finish()):
        raise NotArchived(Text("The file is not sound, so it is not taken in."), faults)
    if len(checking.books) != 1 or not checking.entries:
        offices = ", ".join(checking.books) or "-"
        raise NotArchived(
            Text("Only the log of one office can be taken in; this file has: {offices}.", offices=offices)
        )
    return checking


def _store(archive: Archive, entries: Iterator[Entry]) -> None:
    names = ("keeper", "archive", *queries.COLUMNS)
    while page := list(islice(entries, BATCH)):
        try:
            sql.insert_many("log_archivedentry", names, [_row(archive, entry) for entry in page])
        except (DataError, ValueError) as error:
            first, last = page[0][0], page[-1][0]
            text = Text(
                "What the records {first} to {last} say does not fit into the database.", first=first, last=last
            )
            raise NotArchived(text) from error


def _row(archive: Archive, entry: Entry) -> list[Any]:
    """An entry's columns, as its text has them; those that came later are empty. Raises ValueError: they do not fit."""
    _place, text, previous, digest, facts, _wrong = entry
    columns = EMPTY | facts
    if len(columns) > len(EMPTY) or not all(map(_fits, columns.values(), KINDS, MAY_BE_NONE)):
        raise ValueError(facts)
    day = columns["happened_on"]
    columns["at"] = sql.written(datetime.fromisoformat(columns["at"]))
    columns["happened_on"] = sql.written(date.fromisoformat(day) if day else None)
    columns["detail"] = sql.written(columns["detail"])
    return [archive.keeper, archive.name, *columns.values(), text, previous, digest]


def _fits(value: Any, column: tuple[type, int | None], may_be_none: bool) -> bool:
    kind, longest = column
    if type(value) is kind:
        return longest is None or len(str(value)) <= longest
    return may_be_none and value is None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
