"""Questions the book answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from publisher.log.chain import stamp
from publisher.log.models import ArchivedEntry, Entry, LogEntry


def book(office: str, archive: str = "") -> QuerySet[Entry]:
    """The entries of an office's log, or those of an older log it keeps as ``archive``; both have the same columns.

    The entries of an archive may name another office, so a query over them asks no further for it.
    """
    if archive:
        return ArchivedEntry.objects.filter(keeper=office, archive=archive)
    return LogEntry.objects.filter(office=office)


def rows(office: str, archive: str = "", *, item: int | None = None, limit: int | None = None) -> list[Entry]:
    """Entries of a book, oldest first; with ``limit`` only the newest that many."""
    entries = book(office, archive)
    if item is not None:
        # In order afterwards: asked for it, a SQLite without statistics would look through the whole book.
        found = sorted(entries.filter(item=item), key=lambda entry: entry.seq)
        return found if limit is None else found[-limit:]
    if limit is None:
        return list(entries.order_by("seq"))
    return list(reversed(entries.order_by("-seq")[:limit]))


def export(office: str) -> Iterator[Entry]:
    """All entries of an office in order, a few at a time."""
    return book(office).order_by("seq").iterator(chunk_size=1000)


def plain_rows(office: str, archive: str = "", *, after: int = -1, last: int) -> Iterator[tuple[Any, ...]]:
    """Entries of a book by their numbers, those up to ``last``, as plain values.

    A page at a time: no question to the database takes long, and little is kept in memory, however many there are.
    """
    for begin in range(after, last, PAGE):
        page = book(office, archive).filter(seq__gt=begin, seq__lte=min(begin + PAGE, last))
        yield from plain(page.order_by("seq"))


def plain(entries: QuerySet[Entry]) -> QuerySet[Entry, tuple[Any, ...]]:
    """Entries as plain values of ``COLUMNS``; times, dates and details come as the database writes them."""
    return entries.values_list(*(Cast(name, TextField()) if name in AS_TEXT else name for name in COLUMNS))


def as_json(entry: Entry) -> dict[str, Any]:
    """One entry as exported: its hashed facts, the text itself, and the chain."""
    return facts(entry) | {"canonical": entry.canonical, "previous": entry.previous, "hash": entry.hash}


def facts(entry: Entry) -> dict[str, Any]:
    """The facts of an entry as its columns have them, in the form that is hashed."""
    return {name: _plain(getattr(entry, name)) for name in FACTS}


FACTS = tuple(
    field.name for field in LogEntry._meta.fields if field.name not in {"id", "canonical", "previous", "hash"}
)


COLUMNS = (*FACTS, "canonical", "previous", "hash")

AS_TEXT = frozenset({"at", "happened_on", "detail"})
"""Columns that come as text where rows are plain."""

PAGE = 5000


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    return value.isoformat() if isinstance(value, date) else value
