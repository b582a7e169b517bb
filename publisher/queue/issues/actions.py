"""What a person does with issues before they are handed over: open, close, change, and move items between them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from publisher.log.events import Event
from publisher.office import ChannelEntry, Office, get_office
from publisher.queue import accounts, clock, companions
from publisher.queue.issues import following, moving, placing, planning, queries, slots
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.moves import NotPossible
from publisher.queue.states import IssueState, IssueVerb, State

LONGEST_AHEAD = timedelta(days=400)


def open_issue(entry: ChannelEntry, day: date, *, by: str, now: datetime | None = None) -> Issue:
    """Open an issue for that day beside those of the schedule; what is released from now on collects in it.

    Raises NotPossible: the channel has no issues, or nothing could get into an issue of that day any more.
    """
    office, at = get_office(), now or clock.now()
    if entry.channel.issues is None:
        raise NotPossible("{name} has no issues: what goes there goes out by itself.", name=entry.name)
    with transaction.atomic():
        accounts.locked(office.slug, entry.key)
        _require_day(office, entry, day, at)
        issue = planning.make(office, entry, day, now=at)
        moving.record(issue, Event.ISSUE_OPENED, by=by)
    return issue


def close(issue: Issue, *, by: str, now: datetime | None = None) -> None:
    """Close an issue before its time: what is in it is handed over now. Raises NotPossible: it is empty, or closed."""
    at = now or clock.now()
    with transaction.atomic():
        one = _fresh(issue, IssueState.COLLECTING)
        if not any(member.delivery_id for member in one.members):
            raise NotPossible("Nothing is in issue {issue} yet: put an item into it first.", issue=issue.label)
        _move(issue, IssueVerb.CLOSE, by, at)
        following.release(issue, now=at)
        slots.tidy(issue, now=at)


def reopen(issue: Issue, *, by: str, reason: str = "", now: datetime | None = None) -> None:
    """Let a closed issue collect again. Raises NotPossible: something of it has been handed over or is on its way."""
    at = now or clock.now()
    with transaction.atomic():
        one = _fresh(issue, IssueState.CLOSED)
        entry = get_office().channels.get(issue.channel)
        moving_ones = [member.delivery for member in one.members if member.delivery is not None]
        if entry is None or any(map(_is_on_its_way, moving_ones)):
            raise NotPossible("Something of issue {issue} has been handed over, or is on its way.", issue=issue.label)
        if issue.closes_at <= at:
            raise NotPossible(
                "The time to close issue {issue} is past: open another one, or give it a later day.", issue=issue
            )
        _move(issue, IssueVerb.REOPEN, by, at, reason=reason.strip())
        for delivery in moving_ones:
            placing.wait_for(entry, delivery, issue)


def change(issue: Issue, *, day: date, page: str, by: str, reason: str, now: datetime | None = None) -> None:
    """Plan an issue that collects for another day or page. Raises NotPossible: it is closed, or that day cannot be."""
    office, at = get_office(), now or clock.now()
    entry = office.channels.get(issue.channel)
    with transaction.atomic():
        one = _fresh(issue, IssueState.COLLECTING)
        if entry is None or day.year != issue.year:
            raise NotPossible(
                "Issue {issue} keeps its year, as its number belongs to it: choose another day.", issue=issue
            )
        _require_day(office, entry, day, at)
        before = {"planned_on": issue.planned_on.isoformat(), "page": issue.page}
        issue.planned_on, issue.page = day, page.strip()
        issue.closes_at = planning.closing_time(office, planning.plan_of(entry).options, day)
        issue.save(update_fields=["planned_on", "page", "closes_at"])
        for member in one.members:
            if member.delivery is not None and member.delivery.state == State.WAITING:
                member.delivery.due_at = at
                placing.wait_for(entry, member.delivery, issue)
        moving.record(issue, Event.ISSUE_CHANGED, by=by, reason=reason, before=before)


def put(delivery: Delivery, issue: Issue, *, by: str, now: datetime | None = None) -> None:
    """Put what has not been handed over into another issue, which collects.

    Raises NotPossible: it is under way or over, the issue is closed or of another channel, or has it already.
    """
    at = now or clock.now()
    with transaction.atomic():
        one = _fresh(issue, IssueState.COLLECTING)
        entry = get_office().channels.get(issue.channel)
        if entry is None or delivery.channel != issue.channel:
            raise NotPossible(
                "Item {item} does not go to the channel of issue {issue}.", item=delivery.item_id, issue=issue
            )
        if _is_on_its_way(delivery):
            raise NotPossible("Item {item} has been handed over, or is on its way.", item=delivery.item_id)
        if any(member.item_id == delivery.item_id for member in one.members):
            raise NotPossible("Item {item} is in issue {issue} already.", item=delivery.item_id, issue=issue.label)
        IssueItem.objects.filter(issue=issue, item=delivery.item_id).delete()
        member = IssueItem.objects.filter(delivery=delivery, part=1).first() or IssueItem(delivery=delivery)
        size = placing.size_of(entry, delivery)
        if placing.goes_alone(entry, delivery):
            raise NotPossible("Item {item} goes out by itself there: it fits into no issue.", item=delivery.item_id)
        if companions.go_together(entry) and not one.room.holds(one.taken + size):
            raise NotPossible("Issue {issue} is full: put something of it elsewhere first.", issue=issue.label)
        member.place = None
        member.issue, member.item, member.characters, member.pictures = (
            issue,
            delivery.item,
            size.characters,
            size.pictures,
        )
        member.save()
        delivery.due_at = max(at, delivery.revision.publish_at or at)
        placing.wait_for(entry, delivery, issue)
        moving.record(issue, Event.ISSUE_CHANGED, by=by, added=[delivery.item_id])


def go_on(member: IssueItem, issue: Issue, *, by: str) -> IssueItem:
    """Let an item that is in an issue go on in a later one, which collects; nothing is handed over anew.

    Raises NotPossible: that one is closed, of another channel, not later, or has the item already.
    """
    with transaction.atomic():
        one = _fresh(issue, IssueState.COLLECTING)
        first = member.issue
        if companions.go_together(get_office().channels.get(issue.channel)):
            raise NotPossible("What goes out with issue {issue} goes out once: nothing goes on in it.", issue=issue)
        if (issue.channel, member.delivery_id is None) != (first.channel, False):
            raise NotPossible("Only an item of the same channel goes on in issue {issue}.", issue=issue.label)
        if any(found.item_id == member.item_id for found in one.members):
            raise NotPossible("Item {item} is in issue {issue} already.", item=member.item_id, issue=issue.label)
        if (issue.planned_on, issue.number) <= (first.planned_on, first.number):
            raise NotPossible("An item goes on in a later issue: issue {issue} is not later.", issue=issue.label)
        parts = IssueItem.objects.filter(delivery=member.delivery).count()
        added = IssueItem.objects.create(issue=issue, item_id=member.item_id, delivery=member.delivery, part=parts + 1)
        moving.record(issue, Event.ISSUE_CHANGED, by=by, continued=[member.item_id])
    return added


def lead_with(issue: Issue, item: int, *, by: str) -> None:
    """Put an item first in an issue that collects (头条). Raises NotPossible: it is closed, or has no such item."""
    with transaction.atomic():
        members = [member for member in _fresh(issue, IssueState.COLLECTING).members if member.part == 1]
        if item not in {member.item_id for member in members}:
            raise NotPossible("Item {item} is not in issue {issue}.", item=item, issue=issue.label)
        members.sort(key=lambda member: member.item_id != item)
        for place, member in enumerate(members, start=1):
            member.place = place
        IssueItem.objects.bulk_update(members, ["place"])
        moving.record(issue, Event.ISSUE_CHANGED, by=by, first=item)


def _is_on_its_way(delivery: Delivery) -> bool:
    return delivery.state not in (State.WAITING, State.HELD) or delivery.leader_id is not None


def _fresh(issue: Issue, state: IssueState) -> queries.Filled:
    """The issue as it is now, locked, with what is in it. Raises NotPossible: it is in another state."""
    accounts.locked(issue.office, issue.channel)
    issue.refresh_from_db()
    if issue.state != state:
        raise NotPossible(
            "That cannot be done to issue {issue} now, its state is: {state}.",
            issue=issue.label,
            state=IssueState(issue.state).label,
        )
    (one,) = queries.filled([issue])
    return one


def _move(issue: Issue, verb: IssueVerb, by: str, at: datetime, *, reason: str = "") -> None:
    if not moving.move(issue, verb, by=by, now=at, **({"reason": reason} if reason else {})):
        raise NotPossible("Issue {issue} has just changed: look again and decide then.", issue=issue.label)


def _require_day(office: Office, entry: ChannelEntry, day: date, at: datetime) -> None:
    if planning.closing_time(office, planning.plan_of(entry).options, day) <= at:
        raise NotPossible("Nothing could get into an issue of {day} any more: choose a later day.", day=day)
    if day > at.astimezone(office.timezone).date() + LONGEST_AHEAD:
        raise NotPossible("{day} is more than a year ahead: choose an earlier day.", day=day)
