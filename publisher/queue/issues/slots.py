"""Slots for correction notices: what was printed is answered in the next issue, so room is kept there."""

from __future__ import annotations

from datetime import datetime

from publisher.office import Office, get_office
from publisher.queue import accounts
from publisher.queue.issues import planning, queries
from publisher.queue.models import Issue, IssueItem, RecallLine
from publisher.queue.states import OPEN_LINES, IssueState

CHARACTERS = 150
"""A short notice: who says what was wrong where, and what is right."""


def reserve(line: RecallLine, *, now: datetime) -> Issue | None:
    """Keep room for the notice of a recall in the next issue that collects; None where none is planned.

    Once for each recall and newspaper. Stands in a transaction of the caller.
    """
    office = get_office()
    entry = office.channels.get(line.channel)
    if entry is None or entry.channel.issues is None or line.notice_id is not None:
        return None
    accounts.locked(office.slug, line.channel)
    before = IssueItem.objects.filter(answers=line).select_related("issue").first()
    if before is not None:
        return before.issue
    issue = _next(office, line.channel, now)
    if issue is None and planning.plan_of(entry).options.weekdays:
        issue = planning.next_planned(office, entry, now=now)
    if issue is not None:
        IssueItem.objects.create(issue=issue, answers=line, characters=CHARACTERS)
    return issue


def tidy(issue: Issue, *, now: datetime) -> None:
    """Of a closed issue: let slots nobody filled go into the next one, and drop those nobody needs any more."""
    office = get_office()
    for slot in IssueItem.objects.filter(issue=issue, delivery=None).select_related("answers"):
        later = _next(office, issue.channel, now) if slot.answers and slot.answers.state in OPEN_LINES else None
        if later is None:
            slot.delete()
            continue
        slot.issue = later
        slot.save(update_fields=["issue"])


def _next(office: Office, channel: str, now: datetime) -> Issue | None:
    found = queries.open_issues(office, IssueState.COLLECTING).filter(channel=channel, closes_at__gt=now)
    return found.first()
