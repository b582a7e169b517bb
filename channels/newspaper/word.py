"""The text as a Word file in the layout of official documents, the same bytes every time.

Layout after GB/T 9704-2012: A4, type area 156 x 225 mm, 22 lines a page, body in 16 point; the faces are those of the
standard where every Windows has them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run as WordRun

from channels.markup import NOT_XML, Block, Cell, Run
from channels.newspaper.plain import picture_mark

BODY_PT, TITLE_PT, SMALL_PT = 16, 22, 12
LINE_PT = 28.95
"""22 lines of it fill the 225 mm of a page."""
SMALL_LINE_PT = 20
TITLE_LINE_PT = 36
TITLE_FACE, HEADING_FACE, KAI_FACE = "宋体", "黑体", "楷体"
MAX_COLUMNS = 63
"""Word's own limit for one table."""
USED_STYLES = frozenset(
    {"Normal", "Default Paragraph Font", "Normal Table", "Table Grid", "No List"}
    | {f"Heading {level}{end}" for level in (1, 2, 3) for end in ("", " Char")}
)
BALLAST = ("stylesWithEffects", "customXml", "thumbnail")
"""Parts of python-docx's template nobody needs."""
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the text, and the day the file is dated."""

    title: str
    column_title: str
    byline: str
    office_name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell with its place in the grid, both from 0."""

    cell: Cell
    row: int
    column: int
    rows: int
    columns: int


def word_file(head: Head, blocks: Sequence[Block], *, font: str) -> bytes:
    """The bytes of a .docx file. Pictures are not inside: a mark shows where each belongs."""
    document = Document()
    drop_ballast(document)
    set_page(document)
    set_styles(document, font)
    _set_properties(document, head)
    _write_head(document, head)
    _Writer(document).write(blocks)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_dates(buffer.getvalue())


class _Writer:
    """Writes blocks one after the other."""

    def __init__(self, document: WordDocument) -> None:
        self._document = document
        self._numbers: dict[str, int] = {}

    def write(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self._write(block)

    def _write(self, block: Block) -> None:
        if block.kind == "table":
            self._write_table(block)
        elif block.kind == "picture":
            number = self._numbers.setdefault(block.sha256, len(self._numbers) + 1)
            _centred(self._paragraph(), picture_mark(number), face=KAI_FACE)
        elif block.kind == "heading":
            level = min(max(block.level - 1, 1), 3)
            _add_runs(self._paragraph(f"Heading {level}"), block.runs)
        elif block.kind == "caption":
            paragraph = self._paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _add_runs(paragraph, block.runs, face=KAI_FACE)
        elif block.kind != "rule":
            self._write_text(block)

    def _write_text(self, block: Block) -> None:
        paragraph = self._paragraph()
        is_quote = block.kind == "quote"
        indent(paragraph, first=2, left=2 if is_quote else max(0, block.level - 1) * 2)
        runs = (Run(f"{block.mark} "), *block.runs) if block.mark else block.runs
        _add_runs(paragraph, runs, face=KAI_FACE if is_quote else "")

    def _write_table(self, block: Block) -> None:
        cells = list(placed(block.rows))
        width = max((place.column + place.columns for place in cells), default=0)
        if not width:
            return
        table = self._document.add_table(rows=0, cols=width, style="Table Grid")
        for number in range(len(block.rows)):
            covering = [place for place in cells if place.row <= number < place.row + place.rows]
            self._write_row(table, number, covering)
        # Two tables without anything between would become one.
        self._paragraph()

    def _write_row(self, table: Table, number: int, covering: Sequence[Placed]) -> None:
        row = table.add_row()  # type: ignore[no-untyped-call]  # python-docx has types for most of itself
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        boxes = list(row._tr.tc_lst)
        for place in covering:
            box, *covered = boxes[place.column : place.column + place.columns]
            box.grid_span = place.columns
            for each in covered:
                box.width += each.width
                each.getparent().remove(each)
            if place.rows > 1:
                box.vMerge = "restart" if place.row == number else "continue"
            if place.row == number:
                _write_cell(_Cell(box, table), place.cell, self._numbers)

    def _paragraph(self, style: str = "Normal") -> Paragraph:
        return self._document.add_paragraph(style=style)


def placed(rows: Sequence[Sequence[Cell]]) -> Iterator[Placed]:
    """Where each cell stands in the grid; spans end at the table's edge, at another cell, or at Word's limit."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            if column >= MAX_COLUMNS:
                break
            free = range(column, min(column + cell.column_span, MAX_COLUMNS))
            columns = next((here - column for here in free if (number, here) in taken), len(free))
            height = min(cell.row_span, len(rows) - number)
            yield Placed(cell, number, column, height, columns)
            taken.update((number + down, column + right) for down in range(height) for right in range(columns))
            column += columns


def _write_cell(box: _Cell, cell: Cell, numbers: dict[str, int]) -> None:
    is_first = True
    for block in cell.blocks:
        paragraph = box.paragraphs[0] if is_first else box.add_paragraph()
        is_first = False
        paragraph.paragraph_format.line_spacing = Pt(SMALL_LINE_PT)
        if cell.is_header:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if block.kind == "picture":
            number = numbers.setdefault(block.sha256, len(numbers) + 1)
            _add_runs(paragraph, [Run(picture_mark(number))], size_pt=SMALL_PT)
        elif block.kind == "table":
            _add_runs(paragraph, [Run("\n".join(block.lines()))], size_pt=SMALL_PT)
        else:
            runs = (Run(f"{block.mark} "), *block.runs) if block.mark else block.runs
            _add_runs(paragraph, runs, size_pt=SMALL_PT, bold=cell.is_header)


def _write_head(document: WordDocument, head: Head) -> None:
    if head.column_title:
        _centred(document.add_paragraph(), head.column_title, face=KAI_FACE)
    title = document.add_paragraph()
    title.paragraph_format.line_spacing = Pt(TITLE_LINE_PT)
    title.paragraph_format.space_before = title.paragraph_format.space_after = Pt(8)
    _centred(title, head.title, face=TITLE_FACE, size_pt=TITLE_PT, bold=True)
    if head.byline:
        _centred(document.add_paragraph(), head.byline, face=KAI_FACE)
    document.add_paragraph()


def _centred(paragraph: Paragraph, text: str, *, face: str, size_pt: float = 0, bold: bool = False) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _add_runs(paragraph, [Run(text)], face=face, size_pt=size_pt, bold=bold)


def _add_runs(
    paragraph: Paragraph, runs: Iterable[Run], *, face: str = "", size_pt: float = 0, bold: bool = False
) -> None:
    for run in runs:
        written = paragraph.add_run(NOT_XML.sub("", run.text))
        font = written.font
        # None leaves it to the style; False would take it from a heading.
        font.bold = (run.style.bold or bold) or None
        font.italic = run.style.italic or None
        font.underline = run.style.underline or None
        font.strike = run.style.strike or None
        font.subscript = run.style.script == "sub" or None
        font.superscript = run.style.script == "super" or None
        if size_pt:
            font.size = Pt(size_pt)
        if face:
            set_face(written, face)


def set_face(target: WordRun | ParagraphStyle, face: str) -> None:
    """Set the face for Chinese too: ``font.name`` alone means Latin letters only."""
    target.font.name = face
    fonts = target.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), face)
    # The faces of the template's theme would win over the named ones.
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        if qn(f"w:{theme}") in fonts.attrib:
            del fonts.attrib[qn(f"w:{theme}")]


def indent(paragraph: Paragraph, *, first: int = 0, left: int = 0, right: int = 0) -> None:
    """Indent in characters, which stay two characters whatever the size of the type."""
    layout = paragraph._p.get_or_add_pPr().get_or_add_ind()
    layout.set(qn("w:firstLineChars"), str(first * 100))
    layout.set(qn("w:firstLine"), str(first * BODY_PT * 20))
    for side, characters in (("left", left), ("right", right)):
        if characters:
            layout.set(qn(f"w:{side}Chars"), str(characters * 100))
            layout.set(qn(f"w:{side}"), str(characters * BODY_PT * 20))


def drop_ballast(document: WordDocument) -> None:
    """Leave out what the template brings and no page shows: a tenth of the size is left."""
    for relations in (document.part.rels, document.part.package.rels):
        for name in [name for name, relation in relations.items() if relation.reltype.endswith(BALLAST)]:
            del relations[name]
    for style in [style for style in document.styles if style.name not in USED_STYLES]:
        style.delete()


def set_page(document: WordDocument) -> None:
    """A4 with the margins of official documents."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)


def set_styles(document: WordDocument, font: str, kai_face: str = KAI_FACE) -> None:
    """Set ``font`` for the body, and the faces of official documents for the three levels of headings."""
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    faces = {"Normal": font, "Heading 1": HEADING_FACE, "Heading 2": kai_face, "Heading 3": font}
    for name, face in faces.items():
        style = document.styles[name]
        if not isinstance(style, ParagraphStyle):
            raise TypeError(f"the style {name} of the template is none for paragraphs")
        set_face(style, face)
        style.font.size = Pt(BODY_PT)
        style.font.bold = name == "Heading 3"
        style.font.color.rgb = RGBColor(0, 0, 0)
        layout = style.paragraph_format
        layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        layout.line_spacing = Pt(LINE_PT)
        layout.space_before = layout.space_after = Pt(0)
        if name != "Normal":
            layout.first_line_indent = Pt(2 * BODY_PT)


def _set_properties(document: WordDocument, head: Head) -> None:
    properties = document.core_properties
    properties.title = NOT_XML.sub("", head.title)[:255]
    properties.author = properties.last_modified_by = NOT_XML.sub("", head.office_name)[:255]
    properties.comments = ""
    properties.created = properties.modified = head.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def without_dates(content: bytes, *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """The same package with one fixed date everywhere; stored plainly, because compression differs between machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.create_system = 0
            new.writestr(info, old.read(name), compression)
    return buffer.getvalue()
