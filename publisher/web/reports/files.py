"""A report as it is printed: to look at, and for saving."""

from __future__ import annotations

import json
from typing import get_args

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin

from publisher.office import Office
from publisher.reports.content import content_of
from publisher.reports.finals import Frozen, final
from publisher.reports.render import MEDIA_TYPES, Form
from publisher.reports.render import render as write
from publisher.reports.report import LANGUAGE, Report, form_for, make_report
from publisher.web.reports.asking import about_report
from publisher.web.reports.views import KINDS_OF_FILES, said
from publisher.web.security import REPORT_POLICY

FORMS: dict[str, Form] = {form: form for form in get_args(Form)}
JSON = "json"

SHOWN = 100
"""Rows of a figure shown below a draft on screen; its own page leads to all of them."""


@about_report()
def preview(request: HttpRequest, office: Office, year: int, form: str) -> HttpResponse:
    """The draft as it would be printed, inside a page of the desk."""
    return render(request, "web/reports/preview.html", said(make_report(office, year, form)))


@about_report()
@xframe_options_sameorigin
def draft_page(_request: HttpRequest, office: Office, year: int, form: str) -> HttpResponse:
    """The draft itself: the HTML file that can be saved, with the first of the rows each figure opens into."""
    report = make_report(office, year, form)
    return _inert(write(report.document(), "html", report.first_sources(SHOWN)))


@about_report()
def draft(_request: HttpRequest, office: Office, year: int, form: str, extension: str) -> HttpResponse:
    """The draft for saving. Raises Http404: no such kind of file."""
    report = make_report(office, year, form)
    if extension == JSON:
        content = _json(report)
    elif extension in FORMS:
        content = write(report.document(), FORMS[extension], report.sources)
    else:
        raise Http404
    return _saved(content, f"{report.title}（草稿）".replace("\n", ""), extension)


@about_report()
@xframe_options_sameorigin
def final_page(_request: HttpRequest, office: Office, year: int, form: str, version: int) -> HttpResponse:
    """A final report as it was frozen."""
    return _inert(frozen_or_404(office, year, form, version).report.html.encode())


@about_report()
def final_file(
    _request: HttpRequest, office: Office, year: int, form: str, version: int, extension: str
) -> HttpResponse:
    """A file of a final report, byte for byte. Raises Http404: none of that kind was made."""
    frozen = frozen_or_404(office, year, form, version)
    content = frozen.report.content.encode() if extension == JSON else _file(frozen, extension)
    return _saved(content, f"{frozen.content['title']}（第{version}版）".replace("\n", ""), extension)


def frozen_or_404(office: Office, year: int, form: str, version: int) -> Frozen:
    """Raises Http404: there is no such version; WrongForm."""
    frozen = final(office, year, form_for(office, year, form).key, version=version)
    if frozen is None:
        raise Http404
    return frozen


def kinds_of(frozen: Frozen) -> list[str]:
    """The files that were made of it."""
    return [kind for kind in KINDS_OF_FILES if kind in {"html", JSON, *frozen.content["files"]}]


def _file(frozen: Frozen, extension: str) -> bytes:
    content = frozen.file(extension) if extension in FORMS else None
    if content is None:
        raise Http404
    return content


def _json(report: Report) -> bytes:
    with translation.override(LANGUAGE):
        return json.dumps(content_of(report), ensure_ascii=False, indent=2).encode()


def _inert(html: bytes) -> HttpResponse:
    response = HttpResponse(html, content_type=MEDIA_TYPES["html"])
    response.headers["Content-Security-Policy"] = REPORT_POLICY
    return response


def _saved(content: bytes, name: str, extension: str) -> HttpResponse:
    media_type = MEDIA_TYPES[FORMS[extension]] if extension in FORMS else "application/json"
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{extension}") or "attachment"
    return response
