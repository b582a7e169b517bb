"""Questions about issues: which there are, what is in them and how full they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from channels.issues import Room
from publisher.office import ChannelEntry, Office
from publisher.queue.companions import IN_ORDER
from publisher.queue.literal import Literal
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.states import OPEN_ISSUES, UNDONE, IssueState, Outcome, State

ALARM = timedelta(hours=24)
"""So long before it closes, an issue with nothing in it is about to be missed."""

TELL_WITHIN = timedelta(days=3)
"""So long after its day, somebody should have said whether the newspaper printed it."""


def with_issues(office: Office) -> dict[str, ChannelEntry]:
    """The channels whose items come together in issues."""
    return {key: entry for key, entry in office.channels.items() if entry.channel.issues is not None}


def issues(office: Office) -> QuerySet[Issue]:
    """All of the office, in the order of their days."""
    return Issue.objects.filter(office=office.slug).order_by("planned_on", "channel", "number")


def open_issues(office: Office, *states: IssueState) -> QuerySet[Issue]:
    """Those in these states, found by the index over open ones."""
    among = tuple(Literal(state.value) for state in states or OPEN_ISSUES)
    within = tuple(Literal(state.value) for state in OPEN_ISSUES)
    found = Issue.objects.filter(office=office.slug, state__in=among)
    return found.filter(state__in=within).order_by("closes_at", "pk")


def label_of(delivery: Delivery) -> str:
    """Year and number of the issue a delivery goes into; empty where it is in none."""
    member = placed(delivery).select_related("issue").first()
    return member.issue.label if member else ""


def placed(delivery: Delivery) -> QuerySet[IssueItem]:
    """The places of a delivery in issues; until it is done, a correction has those of what it replaces."""
    return IssueItem.objects.filter(delivery__in=[delivery.pk, delivery.about_id]).order_by("part")


def collecting(delivery: Delivery) -> Issue | None:
    """The issue a delivery waits for; None where it is in none, or in one that collects no more."""
    return Issue.objects.filter(members__delivery=delivery, state=IssueState.COLLECTING).first()


def members(found: Iterable[Issue]) -> QuerySet[IssueItem]:
    """What is in these issues, in the order it was put, else as it came; what was cancelled or refused is not."""
    among = IssueItem.objects.filter(issue__in=[issue.pk for issue in found])
    there = among.exclude(delivery__state__in=UNDONE).select_related(
        "issue", "item", "delivery__revision", "delivery__product", "answers__recall__item"
    )
    return there.order_by("issue", "part", *IN_ORDER)


def room(issue: Issue) -> Room:
    """The room an issue has altogether."""
    return Room(issue.room_items, issue.room_characters, issue.room_pictures)


def taken(there: Iterable[IssueItem]) -> Room:
    """The room that is taken."""
    kept = (member for member in there if member.outcome != Outcome.WITHDRAWN)
    return sum((Room(1, member.characters, member.pictures) for member in kept), Room())


@dataclass(frozen=True, slots=True)
class Filled:
    """An issue with what is in it."""

    issue: Issue
    members: Sequence[IssueItem]

    @property
    def taken(self) -> Room:
        return taken(self.members)

    @property
    def room(self) -> Room:
        return room(self.issue)

    @property
    def is_over(self) -> bool:
        """Whether more is in it than it holds."""
        return not self.room.holds(self.taken)


def filled(found: Iterable[Issue]) -> list[Filled]:
    """Issues with what is in them, in the same order; always two queries."""
    listed = list(found)
    by_issue: dict[int, list[IssueItem]] = {issue.pk: [] for issue in listed}
    for member in members(listed):
        by_issue[member.issue_id].append(member)
    return [Filled(issue, by_issue[issue.pk]) for issue in listed]


def pool(office: Office) -> list[IssueItem]:
    """What a newspaper did not take and no later issue has, newest first."""
    back = IssueItem.objects.filter(issue__office=office.slug, outcome=Outcome.NOT_ACCEPTED)
    found = list(back.select_related("issue", "item", "delivery__revision").order_by("-issue__planned_on", "-pk"))
    later = members(Issue.objects.filter(office=office.slug, members__item__in=[m.item_id for m in found]).distinct())
    newest: dict[tuple[str, int | None], int] = {}
    for member in later:
        key = (member.issue.channel, member.item_id)
        newest[key] = max(newest.get(key, 0), member.pk)
    return [member for member in found if newest.get((member.issue.channel, member.item_id), 0) <= member.pk]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An issue somebody must look after: ``empty`` before it closes, ``stuck`` when it should go, ``untold`` later."""

    issue: Issue
    why: str


def alarms(office: Office, *, now: datetime) -> list[Alarm]:
    """Issues that are about to be missed, and those of which nobody has said what became of them, soonest first."""
    today = now.astimezone(office.timezone).date()
    near = open_issues(office).filter(closes_at__lt=now + ALARM)
    found = [Alarm(one.issue, why) for one in filled(near) if (why := _why(one, today))]
    return sorted(found, key=lambda alarm: (alarm.issue.planned_on, alarm.issue.pk))


def _why(one: Filled, today: date) -> str:
    issue = one.issue
    if issue.state == IssueState.HANDED_OVER:
        return "untold" if issue.planned_on + TELL_WITHIN < today else ""
    if issue.state == IssueState.COLLECTING:
        return "" if any(member.delivery_id for member in one.members) else "empty"
    states = {member.delivery.state for member in one.members if member.delivery}
    return "stuck" if State.HELD in states or (states - {State.DONE} and issue.planned_on <= today) else ""


def issue_json(one: Filled) -> dict[str, Any]:
    """An issue as the commands show it."""
    issue, used = one.issue, one.taken
    return {
        "channel": issue.channel,
        "year": issue.year,
        "number": issue.number,
        "planned_on": issue.planned_on.isoformat(),
        "closes_at": issue.closes_at.isoformat(),
        "page": issue.page,
        "state": issue.state,
        "since": issue.since.isoformat(),
        "room": _room_json(one.room),
        "taken": _room_json(used),
        "printed_on": issue.printed_on.isoformat() if issue.printed_on else None,
        "clippings": list(issue.clippings),
        "told_by": issue.told_by,
        "reason": issue.reason,
        "items": [_member_json(member) for member in one.members],
    }


def _room_json(found: Room) -> Mapping[str, int]:
    return {"items": found.items, "characters": found.characters, "pictures": found.pictures}


def _member_json(member: IssueItem) -> dict[str, Any]:
    delivery = member.delivery
    return {
        "item": member.item_id,
        "title": title_of(member),
        "delivery": member.delivery_id,
        "state": delivery.state if delivery else None,
        "part": member.part,
        "characters": member.characters,
        "pictures": member.pictures,
        "outcome": member.outcome,
        "reason": member.reason,
        "answers_recall": member.answers.recall_id if member.answers else None,
    }


def title_of(member: IssueItem) -> str:
    """What an item in an issue is called; empty for a slot that is only kept."""
    return member.delivery.revision.title if member.delivery else ""
