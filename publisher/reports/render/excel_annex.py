"""The two last sheets of a workbook: where each figure comes from, and the log rows it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from publisher.reports.render.excel_sheet import BODY, FRAME, HEAD, LINK, SHADE, lead, put
from publisher.reports.render.sources import ROW_HEADINGS, FigureSource, Sources, row_fields

SOURCES, ROWS = "数字来源", "日志记录"

SOURCE_COLUMNS = {
    "数字": 40,
    "数值": 14,
    "计量单位": 10,
    "来源": 16,
    "口径": 50,
    "填报": 24,
    "说明": 36,
    "记录数": 9,
    "日志编号": 40,
}
"""Heading → width in characters."""
ROW_WIDTHS = {
    "number": 10,
    "date": 12,
    "event": 10,
    "channel": 16,
    "column": 16,
    "section": 16,
    "issue": 8,
    "title": 60,
}
WORDS_ONLY = frozenset({"text", "config", "names"})
"""Kinds of figures that are no numbers, even when they look like one: a telephone, a postcode."""


def is_number(source: FigureSource) -> bool:
    """Whether a figure may be written as a number: one that is entered without a unit is a name or a date."""
    return source.kind not in WORDS_ONLY and (bool(source.unit) or source.kind != "entered")


def aims(sources: Sources) -> dict[str, str]:
    """Where each figure leads to: its first log row, or its line among the sources."""
    found, next_row = {}, 2
    for line, (key, source) in enumerate(sources.items(), start=2):
        found[key] = f"'{ROWS}'!A{next_row}" if source.rows else f"'{SOURCES}'!A{line}"
        next_row += len(source.rows)
    return found


def write_sources(book: Workbook, sources: Sources) -> None:
    sheet = book.create_sheet(SOURCES)
    _write_head(sheet, SOURCE_COLUMNS)
    aimed = aims(sources)
    for row, (key, source) in enumerate(sources.items(), start=2):
        for column, (heading, text) in enumerate(_facts(source).items(), start=1):
            may_be_number = heading == "记录数" or (heading == "数值" and is_number(source))
            cell = put(sheet, row, column, text, BODY, is_number=may_be_number)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.border = FRAME
            if source.rows and column == 1:
                lead(cell, aimed[key])
                cell.font = LINK
    _finish(sheet)


def write_rows(book: Workbook, sources: Sources) -> None:
    """The log rows of all figures one below the other: the filter of the first column chooses one."""
    fields = row_fields(row for source in sources.values() for row in source.rows)
    if not fields:
        return
    sheet = book.create_sheet(ROWS)
    _write_head(sheet, {"数字": 36, **{ROW_HEADINGS[name]: ROW_WIDTHS.get(name, 60) for name in fields}})
    for number, (label, row) in enumerate(_all_rows(sources), start=2):
        put(sheet, number, 1, label, BODY)
        for column, name in enumerate(fields, start=2):
            put(sheet, number, column, row.get(name, ""), BODY, is_number=name == "number")
    _finish(sheet)


def _facts(source: FigureSource) -> dict[str, str]:
    """By the headings of ``SOURCE_COLUMNS``."""
    values = (
        source.label,
        source.value_text,
        source.unit,
        source.kind_words,
        source.rule_words,
        source.entered_words,
        source.note,
        str(len(source.rows)) if source.kind == "log" else "",
        source.numbers,
    )
    return dict(zip(SOURCE_COLUMNS, values, strict=True))


def _all_rows(sources: Sources) -> Iterator[tuple[str, Mapping[str, str]]]:
    return ((source.label, row) for source in sources.values() for row in source.rows)


def _write_head(sheet: Worksheet, columns: Mapping[str, float]) -> None:
    for number, (heading, width) in enumerate(columns.items(), start=1):
        cell = put(sheet, 1, number, heading, HEAD)
        cell.fill, cell.border = SHADE, FRAME
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"


def _finish(sheet: Worksheet) -> None:
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
