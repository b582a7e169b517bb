"""What a form file must keep to beyond the shape of its parts: every name it uses is there, every table fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from channels.errors import Text
from publisher.office import Flaw
from publisher.reports.forms import placeholders, spans
from publisher.reports.forms.format import (
    Check,
    ConfigFigure,
    EnteredFigure,
    FigureDefinition,
    Form,
    FormBlock,
    FormCell,
    Grid,
    HeadingBlock,
    ParagraphBlock,
    SignatureBlock,
    SumFigure,
    TableBlock,
    TextBlock,
    TextFigure,
    is_number,
)

LAST_YEAR = "last_year:"
"""Before a key in a check: what the figure was a year before."""


def flaws(form: Form) -> Iterator[Flaw]:
    """Every inconsistency of a form, with its key and remedy."""
    if len(form.years) == 2 and form.years[1] < form.years[0]:
        yield Flaw("years", Text("The last report year is before the first: exchange them."))
    yield from _twice("figures", [figure.key for figure in form.figures])
    yield from _twice("grids", [grid.key for grid in form.grids])
    yield from _twice("checks", [check.key for check in form.checks])
    yield from _twice("blocks", [block.key for block in form.blocks if block.key])
    yield from _in_text("title", form.title, form)
    for figure in form.figures:
        yield from _in_figure(figure, form)
    for grid in form.grids:
        yield from _in_grid(grid)
    yield from _circles(form)
    for number, block in enumerate(form.blocks, start=1):
        where = f"blocks.{block.key or number}"
        yield from _unknown(f"{where}.only_if", block.only_if, form)
        yield from _in_block(where, block, form)
    for check in form.checks:
        yield from _in_check(check, form)


def _twice(where: str, keys: list[str]) -> Iterator[Flaw]:
    for key in (key for key, times in Counter(keys).items() if times > 1):
        yield Flaw(f"{where}.{key}", Text("This key is there twice: give each its own."))


def _unknown(where: str, keys: Iterable[str], form: Form) -> Iterator[Flaw]:
    for key in keys:
        if key not in form.all_figures:
            yield Flaw(where, Text("There is no figure {key}: define it or correct the name.", key=key))


def _in_text(where: str, text: str, form: Form) -> Iterator[Flaw]:
    yield from _unknown(where, placeholders.keys(text), form)
    if placeholders.stray_braces(text):
        yield Flaw(where, Text("Braces are only for figures: write {example}.", example="{key}"))


def _in_figure(figure: FigureDefinition, form: Form) -> Iterator[Flaw]:
    where = f"figures.{figure.key}"
    if figure.key in placeholders.GENERAL:
        yield Flaw(where, Text("This key stands for something else in every form: choose another."))
    match figure:
        case SumFigure():
            yield from _not_numbers(f"{where}.of", (*figure.of, *figure.less), form)
        case EnteredFigure():
            yield from _in_entered(where, figure, form)
        case ConfigFigure() if not _is_setting(figure.setting):
            known = "office.name, office.site_id_code, profile.KEY, channels.KIND.name"
            yield Flaw(f"{where}.setting", Text("Write one of {expected}.", expected=known))
        case TextFigure():
            yield from _in_text(f"{where}.default", figure.default, form)


def _in_entered(where: str, figure: EnteredFigure, form: Form) -> Iterator[Flaw]:
    yield from _in_text(f"{where}.default", figure.default, form)
    if figure.default and figure.holds not in {"text", "date"}:
        yield Flaw(f"{where}.default", Text("Only a text or a date may be there before somebody enters it: delete it."))
    if (figure.holds in {"choice", "choices"}) != bool(figure.options):
        yield Flaw(f"{where}.options", Text("A choice needs its options, and nothing else has any: correct it."))


def _is_setting(setting: str) -> bool:
    match setting.split("."):
        case ["office", "name" | "site_id_code"] | ["profile", _] | ["channels", _, "name"]:
            return True
    return False


def _not_numbers(where: str, keys: Iterable[str], form: Form) -> Iterator[Flaw]:
    known = form.all_figures
    for key in keys:
        if key not in known:
            yield from _unknown(where, [key], form)
        elif not is_number(known[key]):
            yield Flaw(where, Text("{key} is no number and cannot be added up: name one that is.", key=key))


def _in_grid(grid: Grid) -> Iterator[Flaw]:
    for name, lines in (("rows", grid.rows), ("columns", grid.columns)):
        known = [line.key for line in lines]
        yield from _twice(f"grids.{grid.key}.{name}", known)
        for line in lines:
            for part in (part for part in line.sum_of if part not in known):
                where = f"grids.{grid.key}.{name}.{line.key}.sum_of"
                yield Flaw(where, Text("There is no figure {key}: define it or correct the name.", key=part))


def _circles(form: Form) -> Iterator[Flaw]:
    for key in form.all_figures:
        if key in _made_of(key, form):
            yield Flaw(f"figures.{key}", Text("This figure is made of itself: correct what it adds up."))


def _made_of(key: str, form: Form) -> set[str]:
    """Everything a figure adds up or names in its text, at any depth."""
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        figure = form.all_figures.get(waiting.pop())
        parts = set(_parts(figure)) - seen
        seen |= parts
        waiting += parts
    return seen


def _parts(figure: FigureDefinition | None) -> list[str]:
    match figure:
        case SumFigure():
            return [*figure.of, *figure.less]
        case TextFigure() | EnteredFigure():
            return placeholders.keys(figure.default)
    return []


def _in_block(where: str, block: FormBlock, form: Form) -> Iterator[Flaw]:
    match block:
        case HeadingBlock():
            yield from _in_text(f"{where}.text", block.text, form)
        case ParagraphBlock():
            yield from _in_text(f"{where}.text", block.text, form)
            yield from _in_text(f"{where}.zero_text", block.zero_text, form)
            yield from _not_numbers(f"{where}.zero_when", block.zero_when, form)
            if bool(block.zero_text) != bool(block.zero_when):
                yield Flaw(where, Text("zero_text and zero_when belong together: write both or neither."))
        case TextBlock():
            if not isinstance(form.all_figures.get(block.figure), TextFigure):
                yield Flaw(f"{where}.figure", Text("{key} is no text of this form: name one.", key=block.figure))
        case TableBlock():
            yield from _in_table(where, block, form)
        case SignatureBlock():
            for line in block.lines:
                yield from _in_text(f"{where}.lines", line, form)


def _in_table(where: str, table: TableBlock, form: Form) -> Iterator[Flaw]:
    found = [
        flaw
        for number, row in enumerate(table.rows, start=1)
        for cell in row
        for flaw in _in_cell(f"{where}.rows.{number}", cell, form)
    ]
    yield from found
    if found:
        return
    laid = [[span for cell in row for span in cell_spans(cell, form)] for row in table.rows]
    if bad := spans.first_bad_row(laid):
        text = Text("The cells of this row do not fit into the table: correct their columns and rows.")
        yield Flaw(f"{where}.rows.{bad}", text)
    elif table.widths and len(table.widths) != spans.width(laid):
        text = Text("The table has {count} columns: give as many widths, or none.", count=spans.width(laid))
        yield Flaw(f"{where}.widths", text)


def _in_cell(where: str, cell: FormCell, form: Form) -> Iterator[Flaw]:
    if sum(map(bool, (cell.text, cell.figure, cell.grid))) > 1 or bool(cell.row) != bool(cell.grid):
        yield Flaw(where, Text("A cell has a text, or a figure, or a grid with one of its rows: write one of them."))
    yield from _in_text(where, cell.text, form)
    if cell.figure:
        yield from _unknown(where, [cell.figure], form)
    if cell.grid:
        grid = form.all_grids.get(cell.grid)
        if grid is None or cell.row not in [row.key for row in grid.rows]:
            yield Flaw(
                where,
                Text("There is no grid {grid} with a row {row}: correct the names.", grid=cell.grid, row=cell.row),
            )


def cell_spans(cell: FormCell, form: Form) -> list[spans.Span]:
    """What a cell covers once it is laid out: one span, or one for each column of its grid."""
    span = spans.Span(cell.columns, cell.rows)
    return [span] * len(form.all_grids[cell.grid].columns) if cell.grid else [span]


def _in_check(check: Check, form: Form) -> Iterator[Flaw]:
    where = f"checks.{check.key}"
    terms = [term.removeprefix(LAST_YEAR) for term in (*check.left, *check.right)]
    if not check.grid and not check.per:
        yield from _not_numbers(where, terms, form)
        return
    grid = form.all_grids.get(check.grid)
    if grid is None or not check.per:
        yield Flaw(where, Text("A check of a grid names it and says per row or per column: write both."))
        return
    # Per column, the terms are rows; per row, columns.
    known = {line.key for line in (grid.rows if check.per == "column" else grid.columns)}
    for term in (term for term in terms if term not in known):
        yield Flaw(where, Text("There is no figure {key}: define it or correct the name.", key=term))
