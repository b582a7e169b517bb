"""The newspaper's own deadline: until then what was handed over can be replaced and withdrawn, afterwards answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from channels.errors import Text
from publisher.office import ChannelEntry, Office, get_office
from publisher.queue.issues import planning
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.states import OPEN_ISSUES

DAY = timedelta(days=1)


def deadline_of(office: Office, entry: ChannelEntry, issue: Issue) -> datetime:
    """When the page of an issue is closed. One that closed later than that is meant for the next day's page."""
    options = planning.plan_of(entry).options
    day = issue.planned_on - timedelta(days=options.deadline_days_before)
    at = datetime.combine(day, options.deadline_at, tzinfo=office.timezone).astimezone(UTC)
    days_later = (issue.closes_at - at) // DAY + 1
    return at + max(0, days_later) * DAY


def exchange_until(office: Office, issue: Issue) -> datetime | None:
    """Until when what an issue hands over can be replaced or withdrawn; None where it has no such time any more."""
    entry = office.channels.get(issue.channel)
    if entry is None or issue.state not in OPEN_ISSUES or not entry.channel.capabilities.until_deadline:
        return None
    return deadline_of(office, entry, issue)


def is_in_time(entry: ChannelEntry | None, handed_over: Delivery, *, now: datetime) -> bool:
    """Whether what a delivery handed over can still be replaced or withdrawn there."""
    if entry is None or not entry.channel.capabilities.until_deadline:
        return True
    office = get_office()
    members = list(IssueItem.objects.filter(delivery=handed_over).select_related("issue"))
    is_open = all(not member.outcome and member.issue.state in OPEN_ISSUES for member in members)
    return bool(members) and is_open and all(now < deadline_of(office, entry, member.issue) for member in members)


def is_late(entry: ChannelEntry, handed_over: Delivery) -> Text:
    """What to say where it is not in time."""
    member = IssueItem.objects.filter(delivery=handed_over).select_related("issue").order_by("-part").first()
    return Text(
        "The deadline of {name} for issue {issue} is past, or what became of it is known: ask the newspaper, or answer "
        "it with a correction notice in a later issue.",
        name=entry.name,
        issue=member.issue.label if member else "-",
    )
