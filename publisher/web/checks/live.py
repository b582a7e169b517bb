"""What the checks find in what is out, by the lists of words that are in force now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.review.checks import live
from publisher.review.checks.wordlists import words
from publisher.review.models import LiveFindings
from publisher.web.access import allowed
from publisher.web.findings import Row, shown

PAGE_LENGTH = 50
FIRST = 5
"""Findings of an item that are shown in the list."""


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One item that is out with what is found in it; ``more`` findings are on its own page."""

    item: int
    title: str
    errors: int
    warnings: int
    rows: Sequence[Row]
    more: int


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """Every item that is out and has findings, errors first."""
    office = get_office()
    known = LiveFindings.objects.filter(office=office.slug).order_by("-errors", "-item")
    page = Paginator(known, PAGE_LENGTH).get_page(request.GET.get("page"))
    scan = live.last(office)
    values = {
        "page": page,
        "rows": [_row(office, entry) for entry in page.object_list],
        "scan": scan,
        "is_current": scan is not None and scan.lists == words(office).digest,
    }
    return render(request, "web/findings/live.html", values)


def _row(office: Office, entry: LiveFindings) -> LiveRow:
    found = shown(office, [live.finding(one) for one in entry.found[:FIRST]], None)
    more = len(entry.found) - len(found.rows)
    return LiveRow(entry.item, entry.title, entry.errors, entry.warnings, found.rows, more)
