"""One sheet that fills from the top: lines of text, tables as printed, pictures; text is never a formula."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import ceil

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from publisher.reports.document import Picture, Table
from publisher.reports.render.excel_pages import paginate
from publisher.reports.render.grid import Placed, lay_out

BODY, TITLE, HEADING = Font("宋体", 11), Font("黑体", 16), Font("黑体", 12)
HEAD, NOTE, LINK = Font("黑体", 10.5), Font("宋体", 9.5), Font("宋体", 11, color="0B57A4", underline="single")
LINE = Side("thin", color="000000")
FRAME = Border(LINE, LINE, LINE, LINE)
SHADE = PatternFill("solid", fgColor="F2F2F2")
LINE_SHARE = 1.45
"""Height of a line as a multiple of the size of the type."""
MAX_HEIGHT_PT = 400
"""Excel knows no higher rows than 409."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What would make a formula of a text when somebody edits it, or saves it as CSV and opens that."""
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?", re.ASCII)
"""What Excel can hold exactly and would show as it is written."""

Aim = Callable[[Placed], str]
"""Where a cell leads to: a place of the workbook, or nothing."""


class Sheet:
    """Writes rows one below the other over a fixed number of columns.

    Args:
        widths: of the columns, in characters (a Chinese one counts two).
    """

    def __init__(self, sheet: Worksheet, widths: Sequence[float]) -> None:
        self.sheet = sheet
        self.widths = list(widths)
        self.row = 0
        self.kept: list[range] = []
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = round(width, 2)

    def write_line(self, text: str, font: Font = BODY, *, align: str = "left") -> Cell:
        """A line of text over the whole width, in as many rows as it needs; the first cell of the last row."""
        cell = None
        for piece in pieces(text, self._fitting(font)):
            self.row += 1
            cell = put(self.sheet, self.row, 1, piece, font)
            cell.alignment = Alignment(align, "center", wrap_text=True)
            if len(self.widths) > 1:
                self.sheet.merge_cells(
                    start_row=self.row, end_row=self.row, start_column=1, end_column=len(self.widths)
                )
            self._set_height([(piece, sum(self.widths), font)])
        if cell is None:
            raise AssertionError("a text has at least one piece")
        return cell

    def paginate(self) -> None:
        """Print what was written so far, without what stands to its right, and no group of rows over two pages."""
        paginate(self.sheet, self.widths, self.row, self.kept)

    def write_table(self, table: Table, aim: Aim, is_number: Callable[[Placed], bool]) -> None:
        """The table over the sheet's columns, of which it must have as many."""
        grid = lay_out(table)
        top = self.row + 1
        for place in grid.cells:
            self._write_cell(place, top, aim(place), is_number=is_number(place))
        for number in range(len(table.rows)):
            self.row += 1
            # What spans several rows finds its place in them together.
            self._set_height(
                [
                    (place.cell.text, self._width(place), BODY)
                    for place in grid.starting_in(number)
                    if place.cell.rows == 1
                ]
            )
        groups = grid.groups(range(len(table.rows)))
        self.kept += [range(top + rows.start, top + rows.stop) for rows in groups if len(rows) > 1]
        if table.head_rows:
            self.sheet.print_title_rows = f"{top}:{top + table.head_rows - 1}"

    def write_picture(self, picture: Picture) -> None:
        """The picture, and in words what it shows: openpyxl knows no alternative text."""
        drawn = Image(io.BytesIO(picture.content))
        scale = picture.width_mm / 25.4 * 96 / drawn.width
        drawn.width, drawn.height = round(drawn.width * scale), round(drawn.height * scale)
        self.row += 1
        self.sheet.add_image(drawn, f"A{self.row}")
        height_pt = drawn.height * 0.75
        rows = ceil(height_pt / MAX_HEIGHT_PT)
        for _ in range(rows):
            self.sheet.row_dimensions[self.row].height = height_pt / rows + 2
            self.row += 1
        self.row -= 1
        if picture.caption:
            self.write_line(picture.caption, HEAD, align="center")
        self.write_line(picture.alt, NOTE)

    def _write_cell(self, place: Placed, top: int, aim: str, *, is_number: bool) -> None:
        row, column = top + place.row, place.column + 1
        font = HEAD if place.cell.is_head and place.cell.align == "center" else BODY
        cell = put(self.sheet, row, column, place.cell.text, font, is_number=is_number)
        cell.alignment = Alignment(place.cell.align, "center", wrap_text=True)
        cell.border = FRAME
        if place.cell.is_head:
            cell.fill = SHADE
        if aim:
            lead(cell, aim)
        if place.cell.rows > 1 or place.cell.columns > 1:
            last_row, last_column = row + place.cell.rows - 1, column + place.cell.columns - 1
            self.sheet.merge_cells(start_row=row, end_row=last_row, start_column=column, end_column=last_column)

    def _width(self, place: Placed) -> float:
        return sum(self.widths[place.column : place.column + place.cell.columns])

    def _fitting(self, font: Font) -> int:
        """How many Chinese characters the highest row can show."""
        lines = int(MAX_HEIGHT_PT / (float(font.sz or 11) * LINE_SHARE))
        return max(1, lines * int(sum(self.widths) / 2 - 1))

    def _set_height(self, texts: Sequence[tuple[str, float, Font]]) -> None:
        """Excel does not find the height of merged cells by itself."""
        heights = [_lines(text, width) * float(font.sz or 11) * LINE_SHARE + 4 for text, width, font in texts]
        self.sheet.row_dimensions[self.row].height = min(max(heights, default=20), MAX_HEIGHT_PT + 9)


def put(sheet: Worksheet, row: int, column: int, text: str, font: Font, *, is_number: bool = False) -> Cell:
    """Write ``text`` as what it says, a number only where it can be one."""
    cell = sheet.cell(row, column)
    if not isinstance(cell, Cell):
        raise TypeError(f"{cell.coordinate} is covered by another cell")
    cell.font = font
    match = NUMBER.fullmatch(text) if is_number else None
    if match:
        cell.value = Decimal(text) if match[1] else int(text)
        cell.number_format = f"0.{'0' * len(match[1])}" if match[1] else "0"
        return cell
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(FORMULA)
    return cell


def lead(cell: Cell, aim: str) -> None:
    """Make ``cell`` lead to a place of the workbook, such as ``'日志记录'!A2``."""
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=aim, display="")


def pieces(text: str, size: int) -> Iterator[str]:
    """Cut ``text`` into pieces of at most ``size`` characters, after a full stop where there is one; at least one."""
    while len(text) > size:
        cut = text.rfind("。", 0, size) + 1 or size
        yield text[:cut]
        text = text[cut:]
    yield text


def _lines(text: str, width: float) -> int:
    """How many lines ``text`` takes in a column of ``width`` characters."""
    usable = max(width - 2, 1)
    return sum(max(1, ceil(_columns(line) / usable)) for line in text.split("\n"))


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)
