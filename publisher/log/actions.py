"""The one verb that writes into the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from publisher.log.chain import START, canonical, link, stamp
from publisher.log.events import DATED, Event
from publisher.log.models import LogEntry, LogHead
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
    head = locked_head(office.slug)
    at = timezone.now()
    day = _day(event, at.astimezone(office.timezone).date(), happened_on)
    facts = _facts(subject, proof or Proof()) | {
        "office": office.slug,
        "seq": head.seq + 1,
        "channel_seq": _channel_seq(office.slug, subject.channel),
        "at": stamp(at),
        "happened_on": day.isoformat(),
        "year": day.year,
        "month": day.month,
        "event": event.value,
        "actor": actor,
    }
    text = canonical(facts)
    columns = facts | {"at": at, "happened_on": day}
    entry = LogEntry(**columns, canonical=text, previous=head.hash, hash=link(head.hash, text))
    entry.save(force_insert=True)
    LogHead.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)
    return entry


def _day(event: Event, today: date, given: date | None) -> date:
    if given is None:
        return today
    if event not in DATED or given > today:
        raise ValueError(f"{event} cannot have happened on {given}")
    return given


def _channel_seq(slug: str, channel: str) -> int | None:
    """The next number of the channel; the head is locked, so nobody else takes it."""
    if not channel:
        return None
    last = LogEntry.objects.filter(office=slug, channel=channel).aggregate(last=Max("channel_seq"))["last"]
    return (last or 0) + 1


def _facts(subject: Subject, proof: Proof) -> dict[str, Any]:
    facts = {name: getattr(subject, name) for name in Subject.__dataclass_fields__}
    return facts | {
        "remote_id": proof.remote_id,
        "url": proof.url,
        "evidence": proof.evidence,
        "detail": dict(proof.detail),
    }


def locked_head(slug: str) -> LogHead:
    """The last entry's place, locked until the end of the transaction: nobody else writes into this office's log."""
    head = LogHead.objects.select_for_update().filter(office=slug).first()
    if head is None:
        try:
            with transaction.atomic():
                LogHead.objects.create(office=slug, hash=START)
        except IntegrityError:
            pass  # another process made it between the two statements
        head = LogHead.objects.select_for_update().get(office=slug)
    return head
