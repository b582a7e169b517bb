"""Whether approvals are late, emergency releases are confirmed, and the database keeps the rules of approval."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from channels.errors import Text
from publisher.office import Office
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.review import guard, queries
from publisher.review.opening import has_steps
from publisher.review.working_days import NoArrangement, calendar


def decided(office: Office, now: datetime) -> list[Finding]:
    """Approvals that are late, and a year whose holidays are not known."""
    if not has_steps(office):
        return [well("approvals", Text("This office has no approval steps."))]
    today = now.astimezone(office.timezone).date()
    waiting = queries.open_reviews(office, today=today)
    found = _unknown_year(office, now)
    if late := [one for one in waiting if one.is_late]:
        text = Text("Approvals that are late: {count}.", count=len(late))
        remedy = Text("`publisher review list` says whom each waits for.")
        found.append(warning("approvals", text, Who.EDITOR, remedy, since=min(one.since for one in late)))
    return found or [well("approvals", Text("No approval is late. In approval: {count}.", count=len(waiting)))]


def _unknown_year(office: Office, now: datetime) -> list[Finding]:
    today = now.astimezone(office.timezone).date()
    try:
        calendar(office).after(today, office.workflow.working_days)
    except NoArrangement as error:
        text = Text(
            "The holidays of {year} are not known, so deadlines that reach into it are not told.", year=error.year
        )
        remedy = Text(
            "Write {year}.toml into a folder holidays beside office.toml, as soon as the arrangement is announced.",
            year=error.year,
        )
        return [warning("holidays", text, Who.ADMINISTRATOR, remedy)]
    return []


def confirmed(office: Office, now: datetime) -> list[Finding]:
    """Emergency releases that a second signer has not confirmed, or objected to."""
    waiting = queries.unconfirmed(office)
    late = [emergency for emergency in waiting if emergency.confirm_by < now]
    remedy = Text("A second signer confirms them, or objects, on the page of approvals.")
    if late:
        text = Text("Emergency releases that should have been confirmed by now: {count}.", count=len(late))
        return [problem("emergencies", text, Who.EDITOR, remedy, since=late[0].confirm_by)]
    if waiting:
        text = Text("Emergency releases that wait for their confirmation: {count}.", count=len(waiting))
        return [warning("emergencies", text, Who.EDITOR, remedy, since=waiting[0].release.released_at)]
    return [well("emergencies", Text("No emergency release waits for its confirmation."))]


def guarded() -> list[Finding]:
    """Whether the database refuses what approval forbids."""
    missing = guard.missing(connection)
    if not missing:
        return [well("approval-guard", Text("The database keeps the rules of approval."))]
    text = Text("The database no longer keeps the rules of approval. Missing: {names}.", names=", ".join(missing))
    remedy = Text("Find out who removed it, then run `publisher log guard`, which puts it back.")
    return [problem("approval-guard", text, Who.ADMINISTRATOR, remedy)]
