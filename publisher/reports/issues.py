"""The register of issues as a workbook: one row for each issue of a year, and one for each item in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from channels.later import later
from publisher.office import Office
from publisher.queue.issues import queries
from publisher.queue.issues.queries import Filled
from publisher.queue.models import IssueItem
from publisher.queue.states import IssueState, Outcome
from publisher.reports.freshness.pages import Page, Shown, State

if TYPE_CHECKING:
    from publisher.reports.freshness import sheets
else:
    sheets = later("publisher.reports.freshness.sheets")

COLOURS = {
    IssueState.COLLECTING: ("E9EDF2", "3D4A57"),
    IssueState.CLOSED: ("E1EDFA", "14508F"),
    IssueState.HANDED_OVER: ("FDF0D3", "77500A"),
    IssueState.SENT: ("E2F3E9", "155C36"),
    IssueState.PRINTED: ("E2F3E9", "155C36"),
    IssueState.NOT_ACCEPTED: ("FBE4E4", "972121"),
    IssueState.MISSED: ("FBE4E4", "972121"),
}
"""Ground and ink of a state, as on the screen."""


def register(office: Office, year: int, channel: str = "") -> bytes:
    """The bytes of the .xlsx file, in the active language."""
    found = queries.issues(office).filter(year=year)
    filled = queries.filled(found.filter(channel=channel) if channel else found)
    return sheets.workbook([_issues(office, year, filled), _items(office, year, filled)])


def totals(filled: Sequence[Filled]) -> dict[IssueState, int]:
    """How many issues there are in each state; what was handed over and what was printed are two figures."""
    return {state: sum(one.issue.state == state for one in filled) for state in IssueState}


def _issues(office: Office, year: int, filled: Sequence[Filled]) -> Page:
    columns = (
        (_("Channel"), 16), (_("Issue"), 9), (_("Planned for"), 13), (_("State"), 18), (_("Items"), 8),
        (_("Characters"), 11), (_("Room"), 10), (_("Printed on"), 13), (_("Page"), 9), (_("Clippings"), 11),
        (_("Told by"), 14), (_("Reason"), 28),
    )  # fmt: skip
    return Page(
        name=_("Issues"),
        title=_("{office}: register of issues of {year}").format(office=office.name, year=year),
        subtitle=_summary(filled),
        columns=columns,
        rows=[_issue(office, one) for one in filled],
        notes=[_("An issue counts as printed only when somebody has said on which day and page it was printed.")],
    )


def _issue(office: Office, one: Filled) -> Sequence[Shown]:
    issue, state = one.issue, IssueState(one.issue.state)
    return (
        _name(office, issue.channel),
        issue.number,
        issue.planned_on,
        State(str(state.label), *COLOURS[state]),
        one.taken.items,
        one.taken.characters,
        one.room.characters or None,
        issue.printed_on,
        issue.page,
        len(issue.clippings),
        issue.told_by,
        issue.reason,
    )


def _items(office: Office, year: int, filled: Sequence[Filled]) -> Page:
    columns = (
        (_("Channel"), 16), (_("Issue"), 9), (_("Item"), 9), (_("Title"), 60), (_("Section"), 16),
        (_("Characters"), 11), (_("Handed over on"), 14), (_("Outcome"), 14),
    )  # fmt: skip
    return Page(
        name=_("Items"),
        title=_("{office}: items in the issues of {year}").format(office=office.name, year=year),
        subtitle=_summary(filled),
        columns=columns,
        rows=list(_members(office, filled)),
        notes=[],
    )


def _members(office: Office, filled: Sequence[Filled]) -> Iterator[Sequence[Shown]]:
    for one in filled:
        for member in one.members:
            if member.delivery is not None and member.item is not None:
                yield _member(office, one, member)


def _member(office: Office, one: Filled, member: IssueItem) -> Sequence[Shown]:
    at = member.delivery.published_at if member.delivery else None
    return (
        _name(office, one.issue.channel),
        one.issue.number,
        member.item_id,
        queries.title_of(member),
        member.item.section if member.item else "",
        member.characters,
        at.astimezone(office.timezone).date() if at else None,
        str(Outcome(member.outcome).label) if member.outcome else "",
    )


def _summary(filled: Sequence[Filled]) -> str:
    found = totals(filled)
    handed_over = sum(found[state] for state in (IssueState.HANDED_OVER, IssueState.PRINTED, IssueState.NOT_ACCEPTED))
    text = _("Handed over: {handed_over}. Printed: {printed}. Not accepted: {not_accepted}. Missed: {missed}.")
    return text.format(
        handed_over=handed_over,
        printed=found[IssueState.PRINTED],
        not_accepted=found[IssueState.NOT_ACCEPTED],
        missed=found[IssueState.MISSED],
    )


def _name(office: Office, channel: str) -> str:
    entry = office.channels.get(channel)
    return entry.name if entry else channel
