"""The year's calendar of issues, one issue, and what a person does about it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from publisher.items.actions import asset_store
from publisher.items.store import DamagedAsset
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.queue import bells, clock
from publisher.queue.companions import go_together
from publisher.queue.issues import actions, queries, telling
from publisher.queue.issues.deadlines import exchange_until
from publisher.queue.models import Issue
from publisher.queue.moves import NotPossible
from publisher.queue.orders import hand_over_again
from publisher.queue.states import IssueState, Outcome, State
from publisher.reports.issues import register, totals
from publisher.web.access import allowed
from publisher.web.downloads import XLSX
from publisher.web.issues.forms import ChangeForm, FirstForm, OpenForm, PrintedForm, PutForm, ReasonForm
from publisher.web.issues.rows import IssueRow, MemberRow, history_of, months, rows_of
from publisher.web.preview import SHOWN_TYPES
from publisher.web.security import FILE_POLICY
from publisher.wording import sentence

logger = logging.getLogger(__name__)

sees = allowed(Permission.SEE_ITEMS)
decides = allowed(Permission.DECIDE_DELIVERIES)

YEARS = range(2000, 2100)


@require_safe
@sees
def index(request: HttpRequest) -> HttpResponse:
    """The issues of a year on one page."""
    return _index(request)


@require_POST
@decides
def open_one(request: HttpRequest) -> HttpResponseBase:
    """Open an issue beside those of the schedule."""
    form = _open_form(request.POST)
    if form.is_valid():
        entry = get_office().channels[form.cleaned_data["channel"]]
        try:
            made = actions.open_issue(entry, form.cleaned_data["on"], by=_by(request))
        except NotPossible as error:
            form.add_error(None, sentence(error.text))
        else:
            messages.success(request, _("The issue is open: what is released from now on collects in it."))
            return redirect("issue", made.pk)
    return _index(request, form)


@require_safe
@sees
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue with what is in it."""
    return _page(request, _issue(pk))


@require_POST
@decides
def do(request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
    """Do something about an issue: the name of the deed stands in the address."""
    found = _issue(pk)
    form = _form(deed, request, found)
    if form is not None and not form.is_valid():
        return _page(request, found, {deed: form})
    try:
        said = _done(deed, found, form, _by(request))
    except NotPossible as error:
        if form is None:
            messages.error(request, sentence(error.text))
            return redirect("issue", pk)
        form.add_error(None, sentence(error.text))
        return _page(request, found, {deed: form})
    messages.success(request, said)
    return redirect("issue", pk)


@require_safe
@sees
def clipping(request: HttpRequest, pk: int, number: int) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """A clipping, byte for byte; ``number`` counts from 1."""
    found = _issue(pk).clippings
    if not 1 <= number <= len(found):
        raise Http404
    kept = found[number - 1]
    try:
        content = asset_store().read(kept["sha256"])
    except DamagedAsset as error:
        logger.error("clipping %s of issue %s: %s", number, pk, error)
        raise Http404 from None
    is_shown = kept["media_type"] in SHOWN_TYPES
    response = HttpResponse(content, content_type=kept["media_type"] if is_shown else "application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(not is_shown, kept["name"]) or "attachment"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


@require_safe
@sees
def save(request: HttpRequest) -> HttpResponse:
    """The register of a year as an Excel file."""
    office, year = get_office(), _year(request)
    response = HttpResponse(register(office, year), content_type=XLSX)
    name = content_disposition_header(True, f"{_('Issues')}-{year}.xlsx")
    response.headers["Content-Disposition"] = name or "attachment"
    return response


def _index(request: HttpRequest, form: OpenForm | None = None) -> HttpResponse:
    office, year = get_office(), _year(request)
    filled = queries.filled(queries.issues(office).filter(year=year))
    rows = rows_of(office, filled, queries.alarms(office, now=clock.now()))
    counted = totals(filled)
    handed_over = (IssueState.HANDED_OVER, IssueState.PRINTED, IssueState.NOT_ACCEPTED)
    values = {
        "year": year,
        "months": months(rows),
        "pressing": [row for row in rows if row.alarm],
        "figures": [
            (_("Handed over"), sum(counted[state] for state in handed_over)),
            (_("Known as printed"), counted[IssueState.PRINTED]),
            *_sent(office, counted[IssueState.SENT]),
            (_("Not accepted"), counted[IssueState.NOT_ACCEPTED]),
            (_("Missed"), counted[IssueState.MISSED]),
        ],
        "has_issues": bool(rows),
        "several": len(queries.with_issues(office)) > 1,
        "pool": [(member, queries.title_of(member)) for member in queries.pool(office)],
        "form": form or _open_form(None),
    }
    return render(request, "web/issues/index.html", values, status=400 if form is not None else 200)


def _page(request: HttpRequest, found: Issue, sent: Mapping[str, forms.Form] | None = None) -> HttpResponse:
    office = get_office()
    (filled,) = queries.filled([found])
    (row,) = rows_of(office, [filled], queries.alarms(office, now=clock.now()))
    deeds = {deed: (sent or {}).get(deed) or _form(deed, None, found) for deed in _open_to(found, filled)}
    collecting = _collecting(found)
    movable = {
        member.pk: PutForm(issues=collecting, item=member.item_id or 0)
        for member in filled.members
        if collecting and member.part == 1 and member.delivery and _may_move(member.delivery.state, member.outcome)
    }
    values = {
        "row": row,
        "members": [(member, movable.get(member.member.pk), _first(found, row, member)) for member in row.members],
        "deeds": deeds,
        "wrong": next(iter((sent or {}).values()), None),
        "wrong_deed": next(iter(sent or {}), ""),
        "exchange_until": exchange_until(office, found) if filled.taken.items else None,
        "history": history_of(found),
    }
    return render(request, "web/issues/issue.html", values, status=400 if sent else 200)


def _sent(office: Office, count: int) -> list[tuple[str, int]]:
    """The figure of what goes out by itself; none where nothing does."""
    has_any = any(map(go_together, queries.with_issues(office).values()))
    return [(_("Out"), count)] if has_any or count else []


def _first(found: Issue, row: IssueRow, member: MemberRow) -> FirstForm | None:
    """The form that puts an item in front, where it may still be put there."""
    movable = found.state == IssueState.COLLECTING and member.member.part == 1 and member.member.item_id
    return FirstForm(item=member.member.item_id or 0) if movable and member is not row.members[0] else None


def _may_move(state: str, outcome: str) -> bool:
    return state in (State.WAITING, State.HELD) or outcome == Outcome.NOT_ACCEPTED


def _open_to(found: Issue, filled: queries.Filled) -> list[str]:
    """What may be done about an issue now, the likeliest first."""
    has_items = any(member.delivery_id and member.outcome != Outcome.WITHDRAWN for member in filled.members)
    match found.state:
        case IssueState.COLLECTING:
            return ["close", "change"] if has_items else ["change", "missed"]
        case IssueState.CLOSED:
            return ["reopen"] if has_items else ["missed"]
        case IssueState.HANDED_OVER:
            return ["printed", "not-accepted"] if has_items else ["missed"]
        case IssueState.PRINTED:
            return ["printed"]
    return []


def _form(deed: str, request: HttpRequest | None, found: Issue) -> forms.Form | None:
    """The form of a deed, as it was sent or as it begins; None: it takes none. Raises Http404: no such deed."""
    data = request.POST if request else None
    match deed:
        case "printed":
            there = queries.members([found]).exclude(outcome=Outcome.WITHDRAWN)
            items = [(m.item_id, queries.title_of(m)) for m in there if m.item_id]
            is_known = found.state == IssueState.PRINTED
            initial = {"on": found.printed_on or found.planned_on, "page": found.page}
            files = request.FILES if request else None
            return PrintedForm(data, files, items=[] if is_known else items, initial=initial)
        case "change":
            return ChangeForm(data, initial={"on": found.planned_on, "page": found.page})
        case "not-accepted" | "missed" | "reopen":
            return ReasonForm(data, name=deed)
        case "put":
            return PutForm(data, issues=_collecting(found))
        case "first":
            return FirstForm(data)
        case "close":
            return None
    raise Http404


def _done(deed: str, found: Issue, form: forms.Form | None, by: str) -> str:
    """Do it, and say what was done. Raises NotPossible."""
    data = form.cleaned_data if form is not None else {}
    match deed:
        case "close":
            actions.close(found, by=by)
            waiting = [m.delivery for m in queries.members([found]) if m.delivery and m.delivery.state == State.WAITING]
            bells.ring(waiting)
            return _("The issue is closed: what is in it is handed over now.")
        case "reopen":
            actions.reopen(found, by=by, reason=data["reason"])
            return _("The issue collects again.")
        case "change":
            actions.change(found, day=data["on"], page=data["page"], by=by, reason=data["reason"])
            return _("The issue is planned anew.")
        case "not-accepted":
            telling.not_accepted(found, by=by, reason=data["reason"])
            return _("It is noted as not accepted; its items may go into another issue.")
        case "missed":
            telling.missed(found, by=by, reason=data["reason"])
            return _("It is noted as missed.")
        case "put":
            return _put(found, data, by)
        case "first":
            actions.lead_with(found, data["item"], by=by)
            return _("It stands first in the issue now.")
    assert isinstance(form, PrintedForm)  # noqa: S101 - what is left
    telling.printed(found, form.told, by=by)
    return _("It is noted as printed, and counts as printed from now on.")


def _put(found: Issue, data: Mapping[str, Any], by: str) -> str:
    into = get_object_or_404(queries.issues(get_office()), pk=data["into"])
    members = queries.members([found]).filter(item=data["item"], part=1).exclude(delivery=None)
    delivery = get_object_or_404(members).delivery
    assert delivery is not None  # noqa: S101 - excluded above
    if delivery.pk in {member.delivery_id for member in queries.pool(get_office())}:
        delivery = hand_over_again(delivery, by=by)
    if queries.collecting(delivery) != into:
        actions.put(delivery, into, by=by)
    return _("It is in issue {issue} now.").format(issue=into.label)


def _collecting(found: Issue) -> list[Issue]:
    """Other issues of the same newspaper that still collect."""
    return list(
        queries.open_issues(get_office(), IssueState.COLLECTING).filter(channel=found.channel).exclude(pk=found.pk)
    )


def _open_form(data: Any) -> OpenForm:
    channels = [(key, entry.name) for key, entry in queries.with_issues(get_office()).items()]
    return OpenForm(data, channels=channels)


def _issue(pk: int) -> Issue:
    """Raises Http404: the office has no such issue."""
    return get_object_or_404(queries.issues(get_office()), pk=pk)


def _year(request: HttpRequest) -> int:
    """The year the address asks for, else this one."""
    asked = request.GET.get("year", "")
    if asked.isdecimal() and len(asked) == len("2026") and int(asked) in YEARS:
        return int(asked)
    return clock.now().astimezone(get_office().timezone).year


def _by(request: HttpRequest) -> str:
    return request.user.get_username()
