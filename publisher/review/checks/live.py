"""Looking once more through everything that is out, when the lists have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from channels.errors import Text
from publisher.items.models import Revision
from publisher.items.store import DamagedAsset
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.scan import examine, work_of
from publisher.review.checks.wordlists import Words, words
from publisher.review.models import LiveScan

OUT = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.CORRECTED)


def look_through(office: Office, *, now: datetime) -> LiveScan:
    """Check every item that is out on some channel, in the revision that is out, and keep what was found."""
    lists = words(office)
    count = 0
    found: list[dict[str, Any]] = []
    severities: list[str] = []
    for revision in _revisions(office):
        count += 1
        told = [finding for finding in _told(office, revision, lists) if finding.severity != Severity.INFO]
        if told:
            entry = {"item": revision.item_id, "revision": revision.number, "title": revision.title}
            severities += [finding.severity for finding in told]
            found.append(entry | {"findings": [finding.json() for finding in told]})
    return LiveScan.objects.create(
        office=office.slug,
        lists=lists.digest,
        made_at=now,
        items=count,
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        found=found,
    )


def last(office: Office) -> LiveScan | None:
    """The newest look through, whatever lists it was made with."""
    return LiveScan.objects.filter(office=office.slug).order_by("-pk").first()


def is_anything_out(office: Office) -> bool:
    """Whether anything was ever published; what was taken back since counts too, for it is asked often."""
    return LogEntry.objects.filter(office=office.slug, event__in=OUT, item__gt=0).exists()


def finding(document: Mapping[str, Any]) -> Finding:
    """A finding as it was kept."""
    return Finding(
        Kind(document["kind"]),
        Severity(document["severity"]),
        Place(**document["where"]),
        Text(document["template"], **document["values"]),
        document["start"],
        document["end"],
        document["suggestion"],
    )


def revisions_out(office: Office) -> dict[int, set[int]]:
    """For each item that is out somewhere, the numbers of the revisions readers see."""
    events = LogEntry.objects.filter(office=office.slug, event__in=[*OUT, Event.RECALLED], item__gt=0).order_by("seq")
    seen: dict[tuple[int | None, str], int | None] = {}
    for event, item, channel, revision in events.values_list("event", "item", "channel", "revision").iterator():
        seen[item, channel] = None if event == Event.RECALLED else revision
    out: dict[int, set[int]] = {}
    for (item, _), revision in seen.items():
        if item is not None and revision is not None:
            out.setdefault(item, set()).add(revision)
    return out


def _revisions(office: Office) -> Iterator[Revision]:
    out = revisions_out(office)
    numbers = sorted(out)
    # Batches, so that neither the database's limit of parameters nor memory is met.
    for start in range(0, len(numbers), 500):
        batch = numbers[start : start + 500]
        rows = Revision.objects.filter(item__in=batch).select_related("item").prefetch_related("assets").order_by("pk")
        yield from (row for row in rows if row.number in out[row.item_id])


def _told(office: Office, revision: Revision, lists: Words) -> list[Finding]:
    try:
        return examine(work_of(office, revision), lists)
    except DamagedAsset as error:
        return [Finding(Kind.ATTACHMENT, Severity.ERROR, Place("item"), error.text)]
