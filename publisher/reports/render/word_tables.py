"""Tables of a Word file: cells merged as printed, heads repeated, rows whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tc
from docx.shared import Length, Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run as WordRun

from channels.markup import NOT_XML
from channels.newspaper.word import HEADING_FACE, set_face
from publisher.reports.document import Table
from publisher.reports.render.grid import Grid, Placed, lay_out, relative_widths

ALIGNMENTS = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
WIDTH_MM = 156
"""Of the type area."""
MARGINS_MM = {"top": 0.5, "left": 0.8, "bottom": 0.5, "right": 0.8}
"""Between a cell's text and its border: fifteen columns must fit."""
LINE_SHARE = 1.25
"""Height of a line as a multiple of the size of the type."""

Mark = Callable[[Placed, WordRun], None]
"""Makes the text of a cell a link or the aim of one."""


def write_table(document: WordDocument, table: Table, *, size_pt: float, mark: Mark) -> None:
    """Write ``table`` over the whole width of the page."""
    grid = lay_out(table)
    written = document.add_table(rows=0, cols=grid.width, style="Table Grid")
    widths = [Mm(WIDTH_MM * share) for share in relative_widths(table, grid.width)]
    _set_layout(written, widths)
    for number in range(len(table.rows)):
        _write_row(written, number, grid, widths, is_head=number < table.head_rows)
    _fill(written, grid, size_pt, mark)
    whole = range(len(table.rows))
    for rows in [whole] if table.is_kept_whole else grid.groups(whole):
        _keep_together(written, rows)


def write_text(
    paragraph: WordParagraph, text: str, *, face: str = "", size_pt: float = 0, bold: bool = False
) -> WordRun:
    """Add ``text`` to ``paragraph``; its line breaks stay breaks."""
    run = paragraph.add_run(NOT_XML.sub("", text))
    # None leaves it to the style; False would take it from a heading.
    run.font.bold = bold or None
    if size_pt:
        run.font.size = Pt(size_pt)
    if face:
        set_face(run, face)
    return run


def _set_layout(written: WordTable, widths: Sequence[Length]) -> None:
    written.autofit = False
    written.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(written._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = width
    properties = written._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side, width_mm in MARGINS_MM.items():
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(width_mm).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The order of these is fixed; what tells how the table looks comes last.
    look = properties.find(qn("w:tblLook"))
    properties.insert(len(properties) if look is None else properties.index(look), margins)


def _write_row(written: WordTable, number: int, grid: Grid, widths: Sequence[Length], *, is_head: bool) -> None:
    row = written.add_row()  # type: ignore[no-untyped-call]  # python-docx has types for most of itself
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))
    boxes = list(row._tr.tc_lst)
    for place in grid.covering(number):
        columns = range(place.column, place.column + place.cell.columns)
        box, *covered = (boxes[column] for column in columns)
        for each in covered:
            row._tr.remove(each)
        box.grid_span = place.cell.columns
        box.width = Length(sum(widths[column] for column in columns))
        if place.cell.rows > 1:
            box.vMerge = "restart" if place.row == number else "continue"


def _fill(written: WordTable, grid: Grid, size_pt: float, mark: Mark) -> None:
    for number, row in enumerate(written._tbl.tr_lst):
        for place, box in zip(grid.covering(number), row.tc_lst, strict=True):
            _write_cell(_Cell(box, written), place if place.row == number else None, size_pt, mark)


def _keep_together(written: WordTable, rows: range) -> None:
    """Word keeps rows on a page whose paragraphs are kept with the next."""
    for row in written._tbl.tr_lst[rows.start : rows.stop - 1]:
        for box in row.tc_lst:
            for paragraph in _Cell(box, written).paragraphs:
                paragraph.paragraph_format.keep_with_next = True


def _write_cell(box: _Cell, place: Placed | None, size_pt: float, mark: Mark) -> None:
    _centre_vertically(box._tc)
    paragraph = box.paragraphs[0]
    paragraph.paragraph_format.line_spacing = Pt(size_pt * LINE_SHARE)
    if place is None or not place.cell.text:
        return
    paragraph.alignment = ALIGNMENTS[place.cell.align]
    face = HEADING_FACE if place.cell.is_head and place.cell.align == "center" else ""
    mark(place, write_text(paragraph, place.cell.text, size_pt=size_pt, face=face))


def _centre_vertically(box: CT_Tc) -> None:
    properties = box.get_or_add_tcPr()
    align = OxmlElement("w:vAlign")
    align.set(qn("w:val"), "center")
    properties.append(align)
