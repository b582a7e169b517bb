"""Looking once more through everything that is out, when the lists of words have changed.

A round goes through all items, a little at each step; between rounds only what came out or was taken back since is
looked at. What was found stands in ``LiveFindings``, a row for each item with errors or warnings, until it is found no
more; what somebody has passed over with a reason is settled.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum

from channels.errors import Text
from publisher.items.models import Revision
from publisher.items.store import DamagedAsset
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passing import not_passed_over
from publisher.review.checks.scan import examine, work_of
from publisher.review.checks.wordlists import Words, words
from publisher.review.models import LiveFindings, LiveScan

OUT = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.CORRECTED)
CHANGING = (*OUT, Event.RECALLED, Event.NOT_ACCEPTED)
BATCH = 50
NEWS = 500


def look_through(office: Office, *, now: datetime) -> LiveScan:
    """Go a whole new round at once. Raises BadConfiguration: a list of words has mistakes."""
    scan = _begin(office, words(office).digest, now)
    while step(office, now=now):
        pass
    scan.refresh_from_db()
    return scan


def step(office: Office, *, now: datetime, seconds: float = 1.0) -> bool:
    """Go on for about that long, one item at least; returns whether more is to be done at once.

    Costs two questions to the database where nothing has changed. Raises BadConfiguration.
    """
    lists, until = words(office), time.monotonic() + seconds
    scan = last(office)
    if scan is None or scan.lists != lists.digest:
        scan = _begin(office, lists.digest, now)
    if scan.finished_at is None:
        return _go_round(office, scan, lists, now, until)
    return _catch_up(office, scan, lists, now, until)


def last(office: Office) -> LiveScan | None:
    """The newest round, whatever lists it was made with."""
    return LiveScan.objects.filter(office=office.slug).order_by("-pk").first()


def is_anything_out(office: Office) -> bool:
    """Whether anything was ever published; what was taken back since counts too."""
    return LogEntry.objects.filter(office=office.slug, event__in=OUT, item__gt=0).exists()


def revisions_out(office: Office, items: Iterable[int]) -> dict[int, set[int]]:
    """For each of these items that is out somewhere, the numbers of the revisions readers see."""
    events = LogEntry.objects.filter(office=office.slug, item__in=list(items), event__in=CHANGING).order_by("seq")
    seen: dict[tuple[int | None, str], int | None] = {}
    for event, item, channel, revision in events.values_list("event", "item", "channel", "revision"):
        seen[item, channel] = revision if event in OUT else None
    out: dict[int, set[int]] = {}
    for (item, _), revision in seen.items():
        if item is not None and revision is not None:
            out.setdefault(item, set()).add(revision)
    return out


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


def _begin(office: Office, digest: str, now: datetime) -> LiveScan:
    newest = LogEntry.objects.filter(office=office.slug).aggregate(seq=Max("seq"))["seq"]
    # Before the first round no list has changed: what waits to be sent was checked when it was released.
    unsent_at = None if last(office) else now
    return LiveScan.objects.create(office=office.slug, lists=digest, made_at=now, seq=newest or 0, unsent_at=unsent_at)


def _go_round(office: Office, scan: LiveScan, lists: Words, now: datetime, until: float) -> bool:
    entries = LogEntry.objects.filter(office=office.slug, item__gt=scan.cursor, event__in=OUT)
    items = entries.order_by("item").values_list("item", flat=True).distinct()[:BATCH]
    numbers = [item for item in items if item is not None]
    for item in numbers:
        scan.items += _look_at(office, [item], lists, now)
        scan.cursor = item
        if time.monotonic() > until:
            break
    if not numbers:
        scan.finished_at = now
    _keep(scan)
    return bool(numbers)


def _catch_up(office: Office, scan: LiveScan, lists: Words, now: datetime, until: float) -> bool:
    """Look at what came out, was corrected or was taken back since."""
    news = LogEntry.objects.filter(office=office.slug, seq__gt=scan.seq).order_by("seq")
    rows = list(news.values_list("seq", "event", "item")[:NEWS])
    for seq, event, item in rows:
        scan.seq = seq
        if event in CHANGING and item and item > 0:
            _look_at(office, [item], lists, now)
            scan.items += _came_out(office, item, seq, event)
            if time.monotonic() > until:
                break
    if rows:
        _keep(scan)
    return bool(rows) and (len(rows) == NEWS or scan.seq != rows[-1][0])


def _came_out(office: Office, item: int, seq: int, event: str) -> bool:
    """Whether the item was never out before this entry."""
    before = LogEntry.objects.filter(office=office.slug, item=item, event__in=OUT, seq__lt=seq)
    return event in OUT and not before.exists()


def _keep(scan: LiveScan) -> None:
    kept = LiveFindings.objects.filter(office=scan.office).aggregate(errors=Sum("errors"), warnings=Sum("warnings"))
    scan.errors, scan.warnings = kept["errors"] or 0, kept["warnings"] or 0
    scan.save(update_fields=["cursor", "seq", "items", "errors", "warnings", "finished_at"])


def _look_at(office: Office, items: Iterable[int], lists: Words, now: datetime) -> int:
    """Look at the revisions of these items that are out, and keep what is found; returns how many items are out."""
    out = revisions_out(office, items)
    for item in items:
        found = [
            entry for revision in _revisions(item, out.get(item, set())) for entry in _told(office, revision, lists)
        ]
        _write(office, item, found, lists, now)
    return len(out)


def _revisions(item: int, numbers: Iterable[int]) -> list[Revision]:
    rows = Revision.objects.filter(item=item, number__in=list(numbers)).select_related("item")
    return list(rows.prefetch_related("assets", "variants").order_by("number"))


def _write(office: Office, item: int, found: list[tuple[Revision, Finding]], lists: Words, now: datetime) -> None:
    if not found:
        LiveFindings.objects.filter(office=office.slug, item=item).delete()
        return
    severities = [one.severity for _, one in found]
    row = LiveFindings(
        office=office.slug,
        item=item,
        title=found[-1][0].title,
        lists=lists.digest,
        looked_at=now,
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        found=[{"revision": revision.number, **one.json()} for revision, one in found],
    )
    # Two processes may look at once: the later one's word stays.
    LiveFindings.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["office", "item"],
        update_fields=["title", "lists", "looked_at", "errors", "warnings", "found"],
    )


def _told(office: Office, revision: Revision, lists: Words) -> list[tuple[Revision, Finding]]:
    try:
        found = not_passed_over(office, revision, examine(work_of(office, revision), lists))
    except DamagedAsset as error:
        found = [Finding(Kind.ATTACHMENT, Severity.ERROR, Place("item"), error.text)]
    return [(revision, one) for one in found if one.severity != Severity.INFO]
