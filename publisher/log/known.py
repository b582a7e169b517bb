"""What is known already: what the program itself published, and what was backfilled before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet

from channels.base import Evidence, Past
from publisher.log.events import Event
from publisher.log.likeness import digest, is_telling, same_address, same_title
from publisher.log.models import Backfilled, LogEntry

OUT = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED)

SAME_WITHIN = timedelta(days=7)
"""Two channels that say the same within this time say it once."""

PRINTED_WITHIN = timedelta(days=31)
"""What was handed over to a newspaper and printed within this time is one publication."""


NOTICED_WITHIN = timedelta(days=1)
"""So much later than a platform's day the log may say that something is out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One publication that is in the log already."""

    seq: int
    channel: str
    item: int
    day: date
    column: str = ""
    event: str = Event.BACKFILLED


@dataclass
class Known:
    """What the log knows, as far as it matters for one channel and year.

    Reads what the program published once, and then only what came since; what was backfilled is asked for each time.
    To be trusted only while the log is locked.
    """

    office: str
    channel: str
    year: int
    seq: int = 0
    addresses: dict[str, Seen] = field(default_factory=dict)
    own_addresses: dict[str, Seen] = field(default_factory=dict)
    remote_ids: dict[str, Seen] = field(default_factory=dict)
    titles: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    items: set[int] = field(default_factory=set)

    def refresh(self) -> None:
        """Read what the program has published since the last time."""
        years = (self.year - 1, self.year, self.year + 1)
        new = LogEntry.objects.filter(office=self.office, year__in=years, event__in=OUT, seq__gt=self.seq)
        for entry in new.order_by("seq").iterator(chunk_size=1000):
            self._add(entry)

    def published(self, past: Past) -> Seen | None:
        """The program's own publication that ``past`` is, None where it is none."""
        seen = self.own_addresses.get(same_address(past.url)) or self.remote_ids.get(past.remote_id)
        if seen is not None:
            return seen
        if past.is_same_by_title:
            return next(self._named_here(past), None)
        return next(self._printed(past), None) if is_declared(past) else None

    def backfilled(self, past: Past) -> Backfilled | None:
        """What was taken in before and is ``past`` by its number or address, None where it was not."""
        rows = Backfilled.objects.filter(office=self.office, channel=self.channel)
        address = digest(same_address(past.url))
        found = rows.filter(key=key_of(past)).first()
        return found or (rows.filter(address=address).first() if address else None)

    def twin(self, past: Past) -> Backfilled | None:
        """What was taken in before from another source, without the number or address that tells.

        On one channel, the same title on the same day is the same publication where a person's list meets what was
        read back. What was read back twice is two, and stands for one row of a list only.
        """
        title = digest(same_title(past.title))
        rows = Backfilled.objects.filter(
            office=self.office, channel=self.channel, title=title, happened_on=past.published_on
        ).order_by("seq")
        if not title:
            return None
        if not is_declared(past):
            return rows.filter(is_declared=True, is_taken=False).first()
        return next((row for row in rows if not (row.is_declared and _differ(row, past))), None)

    def same_item(self, past: Past) -> Seen | None:
        """What another channel published of the same information, None where none did.

        Best is what ``past`` points to; else the same title within days, the nearest first. Each item is on a channel
        once: a second publication there is another one.
        """
        pointed = sorted(self._pointed(past), key=lambda seen: seen.seq)
        named = sorted(self._named(past), key=lambda seen: (abs(seen.day - past.published_on), seen.seq))
        return next((seen for seen in (*pointed, *named) if not self._is_here(seen.item)), None)

    def _add(self, entry: LogEntry) -> None:
        self.seq = entry.seq
        # Entries of the first versions say their day by their time only.
        day = entry.happened_on or entry.at.date()
        seen = Seen(entry.seq, entry.channel, entry.item or 0, day, entry.column, entry.event)
        self.titles[same_title(entry.title)].append(seen)
        address, is_own = same_address(entry.url), entry.channel == self.channel
        if address:
            self.addresses.setdefault(address, seen)
        if is_own:
            self.items.add(seen.item)
        if is_own and address:
            self.own_addresses.setdefault(address, seen)
        if is_own and entry.remote_id:
            self.remote_ids.setdefault(entry.remote_id, seen)

    def _printed(self, past: Past) -> Iterator[Seen]:
        for seen in self.titles.get(same_title(past.title), ()):
            later = past.published_on - seen.day
            is_same_day = seen.day == past.published_on
            if seen.channel == self.channel and (
                is_same_day or (seen.event == Event.HANDED_OVER and timedelta() <= later <= PRINTED_WITHIN)
            ):
                yield seen

    def _named_here(self, past: Past) -> Iterator[Seen]:
        title = same_title(past.title)
        for seen in self.titles.get(title, ()) if title else ():
            if seen.channel == self.channel and timedelta() <= seen.day - past.published_on <= NOTICED_WITHIN:
                yield seen

    def _pointed(self, past: Past) -> Iterator[Seen]:
        address = same_address(past.about)
        if not address:
            return
        if seen := self.addresses.get(address):
            yield seen
        yield from map(_seen, Backfilled.objects.filter(office=self.office, address=digest(address)))

    def _named(self, past: Past) -> Iterator[Seen]:
        title = same_title(past.title)
        if not is_telling(title):
            return
        first, last = past.published_on - SAME_WITHIN, past.published_on + SAME_WITHIN
        yield from (seen for seen in self.titles.get(title, ()) if first <= seen.day <= last)
        yield from map(_seen, self._titled(title).filter(happened_on__range=(first, last)))

    def _titled(self, title: str) -> QuerySet[Backfilled]:
        return Backfilled.objects.filter(office=self.office, title=digest(title)).exclude(channel=self.channel)

    def _is_here(self, item: int) -> bool:
        rows = Backfilled.objects.filter(office=self.office, item=item, channel=self.channel)
        return item in self.items or rows.exists()


def key_of(past: Past) -> str:
    """What ``past`` is recognised by on its channel: its number or address, in print its issue, title and day."""
    if past.remote_id:
        return digest(f"id {past.remote_id}")
    if address := same_address(past.url):
        return digest(f"url {address}")
    return digest(f"print {past.issue} {same_title(past.title) or past.title} {past.published_on}")


def is_declared(past: Past) -> bool:
    """Whether it rests on a list that a person keeps, with a clipping or without, and was not read back."""
    return past.evidence != Evidence.READ_BACK


def _differ(row: Backfilled, past: Past) -> bool:
    """Whether two rows of people's lists are two publications: each says where, and not the same."""
    address = digest(same_address(past.url))
    return bool((address and row.address and address != row.address) or (past.issue and row.issue != past.issue))


def _seen(row: Backfilled) -> Seen:
    return Seen(row.seq, row.channel, row.item, row.happened_on)
