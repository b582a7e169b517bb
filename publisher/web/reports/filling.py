"""The page on which a report is filled in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from publisher.office import Office
from publisher.people.roles import Permission
from publisher.reports.figures.entering import is_enterable
from publisher.reports.figures.parsing import SEPARATOR
from publisher.reports.report import Report, make_report
from publisher.web.reports.asking import WRITE, about_report
from publisher.web.reports.fields import Sheet
from publisher.web.reports.saving import Outcome, Typed, newest_number, save
from publisher.web.reports.views import said
from publisher.web.security import policy_with_scripts

VALUE = "value."
"""Stands before the key of a figure in the name of its field."""


@about_report(WRITE, Permission.FILL_REPORTS)
def fill(request: HttpRequest, office: Office, year: int, form: str) -> HttpResponseBase:
    """All that people give, in the order of the printed form; what was typed wrong stays in its field."""
    report = make_report(office, year, form)
    if request.method != "POST":
        return _page(request, report, Sheet(report))
    typed = _typed(request, report)
    outcome = save(report, typed, by=request.user.get_username())
    _say(request, outcome)
    if not outcome.mistakes:
        return redirect("report-fill", year, form)
    wrong = {key: typed.texts[key] for key in outcome.mistakes}
    fresh = make_report(office, year, form)
    return _page(request, fresh, Sheet(fresh, wrong, outcome.mistakes), typed)


def _typed(request: HttpRequest, report: Report) -> Typed:
    """What the fields hold; several boxes of one figure are one text."""
    names = [name for name in request.POST if name.startswith(VALUE)]
    fields = {name.removeprefix(VALUE): SEPARATOR.join(request.POST.getlist(name)) for name in names}
    texts = {key: text for key, text in fields.items() if key in report.figures}
    seen = request.POST.get("seen", "")
    return Typed(
        texts=texts | _noughts(request, report, texts),
        seen=int(seen) if seen.isdecimal() and len(seen) < 19 else 0,
        note=request.POST.get("note", "").strip(),
        source=request.POST.get("source", "").strip(),
    )


def _noughts(request: HttpRequest, report: Report, texts: Mapping[str, str]) -> dict[str, str]:
    """Noughts for what is still empty in the grids of which that is wished."""
    wished = [report.form.all_grids[key] for key in request.POST.getlist("noughts") if key in report.form.all_grids]
    keys = [key for grid in wished for key, figure in grid.figures.items() if is_enterable(figure)]
    return {key: "0" for key in keys if not texts.get(key, "").strip() and report.figures[key].is_empty}


def _say(request: HttpRequest, outcome: Outcome) -> None:
    if outcome.kept:
        messages.success(request, _("Values kept: {number}.").format(number=outcome.kept))
    if outcome.mistakes:
        text = _("Values not kept: {number}. Their fields say why.")
        messages.error(request, text.format(number=len(outcome.mistakes)))


def _page(request: HttpRequest, report: Report, sheet: Sheet, typed: Typed | None = None) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    values = {
        **said(report),
        "parts": sheet.parts(),
        "missing": report.missing,
        "seen": newest_number(report.office, report.year),
        "typed": typed,
        "nonce": nonce,
    }
    response = render(request, "web/reports/fill.html", values, status=400 if sheet.mistakes else 200)
    response.headers["Content-Security-Policy"] = policy_with_scripts(nonce)
    return response
