"""The one verb that writes into the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from publisher.log import repetitions, sql
from publisher.log.chain import START, canonical, link, stamp
from publisher.log.events import DATED, Event
from publisher.log.models import LogEntry
from publisher.office import Office


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, as plain values; empty where it does not apply."""

    item: int | None = None
    revision: int | None = None
    title: str = ""
    section: str = ""
    person: str = ""
    source: str = ""
    disclosure: str = ""
    issue: str = ""
    column: str = ""
    column_name: str = ""
    column_class: str = ""
    channel: str = ""
    channel_kind: str = ""
    delivery: int | None = None
    action: str = ""
    digest: str = ""


class Head(NamedTuple):
    """Number and hash of an office's last entry."""

    seq: int
    hash: str


class Place(NamedTuple):
    """Number and hash of the office's last entry, the last number in the channel, and whether the log has an entry of
    that event about the same item there already."""

    seq: int
    hash: str
    channel_seq: int
    is_repetition: bool


MOVE_HEAD = "UPDATE log_loghead SET seq = %s, hash = %s WHERE office = %s"
PLACE = f"""
    SELECT head.seq, head.hash, (SELECT seq FROM log_loghead seen WHERE seen.office = head.office),
        (SELECT channel_seq FROM log_logentry WHERE office = %s AND channel = %s AND channel_seq IS NOT NULL
            ORDER BY channel_seq DESC LIMIT 1),
        EXISTS ({repetitions.IS_TOLD})
    FROM log_loghead head WHERE head.office = %s
"""  # noqa: S608 - our own words
# The number twice: once as it is locked, once as the statement sees everything else. And not the greatest one in the
# channel: in the midst of a statement, SQLite would read all of them for it.


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that it happened: the platform's identifier, the address, the grade, and what the platform said."""

    remote_id: str = ""
    url: str = ""
    evidence: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def record(
    office: Office,
    event: Event,
    subject: Subject,
    *,
    actor: str,
    proof: Proof | None = None,
    happened_on: date | None = None,
) -> LogEntry:
    """Append one entry; must stand last in the transaction that makes the fact true.

    The time is the server's own, and so is the day it counts for; only the events in ``DATED`` may be given another
    day, which is not in the future.

    Raises RuntimeError: called outside a transaction.
    Raises ValueError: a day that may not be given.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a log entry belongs into the transaction of the fact it records")
    place = _locked_place(office.slug, event, subject)
    at = timezone.now()
    day = _day(event, at.astimezone(office.timezone).date(), happened_on)
    facts = _facts(subject, proof or Proof()) | {
        "office": office.slug,
        "seq": place.seq + 1,
        "channel_seq": place.channel_seq + 1 if subject.channel else None,
        "at": stamp(at),
        "happened_on": day.isoformat(),
        "year": day.year,
        "month": day.month,
        "event": event.value,
        "actor": actor,
    }
    text = canonical(facts)
    links = {"canonical": text, "previous": place.hash, "hash": link(place.hash, text)}
    columns = facts | {"at": at, "happened_on": day} | links
    if place.is_repetition and subject.item is not None:
        repetitions.note(office.slug, event, subject.channel, subject.item)
    sql.execute_both(
        (MOVE_HEAD, [columns["seq"], columns["hash"], office.slug]), sql.inserting("log_logentry", columns)
    )
    return LogEntry(**columns)


def _day(event: Event, today: date, given: date | None) -> date:
    if given is None:
        return today
    if event not in DATED or given > today:
        raise ValueError(f"{event} cannot have happened on {given}")
    return given


def _locked_place(slug: str, event: Event, subject: Subject) -> Place:
    """After what the entry will stand; the head is locked, so nobody else takes its place."""
    asked = [slug, subject.channel, slug, subject.item, subject.channel, event, slug]
    found = sql.rows(PLACE + sql.for_update(), asked)
    if not found or found[0][0] != found[0][2]:
        # There was no head yet; or somebody else wrote while this statement waited for it, and it saw the log as it
        # was before. A later statement sees all.
        locked_head(slug)
        found = sql.rows(PLACE, asked)
    seq, last, _seen, channel_seq, is_repetition = found[0]
    return Place(seq, last, channel_seq or 0, bool(is_repetition))


def _facts(subject: Subject, proof: Proof) -> dict[str, Any]:
    facts = {name: getattr(subject, name) for name in Subject.__dataclass_fields__}
    return facts | {
        "remote_id": proof.remote_id,
        "url": proof.url,
        "evidence": proof.evidence,
        "detail": dict(proof.detail),
    }


def locked_head(slug: str) -> Head:
    """The last entry's place, locked until the end of the transaction: nobody else writes into this office's log."""
    statement = f"SELECT seq, hash FROM log_loghead WHERE office = %s{sql.for_update()}"  # noqa: S608 - our own words
    found = sql.rows(statement, [slug])
    if not found:
        sql.execute(
            "INSERT INTO log_loghead (office, seq, hash) VALUES (%s, 0, %s) ON CONFLICT (office) DO NOTHING",
            [slug, START],
        )
        found = sql.rows(statement, [slug])
    return Head(*found[0])
