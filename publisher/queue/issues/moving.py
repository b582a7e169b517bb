"""The one hand that moves an issue: one conditional update and its log entry, in a transaction of the caller."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue.models import Issue
from publisher.queue.states import ISSUE_MOVES, IssueState, IssueVerb

EVENTS = {
    IssueVerb.CLOSE: Event.ISSUE_CLOSED,
    IssueVerb.REOPEN: Event.ISSUE_REOPENED,
    IssueVerb.MISS: Event.ISSUE_MISSED,
}
"""What the log says of an issue as a whole. That it was handed over, printed or not accepted, it says of each item."""


def move(issue: Issue, verb: IssueVerb, *, by: str, now: datetime, **changes: Any) -> bool:
    """Move an issue by ``verb``; False where somebody else was first. Raises KeyError: the table has no such move."""
    old = IssueState(issue.state)
    changes = {"state": ISSUE_MOVES[old, verb], "since": now, **changes}
    if not Issue.objects.filter(pk=issue.pk, state=old).update(**changes):
        return False
    for name, value in changes.items():
        setattr(issue, name, value)
    if (event := EVENTS.get(verb)) is not None:
        record(issue, event, by=by, reason=changes.get("reason", ""))
    return True


def record(issue: Issue, event: Event, *, by: str, reason: str = "", **detail: Any) -> None:
    """Write of an issue as a whole into the log."""
    told = {"year": issue.year, "planned_on": _day(issue.planned_on), "reason": reason, **detail}
    name = issue.named_in(timezone.localdate(timezone=get_office().timezone).year)
    subject = log.Subject(channel=issue.channel, channel_kind=issue.channel_kind, issue=name)
    proof = log.Proof(detail={name: value for name, value in told.items() if value})
    log.record(get_office(), event, subject, actor=by, proof=proof)


def _day(day: date) -> str:
    return day.isoformat()
