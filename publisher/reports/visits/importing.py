"""Counting a log into the days, each line once: a log that was counted before goes on where it ended.

What is counted and how far stand in one transaction, some megabytes at a time: whoever kills it loses nothing and
doubles nothing.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils import timezone

from channels.errors import Text
from publisher.office import Office
from publisher.reports.models import VisitDay, VisitLog
from publisher.reports.visits.lines import Counting, Day, whole_lines
from publisher.reports.visits.visitors import Visitors

PIECE = 1024 * 1024
KEPT_EVERY = 256 * 1024 * 1024
EDGE = 4096
"""Bytes at the beginning and before the end by which a log is known again."""
LONGEST_LINE = 1024 * 1024
TOLD_APART = timedelta(days=31)
"""So long after a day its visitors can still be told from new ones exactly; then only how many they were is known."""
LITTLE = 16 * 1024 + 1
"""Bytes of a day's visitors that are kept for good: as many as a sketch has."""


class NotCounted(Exception):
    """A log that cannot be counted; ``text`` says why and what to do. What was counted before stays."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass
class Tally:
    """What one import has done."""

    name: str
    lines: int = 0
    unread: int = 0
    robots: int = 0
    known_bytes: int = 0
    bytes: int = 0
    views: dict[date, int] = field(default_factory=dict)
    also_elsewhere: list[date] = field(default_factory=list)


def import_log(office: Office, site: str, path: Path, *, by: str) -> Tally:
    """Count what is new in a log. Raises NotCounted, OSError."""
    tally = Tally(path.name)
    with _opened(path) as file:
        known = _known(office, site, file)
        if known is None:
            known = _begun(office, site, path, file, by)
            if known is None:
                return tally
        tally.known_bytes = known.offset
        counting = Counting(office.timezone, settings.SECRET_KEY.encode()[:64])
        try:
            for end, tail in _pieces(file, known.offset, counting):
                _keep(known, counting, tally, end, tail, by)
        except (EOFError, gzip.BadGzipFile) as error:
            raise NotCounted(
                "{name} is damaged or not complete ({reason}): what could be read is counted.",
                name=path.name,
                reason=type(error).__name__,
            ) from None
    _forget(known)
    _finish(known, counting, tally)
    return tally


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The log, unpacked where it is compressed."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path) if is_packed else path.open("rb") as file:
        yield file  # type: ignore[misc]  # a GzipFile reads and seeks like any binary file


def _known(office: Office, site: str, file: BinaryIO) -> VisitLog | None:
    """What was counted of this log before. Raises NotCounted: it begins like one that has other lines by now."""
    logs = VisitLog.objects.filter(office=office.slug, site=site)
    lengths = sorted(logs.values_list("head_length", flat=True).distinct(), reverse=True)
    head = file.read(EDGE)
    for length in lengths:
        found = logs.filter(head=_digest(head[:length]), head_length=length).first() if len(head) >= length else None
        if found is not None:
            file.seek(found.offset - min(EDGE, found.offset))
            if _digest(file.read(min(EDGE, found.offset))) != found.tail:
                raise NotCounted(
                    "{name} begins like a log that was counted before and then has other lines: give the log as the "
                    "web server wrote it.",
                    name=found.name,
                )
            return found
    return None


def _begun(office: Office, site: str, path: Path, file: BinaryIO, by: str) -> VisitLog | None:
    """A log nobody has counted; None where it has no whole line yet. Only whole lines are its beginning."""
    file.seek(0)
    head = file.read(EDGE)
    whole = head if len(head) == EDGE else head[: head.rfind(b"\n") + 1]
    if not whole:
        return None
    file.seek(0)
    log = VisitLog(office=office.slug, site=site, name=path.name[:255], head=_digest(whole), head_length=len(whole))
    log.tail, log.offset, log.at, log.by = _digest(b""), 0, timezone.now(), by
    return log


def _pieces(file: BinaryIO, begin: int, counting: Counting) -> Iterator[tuple[int, bytes]]:
    """Count on from ``begin``; yields up to where, and what stands before it, each time some more is to be kept."""
    file.seek(begin)
    end, kept, last = begin, begin, b""
    for piece in whole_lines(iter(lambda: file.read(PIECE), b""), longest=LONGEST_LINE + PIECE):
        if len(piece) >= LONGEST_LINE + PIECE:
            raise NotCounted("This is no log of a web server: it has lines of more than a megabyte.")
        counting.add(piece)
        end += len(piece)
        last = (last + piece)[-EDGE:]
        if end - kept >= KEPT_EVERY:
            kept = end
            yield end, _edge(file, end, last)
    if end > kept:
        yield end, _edge(file, end, last)


def _edge(file: BinaryIO, end: int, last: bytes) -> bytes:
    """The bytes before ``end``: where little was read since, together with those before."""
    wanted = min(EDGE, end)
    if len(last) >= wanted:
        return last[-wanted:]
    here = file.tell()
    file.seek(end - wanted)
    edge = file.read(wanted)
    file.seek(here)
    return edge


def _keep(log: VisitLog, counting: Counting, tally: Tally, end: int, tail: bytes, by: str) -> None:
    """Write what was counted and how far. Raises NotCounted: somebody else counts this log just now."""
    if counting.unread > counting.lines / 2:
        raise NotCounted(
            "{name} is no access log in the combined format: {unread} of {lines} lines cannot be read. Nothing of them "
            "is counted.",
            name=log.name,
            unread=counting.unread,
            lines=counting.lines,
        )
    days = counting.take()
    with transaction.atomic():
        _move_on(log, counting, days, end, tail, by)
        for day, counted in sorted(days.items()):
            _add(log, day, counted)
            tally.views[day] = tally.views.get(day, 0) + counted.views
    tally.bytes = end - tally.known_bytes


def _move_on(log: VisitLog, counting: Counting, days: Mapping[date, Day], end: int, tail: bytes, by: str) -> None:
    before = log.offset
    log.offset, log.tail, log.at, log.by = end, _digest(tail), timezone.now(), by
    log.lines += counting.lines - counting.kept_lines
    counting.kept_lines = counting.lines
    log.first_day = min(filter(None, [log.first_day, *days]), default=None)
    log.last_day = max(filter(None, [log.last_day, *days]), default=None)
    if log._state.adding:
        made, is_new = VisitLog.objects.get_or_create(
            office=log.office,
            site=log.site,
            head=log.head,
            head_length=log.head_length,
            defaults={name: getattr(log, name) for name in _MOVING} | {"name": log.name},
        )
        if is_new:
            log.pk, log._state.adding = made.pk, False
            return
    elif VisitLog.objects.filter(pk=log.pk, offset=before).update(**{name: getattr(log, name) for name in _MOVING}):
        return
    raise NotCounted("{name} is being counted by somebody else just now: run it again later.", name=log.name)


_MOVING = ("offset", "tail", "at", "by", "lines", "first_day", "last_day")


def _add(log: VisitLog, day: date, counted: Day) -> None:
    place = {"office": log.office, "site": log.site, "day": day}
    VisitDay.objects.get_or_create(**place, defaults={"views": 0, "visitors": 0, "visitors_seen": b""})
    row = VisitDay.objects.select_for_update().get(**place)
    before = Visitors(bytes(row.visitors_seen))
    merged = before.merged(Visitors.of(counted.visitors))
    if not merged.is_exact:
        before = before.sketched()
        row.is_exact = False
    row.views += counted.views
    # What was counted exactly before stays so: a sketch only says how many are new.
    row.visitors += max(0, len(merged) - len(before))
    row.visitors_seen = merged.kept()
    row.save(update_fields=["views", "visitors", "visitors_seen", "is_exact"])


def _forget(log: VisitLog) -> None:
    """Keep of days that are long over how many the visitors were, and no more who they were."""
    days = VisitDay.objects.filter(office=log.office, site=log.site)
    newest = days.aggregate(newest=Max("day"))["newest"]
    if newest is None:
        return
    large = days.filter(day__lt=newest - TOLD_APART).annotate(size=Length("visitors_seen")).filter(size__gt=LITTLE)
    for number in list(large.values_list("pk", flat=True)):
        with transaction.atomic():
            row = VisitDay.objects.select_for_update().get(pk=number)
            row.visitors_seen = Visitors(bytes(row.visitors_seen)).sketched().kept()
            row.save(update_fields=["visitors_seen"])


def _finish(log: VisitLog, counting: Counting, tally: Tally) -> None:
    tally.lines, tally.unread, tally.robots = counting.lines, counting.unread, counting.robots
    others = VisitLog.objects.filter(office=log.office, site=log.site).exclude(pk=log.pk)
    spans = [(one.first_day, one.last_day) for one in others if one.first_day and one.last_day]
    tally.also_elsewhere = sorted(
        day for day in tally.views if any(first < day < last for first, last in spans if first and last)
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
