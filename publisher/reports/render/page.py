"""The report as one HTML file that needs nothing else: text, tables, pictures, and where each figure comes from."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from django.template import Context, Engine
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from channels.markup import NOT_XML
from publisher.reports.document import Block, Document, Heading, Paragraph, Picture, Run, Table
from publisher.reports.render import sources as words
from publisher.reports.render.grid import Grid, Placed, lay_out, relative_widths
from publisher.reports.render.sources import ROW_HEADINGS, FigureSource, Sources, in_order, row_fields

HERE = Path(__file__).parent / "templates"
ENGINE = Engine(dirs=[str(HERE)], autoescape=True)
"""Of its own: a report looks the same whatever the web pages are set to."""

SMALL_FROM, TINY_FROM = 7, 11
"""Columns from which a table is set in smaller type."""

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of log rows as the template shows it."""

    headings: Sequence[tuple[str, str]]
    """the field, and the words over its column"""
    rows: Sequence[Sequence[tuple[str, SafeString]]]

    @classmethod
    def of(cls, rows: Rows) -> Listed:
        fields = row_fields(rows)
        return cls(
            [(name, ROW_HEADINGS[name]) for name in fields],
            [[(name, _row_cell(row, name)) for name in fields] for row in rows],
        )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The log rows of all figures on paper, a line for each, or a sentence where they are too many.

    WeasyPrint sets lines eight times as fast as the rows of a table.
    """

    listed: Listed | None
    sentence: str

    @classmethod
    def of(cls, rows: Rows) -> Excerpt:
        if len(rows) > words.MOST_ON_PAPER:
            return cls(None, words.TOO_MANY_WORDS.format(count=len(rows)))
        listed = Listed.of(rows)
        # A line has no columns to keep: what a row does not say is left out.
        lines = [[cell for cell in row if cell[1]] for row in listed.rows]
        return cls(Listed(listed.headings, lines) if rows else None, "")


@dataclass(frozen=True, slots=True)
class Opened:
    """A figure of the annex as the template shows it. ``back``: where the report shows it; empty where it does not."""

    anchor: str
    back: str
    source: FigureSource
    listed: Listed | None


@dataclass(slots=True)
class Links:
    """Which figures lead to the annex, and which have been shown already."""

    sources: Sources
    shown: set[str] = field(default_factory=set)

    def linked(self, text: str, figure: str) -> SafeString:
        written = _lines(text)
        if not text or figure not in self.sources:
            return written
        # An address within a page names one place; the annex leads back to the first.
        anchor = "" if figure in self.shown else format_html(' id="{}"', _shown_at(figure))
        self.shown.add(figure)
        return format_html('<a class="figure"{} href="#{}">{}</a>', anchor, _opened_at(figure), written)

    def runs(self, runs: Sequence[Run]) -> SafeString:
        return format_html_join("", "{}", ((self.linked(run.text, run.figure),) for run in runs))


def page(document: Document, sources: Sources) -> bytes:
    """The HTML file, UTF-8."""
    return written_page(document, sources, is_paged=False).encode()


def written_page(document: Document, sources: Sources, *, is_paged: bool) -> str:
    """The HTML text.

    Args:
        is_paged: for paper, where nothing unfolds: the log rows stand once, in one list.
    """
    links = Links(sources)
    blocks = list(_shown_blocks(document.blocks, links))
    opened = [_opened(key, source, links, is_paged=is_paged) for key, source in in_order(document, sources).items()]
    context = {
        "title": " ".join(document.title.splitlines()),
        "title_lines": _lines("\n".join(document.title_lines)),
        "author": document.author,
        "dated": f"{document.dated:%Y-%m-%d}" if document.dated else "",
        "is_draft": document.is_draft,
        "is_paged": is_paged,
        "css": mark_safe((HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S308 - our own file
        "blocks": blocks,
        "opened": opened,
        "excerpt": Excerpt.of(words.distinct_rows(sources)) if is_paged else None,
        "words": words,
    }
    written = ENGINE.get_template("report.html").render(Context(context, use_l10n=False, use_tz=False))
    return NOT_XML.sub("", written)


def _opened(key: str, source: FigureSource, links: Links, *, is_paged: bool) -> Opened:
    back = _shown_at(key) if key in links.shown else ""
    listed = Listed.of(source.rows) if source.rows and not is_paged else None
    return Opened(_opened_at(key), back, source, listed)


# Blocks


def _shown_blocks(blocks: Sequence[Block], links: Links) -> Iterator[SafeString]:
    level = 1
    for block in blocks:
        if isinstance(block, Heading):
            # Below the title, and never a level left out: readers who listen find their way by the levels.
            level = min(block.level + 1, level + 1, 6)
            yield format_html("<h{}>{}</h{}>", level, links.runs(block.runs), level)
        elif isinstance(block, Paragraph):
            yield format_html('<p class="{} {}">{}</p>', block.kind, block.align, links.runs(block.runs))
        elif isinstance(block, Table):
            yield _table(block, links)
        else:
            yield _picture(block)


def _picture(picture: Picture) -> SafeString:
    content = base64.b64encode(picture.content).decode("ascii")
    caption = format_html("<figcaption>{}</figcaption>", _lines(picture.caption)) if picture.caption else ""
    return format_html(
        '<figure><img src="data:image/png;base64,{}" alt="{}" style="width: {}mm">{}</figure>',
        content,
        picture.alt,
        picture.width_mm,
        caption,
    )


def _table(table: Table, links: Links) -> SafeString:
    grid = lay_out(table)
    size = "tiny" if grid.width >= TINY_FROM else "small" if grid.width >= SMALL_FROM else "plain"
    caption = format_html("<caption>{}</caption>", _lines(table.caption)) if table.caption else ""
    widths = ((f"{100 * share:.3f}",) for share in relative_widths(table, grid.width))
    return format_html(
        '<div class="table{}"><table class="{}">{}<colgroup>{}</colgroup>{}{}</table></div>',
        " whole" if table.is_kept_whole else "",
        size,
        caption,
        format_html_join("", '<col style="width: {}%">', widths),
        _row_group("thead", range(table.head_rows), table, grid, links),
        format_html_join("", "{}", ((_row_group("tbody", rows, table, grid, links),) for rows in _bodies(table, grid))),
    )


def _bodies(table: Table, grid: Grid) -> Iterator[range]:
    """The rows below the head, each group that belongs on one page by itself."""
    for is_group, groups in groupby(
        grid.groups(range(table.head_rows, len(table.rows))), key=lambda rows: len(rows) > 1
    ):
        found = list(groups)
        yield from found if is_group else [range(found[0].start, found[-1].stop)]


def _row_group(tag: str, numbers: range, table: Table, grid: Grid, links: Links) -> SafeString:
    if not numbers:
        return mark_safe("")
    rows = (
        (format_html_join("", "{}", ((_cell(place, table, grid, links),) for place in grid.starting_in(number))),)
        for number in numbers
    )
    kept = mark_safe(' class="kept"') if tag == "tbody" and len(grid.groups(numbers)) == 1 else ""
    return format_html("<{}{}>{}</{}>", tag, kept, format_html_join("\n", "<tr>{}</tr>", rows), tag)


def _cell(place: Placed, table: Table, grid: Grid, links: Links) -> SafeString:
    cell = place.cell
    return format_html(
        '<{}{}{}{} class="{}">{}</{}>',
        "th" if cell.is_head else "td",
        format_html(' scope="{}"', _scope(place, table, grid)) if cell.is_head else "",
        format_html(' colspan="{}"', cell.columns) if cell.columns > 1 else "",
        format_html(' rowspan="{}"', cell.rows) if cell.rows > 1 else "",
        cell.align,
        links.linked(cell.text, cell.figure),
        "th" if cell.is_head else "td",
    )


def _scope(place: Placed, table: Table, grid: Grid) -> str:
    """A head with values to its right is one of a row, else of the columns it stands over."""
    right = [other for other in grid.covering(place.row) if other.column > place.column]
    is_above = place.row < table.head_rows or all(other.cell.is_head for other in right)
    return "col" if is_above else "row"


# Text


def _row_cell(row: Mapping[str, str], name: str) -> SafeString:
    text = row.get(name, "")
    if name == "address" and urlsplit(text).scheme in {"http", "https"}:
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', text, text)
    return _lines(text)


def _lines(text: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.split("\n")))


def _shown_at(figure: str) -> str:
    return f"in-{figure}"


def _opened_at(figure: str) -> str:
    return f"of-{figure}"
