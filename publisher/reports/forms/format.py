"""What a form file says: its figures, its blocks in reading order, its checks.

A form is one TOML file, named like its key, in ``config/forms/`` or in a folder ``forms`` beside the office's own
configuration. The parts, in the order they are best written::

    key = "narrative-2008"
    family = "annual_report"           # forms of one family follow each other; a year has one form of each family
    name = "政府信息公开工作年度报告"
    title = "{office}{year}年度政府信息公开工作年度报告"
    years = [2008, 2018]               # the first and the last report year; [2021] is open to the future
    source = "《政府信息公开条例》（2008）第三十二条"
    mark = "verified"                  # verified | partly | unverified: how well the layout is known

    [[figures]]
    key = "portal_work_news"           # small letters, digits, _ and dots; the same key is the same figure in all forms
    kind = "log"                       # log | names | entered | analytics | config | text | sum
    label = "门户网站发布工作动态信息数"
    unit = "条"
    rule = "published"                 # a counting rule
    kinds = ["website"]                # kinds of channels; also channels, columns, classes, sections, sources,
    classes = ["政务动态"]             # disclosures. Keys of channels and columns belong into an office's own file

``kind`` decides where a figure comes from:

- ``log``: counted from the log under ``rule``; opens into its rows.
- ``names``: the names in use in the log, cut ``by`` channel, kind, column, class or section, joined by ``joined_by``.
- ``entered``: a person types it. ``holds`` number (default), text, date, yes_no, choice or choices (with ``options``).
- ``analytics``: a number of a web or platform statistic, imported or typed; with ``counted`` views or visitors it is
  entered from the websites' access logs as soon as these are counted.
- ``config``: a ``setting`` of the office: office.name, office.site_id_code, profile.KEY, channels.KIND.name.
- ``text``: free text; ``default`` is printed until somebody writes another. Both may hold placeholders; every line is
  a paragraph.
- ``sum``: ``of`` other figures, less those in ``less``.

Numbers have ``precision``: exact, more (余), over (突破), at_least, near, about or under, as ``config/phrases.toml``
explains; where the vague word would not be true, the number itself is printed. ``decimals``; ``phrase`` for words
around it, such as ``{number}（{unit}）``; ``zero_phrase`` is printed for 0; only entered numbers that are ``signed``
may be below 0. ``optional`` figures may stay empty.
``mark`` and ``note`` may be said of each figure too.

A grid is one definition for rows × columns of entered numbers; its figures are called GRID.ROW.COLUMN::

    [[grids]]
    key = "requests"
    label = "收到和处理政府信息公开申请情况"
    unit = "件"
    columns = [{ key = "natural", label = "自然人" }, …, { key = "total", label = "总计", sum_of = ["natural", …] }]
    rows = [{ key = "new_received", label = "一、本年新收政府信息公开申请数量" }, …]

A row or column with ``sum_of`` is computed, all others are entered.

Placeholders in texts: ``{key}`` is the figure as it is worded (36期, 100余条, 无), ``{key:number}`` and ``{key:unit}``
its parts; ``{year}``, ``{last_year}``, ``{next_year}``, ``{office}`` and ``{today}`` are always there.

Blocks, in reading order, each with the word for what it is::

    [[blocks]]
    block = "heading"                  # level = 1, text
    [[blocks]]
    block = "paragraph"                # text; align, style = body | note; zero_text is printed instead when all figures
                                       # of zero_when are 0; only_if = [keys]: left out when all of them are 0 or empty
    [[blocks]]
    block = "text"                     # figure = key of a text figure: its lines as paragraphs
    [[blocks]]
    block = "table"                    # caption, widths, head_rows, rows = [[cell, …], …]
    [[blocks]]
    block = "chart"                    # chart = months | years | calendar; rule, kinds, classes …; caption
    [[blocks]]
    block = "notes"                    # the counting rules the report used, in words
    [[blocks]]
    block = "signature"                # lines = ["{office}", "{today}"]

A cell is a text, or a table: ``{ text, columns, rows, head, align }`` with ``columns`` and ``rows`` for how much of the
grid it covers; ``{ figure = key, show = "number" | "phrase" }``; or ``{ grid = key, row = key }``: one cell for each
column of the grid. A place covered from above or from the left has no cell of its own.

Checks (勾稽关系)::

    [[checks]]
    key = "requests_balance"
    words = "第一项加第二项之和，等于第三项加第四项之和"
    relation = "equal"                 # equal | at_most | at_least; the sums of both sides are compared
    grid = "requests"
    per = "column"                     # left and right then name rows, and each column is checked; "row" the reverse
    left = ["new_received", "carried_in"]
    right = ["processed_total", "carried_out"]
    severity = "error"                 # error: the report cannot become final; warning: it is said

Without a grid, left and right name figures; ``last_year:KEY`` is what the figure was in the report a year before.

An office changes a form by a file of its own with ``extends = "KEY"`` instead of ``key``: what stands on top replaces
what stood there, ``figures``, ``grids``, ``checks`` and ``blocks`` with a known key are laid over those of the form,
others are added; a block may say ``after = "KEY"`` of the block it follows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from channels.errors import SettingRefused
from publisher.office import Key, Name
from publisher.review.statements.phrases import Style

Mark = Literal["verified", "partly", "unverified"]


def _figure_key(key: str) -> str:
    if len(key) > 100 or not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", key):
        raise SettingRefused(
            "A figure's key has at most 100 small letters, digits, _ and single dots, a letter first: change it."
        )
    return key


FigureKey = Annotated[str, AfterValidator(_figure_key)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Selected(_Part):
    """Which log entries: a counting rule, narrowed by what the office's channels and columns are."""

    rule: str
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    disclosures: tuple[str, ...] = ()


class _Figure(_Part):
    key: FigureKey
    label: Name
    optional: bool = False
    mark: Mark = "verified"
    note: str = ""


class _Number(_Figure):
    unit: str = ""
    decimals: int = Field(default=0, ge=0, le=6)
    precision: Style = "exact"
    phrase: str = ""
    zero_phrase: str = ""


class LogFigure(_Number, Selected):
    kind: Literal["log"]


class NamesFigure(_Figure, Selected):
    kind: Literal["names"]
    by: Literal["channel", "kind", "column", "class", "section"]
    joined_by: str = "、"


Holds = Literal["number", "text", "date", "yes_no", "choice", "choices"]


class EnteredFigure(_Number):
    kind: Literal["entered"] = "entered"
    holds: Holds = "number"
    signed: bool = False
    options: tuple[Name, ...] = ()
    default: str = ""
    """only of texts and dates: a number nobody gave is missing"""


class AnalyticsFigure(_Number):
    """``counted``: taken from the visits of the websites, as far as their logs were counted, or from what the platforms
    counted, on channels of these ``kinds`` or just these ``channels``: none named are all.
    """

    kind: Literal["analytics"]
    counted: Literal["", "views", "visitors", "reads", "likes", "shares", "reposts", "comments"] = ""
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def is_about(self, channel: str, kind: str) -> bool:
        """Whether what is counted on a channel is part of it."""
        return (not self.kinds or kind in self.kinds) and (not self.channels or channel in self.channels)


class ConfigFigure(_Figure):
    kind: Literal["config"]
    setting: str
    joined_by: str = "、"


class TextFigure(_Figure):
    kind: Literal["text"]
    default: str = ""


class SumFigure(_Number):
    kind: Literal["sum"] = "sum"
    of: tuple[FigureKey, ...] = Field(min_length=1)
    less: tuple[FigureKey, ...] = ()


FigureDefinition = LogFigure | NamesFigure | EnteredFigure | AnalyticsFigure | ConfigFigure | TextFigure | SumFigure
NumberDefinition = LogFigure | EnteredFigure | AnalyticsFigure | SumFigure


def is_number(figure: FigureDefinition) -> bool:
    """Whether a figure can be added up and compared."""
    return isinstance(figure, NumberDefinition) and (not isinstance(figure, EnteredFigure) or figure.holds == "number")


Typed = Annotated[FigureDefinition, Field(discriminator="kind")]


class GridLine(_Part):
    """A row or a column of a grid; computed where it has ``sum_of``."""

    key: FigureKey
    label: Name
    sum_of: tuple[FigureKey, ...] = ()


class Grid(_Part):
    key: FigureKey
    label: Name
    unit: str = ""
    decimals: int = Field(default=0, ge=0, le=6)
    optional: bool = False
    mark: Mark = "verified"
    rows: tuple[GridLine, ...] = Field(min_length=1)
    columns: tuple[GridLine, ...] = Field(min_length=1)

    def name(self, row: str, column: str) -> str:
        """The key of the figure at ``row`` and ``column``."""
        return f"{self.key}.{row}.{column}"

    @cached_property
    def figures(self) -> Mapping[str, EnteredFigure | SumFigure]:
        """Every cell as a figure of its own, row by row."""
        cells = (self._figure(row, column) for row in self.rows for column in self.columns)
        return {figure.key: figure for figure in cells}

    def _figure(self, row: GridLine, column: GridLine) -> EnteredFigure | SumFigure:
        facts: dict[str, Any] = {
            "key": self.name(row.key, column.key),
            "label": f"{row.label} {column.label}",
            **{name: getattr(self, name) for name in ("unit", "decimals", "optional", "mark")},
        }
        parts = tuple(self.name(row.key, part) for part in column.sum_of) or tuple(
            self.name(part, column.key) for part in row.sum_of
        )
        # The labels of both may be longer together than a name; they were checked one by one.
        return SumFigure.model_construct(**facts, of=parts) if parts else EnteredFigure.model_construct(**facts)


Align = Literal["left", "center", "right"]


class _Block(_Part):
    key: str = ""
    only_if: tuple[FigureKey, ...] = ()


class HeadingBlock(_Block):
    block: Literal["heading"]
    text: str
    level: int = Field(default=1, ge=1, le=4)


class ParagraphBlock(_Block):
    block: Literal["paragraph"]
    text: str
    zero_text: str = ""
    zero_when: tuple[FigureKey, ...] = ()
    align: Align = "left"
    style: Literal["body", "note"] = "body"


class TextBlock(_Block):
    block: Literal["text"]
    figure: FigureKey


class FormCell(_Part):
    """One cell as the file has it: a text, a figure, or one row of a grid, which becomes as many cells as columns."""

    text: str = ""
    figure: str = ""
    show: Literal["number", "phrase"] = "number"
    grid: str = ""
    row: str = ""
    columns: int = Field(default=1, ge=1)
    rows: int = Field(default=1, ge=1)
    head: bool = False
    align: Align | None = None


def _cell(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class TableBlock(_Block):
    block: Literal["table"]
    caption: str = ""
    widths: tuple[float, ...] = ()
    head_rows: int = Field(default=0, ge=0)
    rows: tuple[tuple[Annotated[FormCell, BeforeValidator(_cell)], ...], ...] = Field(min_length=1)


class ChartBlock(_Block, Selected):
    block: Literal["chart"]
    chart: Literal["months", "years", "calendar"]
    caption: str = ""
    width_mm: float = Field(default=150, gt=0, le=250)


class NotesBlock(_Block):
    block: Literal["notes"]
    title: str = ""


class SignatureBlock(_Block):
    block: Literal["signature"]
    lines: tuple[str, ...] = Field(min_length=1)
    align: Align = "right"


FormBlock = HeadingBlock | ParagraphBlock | TextBlock | TableBlock | ChartBlock | NotesBlock | SignatureBlock


class Check(_Part):
    """A relation between figures that must hold."""

    key: FigureKey
    words: str
    relation: Literal["equal", "at_most", "at_least"] = "equal"
    left: tuple[str, ...] = Field(min_length=1)
    right: tuple[str, ...] = Field(min_length=1)
    grid: str = ""
    per: Literal["", "row", "column"] = ""
    severity: Literal["error", "warning"] = "error"


class Form(_Part):
    """A form as its file says it, whole and consistent once ``loading`` has given it out."""

    key: Key
    family: Key
    name: Name
    title: str = Field(min_length=1)
    years: tuple[int, ...] = Field(min_length=1, max_length=2)
    source: str = ""
    mark: Mark = "verified"
    note: str = ""
    figures: tuple[Typed, ...] = ()
    grids: tuple[Grid, ...] = ()
    blocks: tuple[Annotated[FormBlock, Field(discriminator="block")], ...] = Field(min_length=1)
    checks: tuple[Check, ...] = ()

    @cached_property
    def all_figures(self) -> Mapping[str, FigureDefinition]:
        """Single figures first, then the cells of the grids, by their keys."""
        found: dict[str, FigureDefinition] = {figure.key: figure for figure in self.figures}
        for grid in self.grids:
            found |= grid.figures
        return found

    @cached_property
    def all_grids(self) -> Mapping[str, Grid]:
        return {grid.key: grid for grid in self.grids}

    def is_for(self, year: int) -> bool:
        """Whether it is the form of that report year."""
        return self.years[0] <= year and (len(self.years) == 1 or year <= self.years[1])
