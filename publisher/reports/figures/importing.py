"""Importing values from a table: CSV or Excel with the columns key, value and, where wanted, note and source."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from channels.errors import Text
from publisher.office import Office
from publisher.reports.figures.entering import Given, Known, enter_all, figures_of_year, value_for
from publisher.reports.figures.parsing import BadValue
from publisher.reports.models import EnteredKind, EnteredValue

HEADINGS = {
    "key": "key", "value": "value", "note": "note", "source": "source",
    "键": "key", "数字": "key", "值": "value", "数值": "value", "备注": "note", "来源": "source",
}  # fmt: skip
"""What may stand above a column, and what is below it."""

Row = tuple[int, list[str]]


class BadTable(Exception):
    """A table nothing was taken from; ``mistakes`` says what is wrong, row by row."""

    def __init__(self, mistakes: Sequence[tuple[int, Text]]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{row}: {text}" for row, text in mistakes))


def import_values(
    office: Office, year: int, name: str, content: bytes, *, by: str, kind: EnteredKind = EnteredKind.ANALYTICS
) -> list[EnteredValue]:
    """Take in a whole table, or nothing of it. Raises BadTable.

    The name of the file is noted as the source of values that name none.
    """
    read = _excel(content) if Path(name).suffix.lower() == ".xlsx" else _csv(content)
    values = _values(list(read), source=name)
    known = figures_of_year(office, year)
    if mistakes := list(_mistakes(known, values)):
        raise BadTable(mistakes)
    return enter_all(office, year, [given for _row, given in values], by=by, kind=kind)


def _mistakes(known: Known, values: Iterable[tuple[int, Given]]) -> Iterator[tuple[int, Text]]:
    seen: dict[str, int] = {}
    for row, given in values:
        try:
            value_for(known, given)
        except BadValue as error:
            yield row, error.text
        if given.key in seen:
            yield row, Text("{key} stands in row {row} already: delete one.", key=given.key, row=seen[given.key])
        seen.setdefault(given.key, row)


def _values(rows: Sequence[Row], *, source: str) -> list[tuple[int, Given]]:
    """The values below the headings. Raises BadTable: no headings, or no values."""
    if not rows:
        raise BadTable([(1, Text("The table is empty: write the headings key and value, and a row for each figure."))])
    number, headings = rows[0]
    names = [HEADINGS.get(heading.strip().lower(), "") for heading in headings]
    if not {"key", "value"} <= set(names):
        raise BadTable([(number, Text("The first row must hold the headings key and value: write them above."))])
    found = []
    for row, cells in rows[1:]:
        parts = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
        if any(parts.values()):
            given = Given(
                parts.get("key", ""), parts.get("value", ""), parts.get("note", ""), parts.get("source") or source
            )
            found.append((row, given))
    if not found:
        raise BadTable([(number, Text("There is nothing below the headings: write a row for each figure."))])
    return found


def _csv(content: bytes) -> Iterator[Row]:
    """Rows of a CSV file as Excel and WPS write it: UTF-8 with or without its mark, or GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadTable([(1, Text("The file is no text: save the table as CSV (UTF-8) or as .xlsx."))])
    lines = text.splitlines()
    tabs = bool(lines) and "\t" in lines[0] and "," not in lines[0]
    reader = csv.reader(io.StringIO(text), delimiter="\t" if tabs else ",")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error:
        raise BadTable(
            [(reader.line_num, Text("This row is no CSV: save the table anew as CSV or as .xlsx."))]
        ) from None


def _excel(content: bytes) -> Iterator[Row]:
    """Rows of the first sheet, numbers as they are shown in plain digits."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise BadTable([(1, Text("The file is no Excel table: save it as .xlsx or as CSV."))]) from None
    for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
        texts = [_shown(cell) for cell in cells]
        if any(text.strip() for text in texts):
            yield number, texts


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    # Excel keeps every number as a floating-point one; its shortest form is what was typed.
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
