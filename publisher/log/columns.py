"""The history of an office's columns: what the configuration says now, against what the log was last told.

Two programs may run with different configurations, an old one here and a new one there. Every note therefore carries
the digest of the columns it was made from and the time their file was last changed. Columns the log has never seen are
noted; columns it has seen and left behind are noted again only where their file is newer than the one of the last note:
somebody went back to them. A program that merely still has the old file changes nothing, however often it starts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from publisher.log.actions import Proof, Subject, locked_head, record
from publisher.log.chain import canonical, stamp
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office

logger = logging.getLogger(__name__)

COLUMN_EVENTS = (Event.COLUMN_LISTED, Event.COLUMN_ADDED, Event.COLUMN_CHANGED, Event.COLUMN_REMOVED)


class Label(NamedTuple):
    """What a column is called and which class it has: what the log keeps the history of."""

    name: str
    column_class: str


class Change(NamedTuple):
    """One column that is not what it was; ``before`` is None for a new one, ``after`` for one that is gone."""

    event: Event
    key: str
    before: Label | None
    after: Label | None


Labels = Mapping[str, Label]


def note_columns(office: Office, *, actor: str) -> list[LogEntry]:
    """Write into the log which columns of ``office`` are there, new, changed or gone since it was last told.

    Cheap where nothing is new: one question, and no lock. Programs that start at the same time write it once. Columns
    that were there before the log knew of any are listed, not added.
    """
    if not _news(office, history(office.slug)):
        return []
    with transaction.atomic():
        locked_head(office.slug)
        return [_write(office, change, actor) for change in _news(office, history(office.slug))]


def history(slug: str) -> list[LogEntry]:
    """What the log says of the columns of an office, oldest first."""
    # No item: by that index they are found among millions. Asked for in order, SQLite would read all of those instead.
    return sorted(LogEntry.objects.filter(office=slug, item=None, event__in=COLUMN_EVENTS), key=lambda entry: entry.seq)


def labels(entries: list[LogEntry]) -> Labels:
    """The columns that are there after these entries, by key."""
    there: dict[str, Label] = {}
    for entry in entries:
        there[entry.column] = Label(entry.column_name, entry.column_class)
        if entry.event == Event.COLUMN_REMOVED:
            del there[entry.column]
    return there


def _news(office: Office, past: list[LogEntry]) -> list[Change]:
    """What is to be noted; nothing where this program's configuration is an old one."""
    configured = {column.key: Label(column.name, column.column_class) for column in office.columns.values()}
    known = labels(past)
    if configured == known:
        return []
    if _was_left_behind(office, past):
        logger.warning("the columns in %s are older than those the log knows: it is not told of them", office.path)
        return []
    return list(_changes(known, configured, is_first=not past))


def _was_left_behind(office: Office, past: list[LogEntry]) -> bool:
    digests = {entry.detail.get("configuration") for entry in past}
    return digest(office) in digests and stamp(office.changed_at) <= past[-1].detail.get("changed_at", "")


def _changes(before: Labels, after: Labels, *, is_first: bool) -> Iterator[Change]:
    for key, label in after.items():
        if key not in before:
            yield Change(Event.COLUMN_LISTED if is_first else Event.COLUMN_ADDED, key, None, label)
        elif label != before[key]:
            yield Change(Event.COLUMN_CHANGED, key, before[key], label)
    for key, label in before.items():
        if key not in after:
            yield Change(Event.COLUMN_REMOVED, key, label, None)


def _write(office: Office, change: Change, actor: str) -> LogEntry:
    label = change.after or change.before
    assert label is not None  # noqa: S101 - a change has one of them
    subject = Subject(column=change.key, column_name=label.name, column_class=label.column_class)
    return record(office, change.event, subject, actor=actor, proof=Proof(detail=_detail(office, change)))


def _detail(office: Office, change: Change) -> dict[str, Any]:
    told = {"before": change.before, "after": change.after}
    return {
        "configuration": digest(office),
        "changed_at": stamp(office.changed_at),
        **{name: {"name": label.name, "class": label.column_class} for name, label in told.items() if label},
    }


def digest(office: Office) -> str:
    """SHA-256 over keys, names and classes of the configured columns, whatever their order."""
    columns = {column.key: [column.name, column.column_class] for column in office.columns.values()}
    return hashlib.sha256(canonical(columns).encode()).hexdigest()
