"""How a sheet is printed: as wide as the page, and with breaks between groups of rows instead of within them."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

A4 = 9
"""Excel's number for the paper."""
SHORT_PT, LONG_PT = 595.3, 841.9
"""The sides of the paper."""
MARGIN_IN = {"left": 0.75, "right": 0.75, "top": 1.0, "bottom": 1.0}
ROW_PT = 15.0
SAFE = 0.97
"""Other programs and other fonts need a little more room: rather a line less on a page than a group over two."""


def set_up(sheet: Worksheet, *, is_wide: bool) -> None:
    """A4, as wide as the page and as many pages as it takes; breaks that are set count only with these two together."""
    sheet.page_setup.paperSize = A4
    sheet.page_setup.orientation = "landscape" if is_wide else "portrait"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for side, inches in MARGIN_IN.items():
        setattr(sheet.page_margins, side, inches)
    sheet.print_options.horizontalCentered = True


def paginate(sheet: Worksheet, widths: Sequence[float], last: int, kept: Sequence[range]) -> None:
    """Print rows 1 … ``last`` of the columns, each of the ``kept`` groups of rows on one page where one can hold it.

    Args:
        widths: of the columns, in characters.
    """
    sheet.print_area = f"A1:{get_column_letter(len(widths))}{last}"
    ends = {rows.start: rows.stop for rows in kept}
    page, used, row = _page_pt(sheet, widths), 0.0, 1
    while row <= last:
        stop = ends.get(row, row + 1)
        height = sum(_height_pt(sheet, number) for number in range(row, stop))
        if used and used + height > page:
            if stop > row + 1:
                sheet.row_breaks.append(Break(id=row - 1))
            used = _repeated_pt(sheet)
        # Of what no page can hold, the last page is full as far as it goes.
        used = used + height if used + height <= page else (used + height) % page
        row = stop


def _page_pt(sheet: Worksheet, widths: Sequence[float]) -> float:
    """How much of the rows' height a page holds, where the columns are made to fit its width."""
    sides = SHORT_PT, LONG_PT
    wide, high = sides[::-1] if sheet.page_setup.orientation == "landscape" else sides
    wide -= 72 * (MARGIN_IN["left"] + MARGIN_IN["right"])
    high -= 72 * (MARGIN_IN["top"] + MARGIN_IN["bottom"])
    # Seven pixels for a character of the usual font, five beside them, at 96 to the inch.
    needed = sum(int(width * 7 + 5) for width in widths) * 0.75
    return SAFE * high * max(1.0, needed / wide)


def _repeated_pt(sheet: Worksheet) -> float:
    """The height of the rows that stand on every page."""
    if not sheet.print_title_rows:
        return 0.0
    first, last = (int(number.lstrip("$")) for number in sheet.print_title_rows.split(":"))
    return sum(_height_pt(sheet, number) for number in range(first, last + 1))


def _height_pt(sheet: Worksheet, row: int) -> float:
    return sheet.row_dimensions[row].height or ROW_PT
