"""Questions the book answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from publisher.log.chain import stamp
from publisher.log.models import ArchivedEntry, Entry, LogEntry


def book(office: str, archive: str = "") -> QuerySet[Entry]:
    """The entries of an office's log, or those of an older log it keeps as ``archive``; both have the same columns.

    The entries of an archive may name another office, so a query over them asks no further for it.
    """
    if archive:
        return ArchivedEntry.objects.filter(keeper=office, archive=archive)
    return LogEntry.objects.filter(office=office)


def rows(office: str, *, item: int | None = None, limit: int | None = None) -> list[LogEntry]:
    """Entries of an office, oldest first; with ``limit`` only the newest that many."""
    entries = LogEntry.objects.filter(office=office)
    if item is not None:
        entries = entries.filter(item=item)
    if limit is None:
        return list(entries.order_by("seq"))
    return list(reversed(entries.order_by("-seq")[:limit]))


def export(office: str) -> Iterator[LogEntry]:
    """All entries of an office in order, a few at a time."""
    return LogEntry.objects.filter(office=office).order_by("seq").iterator(chunk_size=1000)


def as_json(entry: LogEntry) -> dict[str, Any]:
    """One entry as exported: its hashed facts, the text itself, and the chain."""
    return facts(entry) | {"canonical": entry.canonical, "previous": entry.previous, "hash": entry.hash}


def facts(entry: LogEntry) -> dict[str, Any]:
    """The facts of an entry as its columns have them, in the form that is hashed."""
    return {name: _plain(getattr(entry, name)) for name in FACTS}


FACTS = tuple(
    field.name for field in LogEntry._meta.fields if field.name not in {"id", "canonical", "previous", "hash"}
)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    return value.isoformat() if isinstance(value, date) else value
