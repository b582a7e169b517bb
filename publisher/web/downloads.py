"""Tables for saving: as text for any program, as a workbook, as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from channels.later import later

if TYPE_CHECKING:
    import openpyxl.cell.cell
    import openpyxl.styles
    import openpyxl.utils
else:
    openpyxl = later("openpyxl")

FORMS = ("csv", "xlsx", "json")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be calculated by spreadsheets, and it came from outside."""

LONGEST = 1_000_000
"""Rows a workbook has room for, its headings and notes left aside."""

NARROW, WIDE = 14, 48
"""Widths of columns, in letters."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for saving. ``notes`` say how it was counted; a workbook has them above the table.

    ``title`` is what its sheet is called, ``wide`` names the columns that hold long texts.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    notes: Sequence[str] = ()
    title: str = ""
    wide: Collection[str] = ()


def as_csv(sheet: Sheet) -> HttpResponseBase:
    """UTF-8 with the mark by which Excel and WPS know it."""
    response = StreamingHttpResponse(_csv_lines(sheet), content_type="text/csv; charset=utf-8")
    return _named(response, f"{sheet.name}.csv")


def as_xlsx(*sheets: Sheet) -> HttpResponseBase:
    """One workbook, named like its first sheet."""
    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        _fill(book.create_sheet(_sheet_title(sheet.title or sheet.name)), sheet)
    # The answer closes the file.
    file = TemporaryFile()  # noqa: SIM115
    book.save(file)
    file.seek(0)
    return _named(FileResponse(file, content_type=XLSX), f"{sheets[0].name}.xlsx")


def as_json(name: str, documents: Iterable[dict[str, Any]]) -> HttpResponseBase:
    """A list of documents, one a line, sent as it is read."""
    response = StreamingHttpResponse(_json_lines(documents), content_type="application/json")
    return _named(response, f"{name}.json")


def one_json(name: str, document: dict[str, Any]) -> HttpResponseBase:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return _named(HttpResponse(text, content_type="application/json"), f"{name}.json")


def _csv_lines(sheet: Sheet) -> Iterator[str]:
    yield "\ufeff"
    for row in chain([sheet.headings], sheet.rows):
        line = io.StringIO()
        csv.writer(line).writerow([_harmless(value) for value in row])
        yield line.getvalue()


def _harmless(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _json_lines(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    before = "[\n"
    for document in documents:
        yield before + json.dumps(document, ensure_ascii=False, sort_keys=True)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _fill(page: Any, sheet: Sheet) -> None:
    for number, heading in enumerate(sheet.headings, start=1):
        letter = openpyxl.utils.get_column_letter(number)
        page.column_dimensions[letter].width = WIDE if heading in sheet.wide else NARROW
    page.freeze_panes = f"A{len(sheet.notes) + 2}"
    for note in sheet.notes:
        page.append([_cell(page, note)])
    page.append([_cell(page, heading, is_head=True) for heading in sheet.headings])
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])


def _cell(page: Any, value: Value, *, is_head: bool = False) -> Any:
    if isinstance(value, str):
        value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)
    cell = openpyxl.cell.WriteOnlyCell(page, value)
    if isinstance(value, str):
        cell.data_type = "s"  # a title may begin with =
    if is_head:
        cell.font = openpyxl.styles.Font(bold=True)
        cell.alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="top")
    return cell


def _sheet_title(name: str) -> str:
    """At most 31 characters, without those Excel refuses."""
    return "".join(letter for letter in name if letter not in "[]:*?/\\")[:31] or "1"


def _named(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
