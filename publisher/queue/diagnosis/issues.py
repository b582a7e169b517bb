"""What is the matter with the issues of newspaper columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from channels.errors import Text
from publisher.office import Office
from publisher.queue.diagnosis.findings import Finding, Who, warning, well
from publisher.queue.issues import planning, queries
from publisher.review.working_days import calendar

CHECK = "issues"
LOOK_AHEAD = timedelta(days=60)


def issue_findings(office: Office, *, now: datetime) -> list[Finding]:
    """Issues that are about to be missed, those nobody told of, and years whose holidays are not known."""
    found = [*_alarms(office, now), *_unknown_years(office, now.astimezone(office.timezone).date())]
    return found or [well(CHECK, Text("No issue of a newspaper column waits for anybody."))]


def _alarms(office: Office, now: datetime) -> Iterator[Finding]:
    for alarm in queries.alarms(office, now=now):
        entry = office.channels.get(alarm.issue.channel)
        values = {
            "name": entry.name if entry else alarm.issue.channel,
            "issue": alarm.issue.label,
            "day": alarm.issue.planned_on,
        }
        text = _text(alarm.why, values)
        remedy = Text(
            "`publisher issue show {issue}` says more; then `publisher issue` with what happened.",
            issue=alarm.issue.label,
        )
        yield warning(CHECK, text, Who.CLERK, remedy, since=alarm.issue.closes_at)


def _text(why: str, values: Mapping[str, object]) -> Text:
    if why == "empty":
        return Text("{name}, issue {issue} of {day}: nothing is in it and it closes within a day.", **values)
    if why == "stuck":
        return Text("{name}, issue {issue} of {day}: something of it has not been handed over.", **values)
    return Text("{name}, issue {issue} of {day}: nobody has said whether it was printed.", **values)


def _unknown_years(office: Office, today: date) -> Iterator[Finding]:
    plans = [planning.plan_of(entry).options for entry in queries.with_issues(office).values()]
    years = {today.year, (today + LOOK_AHEAD).year} if any(p.weekdays and p.skip_holidays for p in plans) else set()
    for year in sorted(years - calendar(office).years):
        text = Text("The holidays of {year} are not known: issues are planned on them too.", year=year)
        remedy = Text("Put the file {year}.toml into a folder holidays beside the configuration.", year=year)
        yield warning(CHECK, text, Who.ADMINISTRATOR, remedy)
