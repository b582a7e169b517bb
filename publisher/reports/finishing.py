"""Declaring a report final: checked, frozen with every entry behind it, and written into the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from channels.errors import ConfigurationError, Text
from publisher.items.actions import asset_store
from publisher.log import actions as log
from publisher.log.chain import canonical
from publisher.log.events import Event
from publisher.office import Office
from publisher.reports.checks.finding import Finding
from publisher.reports.content import content_of
from publisher.reports.figures.figure import Figure
from publisher.reports.finals import PUBLIC_WORD, TEXT, final
from publisher.reports.models import FinalReport
from publisher.reports.plain import plain_html
from publisher.reports.render import render
from publisher.reports.report import LANGUAGE, Report, make_report

FILES: tuple[Literal["html", "docx", "xlsx", "pdf"], ...] = ("html", "docx", "xlsx", "pdf")
"""What is written once and kept; nothing of it is rendered again later."""


class NotFinal(Exception):
    """A report that cannot be final yet; ``text`` says so, ``missing`` and ``errors`` say why."""

    def __init__(
        self, template: str, /, *, missing: Sequence[Figure] = (), errors: Sequence[Finding] = (), **values: object
    ) -> None:
        self.text = Text(template, missing=len(missing), errors=len(errors), **values)
        self.missing, self.errors = tuple(missing), tuple(errors)
        super().__init__(str(self.text))


def finish(office: Office, year: int, form: str = "", *, by: str) -> FinalReport:
    """Freeze a report as its next version; earlier versions stay. Raises NotFinal, WrongForm."""
    # What is written into the log while the files are made belongs to the next version.
    report = make_report(office, year, form, as_of=timezone.now())
    if report.missing or report.errors:
        raise NotFinal(
            "The report is not final: {missing} figures are missing and {errors} checks fail.",
            missing=report.missing,
            errors=report.errors,
        )
    newest = final(office, year, report.form.key)
    version = newest.report.version + 1 if newest else 1
    files = _files(report)
    kept = {name: asset_store().put(made) for name, made in files.items()}
    with translation.override(LANGUAGE):
        content = canonical(content_of(report) | {"version": version, "files": kept})
    if newest is not None and _says(newest.content) == _says(json.loads(content)):
        raise NotFinal("Nothing has changed since version {version} was declared final.", version=version - 1)
    try:
        with transaction.atomic():
            return _keep(report, version, content, files["html"].decode(), by=by)
    except IntegrityError:
        raise NotFinal(
            "Somebody else has just declared this report final as version {version}: look at it first.",
            version=version,
        ) from None


def _says(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says, whenever it was made and whatever its files look like."""
    said = {name: value for name, value in content.items() if name not in ("as_of", "version", "files")}
    return said | {"text": content["files"][TEXT]}


def _files(report: Report) -> dict[str, bytes]:
    """The finished files. A machine without the libraries or the font for PDF makes the others."""
    document = report.document(is_draft=False)
    made: dict[str, bytes] = {}
    for form in FILES:
        try:
            made[form] = render(document, form, report.sources)
        except ConfigurationError:
            if form != "pdf":
                raise
    return made | {TEXT: plain_html(document).encode(), PUBLIC_WORD: render(document, "docx", {})}


def _keep(report: Report, version: int, content: str, html: str, *, by: str) -> FinalReport:
    digest = hashlib.sha256(content.encode()).hexdigest()
    logged = log.record(
        report.office,
        Event.REPORT_FINISHED,
        log.Subject(title=report.title, digest=digest),
        actor=by,
        proof=log.Proof(detail={"year": report.year, "form": report.form.key, "version": version}),
    )
    # After the log entry, whose number and time it carries; both are committed together or not at all.
    return FinalReport.objects.create(
        office=report.office.slug,
        year=report.year,
        form=report.form.key,
        version=version,
        content=content,
        html=html,
        digest=digest,
        at=logged.at,
        by=by,
        seq=logged.seq,
    )
