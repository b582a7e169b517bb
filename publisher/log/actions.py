"""The one verb that writes into the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from publisher.log.chain import START, canonical, link, stamp
from publisher.log.events import Event
from publisher.log.models import LogEntry, LogHead
from publisher.office import Office


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, as plain values; empty where it does not apply."""

    item: int | None = None
    revision: int | None = None
    title: str = ""
    section: str = ""
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


def record(office: Office, event: Event, subject: Subject, *, actor: str, proof: Proof | None = None) -> LogEntry:
    """Append one entry; must stand last in the transaction that makes the fact true.

    The time is the server's own. Raises RuntimeError: called outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a log entry belongs into the transaction of the fact it records")
    head = _locked_head(office.slug)
    at = timezone.now()
    local = at.astimezone(office.timezone)
    facts = _facts(subject, proof or Proof()) | {
        "office": office.slug,
        "seq": head.seq + 1,
        "at": stamp(at),
        "year": local.year,
        "month": local.month,
        "event": event.value,
        "actor": actor,
    }
    text = canonical(facts)
    entry = LogEntry(**(facts | {"at": at}), canonical=text, previous=head.hash, hash=link(head.hash, text))
    entry.save(force_insert=True)
    LogHead.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)
    return entry


def _facts(subject: Subject, proof: Proof) -> dict[str, Any]:
    facts = {name: getattr(subject, name) for name in Subject.__dataclass_fields__}
    return facts | {
        "remote_id": proof.remote_id,
        "url": proof.url,
        "evidence": proof.evidence,
        "detail": dict(proof.detail),
    }


def _locked_head(slug: str) -> LogHead:
    head = LogHead.objects.select_for_update().filter(office=slug).first()
    if head is None:
        try:
            with transaction.atomic():
                LogHead.objects.create(office=slug, hash=START)
        except IntegrityError:
            pass  # another process made it between the two statements
        head = LogHead.objects.select_for_update().get(office=slug)
    return head
