"""A form with its figures as a document, block by block."""

from __future__ import annotations

from collections.abc import Iterator

from channels.errors import ConfigurationError
from publisher.reports.charting import chart_data
from publisher.reports.document import Block, Cell, Document, Heading, Paragraph, Picture, Run, Table
from publisher.reports.figures.figure import MISSING
from publisher.reports.figures.reading import Figures
from publisher.reports.filling.notes import note, rules_used
from publisher.reports.filling.texts import cell_text, filled, runs
from publisher.reports.forms import placeholders
from publisher.reports.forms.format import (
    ChartBlock,
    FormBlock,
    FormCell,
    HeadingBlock,
    NotesBlock,
    ParagraphBlock,
    SignatureBlock,
    TableBlock,
    TextBlock,
)
from publisher.reports.render import drawn


def fill(figures: Figures, *, is_draft: bool = True, has_charts: bool = True) -> Document:
    """The whole report as it would be printed.

    Args:
        has_charts: False where somebody only wants to read it; a chart takes longer than all the rest.
    """
    blocks = (block for block in figures.form.blocks if has_charts or not isinstance(block, ChartBlock))
    wanted = [block for block in blocks if _is_wanted(block, figures)]
    return Document(
        title=filled(figures.form.title, figures),
        blocks=[made for block in wanted for made in _made(block, figures)],
        is_draft=is_draft,
        author=figures.office.name,
        dated=figures.today,
    )


def _is_wanted(block: FormBlock, figures: Figures) -> bool:
    """Whether there is something to say. What is missing is shown, so that somebody notices."""
    if not block.only_if:
        return True
    return any(not (figures[key].is_zero or figures[key].is_empty) or figures[key].is_missing for key in block.only_if)


def _made(block: FormBlock, figures: Figures) -> Iterator[Block]:
    match block:
        case HeadingBlock():
            yield Heading(block.level, runs(block.text, figures))
        case ParagraphBlock():
            yield _paragraph(block, figures)
        case TextBlock():
            yield from _text(block, figures)
        case TableBlock():
            yield _table(block, figures)
        case ChartBlock():
            yield _chart(block, figures)
        case NotesBlock():
            yield from _notes(block, figures)
        case SignatureBlock():
            for line in block.lines:
                yield Paragraph(runs(line, figures), align=block.align, kind="signature")


def _paragraph(block: ParagraphBlock, figures: Figures) -> Paragraph:
    is_zero = bool(block.zero_when) and all(figures[key].is_zero for key in block.zero_when)
    text = block.zero_text if is_zero else block.text
    return Paragraph(runs(text, figures), align=block.align, kind=block.style)


def _text(block: TextBlock, figures: Figures) -> Iterator[Paragraph]:
    figure = figures[block.figure]
    if figure.is_missing:
        yield Paragraph([Run(MISSING, figure.key)])
    for line in figure.text.splitlines():
        yield Paragraph(runs(line, figures))


def _chart(block: ChartBlock, figures: Figures) -> Picture | Paragraph:
    """The chart; where there is nothing to show, or this machine cannot draw, its numbers in words."""
    caption = filled(block.caption, figures)
    data = chart_data(figures.office, figures.selection(block), block.chart, caption)
    if not data.series:
        return Paragraph([Run(data.words)], kind="note")
    try:
        return drawn(data, caption=caption, width_mm=block.width_mm)
    except ConfigurationError:
        return Paragraph([Run(data.words)], kind="note")


def _notes(block: NotesBlock, figures: Figures) -> Iterator[Paragraph]:
    used = [note(rule, labels) for rule, labels in rules_used(figures)]
    if used and block.title:
        yield Paragraph([Run(block.title)], kind="note")
    for text in used:
        yield Paragraph([Run(text)], kind="note")


def _table(block: TableBlock, figures: Figures) -> Table:
    return Table(
        rows=[[cell for part in row for cell in _cells(part, figures)] for row in block.rows],
        caption=filled(block.caption, figures),
        widths=block.widths,
        head_rows=block.head_rows,
    )


def _cells(part: FormCell, figures: Figures) -> Iterator[Cell]:
    """The printed cells one cell of the form stands for."""
    if part.grid:
        grid = figures.form.all_grids[part.grid]
        for column in grid.columns:
            yield _figure_cell(part, grid.name(part.row, column.key), figures)
    elif part.figure:
        yield _figure_cell(part, part.figure, figures)
    else:
        named = placeholders.keys(part.text)
        yield Cell(
            filled(part.text, figures),
            figure=named[0] if len(named) == 1 else "",
            columns=part.columns,
            rows=part.rows,
            is_head=part.head,
            align=part.align or "center",
        )


def _figure_cell(part: FormCell, key: str, figures: Figures) -> Cell:
    return Cell(
        cell_text(figures[key], part.show),
        figure=key,
        columns=part.columns,
        rows=part.rows,
        is_head=part.head,
        align=part.align or "center",
    )
