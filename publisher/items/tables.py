"""Tables as offices keep them: .xlsx with all its sheets, or CSV, read cell by cell."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from channels.errors import Text
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.readers.encoding import decode

MAX_BYTES = 50_000_000
MAX_ROWS = 100_000
SERIALS = range(29_221, 73_051)
"""Days as Excel counts them, from 1980 to 2099: what a date is where its cell is not formatted as one."""

UNREADABLE = (
    *(InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, TypeError),
    *(AttributeError, NotImplementedError, RuntimeError, OSError),
)
"""What a broken or locked workbook makes its reader stumble over; broken XML is a SyntaxError."""

Cell = str | date


@dataclass(frozen=True, slots=True)
class Line:
    """One row; ``number`` counts as the table's program shows it, ``links`` are addresses behind cells."""

    number: int
    cells: Sequence[Cell]
    links: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a table with its rows that hold anything; ``name`` is empty for CSV."""

    name: str
    lines: Sequence[Line]
    epoch: datetime = field(default=datetime(1899, 12, 30))  # noqa: DTZ001 - a day, as Excel counts from it

    def day(self, cell: Cell) -> date | None:
        """The day a cell is, where it is one by its format or as a bare number."""
        if isinstance(cell, date):
            return cell
        number = float(cell) if cell.replace(".", "", 1).isdecimal() and cell.isascii() else 0
        found = from_excel(number, self.epoch) if int(number) in SERIALS else None
        return found.date() if isinstance(found, datetime) else None


class UnreadableTable(Exception):
    """A file that is no table; ``text`` says what to do."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


def read_table(name: str, content: bytes) -> list[Sheet]:
    """The sheets of a table. Raises UnreadableTable."""
    if len(content) > MAX_BYTES:
        raise UnreadableTable("The table {name} is larger than {megabytes} MB: divide it.", name=name, megabytes=50)
    suffix = Path(name).suffix.lower()
    if suffix == ".xlsx":
        return _excel(name, content)
    if suffix in {".csv", ".txt"}:
        return [_csv(name, content)]
    raise UnreadableTable("{name} is no table that can be read: save it as .xlsx or .csv.", name=name)


def _excel(name: str, content: bytes) -> list[Sheet]:
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
    except UNREADABLE:
        raise UnreadableTable("{name} is no Excel table, or it is damaged: save it anew as .xlsx.", name=name) from None
    if any((sheet.max_row or 0) > MAX_ROWS for sheet in book.worksheets):
        raise UnreadableTable("{name} has more than {count} rows: divide it.", name=name, count=MAX_ROWS)
    return [Sheet(sheet.title, list(_lines(sheet)), book.epoch) for sheet in book.worksheets]


def _lines(sheet: Worksheet) -> Iterator[Line]:
    covered = _covered(sheet)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_plain(covered.get((number, place), cell.value)) for place, cell in enumerate(row, start=1)]
        if any(cells):
            yield Line(number, cells, [cell.hyperlink.target or "" if cell.hyperlink else "" for cell in row])


def _covered(sheet: Worksheet) -> dict[tuple[int, int], object]:
    """What stands in cells that were joined: each says what the first of them says."""
    covered: dict[tuple[int, int], object] = {}
    for joined in sheet.merged_cells.ranges:
        value = sheet.cell(joined.min_row, joined.min_col).value
        for row, column in joined.cells:
            covered[row, column] = value
    return covered


def _plain(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    # Excel keeps every number as a floating-point one; its shortest form is what was typed.
    return f"{value:.15g}" if isinstance(value, float) else "" if value is None else str(value).strip()


def _csv(name: str, content: bytes) -> Sheet:
    try:
        text = decode(content)
    except UnreadableManuscript:
        raise UnreadableTable("{name} is no text: save the table as CSV (UTF-8) or as .xlsx.", name=name) from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if first.count("\t") > first.count(",") else ",")
    return Sheet("", list(_csv_lines(reader, name)))


def _csv_lines(reader: Iterable[list[str]], name: str) -> Iterator[Line]:
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield Line(number, [cell.strip() for cell in cells])
    except csv.Error:
        raise UnreadableTable(
            "{name}, row {row}: this is no CSV. Save the table anew.", name=name, row=number + 1
        ) from None
