"""Recalls as the pages show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.utils.translation import gettext as _

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue.models import TAKING_BACK, Delivery, Recall, RecallEvidence, RecallLine
from publisher.queue.recalls import queries
from publisher.queue.recalls.rules import unknown_year
from publisher.queue.states import OPEN_LINES, STAYING, LineState, RecallKind, State
from publisher.web import words
from publisher.web.names import Names
from publisher.web.rows import LOOKS as DELIVERY_LOOKS
from publisher.web.rows import Chip, HistoryRow
from publisher.wording import duration, error_sentence, sentence

PAGE_LENGTH = 50
NEWEST = 100

LOOKS = {
    LineState.UNDER_WAY: "active",
    LineState.BY_HAND: "person",
    LineState.NOTICE: "person",
    LineState.REMOVED: "good",
    LineState.DECLARED: "good",
    LineState.MARKED: "good",
    LineState.REPLACED: "good",
    LineState.ANSWERED: "good",
    LineState.ABSENT: "off",
    LineState.KEPT: "doubt",
}


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """The correction notice of a newspaper, and how far it is."""

    item: int
    issue: str
    chip: Chip | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One channel; ``instruction`` is what a person must do there, ``proofs`` comes with who gave each.

    ``unknown_year``: the time was counted without the holidays of this year, which were not known.
    """

    line: RecallLine
    channel: str
    chip: Chip
    address: str
    evidence: str
    why: str
    is_open: bool
    is_late: bool
    instruction: Sequence[str]
    notice: NoticeRow | None
    proofs: Sequence[tuple[RecallEvidence, str]]
    unknown_year: int | None


@dataclass(frozen=True, slots=True)
class RecallRow:
    """One recall; ``took`` is the time to recall, of an open one so far."""

    recall: Recall
    title: str
    kind: str
    asked_by: str
    chip: Chip
    took: str
    is_open: bool
    is_late: bool
    lines: Sequence[LineRow]

    @property
    def may_go(self) -> bool:
        """Whether it was to stay, marked, and somebody may decide that it goes after all."""
        return self.is_open and self.recall.kind in STAYING

    @property
    def settled(self) -> int:
        return sum(not line.is_open for line in self.lines)


@dataclass(frozen=True, slots=True)
class TimesRow:
    """How long the recalls of this year took."""

    count: int
    in_time: int
    middle: str
    longest: str


def page_of_recalls(office: Office, number: str | None, now: datetime) -> tuple[Page[Recall], list[RecallRow]]:
    """Open recalls first, the one due first before the others; then the closed ones, newest first."""
    ordered = queries.recalls(office).order_by(F("closed_at").desc(nulls_first=True), "due_at", "-pk")
    page = Paginator(ordered, PAGE_LENGTH).get_page(number)
    return page, rows_of(office, list(page), now)


def rows_of(office: Office, recalls: Sequence[Recall], now: datetime) -> list[RecallRow]:
    around = _Around(office, now, _notices(recalls), Names.named(_people(recalls)))
    return [_row(around, recall) for recall in recalls]


def times_row(office: Office, now: datetime) -> TimesRow | None:
    """Of what was closed this year; None where nothing was."""
    begin = now.astimezone(office.timezone).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    found = queries.times(office, begin, now + timedelta(seconds=1))
    if found is None:
        return None
    return TimesRow(found.count, found.in_time, duration(found.middle), duration(found.longest))


def history_of(office: Office, recall: Recall) -> list[HistoryRow]:
    """What the log says of it, oldest first."""
    about = Q(event__startswith="recall") | Q(event=Event.NOTICE_PROPOSED) | Q(action__in=TAKING_BACK)
    entries = LogEntry.objects.filter(about, office=recall.office, item=recall.item_id, at__gte=recall.asked_at)
    if recall.closed_at is not None:
        last = entries.filter(event=Event.RECALL_COMPLETED, detail__recall=recall.pk).order_by("seq").first()
        entries = entries.filter(seq__lte=last.seq) if last is not None else entries
    shown = list(entries.order_by("seq")[:NEWEST])
    names = Names.named(entry.actor for entry in shown)
    return [
        HistoryRow(
            seq=entry.seq,
            at=entry.at,
            word=" ".join(filter(None, (_name(office, entry), str(Event(entry.event).label)))),
            actor=names[entry.actor],
            reason=_reason(recall, entry),
            file=entry.detail.get("file", {}).get("name", ""),
        )
        for entry in shown
    ]


def _name(office: Office, entry: LogEntry) -> str:
    return words.channel_name(office, entry.channel) if entry.channel else ""


def _reason(recall: Recall, entry: LogEntry) -> str:
    """Why; the recall's own reason is said once."""
    reason: str = entry.detail.get("reason", "")
    is_known = reason == recall.reason and entry.event != Event.RECALL_ASKED
    return "" if is_known else reason or error_sentence(entry.detail.get("error"))


@dataclass(frozen=True, slots=True)
class _Around:
    """What every row of a page is made with."""

    office: Office
    now: datetime
    notices: Mapping[int, Delivery]
    names: Names


def _people(recalls: Sequence[Recall]) -> Iterator[str]:
    """Who asked for them, and who gave evidence."""
    for recall in recalls:
        yield recall.asked_by
        yield from (proof.given_by for line in recall.lines.all() for proof in line.proofs.all())


def _row(around: _Around, recall: Recall) -> RecallRow:
    title, is_open = queries.title_of(recall), recall.closed_at is None
    lines = queries.in_order(around.office, recall.lines.all())
    is_late = queries.is_overdue(recall, around.now)
    return RecallRow(
        recall=recall,
        title=title,
        kind=str(RecallKind(recall.kind).label),
        asked_by=around.names[recall.asked_by],
        chip=_chip(is_open=is_open, is_late=is_late),
        took=duration((recall.closed_at or around.now) - recall.asked_at),
        is_open=is_open,
        is_late=is_late,
        lines=[_line_row(around, recall, line, title) for line in lines],
    )


def _chip(*, is_open: bool, is_late: bool) -> Chip:
    if is_late:
        return Chip("bad", _("overdue"))
    return Chip("person", _("being taken back")) if is_open else Chip("good", _("recall closed"))


def _line_row(around: _Around, recall: Recall, line: RecallLine, title: str) -> LineRow:
    office, state = around.office, LineState(line.state)
    is_open, is_late = state in OPEN_LINES, queries.is_late(line, around.now)
    return LineRow(
        line=line,
        channel=words.channel_name(office, line.channel),
        chip=Chip("bad" if is_late else LOOKS[state], str(state.label)),
        address=words.web_address(line.address),
        evidence=words.evidence_word(line.evidence),
        why=error_sentence(line.why),
        is_open=is_open,
        is_late=is_late,
        instruction=[sentence(step) for step in queries.instruction(office, line, title)],
        notice=_notice_row(office, line, around.notices),
        proofs=[(proof, around.names[proof.given_by]) for proof in line.proofs.all()],
        unknown_year=unknown_year(recall.kind, state, recall.asked_at) if is_open else None,
    )


def _notice_row(office: Office, line: RecallLine, notices: Mapping[int, Delivery]) -> NoticeRow | None:
    if line.notice_id is None:
        return None
    delivery = notices.get(line.notice_id)
    chip = None
    if delivery is not None:
        chip = Chip(DELIVERY_LOOKS[State(delivery.state)], words.state_word(office, delivery))
    return NoticeRow(line.notice_id, line.issue, chip)


def _notices(recalls: Sequence[Recall]) -> dict[int, Delivery]:
    """The newest delivery of each correction notice."""
    items = [line.notice_id for recall in recalls for line in recall.lines.all() if line.notice_id]
    if not items:
        return {}
    return {delivery.item_id: delivery for delivery in Delivery.objects.filter(item__in=items).order_by("pk")}
