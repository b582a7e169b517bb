"""What a person tells of an issue: printed on that day and page, or not accepted. Only then it counts as printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from channels.base import Evidence, Json, Medium
from publisher.items.actions import asset_store
from publisher.items.clippings import MAX_BYTES, media_type_of
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue import clock
from publisher.queue.issues import following, moving, queries
from publisher.queue.models import Action, Issue, IssueItem
from publisher.queue.moves import NotPossible
from publisher.queue.states import IssueState, IssueVerb, Outcome

LONGEST_PAGE = 20
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Printed:
    """What somebody saw in the newspaper: the day, the page, and files that show it.

    ``without`` are numbers of items the newspaper did not take.
    """

    on: date
    page: str = ""
    clippings: Sequence[Medium] = ()
    without: Sequence[int] = ()


def printed(issue: Issue, told: Printed, *, by: str, now: datetime | None = None) -> None:
    """Note that an issue was printed, and with which items; a clipping given later is added to it.

    Raises NotPossible: it was not handed over, the day cannot be, nothing of it would be left, or a file is none.
    """
    at = now or clock.now()
    office = get_office()
    following.follow(office, issue, now=at)
    _require_day(issue, told, at.astimezone(office.timezone).date())
    kept = [_keep(medium) for medium in told.clippings]
    with transaction.atomic():
        issue.refresh_from_db()
        (one,) = queries.filled([issue])
        if issue.state == IssueState.PRINTED:
            _add(one, told, kept, by)
            return
        _require(one, IssueState.HANDED_OVER)
        in_it = [member for member in one.members if member.outcome != Outcome.WITHDRAWN]
        there = [member for member in in_it if member.item_id not in told.without]
        _require_known(one, told.without)
        if not any(member.delivery_id for member in there):
            raise NotPossible(
                "Nothing of issue {issue} would be printed: say that it was not accepted.", issue=issue.label
            )
        _require_not_before(one, told.on)
        page = told.page.strip() or issue.page
        told_of = {"printed_on": told.on, "page": page, "clippings": kept, "told_by": by}
        if not moving.move(issue, IssueVerb.PRINT, by=by, now=at, **told_of):
            raise _changed(issue)
        _settle(there, Outcome.PRINTED)
        _record_printed(issue, there, by)
        _turn_down([member for member in one.members if member.item_id in told.without], by, "")


def not_accepted(issue: Issue, *, by: str, reason: str, items: Sequence[int] = (), now: datetime | None = None) -> None:
    """Note that the newspaper did not take an issue, or some of its items; those go back to the pool.

    Raises NotPossible: no reason is given, it was not handed over, it is printed, or an item is not in it.
    """
    if not reason.strip():
        raise NotPossible("Write why the newspaper did not take it.")
    at = now or clock.now()
    following.follow(get_office(), issue, now=at)
    with transaction.atomic():
        issue.refresh_from_db()
        (one,) = queries.filled([issue])
        _require(one, IssueState.HANDED_OVER)
        _require_known(one, items)
        back = [member for member in one.members if not items or member.item_id in items]
        if all(member.pk in {found.pk for found in back} or member.outcome for member in one.members):
            told_of = {"reason": reason.strip(), "told_by": by}
            if not moving.move(issue, IssueVerb.TURN_DOWN, by=by, now=at, **told_of):
                raise _changed(issue)
        _turn_down([member for member in back if not member.outcome], by, reason.strip())


def missed(issue: Issue, *, by: str, reason: str, now: datetime | None = None) -> None:
    """Note that an issue does not appear. Raises NotPossible: something of it is under way, or no reason is given."""
    if not reason.strip():
        raise NotPossible("Write why the issue does not appear.")
    with transaction.atomic():
        issue.refresh_from_db()
        (one,) = queries.filled([issue])
        there = [member for member in one.members if member.delivery_id and member.outcome != Outcome.WITHDRAWN]
        is_empty = issue.state == IssueState.HANDED_OVER and not there
        if issue.state not in (IssueState.COLLECTING, IssueState.CLOSED) and not is_empty:
            raise NotPossible(
                "Issue {issue} cannot be missed any more, its state is: {state}.",
                issue=issue.label,
                state=_state(issue),
            )
        if there:
            raise NotPossible(
                "Issue {issue} holds items: put them into another issue, or cancel them, first.", issue=issue
            )
        moving.move(issue, IssueVerb.MISS, by=by, now=now or clock.now(), reason=reason.strip(), told_by=by)


def _add(one: queries.Filled, told: Printed, kept: Sequence[Json], by: str) -> None:
    """Add clippings to what is known as printed; anything else of it stays what it is."""
    issue = one.issue
    page = told.page.strip() or issue.page
    if told.on != issue.printed_on or page != issue.page or told.without:
        raise NotPossible(
            "Issue {issue} is known as printed on {day}, page {page}: that stays so, only a clipping can be added.",
            issue=issue.label,
            day=issue.printed_on,
            page=issue.page or "-",
        )
    known = {clipping["sha256"] for clipping in issue.clippings}
    new = [clipping for clipping in kept if clipping["sha256"] not in known]
    if not new:
        raise NotPossible("Issue {issue} is known as printed already: give a clipping to add one.", issue=issue.label)
    issue.clippings = [*issue.clippings, *new]
    issue.save(update_fields=["clippings"])
    _record_printed(issue, [member for member in one.members if member.outcome == Outcome.PRINTED], by)


def _record_printed(issue: Issue, there: Sequence[IssueItem], by: str) -> None:
    evidence = Evidence.KEPT_COPY if issue.clippings else Evidence.DECLARED
    detail = {"year": issue.year, "page": issue.page, "clippings": list(issue.clippings)}
    for member in there:
        if member.delivery is None:
            continue
        is_notice = member.delivery.action == Action.NOTICE
        told = {**detail, **({"part": member.part} if member.part > 1 else {})}
        log.record(
            get_office(),
            Event.NOTICE_PRINTED if is_notice else Event.PRINTED,
            following.about(member, year=issue.printed_on.year if issue.printed_on else None),
            actor=by,
            proof=log.Proof(evidence=evidence, detail={name: value for name, value in told.items() if value}),
            happened_on=issue.printed_on,
        )


def _turn_down(back: Sequence[IssueItem], by: str, reason: str) -> None:
    _settle(back, Outcome.NOT_ACCEPTED, reason)
    for member in back:
        if member.delivery is not None:
            told = {"year": member.issue.year, "reason": reason}
            proof = log.Proof(detail={name: value for name, value in told.items() if value})
            log.record(get_office(), Event.NOT_ACCEPTED, following.about(member), actor=by, proof=proof)


def _settle(found: Sequence[IssueItem], outcome: Outcome, reason: str = "") -> None:
    IssueItem.objects.filter(pk__in=[member.pk for member in found]).update(outcome=outcome, reason=reason)


def _keep(medium: Medium) -> Json:
    """Keep a clipping in the store of assets. Raises NotPossible: it is too large, or no picture and no PDF."""
    if len(medium.content) > MAX_BYTES:
        limit = MAX_BYTES // MEGABYTE
        raise NotPossible(
            "The clipping {name} is larger than {megabytes} MB: make it smaller.", name=medium.name, megabytes=limit
        )
    media_type = media_type_of(medium.content)
    if not media_type:
        raise NotPossible("{name} is no clipping: use PDF, JPEG, PNG or TIFF.", name=medium.name)
    asset_store().put(medium.content)
    return {"name": medium.name, "sha256": medium.sha256, "media_type": media_type, "size": len(medium.content)}


def _require(one: queries.Filled, state: IssueState) -> None:
    issue = one.issue
    if issue.state == state:
        return
    waiting = [str(member.item_id) for member in one.members if member.delivery and member.delivery.state != "done"]
    if issue.state == IssueState.CLOSED and waiting:
        raise NotPossible(
            "Issue {issue} is not handed over yet: item {items} is still on its way, or waits for a person.",
            issue=issue.label,
            items=", ".join(waiting),
        )
    raise NotPossible(
        "Only an issue that was handed over can be printed or turned down; the state of issue {issue} is: {state}.",
        issue=issue.label,
        state=_state(issue),
    )


def _require_day(issue: Issue, told: Printed, today: date) -> None:
    if told.on > today:
        raise NotPossible("{day} is still to come: tell what was printed when it has been.", day=told.on)
    if len(told.page.strip()) > LONGEST_PAGE:
        raise NotPossible("A page has at most {limit} characters, such as A01: shorten it.", limit=LONGEST_PAGE)
    if told.on.year not in (issue.year, issue.year + 1):
        raise NotPossible(
            "Issue {issue} is not of the year {year}: correct the day.", issue=issue.label, year=told.on.year
        )


def _require_not_before(one: queries.Filled, day: date) -> None:
    zone = get_office().timezone
    times = [member.delivery.published_at for member in one.members if member.delivery and member.part == 1]
    first = min((at.astimezone(zone).date() for at in times if at), default=day)
    if day < first:
        raise NotPossible(
            "Issue {issue} was handed over on {first}, so it was not printed on {day}: correct the day.",
            issue=one.issue.label,
            first=first,
            day=day,
        )


def _require_known(one: queries.Filled, items: Sequence[int]) -> None:
    there = {member.item_id for member in one.members}
    for item in items:
        if item not in there:
            raise NotPossible("Item {item} is not in issue {issue}.", item=item, issue=one.issue.label)


def _state(issue: Issue) -> str:
    return str(IssueState(issue.state).label)


def _changed(issue: Issue) -> NotPossible:
    return NotPossible("Issue {issue} has just changed: look again and decide then.", issue=issue.label)
