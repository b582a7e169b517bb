"""A form to fill in, in the order of the printed one: its texts, and a field where a figure is for people to give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from publisher.reports.figures.entering import is_enterable
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import NO, SEPARATOR, YES
from publisher.reports.filling.texts import cell_text, filled
from publisher.reports.forms import placeholders
from publisher.reports.forms.format import (
    EnteredFigure,
    FigureDefinition,
    FormBlock,
    FormCell,
    Grid,
    HeadingBlock,
    ParagraphBlock,
    SignatureBlock,
    TableBlock,
    TextBlock,
    TextFigure,
)
from publisher.reports.models import EnteredValue
from publisher.reports.report import Report
from publisher.web.reports.figures import Shown, shown

NONE = "无"
"""Chosen, it says that none of the options is."""

LINE = 55
"""Characters that stand in one line of a field."""

Look = Literal["number", "text", "lines", "date", "choice", "choices"]


@dataclass(frozen=True, slots=True)
class Field:
    """One figure to give: what stands in the field, what is offered, and what is wrong with what was typed."""

    figure: Shown
    look: Look
    typed: str
    default: str = ""
    """what is printed while nobody types anything"""
    options: Sequence[str] = ()
    mistake: str = ""
    is_first_mistake: bool = False

    @property
    def lines(self) -> int:
        """How high a field for a text should be."""
        return min(14, max(3, sum(1 + len(line) // LINE for line in self.typed.splitlines())))

    @property
    def chosen(self) -> list[str]:
        return self.typed.split(SEPARATOR)


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a table: a text, a figure that is not typed, or a field; or a text with fields below it."""

    text: str = ""
    figure: Shown | None = None
    fields: Sequence[Field] = ()
    columns: int = 1
    rows: int = 1
    is_head: bool = False
    align: str = "center"
    of: Sequence[str] = ()
    less: Sequence[str] = ()
    """the figures it is added up from, and those taken off"""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, a paragraph with the fields it needs, or a table."""

    text: str = ""
    level: int = 0
    fields: Sequence[Field] = ()
    rows: Sequence[Sequence[Place]] = ()
    grids: Sequence[Grid] = ()
    """what of its rows can be filled up with noughts"""


@dataclass(slots=True)
class Sheet:
    """The whole form. Each figure has one field, where it is printed first.

    Args:
        typed: what somebody typed that is not kept yet, by figure; shown instead of the value.
        mistakes: what is wrong with it.
    """

    report: Report
    typed: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)
    _placed: set[str] = field(default_factory=set)

    def parts(self) -> list[Part]:
        found = [part for block in self.report.form.blocks for part in self._parts(block)]
        left = self._fields(self.report.form.all_figures)
        return [*found, *([Part(_("Further figures"), level=1), Part(fields=left)] if left else [])]

    def _parts(self, block: FormBlock) -> Iterator[Part]:
        match block:
            case HeadingBlock():
                yield Part(self._filled(block.text), level=block.level, fields=self._named(block.text))
            case ParagraphBlock():
                text = self._filled(block.text)
                yield Part(text, fields=self._named(block.text, block.zero_text))
            case TextBlock():
                yield Part(fields=[*self._fields([block.figure]), *self._named(self._text(block.figure))])
            case TableBlock():
                yield Part(self._filled(block.caption), level=3)
                rows = [[place for cell in row for place in self._places(cell)] for row in block.rows]
                yield Part(rows=rows, grids=self._open_grids(block))
            case SignatureBlock():
                if fields := self._named(*block.lines):
                    yield Part(fields=fields)

    def _open_grids(self, block: TableBlock) -> list[Grid]:
        """The grids of a table in which something is still missing."""
        form, figures = self.report.form, self.report.figures
        named = dict.fromkeys(cell.grid for row in block.rows for cell in row if cell.grid)
        grids = [form.all_grids[key] for key in named]
        return [grid for grid in grids if any(figures[key].is_missing for key in grid.figures)]

    def _places(self, cell: FormCell) -> Iterator[Place]:
        if cell.grid:
            grid = self.report.form.all_grids[cell.grid]
            for column in grid.columns:
                yield self._place(cell, grid.name(cell.row, column.key))
        elif cell.figure:
            yield self._place(cell, cell.figure)
        else:
            text = self._filled(cell.text)
            yield Place(text, None, self._named(cell.text), cell.columns, cell.rows, cell.head, cell.align or "center")

    def _place(self, cell: FormCell, key: str) -> Place:
        figure = self.report.figures[key]
        fields = self._fields([key])
        text = "" if fields else cell_text(figure, cell.show)
        return Place(
            text=text,
            figure=shown(self.report, figure),
            fields=fields,
            columns=cell.columns,
            rows=cell.rows,
            is_head=cell.head,
            align=cell.align or "center",
            of=getattr(figure.definition, "of", ()),
            less=getattr(figure.definition, "less", ()),
        )

    def _named(self, *texts: str) -> list[Field]:
        """Fields for the figures some texts name."""
        return self._fields(key for text in texts for key in placeholders.keys(text))

    def _fields(self, keys: Iterable[str]) -> list[Field]:
        """Fields for those that people give and that have none yet; a text brings those it names."""
        found: list[Field] = []
        for key in keys:
            figure = self.report.figures.get(key)
            if figure is None or key in self._placed or not is_enterable(figure.definition):
                continue
            self._placed.add(key)
            found.append(self._field(figure))
        return found

    def _field(self, figure: Figure) -> Field:
        key = figure.key
        return Field(
            figure=shown(self.report, figure),
            look=look_of(figure.definition),
            typed=self.typed.get(key, stands(figure.definition, figure.entered)),
            options=options_of(figure.definition),
            default="" if figure.entered or isinstance(figure.definition, TextFigure) else _printed(figure),
            mistake=self.mistakes.get(key, ""),
            is_first_mistake=key == next(iter(self.mistakes), None),
        )

    def _text(self, key: str) -> str:
        return self.report.figures[key].text

    def _filled(self, text: str) -> str:
        return filled(text, self.report.figures)


def _printed(figure: Figure) -> str:
    """What is printed while nobody types anything."""
    return figure.phrase if figure.text else ""


def stands(definition: FigureDefinition, value: EnteredValue | None) -> str:
    """What stands in a field before anybody types: the value kept, or the text the form begins with."""
    if value is not None:
        return value.value or (NONE if look_of(definition) == "choices" else "")
    return definition.default if isinstance(definition, TextFigure) else ""


def look_of(definition: FigureDefinition) -> Look:
    if isinstance(definition, TextFigure):
        return "lines"
    if not isinstance(definition, EnteredFigure):
        return "number"
    return "choice" if definition.holds == "yes_no" else definition.holds


def options_of(definition: FigureDefinition) -> Sequence[str]:
    if not isinstance(definition, EnteredFigure):
        return ()
    if definition.holds == "yes_no":
        return (YES, NO)
    return (*definition.options, NONE) if definition.holds == "choices" else definition.options
