"""Declaring a report final, looking at what was frozen, and handing it over as an item."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from publisher.items.actions import BadSubmission
from publisher.office import Office
from publisher.people.roles import Permission
from publisher.reports.finals import versions
from publisher.reports.finishing import NotFinal, finish
from publisher.reports.report import Report, make_report
from publisher.reports.submitting import submit_as_item, submitted
from publisher.web import words
from publisher.web.refusal import told
from publisher.web.reports.asking import WRITE, about_report
from publisher.web.reports.figures import all_shown
from publisher.web.reports.files import frozen_or_404, kinds_of
from publisher.web.reports.views import findings_of, said


@about_report(WRITE, Permission.FINISH_REPORTS)
def declare(request: HttpRequest, office: Office, year: int, form: str) -> HttpResponseBase:
    """Asks once more what will be frozen, then freezes it. A page sent twice makes no second version."""
    report = make_report(office, year, form)
    if request.method != "POST":
        return _confirm(request, report)
    expected = len(versions(office, year, form)) + 1
    if request.POST.get("version") != str(expected):
        messages.warning(request, _("Meanwhile it was declared final: look at the newest version first."))
        return redirect("report", year, form)
    if _warnings(report) and not request.POST.get("seen"):
        messages.error(request, _("Look at the warnings, and tick that you have."))
        return _confirm(request, report, status=400)
    try:
        done = finish(office, year, form, by=request.user.get_username())
    except NotFinal as error:
        return told(request, error.text, status=409)
    return redirect("report-version", year, form, done.version)


def _confirm(request: HttpRequest, report: Report, *, status: int = 200) -> HttpResponse:
    values = {
        **said(report),
        "missing": all_shown(report, report.missing),
        "findings": findings_of(report),
        "warnings": _warnings(report),
        "can_be_final": not (report.missing or report.errors),
        "next_version": len(versions(report.office, report.year, report.form.key)) + 1,
    }
    return render(request, "web/reports/declare.html", values, status=status)


def _warnings(report: Report) -> int:
    return len(report.findings) - len(report.errors)


@about_report(WRITE, to_send=Permission.SUBMIT)
def version(request: HttpRequest, office: Office, year: int, form: str, version: int) -> HttpResponseBase:
    """A final report as it was frozen; sent back with channels, it becomes an item."""
    frozen = frozen_or_404(office, year, form, version)
    title = frozen.content["title"]
    if request.method == "POST":
        channels = [key for key in request.POST.getlist("channel") if key in office.channels]
        try:
            revision, _is_new = submit_as_item(office, frozen, by=request.user.get_username(), channels=channels)
        except BadSubmission as error:
            return told(request, error.text, status=409)
        return redirect("item", revision.item_id)
    values = {
        "title": title,
        "year": year,
        "form": make_report(office, year, form).form,
        "final": frozen.report,
        "by": words.actor_name(frozen.report.by),
        "kinds": kinds_of(frozen),
        "warnings": frozen.content["warnings"],
        "submitted": submitted(frozen.report),
        "channels": office.channels.values(),
    }
    return render(request, "web/reports/version.html", values)
