"""Putting what is to go out into an issue, and waiting for it to close."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from channels.issues import Room
from publisher.office import ChannelEntry, Office
from publisher.queue import accounts, companions
from publisher.queue.issues import planning, queries
from publisher.queue.issues.deadlines import deadline_of
from publisher.queue.models import Action, Delivery, Issue, IssueItem
from publisher.queue.states import UNDONE, IssueState, State

BEFORE_HANDING_OVER = (IssueState.COLLECTING, IssueState.CLOSED)
MOST_AHEAD = 200
"""So many issues are planned at most to find room for one item."""


def place(office: Office, entry: ChannelEntry, delivery: Delivery, *, now: datetime) -> None:
    """Put a delivery that was just made into the first issue with room; it waits until that one closes.

    Stands in the transaction that makes the delivery, with its item locked. A new revision takes the place of the one
    before; without an issue that collects, the item makes one of its own and goes out at once. So does what takes the
    place of something that is out with others: it is not to be missing until the next issue.
    """
    if entry.channel.issues is None or delivery.action not in (Action.PUBLISH, Action.NOTICE):
        return
    accounts.locked(office.slug, entry.key)
    size = size_of(entry, delivery)
    if _goes_by_itself(entry, delivery):
        member = IssueItem(issue=_own_issue(office, entry, delivery, now))
    else:
        known = _own_place(office, entry, delivery, now) or _slot(delivery)
        member = known or IssueItem(issue=_issue_for(office, entry, delivery, size, now))
    member.item, member.delivery = delivery.item, delivery
    member.characters, member.pictures = size.characters, size.pictures
    member.save()
    wait_for(entry, delivery, member.issue)


def wait_for(entry: ChannelEntry, delivery: Delivery, issue: Issue) -> None:
    """Let a delivery that has not begun be due when its issue closes."""
    if issue.state != IssueState.COLLECTING:
        return
    delivery.due_at = max(delivery.due_at, issue.closes_at)
    delivery.valid_until = delivery.due_at + timedelta(hours=entry.options.valid_hours)
    delivery.save(update_fields=["due_at", "valid_until"])


def goes_alone(entry: ChannelEntry, delivery: Delivery) -> bool:
    """Whether its product cannot go out by one call with others."""
    return companions.go_together(entry) and entry.channel.goes_alone(_fields(delivery))


def _goes_by_itself(entry: ChannelEntry, delivery: Delivery) -> bool:
    follows = delivery.state == State.PLANNED and companions.go_together(entry)
    return follows or goes_alone(entry, delivery)


def size_of(entry: ChannelEntry, delivery: Delivery) -> Room:
    """What its product takes of an issue's room."""
    return entry.channel.size(_fields(delivery))


def _fields(delivery: Delivery) -> dict[str, str]:
    fields: dict[str, str] = json.loads(delivery.product.canonical)["fields"]
    return fields


def leave(delivery: Delivery) -> bool:
    """Give up the places of a delivery that will replace another one where that one is; whether it had any."""
    return IssueItem.objects.filter(delivery=delivery).delete()[0] > 0


def _own_place(office: Office, entry: ChannelEntry, delivery: Delivery, now: datetime) -> IssueItem | None:
    """The place the revision before had in an issue that collects, or is closed and can still be handed over."""
    places = IssueItem.objects.filter(
        item=delivery.item_id, issue__channel=delivery.channel, issue__state__in=BEFORE_HANDING_OVER
    )
    for member in places.filter(delivery__state__in=UNDONE).select_related("issue").order_by("pk"):
        if member.issue.state == IssueState.COLLECTING:
            return member
        # What goes out by one call goes out once: who comes after it closed comes with the next one.
        if not companions.go_together(entry) and now < deadline_of(office, entry, member.issue):
            return member
    return None


def _slot(delivery: Delivery) -> IssueItem | None:
    """The slot that is kept for a correction notice, where this is one."""
    slots = IssueItem.objects.filter(delivery=None, issue__state=IssueState.COLLECTING)
    kept = slots.filter(answers__notice=delivery.item_id, issue__channel=delivery.channel)
    return kept.select_related("issue").order_by("pk").first()


def _issue_for(office: Office, entry: ChannelEntry, delivery: Delivery, size: Room, now: datetime) -> Issue:
    """The first issue that collects after the delivery is due and has room; an empty one has room for anything."""
    found = queries.open_issues(office, IssueState.COLLECTING).filter(channel=entry.key)
    for one in queries.filled(found.filter(closes_at__gte=max(delivery.due_at, now))):
        is_here = any(member.item_id == delivery.item_id for member in one.members)
        if not is_here and (not one.members or one.room.holds(one.taken + size)):
            return one.issue
    if not planning.plan_of(entry).options.weekdays:
        return _own_issue(office, entry, delivery, now)
    for _ in range(MOST_AHEAD):
        issue = planning.next_planned(office, entry, now=now)
        if issue.closes_at >= delivery.due_at:
            break
    return issue


def _own_issue(office: Office, entry: ChannelEntry, delivery: Delivery, now: datetime) -> Issue:
    """An issue that holds this item alone and is handed over when the item is due."""
    day = delivery.due_at.astimezone(office.timezone).date()
    issue = planning.make(office, entry, day, now=now)
    issue.state, issue.closes_at = IssueState.CLOSED, delivery.due_at
    issue.save(update_fields=["state", "closes_at"])
    return issue
