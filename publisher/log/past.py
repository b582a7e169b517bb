"""The verb that takes in what was published before the program was there: marked as such, and never twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from channels.base import Past
from channels.errors import Text
from publisher.log.actions import Proof, Subject, locked_head, record
from publisher.log.events import Event
from publisher.log.known import Known, Seen, is_declared, key_of
from publisher.log.likeness import digest, same_address, same_title
from publisher.log.models import Backfill, Backfilled, LogEntry
from publisher.office import ChannelEntry, Office

SHORT = {"section": 100, "source": 200, "issue": 32}
"""How long what the log keeps of these may be."""


FRESH = timedelta(days=1)


class Verdict(StrEnum):
    """What became of something that was found."""

    ADDED = "added"
    ALREADY = "already"
    """in the log by now, backfilled or published by the program itself"""
    OUTSIDE = "outside"
    """of another year"""
    REFUSED = "refused"
    """of a day to come"""


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing that was found, what became of it, and why it is not in the log, where it is not."""

    past: Past
    verdict: Verdict
    text: Text | None = None


@dataclass
class Taking:
    """A run at work.

    Args:
        run: its row; None for one that only shows what it would do.
    """

    office: Office
    channel: ChannelEntry
    year: int
    by: str
    run: Backfill | None = None
    known: Known = field(init=False)
    shown: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = Known(self.office.slug, self.channel.key, self.year)

    def take(self, entries: Sequence[Past], *, after: str = "") -> list[Judged]:
        """Take in what is new, and note how far the run has come: all of it or, where it breaks, nothing.

        Args:
            after: where the run goes on after these.
        """
        # What is many is read before the log is locked, what came meanwhile afterwards.
        self.known.refresh()
        with transaction.atomic():
            if self.run is not None:
                locked_head(self.office.slug)
            self.known.refresh()
            judged = [self._take(_fit(past)) for past in entries]
            if self.run is not None and after:
                Backfill.objects.filter(pk=self.run.pk).update(cursor=after)
        return judged

    def is_known(self, url: str) -> bool:
        """Whether the page at an address was taken in, or is the program's own: it need not be looked at again."""
        probe = Past("", date(self.year, 1, 1), url=url)
        return self.known.published(probe) is not None or self.known.backfilled(probe) is not None

    def _take(self, past: Past) -> Judged:
        if past.published_on.year != self.year:
            return Judged(past, Verdict.OUTSIDE, Text("{day} is not in {year}.", day=past.published_on, year=self.year))
        if past.published_on > timezone.now().astimezone(self.office.timezone).date():
            return Judged(past, Verdict.REFUSED, Text("{day} is still to come.", day=past.published_on))
        if seen := self.known.published(past):
            text = Text("The program published it itself: item {item}.", item=seen.item)
            return Judged(past, Verdict.ALREADY, text)
        if row := self.known.backfilled(past):
            return Judged(past, Verdict.ALREADY, _at_entry(row))
        if row := self.known.twin(past):
            self._note_twin(past, row)
            return Judged(past, Verdict.ALREADY, _at_entry(row))
        return self._add(past)

    def _add(self, past: Past) -> Judged:
        if self.run is None:
            keys = {key_of(past), digest(same_address(past.url))} - {""}
            verdict = Verdict.ALREADY if keys & self.shown else Verdict.ADDED
            self.shown |= keys
            return Judged(past, verdict)
        match = self.known.same_item(past)
        past = replace(past, column=past.column or _column_of(self.office, match))
        item = match.item if match else self._new_number()
        entry = record(
            self.office,
            Event.BACKFILLED,
            _subject(self.office, self.channel, past, item),
            actor=self.by,
            proof=Proof(past.remote_id, past.url, past.evidence, _detail(self.run, past)),
            happened_on=past.published_on,
        )
        self._note(past, item, entry.seq)
        return Judged(past, Verdict.ADDED)

    def _note(self, past: Past, item: int, seq: int) -> None:
        Backfilled.objects.create(
            office=self.office.slug,
            channel=self.channel.key,
            key=key_of(past),
            address=digest(same_address(past.url)),
            title=digest(same_title(past.title)),
            happened_on=past.published_on,
            issue=past.issue,
            item=item,
            seq=seq,
            is_declared=is_declared(past),
        )

    def _note_twin(self, past: Past, row: Backfilled) -> None:
        """Remember what a person's row was found as, so that it stands for one publication only."""
        if self.run is not None and not is_declared(past):
            self._note(past, row.item, row.seq)
            Backfilled.objects.filter(pk=row.pk).update(is_taken=True)

    def _new_number(self) -> int:
        """Below zero, and below every number that was used; the log is locked, so nobody else takes it."""
        backfilled = LogEntry.objects.filter(office=self.office.slug, item__lt=0)
        return (backfilled.aggregate(least=Min("item"))["least"] or 0) - 1


def begin(office: Office, channel: ChannelEntry, year: int, *, source: str, by: str) -> Backfill:
    """The run of this source that was broken off, or a new one.

    One of a year that was not over yet is left behind after a day: what came since stands where it was already.
    """
    same = Backfill.objects.filter(office=office.slug, channel=channel.key, year=year, source=source, ended_at=None)
    for run in same.filter(begun_at__lt=timezone.now() - FRESH):
        if run.begun_at.astimezone(office.timezone).year <= year:
            end(run)
    run, _ = same.get_or_create(
        office=office.slug,
        channel=channel.key,
        year=year,
        source=source,
        defaults={"ended_at": None, "begun_at": timezone.now(), "begun_by": by},
    )
    return run


def end(run: Backfill) -> None:
    """Note that a run has come to its end: the next one begins at the beginning."""
    Backfill.objects.filter(pk=run.pk).update(ended_at=timezone.now())


def _subject(office: Office, channel: ChannelEntry, past: Past, item: int) -> Subject:
    column = office.column(past.column) if past.column else None
    return Subject(
        item=item,
        title=past.title,
        section=past.section,
        source=past.source,
        issue=past.issue,
        column=past.column,
        column_name=column.name if column else "",
        column_class=column.column_class if column else "",
        channel=channel.key,
        channel_kind=channel.kind,
    )


def _detail(run: Backfill, past: Past) -> dict[str, Any]:
    told = {"about": past.about, "found": dict(past.raw)}
    return {"run": run.pk, "source": past.where} | {name: value for name, value in told.items() if value}


def _column_of(office: Office, seen: Seen | None) -> str:
    """The column another channel's publication of the same information has."""
    if seen is None:
        return ""
    found = LogEntry.objects.filter(office=office.slug, seq=seen.seq).values_list("column", flat=True)
    return seen.column or found[0]


def _at_entry(row: Backfilled) -> Text:
    return Text("It was backfilled before: entry {seq}.", seq=row.seq)


def _fit(past: Past) -> Past:
    """``past`` as the log can keep it: no control characters, nothing longer than its place."""
    short = {name: _clean(getattr(past, name))[:length] for name, length in SHORT.items()}
    texts = {name: _clean(getattr(past, name)) for name in ("title", "remote_id", "url", "about", "where")}
    return replace(past, **short, **texts, raw=_clean(past.raw))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(sign for sign in value if unicodedata.category(sign) not in {"Cc", "Cs"} or sign in "\n\t")
    if isinstance(value, Mapping):
        return {name: _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list | tuple) else value
