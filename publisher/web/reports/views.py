"""Pages of reports: all of a year, one with its figures and checks, one figure with what stands behind it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from publisher.log import queries as log
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.reports import queries
from publisher.reports.checks.finding import Finding
from publisher.reports.finals import versions
from publisher.reports.report import Report, make_report
from publisher.web import words
from publisher.web.access import allowed
from publisher.web.reports.asking import about_report
from publisher.web.reports.figures import all_shown, shown, single_figures
from publisher.web.reports.grids import grids
from publisher.wording import sentence

BEGINS_IN = 11
"""The month in which an office begins with the year's report; before that the last year's is looked at."""

KINDS_OF_FILES = ("docx", "xlsx", "pdf", "html", "json")
"""What a report can be saved as, the most asked for first."""

MOST_NAMED = 12
"""A finding about more figures than this names none of them."""


@require_safe
@allowed(Permission.SEE_STATISTICS)
def latest(request: HttpRequest) -> HttpResponseBase:
    """The reports that are due: those of last year, and of this year towards its end."""
    today = timezone.now().astimezone(get_office().timezone).date()
    return index(request, today.year if today.month >= BEGINS_IN else today.year - 1)


@about_report()
def index(request: HttpRequest, office: Office, year: int) -> HttpResponse:
    """Every report of a year, and how far it has come."""
    values = {"year": year, "years": _years(office, year), "states": queries.year_overview(office, year)}
    return render(request, "web/reports/index.html", values)


def _years(office: Office, year: int) -> list[int]:
    """From the first year in the log to this one, newest first, and the year that is asked for."""
    this = timezone.now().astimezone(office.timezone).year
    first = log.book(office.slug).order_by("year").values_list("year", flat=True).first() or this
    return sorted({*range(min(first, this - 1), this + 1), year}, reverse=True)


@about_report()
def overview(request: HttpRequest, office: Office, year: int, form: str) -> HttpResponse:
    """One report: what is missing, what the checks say, its figures, its final versions."""
    report = make_report(office, year, form)
    singles = single_figures(report)
    missing = {figure.key for figure in report.missing}
    values = {
        **said(report),
        "missing": report.missing,
        "missing_alone": [one for one in singles if one.key in missing],
        "findings": findings_of(report),
        "figures": [one for one in singles if not one.is_text],
        "texts": [one for one in singles if one.is_text],
        "grids": grids(report),
        "drafts": [(kind.upper(), reverse("report-draft", args=[year, form, kind])) for kind in KINDS_OF_FILES],
    }
    return render(request, "web/reports/overview.html", values)


@about_report()
def figure(request: HttpRequest, office: Office, year: int, form: str, key: str) -> HttpResponse:
    """One figure: its rule and rows, every value it ever had, the figures it is made of."""
    report = make_report(office, year, form)
    opened = queries.opened_in(report, key)
    if opened is None:
        raise Http404
    values = {
        **said(report),
        "figure": shown(report, opened.figure),
        "phrase": opened.figure.phrase,
        "rule": opened.figure.selection.rule if opened.figure.selection else None,
        "setting": getattr(opened.figure.definition, "setting", ""),
        "parts": all_shown(report, opened.parts),
        "history": [(value, words.actor_name(value.by)) for value in opened.history],
    }
    return render(request, "web/reports/figure.html", values)


def said(report: Report) -> dict[str, Any]:
    """What every page about a report says of it."""
    finals = versions(report.office, report.year, report.form.key)
    return {
        "title": report.title,
        "year": report.year,
        "form": report.form,
        "finals": finals,
        "newest": finals[-1] if finals else None,
    }


def findings_of(report: Report) -> list[dict[str, Any]]:
    """What the checks say, in words, with the figures it is about."""
    return [_finding(report, finding) for finding in report.findings]


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    figures = [report.figures[key] for key in finding.figures if key in report.figures]
    return {
        "is_error": finding.is_error,
        "place": finding.place,
        "text": sentence(finding.text),
        "figures": all_shown(report, figures) if len(figures) <= MOST_NAMED else [],
    }
