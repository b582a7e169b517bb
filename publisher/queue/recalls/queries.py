"""Questions about recalls: which are open, how long they took, and what each channel still needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from channels.errors import Text
from publisher.items.models import Item, Revision
from publisher.office import Office
from publisher.queue.models import Recall, RecallLine
from publisher.queue.states import OPEN_LINES, LineState
from publisher.wording import error_sentence, sentence


def open_recalls(office: Office) -> list[Recall]:
    """Recalls of which a channel still lacks its evidence, the one due first before the others."""
    return list(_whole(Recall.objects.filter(office=office.slug, closed_at=None)).order_by("due_at", "pk"))


def recalls(office: Office) -> QuerySet[Recall]:
    """All recalls with their lines: open ones first, newest first."""
    return _whole(Recall.objects.filter(office=office.slug)).order_by("-asked_at", "-pk")


def recalls_of(item: Item) -> list[Recall]:
    """Every recall of one item, oldest first."""
    return list(_whole(Recall.objects.filter(item=item)).order_by("pk"))


@dataclass(frozen=True, slots=True)
class Times:
    """How long the recalls closed in a period took, from the first asking to the last evidence."""

    count: int
    in_time: int
    middle: timedelta
    longest: timedelta


def times(office: Office, since: datetime, until: datetime) -> Times | None:
    """Of recalls closed from ``since`` on and before ``until``; None where there are none."""
    closed = Recall.objects.filter(office=office.slug, closed_at__gte=since, closed_at__lt=until)
    found = list(closed.values_list("asked_at", "closed_at", "due_at"))
    if not found:
        return None
    took = sorted((end - begin).total_seconds() for begin, end, _due in found if end is not None)
    in_time = sum(end <= due for _begin, end, due in found if end is not None)
    return Times(len(found), in_time, timedelta(seconds=median(took)), timedelta(seconds=took[-1]))


def how_many(office: Office, now: datetime) -> tuple[int, int]:
    """How many recalls are open, and of how many a channel is overdue."""
    open_ones = Recall.objects.filter(office=office.slug, closed_at=None)
    late = Q(lines__state__in=OPEN_LINES, lines__due_at__lt=now)
    told = open_ones.aggregate(count=Count("pk", distinct=True), late=Count("pk", distinct=True, filter=late))
    return told["count"], told["late"]


def is_overdue(recall: Recall, now: datetime) -> bool:
    """Whether a channel of it lacks its evidence past its time."""
    return recall.closed_at is None and any(is_late(line, now) for line in recall.lines.all())


def is_late(line: RecallLine, now: datetime) -> bool:
    return line.state in OPEN_LINES and line.due_at < now


def overdue(office: Office, now: datetime) -> list[RecallLine]:
    """Lines that lack their evidence past their time, longest first."""
    late = RecallLine.objects.filter(
        recall__office=office.slug, recall__closed_at=None, state__in=OPEN_LINES, due_at__lt=now
    )
    return list(late.select_related("recall").order_by("due_at", "pk"))


def instruction(office: Office, line: RecallLine, title: str) -> Sequence[Text]:
    """What a person must do on a channel, one step after the other; nothing where nobody must."""
    if line.state not in (LineState.BY_HAND, LineState.NOTICE):
        return ()
    entry = office.channels.get(line.channel)
    if entry is None:
        name = line.channel
        return (
            Text("{name} is no longer configured here: have it removed by whoever runs the account now.", name=name),
            Text("Keep a screenshot or the answer you were given, and hand it in below."),
        )
    return entry.channel.by_hand(title, line.address)


def title_of(recall: Recall) -> str:
    """The newest title of what is taken back."""
    revisions = list(recall.item.revisions.all())
    return max(revisions, key=lambda revision: revision.number).title


def recall_json(office: Office, recall: Recall, *, now: datetime) -> dict[str, Any]:
    """A recall as the commands and the HTTP API show it."""
    title = title_of(recall)
    return {
        "recall": recall.pk,
        "item": recall.item_id,
        "title": title,
        "kind": recall.kind,
        "reason": recall.reason,
        "replaced_by": recall.replaced_by,
        "note": recall.note,
        "asked_by": recall.asked_by,
        "asked_at": recall.asked_at.isoformat(),
        "due_at": recall.due_at.isoformat(),
        "overdue": is_overdue(recall, now),
        "state": "open" if recall.closed_at is None else "closed",
        "closed_at": recall.closed_at.isoformat() if recall.closed_at else None,
        "seconds": round((recall.closed_at - recall.asked_at).total_seconds()) if recall.closed_at else None,
        "channels": [_line_json(office, line, title, now) for line in in_order(office, recall.lines.all())],
    }


def recalls_json(office: Office, item: Item, *, now: datetime) -> list[dict[str, Any]]:
    """Every recall of one item as ``recall_json`` shows each, oldest first."""
    return [recall_json(office, recall, now=now) for recall in recalls_of(item)]


def in_order(office: Office, lines: Iterable[RecallLine]) -> list[RecallLine]:
    """Lines in the order of the office's channels; those no longer configured come last."""
    place = {key: number for number, key in enumerate(office.channels)}
    return sorted(lines, key=lambda line: (place.get(line.channel, len(place)), line.pk))


def _line_json(office: Office, line: RecallLine, title: str, now: datetime) -> dict[str, Any]:
    return {
        "channel": line.channel,
        "state": line.state,
        "since": line.since.isoformat(),
        "due_at": line.due_at.isoformat() if line.state in OPEN_LINES else None,
        "overdue": is_late(line, now),
        "delivery": line.delivery_id,
        "address": line.address,
        "evidence": line.evidence,
        "why": error_sentence(line.why) or None,
        "instruction": [sentence(step) for step in instruction(office, line, title)],
        "notice": line.notice_id,
        "issue": line.issue,
        "proofs": [
            {
                "by": proof.given_by,
                "at": proof.given_at.isoformat(),
                "text": proof.text,
                "address": proof.address,
                "file": proof.name,
                "sha256": proof.sha256,
                "digest": proof.digest,
            }
            for proof in line.proofs.all()
        ],
    }


def _whole(found: QuerySet[Recall]) -> QuerySet[Recall]:
    return found.select_related("item").prefetch_related(
        "lines__proofs", Prefetch("item__revisions", Revision.objects.only("item", "number", "title"))
    )
