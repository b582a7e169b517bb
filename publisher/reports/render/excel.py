"""The report as an Excel workbook: its text, its tables, the sources of its figures and the log rows behind them."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime, time

from openpyxl import Workbook
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from channels.markup import NOT_XML
from channels.newspaper.word import without_dates
from publisher.reports.document import Document, Heading, Paragraph, Picture, Table
from publisher.reports.render import excel_annex as annex
from publisher.reports.render.excel_pages import set_up
from publisher.reports.render.excel_sheet import BODY, HEADING, LINK, NOTE, TITLE, Sheet, lead, put
from publisher.reports.render.grid import Placed, lay_out, relative_widths
from publisher.reports.render.sources import DRAFT_WORDS, FigureSource, Sources, in_order

REPORT = "报告"
TEXT_WIDTH, TABLE_WIDTH, WIDE_TABLE_WIDTH = 80, 96, 132
"""In characters; a Chinese one counts two."""
WIDE_FROM = 12
"""Columns from which a table is printed across the page."""
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
NAME_LENGTH = 31
UNDATED = datetime(1980, 1, 1)  # noqa: DTZ001 - the properties of a workbook are without a time zone


def workbook(document: Document, sources: Sources) -> bytes:
    """The bytes of the .xlsx file."""
    book = Workbook()
    del book[book.sheetnames[0]]
    ordered = in_order(document, sources)
    _Writer(book, document, ordered).write()
    if ordered:
        annex.write_sources(book, ordered)
        annex.write_rows(book, ordered)
    properties = book.properties
    properties.title = NOT_XML.sub("", " ".join(document.title.splitlines()))
    properties.creator = properties.lastModifiedBy = NOT_XML.sub("", document.author)
    properties.created = properties.modified = datetime.combine(document.dated, time.min) if document.dated else UNDATED
    buffer = io.BytesIO()
    # Not Workbook.save, which dates the file by the clock.
    ExcelWriter(book, zipfile.ZipFile(buffer, "w")).save()
    # Thousands of rows: a tenth of the size is worth more than the same bytes from another version of zlib.
    return without_dates(buffer.getvalue(), compression=zipfile.ZIP_DEFLATED)


class _Writer:
    """Writes the report itself. A form that is one table stands on one sheet, its words above and below it."""

    def __init__(self, book: Workbook, document: Document, sources: dict[str, FigureSource]) -> None:
        self._book = book
        self._document = document
        self._sources = sources
        self._aims = annex.aims(sources)
        self._tables = [block for block in document.blocks if isinstance(block, Table)]

    def write(self) -> None:
        only = self._tables[0] if len(self._tables) == 1 else None
        report = self._sheet(REPORT, only)
        title = " ".join(self._document.title.splitlines())
        report.write_line(f"{title}（{DRAFT_WORDS}）" if self._document.is_draft else title, TITLE, align="center")
        heading = ""
        for block in self._document.blocks:
            match block:
                case Heading():
                    heading = block.text
                    report.write_line(heading, HEADING)
                    self._write_figures(report, block)
                case Paragraph():
                    self._write_paragraph(report, block)
                case Picture():
                    report.write_picture(block)
                case Table() if block is only:
                    self._write_table(report, block, block.caption)
                case Table():
                    self._write_elsewhere(report, block, block.caption or heading)
        report.paginate()

    def _sheet(self, name: str, table: Table | None) -> Sheet:
        sheet: Worksheet = self._book.create_sheet(name)
        width = lay_out(table).width if table else 1
        shares = relative_widths(table, width) if table else [1.0]
        _print_in_the_middle(sheet.HeaderFooter.oddFooter, "— &P —")
        if self._document.is_draft:
            _print_in_the_middle(sheet.HeaderFooter.oddHeader, DRAFT_WORDS)
        whole = TEXT_WIDTH if table is None else WIDE_TABLE_WIDTH if width >= WIDE_FROM else TABLE_WIDTH
        set_up(sheet, is_wide=width >= WIDE_FROM)
        return Sheet(sheet, [whole * share for share in shares])

    def _write_paragraph(self, report: Sheet, block: Paragraph) -> None:
        is_body = block.kind == "body" and block.align == "left"
        align = "right" if block.kind == "signature" else block.align
        report.write_line(
            f"　　{block.text}" if is_body else block.text, NOTE if block.kind == "note" else BODY, align=align
        )
        self._write_figures(report, block)

    def _write_figures(self, report: Sheet, block: Heading | Paragraph) -> None:
        """A cell has one link only: the figures of a text stand once more to its right."""
        shown = [run for run in block.runs if run.text and run.figure in self._aims]
        for column, run in enumerate(shown, start=len(report.widths) + 2):
            lead(put(report.sheet, report.row, column, run.text, LINK), self._aims[run.figure])

    def _write_elsewhere(self, report: Sheet, table: Table, title: str) -> None:
        """A table on a sheet of its own, and where it belongs a line that leads to it."""
        number = next(number for number, other in enumerate(self._tables, start=1) if other is table)
        name = f"表{number} {NOT_IN_NAMES.sub('', NOT_XML.sub('', title))}".strip()[:NAME_LENGTH].strip()
        lead(report.write_line(f"见工作表“{name}”", LINK), f"'{name}'!A1")
        self._write_table(self._sheet(name, table), table, title)

    def _write_table(self, sheet: Sheet, table: Table, title: str) -> None:
        if title:
            sheet.write_line(title, HEADING, align="center")
        sheet.write_table(table, self._aim, self._is_number)
        sheet.paginate()

    def _aim(self, place: Placed) -> str:
        return self._aims.get(place.cell.figure, "")

    def _is_number(self, place: Placed) -> bool:
        source = self._sources.get(place.cell.figure)
        return annex.is_number(source) if source else bool(place.cell.figure)


def _print_in_the_middle(line: HeaderFooterItem | None, words: str) -> None:
    if line is None or line.center is None:
        raise TypeError("a new sheet has lines above and below its pages")
    line.center.text = words
