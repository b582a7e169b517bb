"""Tables and rows for saving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from channels.errors import ConfigurationError
from publisher.log import queries as log
from publisher.office import Office
from publisher.reports import counts
from publisher.reports.selection import Selection
from publisher.reports.tallies import Tally
from publisher.web import downloads
from publisher.web.downloads import LONGEST, Sheet
from publisher.web.statistics.asking import asked
from publisher.web.statistics.form import QuestionForm
from publisher.web.statistics.naming import UNIT_NAMES, period_name
from publisher.web.statistics.question import Question, cell_address, filter_words, rows_address
from publisher.web.statistics.rows import headings, saved
from publisher.web.statistics.tables import CountTable, Line, table_of

CHUNK = 2000
"""Entries read at a time."""

BESIDE = 20_000
"""So many rows stand in the workbook of a table beside it; more are saved by themselves."""


@asked
def table(request: HttpRequest, office: Office, _form: QuestionForm, question: Question, form: str) -> HttpResponseBase:
    """The table of a question. Raises Http404: no such form."""
    name = _("Statistics {period}").format(period=period_name(question.selection.period))
    if form == "json":
        return downloads.one_json(name, _document(request, office, question))
    sheet = _sheet(office, question, name)
    if form == "csv":
        return downloads.as_csv(sheet)
    if form == "xlsx":
        return downloads.as_xlsx(sheet, *_rows_beside(office, question.selection))
    raise Http404


@asked
def rows(_request: HttpRequest, office: Office, _form: QuestionForm, question: Question, form: str) -> HttpResponseBase:
    """The rows behind a number. Raises Http404: no such form; ConfigurationError: too many for a workbook."""
    selection = question.selection
    name = _("Rows {period}").format(period=period_name(selection.period))
    entries = counts.opened(office, selection).iterator(chunk_size=CHUNK)
    if form == "json":
        return downloads.as_json(name, (log.as_json(entry) for entry in entries))
    sheet = Sheet(name, headings(), saved(office, entries), _notes(office, selection), wide={_("Title"), _("Address")})
    if form == "csv":
        return downloads.as_csv(sheet)
    if form != "xlsx":
        raise Http404
    if (number := counts.count(office, selection)) > LONGEST:
        raise ConfigurationError("{number} rows are too many for a workbook: save them as CSV.", number=number)
    return downloads.as_xlsx(sheet)


def _sheet(office: Office, question: Question, name: str) -> Sheet:
    against = Tally(office, question.against) if question.against else None
    found = table_of(question, Tally(office, question.selection), against)
    changes = [_("Change"), _("Change in per cent")] if question.against else []
    heads = [*found.heads, *(column.text for column in found.columns), *changes]
    return Sheet(name, heads, list(_lines(found)), _notes(office, question.selection))


def _lines(found: CountTable) -> Iterator[Sequence[str | int]]:
    for line in (*found.lines, *([found.total] if found.total else [])):
        labels = [label.text for label in line.labels]
        blanks = [""] * (len(found.heads) - len(labels))
        yield [*labels, *blanks, *(number.value for number in line.numbers), *_change(line)]


def _change(line: Line) -> list[str | int]:
    return [line.change.value, line.change.share] if line.change else []


def _rows_beside(office: Office, selection: Selection) -> list[Sheet]:
    if counts.count(office, selection) > BESIDE:
        return []
    entries = counts.opened(office, selection).iterator(chunk_size=CHUNK)
    return [Sheet(_("Rows"), headings(), saved(office, entries), wide={_("Title"), _("Address")})]


def _notes(office: Office, selection: Selection) -> list[str]:
    """What stands above the table: for whom, for when, by which rule."""
    rule = selection.rule
    return [
        f"{office.name} {period_name(selection.period)}",
        _("Counting rule {name} ({label}): {words}").format(name=rule.name, label=rule.label, words=rule.words),
        _("Counted: {unit}").format(unit=UNIT_NAMES[rule.unit]),
        *filter_words(office, selection),
        *([_("As it stood at the end of {day}").format(day=selection.as_of.date())] if selection.as_of else []),
        *([_("Log: {name}").format(name=selection.archive)] if selection.archive else []),
    ]


def _document(request: HttpRequest, office: Office, question: Question) -> dict[str, Any]:
    """What programs read: each row with the address of the entries it counts."""
    found = _counted(request, office, question.selection, question.by)
    if question.against:
        found["against"] = _counted(request, office, question.against, question.by)
    return {"office": office.slug, "by": list(question.by), **found}


def _counted(request: HttpRequest, office: Office, selection: Selection, by: Sequence[str]) -> dict[str, Any]:
    rule, tally = selection.rule, Tally(office, selection)
    opening = request.build_absolute_uri(rows_address(selection))
    rows = [row | {"rows": cell_address(opening, {name: row[name] for name in by})} for row in tally.by(*by)]
    return {
        "first": selection.period.first.isoformat(),
        "last": selection.period.last.isoformat(),
        "rule": rule.key,
        "version": rule.version,
        "words": str(rule.words),
        "unit": rule.unit,
        "as_of": selection.as_of.isoformat() if selection.as_of else None,
        "archive": selection.archive,
        "count": tally.whole(),
        "items": tally.whole("item"),
        "publications": tally.whole("publication"),
        "rows": rows,
    }
