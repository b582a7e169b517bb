"""The report as a Word file in the layout of official documents, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, time

import docx
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run as WordRun

from channels.markup import NOT_XML
from channels.newspaper.word import (
    HEADING_FACE,
    SMALL_LINE_PT,
    SMALL_PT,
    TITLE_LINE_PT,
    TITLE_PT,
    drop_ballast,
    indent,
    set_page,
    set_styles,
    without_dates,
)
from publisher.reports.document import Block, Cell, Document, Heading, Paragraph, Picture, Run, Table
from publisher.reports.render.grid import Placed, lay_out
from publisher.reports.render.sources import ANNEX_TITLE, ANNEX_WORDS, DRAFT_WORDS, FigureSource, Sources, in_order
from publisher.reports.render.word_marks import Bookmarks, mark_as_draft, name_spare_faces, number_pages, set_language
from publisher.reports.render.word_tables import ALIGNMENTS, WIDTH_MM, write_table, write_text

BODY_FACE, KAI_FACE, TITLE_FACE = "仿宋_GB2312", "楷体_GB2312", "方正小标宋简体"
SIZES_PT = ((6, 12.0), (10, 10.0), (63, 9.0))
"""Up to so many columns, a table is set in this size; Word knows no more than 63."""
ANNEX_PT = 9.0
UNDATED = datetime(1980, 1, 1)  # noqa: DTZ001 - the properties of a Word file are without a time zone here


def word_file(document: Document, sources: Sources) -> bytes:
    """The bytes of the .docx file."""
    word = _blank(document)
    ordered = in_order(document, sources)
    writer = _Writer(word, list(ordered))
    writer.write(document)
    if ordered:
        writer.write_annex(ordered)
    buffer = io.BytesIO()
    word.save(buffer)
    return without_dates(buffer.getvalue())


def _blank(document: Document) -> WordDocument:
    word = docx.Document()
    drop_ballast(word)
    set_page(word)
    set_styles(word, BODY_FACE, KAI_FACE)
    set_language(word)
    name_spare_faces(word)
    number_pages(word)
    if document.is_draft:
        mark_as_draft(word, DRAFT_WORDS)
    properties = word.core_properties
    properties.title = NOT_XML.sub("", " ".join(document.title.splitlines()))[:255]
    properties.author = properties.last_modified_by = NOT_XML.sub("", document.author)[:255]
    properties.comments = ""
    properties.language = "zh-CN"
    properties.created = properties.modified = datetime.combine(document.dated, time.min) if document.dated else UNDATED
    return word


class _Writer:
    """Writes blocks one after the other, and what the figures in them open into at the end."""

    def __init__(self, word: WordDocument, figures: Sequence[str]) -> None:
        self._word = word
        # Names of bookmarks hold no dots and are short, unlike keys.
        self._numbers = {key: number for number, key in enumerate(figures, start=1)}
        self._shown: set[str] = set()
        self._bookmarks = Bookmarks()

    def write(self, document: Document) -> None:
        title = self._centred("\n".join(document.title_lines), face=TITLE_FACE, size_pt=TITLE_PT)
        title.paragraph_format.line_spacing = Pt(TITLE_LINE_PT)
        self._paragraph()
        was_signature = False
        for block in document.blocks:
            is_signature = isinstance(block, Paragraph) and block.kind == "signature"
            if is_signature and not was_signature:
                self._paragraph()
            self._write(block)
            was_signature = is_signature

    def write_annex(self, sources: Sources) -> None:
        """A table of all figures, on a page of its own."""
        heading = self._paragraph("Heading 1")
        heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
        heading.paragraph_format.page_break_before = True
        indent(heading)
        write_text(heading, ANNEX_TITLE)
        self._write_paragraph(Paragraph([Run(ANNEX_WORDS)], kind="note"))
        write_table(self._word, annex_table(sources), size_pt=ANNEX_PT, mark=self._mark_source)

    def _write(self, block: Block) -> None:
        match block:
            case Heading():
                self._write_runs(self._paragraph(f"Heading {min(block.level, 3)}"), block.runs)
            case Paragraph():
                self._write_paragraph(block)
            case Table():
                self._write_table(block)
            case Picture():
                self._write_picture(block)

    def _write_paragraph(self, block: Paragraph) -> None:
        paragraph = self._paragraph()
        paragraph.alignment = ALIGNMENTS[block.align]
        if block.kind == "signature":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            # The date stands under the name, not under its end.
            indent(paragraph, right=4 if block.text.endswith("日") else 2)
        elif block.align == "left" and block.kind == "body":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            indent(paragraph, first=2)
        if block.kind == "note":
            paragraph.paragraph_format.line_spacing = Pt(SMALL_LINE_PT)
        self._write_runs(paragraph, block.runs, size_pt=SMALL_PT if block.kind == "note" else 0)

    def _write_runs(self, paragraph: WordParagraph, runs: Sequence[Run], *, size_pt: float = 0) -> None:
        for run in filter(lambda run: run.text, runs):
            self._mark_figure(run.figure, write_text(paragraph, run.text, size_pt=size_pt))

    def _write_table(self, table: Table) -> None:
        if table.caption:
            caption = self._centred(table.caption, face=HEADING_FACE, size_pt=SMALL_PT)
            caption.paragraph_format.keep_with_next = True
            caption.paragraph_format.space_before = Pt(SMALL_PT / 2)
        width = lay_out(table).width
        size = next(size for columns, size in SIZES_PT if width <= columns)
        write_table(self._word, table, size_pt=size, mark=lambda place, run: self._mark_figure(place.cell.figure, run))
        # Two tables without anything between would become one.
        self._paragraph().paragraph_format.line_spacing = Pt(SMALL_PT)

    def _write_picture(self, picture: Picture) -> None:
        paragraph = self._centred("")
        # A line of fixed height would cut the picture off.
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        paragraph.paragraph_format.keep_with_next = bool(picture.caption)
        drawn = paragraph.add_run().add_picture(io.BytesIO(picture.content), width=Mm(min(picture.width_mm, WIDTH_MM)))
        drawn._inline.docPr.set("descr", NOT_XML.sub("", picture.alt))
        if picture.caption:
            self._centred(picture.caption, face=KAI_FACE, size_pt=SMALL_PT)

    # Links

    def _mark_figure(self, figure: str, run: WordRun) -> None:
        """Let a figure lead to its source, and the first of its kind be led to."""
        if figure not in self._numbers:
            return
        number = self._numbers[figure]
        around = self._bookmarks.link(run, f"source_{number}")
        if figure not in self._shown:
            self._bookmarks.put_around(around, f"figure_{number}")
        self._shown.add(figure)

    def _mark_source(self, place: Placed, run: WordRun) -> None:
        """The label in the annex is what figures lead to; the value beside it leads back."""
        figure = place.cell.figure
        if figure and place.column == 0:
            self._bookmarks.put_around(run._r, f"source_{self._numbers[figure]}")
        elif figure in self._shown:
            self._bookmarks.link(run, f"figure_{self._numbers[figure]}")

    def _centred(self, text: str, *, face: str = "", size_pt: float = 0) -> WordParagraph:
        paragraph = self._paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        write_text(paragraph, text, face=face, size_pt=size_pt)
        return paragraph

    def _paragraph(self, style: str = "Normal") -> WordParagraph:
        return self._word.add_paragraph(style=style)


def annex_table(sources: Sources) -> Table:
    """Each figure with its value and its source; a second row for the numbers of its log rows."""
    head = [Cell(words, is_head=True) for words in ("数字", "数值", "来源、口径与说明")]
    rows = [row for key, source in sources.items() for row in _annex_rows(key, source)]
    return Table([head, *rows], widths=(48, 24, 84), head_rows=1)


def _annex_rows(key: str, source: FigureSource) -> list[list[Cell]]:
    words = [source.kind_words, source.entered_words, source.rule_words, source.note]
    rows = [
        [
            Cell(source.label, figure=key, align="left"),
            Cell(source.value_words, figure=key),
            Cell("；".join(word.rstrip("。；") for word in words if word), align="left"),
        ]
    ]
    if source.rows:
        rows.append([Cell(f"日志记录{len(source.rows)}条，编号：{source.numbers}", columns=3, align="left")])
    return rows
