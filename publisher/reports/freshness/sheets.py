"""Tables with coloured states on the sheets of a workbook, ready to be printed."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import date
from typing import cast
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from channels.markup import NOT_XML
from publisher.reports.freshness.pages import Linked, Page, Shown, State, Value

A4 = 9
"""Excel's number for the paper."""

HEAD_ROW = 3
"""The table begins below the title and the line under it."""

LINE_POINTS = 15.0
"""Height of a line of text; programs do not reckon it themselves where the file says nothing."""

TITLE = Font(bold=True, size=16)
SMALL = Font(color="51606F", size=9)
LINK = Font(color="175AA6", underline="single")
HEAD = PatternFill("solid", fgColor="E9EDF2")
THIN = Side(style="thin", color="9AA5B1")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)


def workbook(pages: Sequence[Page]) -> bytes:
    """The bytes of an .xlsx file with a sheet for each page."""
    book = Workbook()
    del book[book.sheetnames[0]]
    for page in pages:
        _write(book.create_sheet(page.name), page)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _write(sheet: Worksheet, page: Page) -> None:
    _put(sheet, 1, 1, page.title).font = TITLE
    _put(sheet, 2, 1, page.subtitle).font = SMALL
    for column, (heading, letters) in enumerate(page.columns, start=1):
        head = _put(sheet, HEAD_ROW, column, heading)
        head.font, head.fill, head.border = Font(bold=True), HEAD, BOX
        head.alignment = Alignment("center", "center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = letters
    _make_high_enough(sheet, HEAD_ROW, page, [heading for heading, _letters in page.columns])
    for number, row in enumerate(page.rows, start=HEAD_ROW + 1):
        for column, value in enumerate(row, start=1):
            _show(sheet, number, column, value)
        _make_high_enough(sheet, number, page, row)
    first_note = HEAD_ROW + 1 + len(page.rows)
    for number, note in enumerate(page.notes, start=first_note):
        _put(sheet, number, 1, note).font = SMALL
    for number in (1, 2, *range(first_note, first_note + len(page.notes))):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=len(page.columns))
    _make_printable(sheet)


def _show(sheet: Worksheet, row: int, column: int, value: Shown) -> None:
    cell = _put(sheet, row, column, _plain(value))
    cell.border = BOX
    cell.alignment = Alignment("left" if isinstance(value, str | Linked) else "center", "center", wrap_text=True)
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, State):
        cell.fill, cell.font = PatternFill("solid", fgColor=value.ground), Font(bold=True, color=value.ink)
    elif isinstance(value, Linked) and value.url.startswith(("https://", "http://")):
        cell.hyperlink, cell.font = value.url, LINK


def _plain(value: Shown) -> Value:
    match value:
        case State():
            return value.word
        case Linked():
            return value.text
    return value


def _make_high_enough(sheet: Worksheet, number: int, page: Page, row: Sequence[Shown]) -> None:
    lines = [
        math.ceil(_width(text) / (letters - 1)) if isinstance(text, str) else 1
        for text, (_heading, letters) in zip(map(_plain, row), page.columns, strict=True)
    ]
    sheet.row_dimensions[number].height = LINE_POINTS * max(1, *lines) + 3


def _width(text: str) -> int:
    """In letters; a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in text)


def _put(sheet: Worksheet, row: int, column: int, value: Value) -> Cell:
    cell = cast(Cell, sheet.cell(row, column))
    if isinstance(value, str):
        # Titles come from outside: Excel would calculate what begins with =, and not open what XML may not hold.
        cell.value = NOT_XML.sub("", value)
        cell.data_type = "s"
    else:
        cell.value = value
    return cell


def _make_printable(sheet: Worksheet) -> None:
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
