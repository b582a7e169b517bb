"""The pages of statistics: the numbers, the rows behind each of them, and how two rules differ."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from channels.errors import ConfigurationError
from publisher.office import Office
from publisher.reports import counts
from publisher.reports.counts import SIDES, Side
from publisher.reports.differing import Differing
from publisher.reports.rules import rule
from publisher.reports.selection import Selection
from publisher.reports.tallies import Tally
from publisher.web.downloads import FORMS
from publisher.web.security import policy_with_scripts
from publisher.web.statistics.asking import asked
from publisher.web.statistics.form import BadQuestion, QuestionForm
from publisher.web.statistics.naming import UNIT_NAMES, period_name
from publisher.web.statistics.overview import charts, totals
from publisher.web.statistics.question import Parameters, Question, address, filter_words, parameters_of, rows_address
from publisher.web.statistics.rows import row_of
from publisher.web.statistics.tables import number, table_of

PAGE_LENGTH = 50
PLACES = tuple(f"{side}{what}" for side in SIDES for what in ("", "_shown"))
"""What an address calls the last row of a side that was shown, and how many were."""


@asked
def index(request: HttpRequest, office: Office, form: QuestionForm, question: Question) -> HttpResponse:
    """The totals, the table that was asked for, and the charts."""
    selection = question.selection
    tally = Tally(office, selection)
    against = Tally(office, question.against) if question.against else None
    nonce = secrets.token_urlsafe(16)
    values = {
        **_said(office, selection),
        "form": form,
        "totals": totals(tally),
        "table": table_of(question, tally, against),
        "charts": charts(tally, against or _year_before(office, selection)),
        "downloads": _downloads("statistics-table", question.parameters),
        "difference": address("statistics-difference", question.parameters) if question.other else "",
        "other": question.other,
        "nonce": nonce,
    }
    response = render(request, "web/statistics/index.html", values)
    response.headers["Content-Security-Policy"] = policy_with_scripts(nonce)
    return response


@asked
def rows(request: HttpRequest, office: Office, _form: QuestionForm, question: Question) -> HttpResponse:
    """The entries behind a number, in the order they were written; as many as the number says."""
    selection = question.selection
    after, before = _whole(request, "after"), _whole(request, "shown")
    found = counts.page(office, selection, after=after, size=PAGE_LENGTH + 1)
    shown, has_more = found[:PAGE_LENGTH], len(found) > PAGE_LENGTH
    parameters = parameters_of(selection)
    place = [("after", str(shown[-1].seq)), ("shown", str(before + len(shown)))] if has_more else []
    values = {
        **_said(office, selection),
        "rows": [row_of(office, entry, selection.archive) for entry in shown],
        "count": Tally(office, selection).whole(),
        "first": before + 1,
        "last": before + len(shown),
        "begin": address("statistics-rows", parameters) if after else "",
        "onward": address("statistics-rows", [*parameters, *place]) if place else "",
        "downloads": _downloads("statistics-rows-file", parameters),
        "back": address("statistics", parameters_of(replace(selection, cell=()))),
    }
    return render(request, "web/statistics/rows.html", values)


@asked
def difference(request: HttpRequest, office: Office, form: QuestionForm, question: Question) -> HttpResponse:
    """What one rule counts and the other does not, row by row."""
    if question.other is None:
        form.add_error("other", _("Choose the rule to compare with."))
        raise BadQuestion(form)
    differing = Differing(office, question.selection, question.other)
    values = {
        **_said(office, question.selection),
        "sides": [_side(request, question, differing, side) for side in SIDES],
        "back": address("statistics", question.parameters),
    }
    return render(request, "web/statistics/difference.html", values)


def _side(request: HttpRequest, question: Question, differing: Differing, side: Side) -> dict[str, Any]:
    """One of two rules: how many it counts, and the next of the rows that it alone counts."""
    selection = differing.under(side)
    after, before = _whole(request, side), _whole(request, f"{side}_shown")
    found = differing.page(side, after=after, size=PAGE_LENGTH + 1)
    shown = found[:PAGE_LENGTH]
    others = [(name, str(request.GET[name])) for name in PLACES if name in request.GET and not name.startswith(side)]
    here = [*question.parameters, *others]
    place = [(side, str(shown[-1].seq)), (f"{side}_shown", str(before + len(shown)))] if shown else []
    return {
        "rule": selection.rule,
        "number": number(rows_address(selection), {}, differing.counted[side]),
        "only": differing.only[side],
        "rows": [row_of(differing.office, entry, selection.archive) for entry in shown],
        "first": before + 1,
        "last": before + len(shown),
        "begin": address("statistics-difference", here) if after else "",
        "onward": address("statistics-difference", [*here, *place]) if len(found) > PAGE_LENGTH else "",
    }


def _said(office: Office, selection: Selection) -> dict[str, Any]:
    """What every page says of what it counts."""
    return {
        "period": period_name(selection.period),
        "rule": selection.rule,
        "first_day": selection.period.first.isoformat(),
        "last_day": selection.period.last.isoformat(),
        "unit": UNIT_NAMES[selection.rule.unit],
        "filters": filter_words(office, selection),
        "as_of": selection.as_of,
        "archive": selection.archive,
    }


def _year_before(office: Office, selection: Selection) -> Tally | None:
    """What the months are compared with where nobody chose a year; None where the rule was not in force then."""
    period = selection.period.a_year_before()
    try:
        then = rule(selection.rule.key, on=period.last)
    except ConfigurationError:
        return None
    return Tally(office, replace(selection, period=period, rule=then.model_copy(update={"unit": selection.rule.unit})))


def _downloads(name: str, parameters: Parameters) -> list[tuple[str, str]]:
    return [(form.upper(), address(name, parameters, form)) for form in FORMS]


def _whole(request: HttpRequest, name: str) -> int:
    """A number of an address; nonsense is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
