"""Making issues: those the schedule asks for, one a person opens, and one an item makes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db.models import Max

from channels.issues import IssueOptions, IssuePlan
from publisher.office import ChannelEntry, Office
from publisher.queue import accounts
from publisher.queue.issues.queries import open_issues, with_issues
from publisher.queue.models import Issue
from publisher.queue.states import IssueState
from publisher.review.working_days import Calendar, calendar


def plan_ahead(office: Office, *, now: datetime) -> list[Issue]:
    """Make the coming issues of every channel that has a schedule, as many as its setting ``ahead`` says."""
    made: list[Issue] = []
    scheduled = {key: entry for key, entry in with_issues(office).items() if plan_of(entry).options.weekdays}
    if not scheduled:
        return made
    ahead = open_issues(office, IssueState.COLLECTING).filter(closes_at__gt=now, is_planned=True)
    counts: dict[str, int] = {}
    for channel in ahead.values_list("channel", flat=True):
        counts[channel] = counts.get(channel, 0) + 1
    for key, entry in scheduled.items():
        if counts.get(key, 0) < plan_of(entry).options.ahead:
            made += _plan(office, entry, now)
    return made


def next_planned(office: Office, entry: ChannelEntry, *, now: datetime) -> Issue:
    """One more issue after all that are planned. The account is locked. Raises StopIteration: it has no schedule."""
    last = _last_planned(office, entry)
    return make(office, entry, next(days(office, entry, now, after=last)), now=now, is_planned=True)


def make(office: Office, entry: ChannelEntry, day: date, *, now: datetime, is_planned: bool = False) -> Issue:
    """An issue for that day with the next number of its year. The account is locked."""
    plan = plan_of(entry)
    numbers = Issue.objects.filter(office=office.slug, channel=entry.key, year=day.year)
    return Issue.objects.create(
        office=office.slug,
        channel=entry.key,
        channel_kind=entry.kind,
        year=day.year,
        number=(numbers.aggregate(last=Max("number"))["last"] or 0) + 1,
        planned_on=day,
        closes_at=closing_time(office, plan.options, day),
        page=plan.options.page,
        room_items=plan.room.items,
        room_characters=plan.room.characters,
        room_pictures=plan.room.pictures,
        is_planned=is_planned,
        state=IssueState.COLLECTING,
        since=now,
        created_at=now,
    )


def plan_of(entry: ChannelEntry) -> IssuePlan:
    """Raises TypeError: the channel has no issues."""
    plan = entry.channel.issues
    if plan is None:
        raise TypeError(f"channel {entry.key} has no issues")
    return plan


def closing_time(office: Office, options: IssueOptions, day: date) -> datetime:
    """When nothing more gets into the issue of that day."""
    last = day - timedelta(days=options.close_days_before)
    return datetime.combine(last, options.close_at, tzinfo=office.timezone).astimezone(UTC)


def days(office: Office, entry: ChannelEntry, now: datetime, *, after: date | None = None) -> Iterator[date]:
    """The coming days of the schedule, holidays left out, as long as an issue of that day may still collect.

    A year whose holidays are not known is planned by its weekdays alone: the self-test asks for its file.
    """
    options = plan_of(entry).options
    today = now.astimezone(office.timezone).date()
    known = calendar(office)
    for day in options.days(max(today - timedelta(days=1), after or date.min)):
        if options.skip_holidays and is_holiday(known, day):
            continue
        if closing_time(office, options, day) > now:
            yield day


def is_holiday(known: Calendar, day: date) -> bool:
    """Whether that day is off by the arrangement of its year; an ordinary weekend is no holiday."""
    return day in known.off and day not in known.made_up


def _plan(office: Office, entry: ChannelEntry, now: datetime) -> Iterator[Issue]:
    accounts.locked(office.slug, entry.key)
    wanted = plan_of(entry).options.ahead
    there = open_issues(office, IssueState.COLLECTING).filter(channel=entry.key, closes_at__gt=now, is_planned=True)
    for _ in range(wanted - there.count()):
        yield next_planned(office, entry, now=now)


def _last_planned(office: Office, entry: ChannelEntry) -> date | None:
    found = Issue.objects.filter(office=office.slug, channel=entry.key, is_planned=True)
    last: date | None = found.aggregate(last=Max("planned_on"))["last"]
    return last
