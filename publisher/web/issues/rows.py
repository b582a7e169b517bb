"""Issues as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels.issues import Room
from publisher.log.events import word as event_word
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue.issues import queries
from publisher.queue.issues.queries import Filled
from publisher.queue.models import Issue, IssueItem
from publisher.queue.states import IssueState, Outcome, State
from publisher.web import words
from publisher.web.rows import LOOKS as DELIVERY_LOOKS
from publisher.web.rows import Chip, HistoryRow
from publisher.wording import error_sentence

LOOKS = {
    IssueState.COLLECTING: "calm",
    IssueState.CLOSED: "active",
    IssueState.HANDED_OVER: "doubt",
    IssueState.SENT: "good",
    IssueState.PRINTED: "good",
    IssueState.NOT_ACCEPTED: "bad",
    IssueState.MISSED: "bad",
}

OUTCOME_LOOKS = {Outcome.PRINTED: "good", Outcome.NOT_ACCEPTED: "bad", Outcome.WITHDRAWN: "off"}
NEWEST = 200
MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class Bar:
    """How full an issue is, for a bar of so many parts; ``limit`` 0: nobody counts."""

    word: str
    used: int
    limit: int

    @property
    def is_over(self) -> bool:
        return bool(self.limit) and self.used > self.limit

    @property
    def left(self) -> int:
        return self.limit - self.used


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An item in an issue."""

    member: IssueItem
    title: str
    chip: Chip | None
    why: str


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One issue; ``alarm`` says why somebody must look after it."""

    issue: Issue
    name: str
    channel: str
    weekday: str
    chip: Chip
    bars: Sequence[Bar]
    members: Sequence[MemberRow]
    alarm: str

    @property
    def is_over(self) -> bool:
        return any(bar.is_over for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year's calendar."""

    number: int
    rows: Sequence[IssueRow]


def rows_of(office: Office, filled: Sequence[Filled], alarms: Sequence[queries.Alarm] = ()) -> list[IssueRow]:
    why = {alarm.issue.pk: alarm.why for alarm in alarms}
    return [_row(office, one, why.get(one.issue.pk, "")) for one in filled]


def months(rows: Sequence[IssueRow]) -> list[Month]:
    """The twelve months, each with the issues planned for it."""
    return [Month(number, [row for row in rows if row.issue.planned_on.month == number]) for number in MONTHS]


def alarm_word(why: str) -> str:
    """What is the matter with an issue, and who must do something."""
    words_of = {
        "empty": _("Nothing is in it and it closes within a day: it is about to be missed."),
        "stuck": _("Something of it has not been handed over: decide about it, or put it into another issue."),
        "untold": _("It was handed over and nobody has said whether it was printed."),
    }
    return words_of.get(why, "")


def history_of(issue: Issue) -> list[HistoryRow]:
    """What the log says of an issue and of its items in it, oldest first."""
    here = LogEntry.objects.filter(
        office=issue.office, channel=issue.channel, issue__in=(str(issue.number), issue.label)
    )
    entries = [entry for entry in here.order_by("seq")[:NEWEST] if _is_about(issue, entry)]
    return [
        HistoryRow(
            seq=entry.seq,
            at=entry.at,
            word=f"{event_word(entry.event)} {entry.title}".strip(),
            actor=words.actor_name(entry.actor),
            reason=str(entry.detail.get("reason", "")),
            file="",
        )
        for entry in entries
    ]


def name_of(issue: Issue) -> str:
    """What people call it, e.g. 2026年第7期."""
    return _("{year}, issue {number}").format(year=issue.year, number=issue.number)


def _is_about(issue: Issue, entry: LogEntry) -> bool:
    """Numbers come again each year: an entry says the year, or its item is in this issue."""
    if entry.issue == issue.label:
        return True
    year = entry.detail.get("year")
    return year == issue.year if year else entry.at >= issue.created_at and entry.year in (issue.year, issue.year + 1)


def _row(office: Office, one: Filled, why: str) -> IssueRow:
    issue, state = one.issue, IssueState(one.issue.state)
    return IssueRow(
        issue=issue,
        name=name_of(issue),
        channel=words.channel_name(office, issue.channel),
        weekday=date_format(issue.planned_on, "D"),
        chip=Chip(LOOKS[state], str(state.label)),
        bars=list(_bars(one.taken, one.room)),
        members=[_member(office, member) for member in one.members],
        alarm=alarm_word(why),
    )


def _bars(taken: Room, room: Room) -> list[Bar]:
    return [
        Bar(_("Characters"), taken.characters, room.characters),
        Bar(_("Pictures"), taken.pictures, room.pictures),
        Bar(_("Items"), taken.items, room.items),
    ]


def _member(office: Office, member: IssueItem) -> MemberRow:
    title = queries.title_of(member) or _("(kept for a correction notice)")
    if member.part > 1:
        title = _("{title} (part {part})").format(title=title, part=member.part)
    delivery, chip, why = member.delivery, None, member.reason
    if member.outcome:
        chip = Chip(OUTCOME_LOOKS[Outcome(member.outcome)], str(Outcome(member.outcome).label))
    elif delivery is not None:
        chip = Chip(DELIVERY_LOOKS[State(delivery.state)], words.state_word(office, delivery))
        why = error_sentence(delivery.error)
    return MemberRow(member, title, chip, why)
