"""A report as plain HTML without links and styles, as an item is made from."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from publisher.reports.document import Block, Cell, Document, Heading, Paragraph, Picture, Table

MAX_HEADING = 4


def plain_html(document: Document) -> str:
    """The title as h1, headings one level below their own, tables with their spans, pictures within the text."""
    body = format_html_join("\n", "{}", ((_block(block),) for block in document.blocks))
    return format_html("<h1>{}</h1>\n{}", document.title, body)


def _block(block: Block) -> SafeString:
    match block:
        case Heading():
            return _tag(f"h{min(block.level + 1, MAX_HEADING)}", block.text)
        case Paragraph():
            return _tag("p", block.text, "" if block.align == "left" else block.align)
        case Table():
            return _table(block)
        case Picture():
            return _picture(block)


def _tag(name: str, text: str, align: str = "") -> SafeString:
    if align:
        return format_html('<{0} style="text-align: {1}">{2}</{0}>', name, align, text)
    return format_html("<{0}>{1}</{0}>", name, text)


def _table(table: Table) -> SafeString:
    caption = _tag("caption", table.caption) if table.caption else ""
    head, body = table.rows[: table.head_rows], table.rows[table.head_rows :]
    return format_html("<table>{}{}{}</table>", caption, _rows("thead", head), _rows("tbody", body))


def _rows(part: str, rows: Sequence[Sequence[Cell]]) -> SafeString:
    written = format_html_join(
        "\n", "<tr>{}</tr>", ((format_html_join("", "{}", ((_cell(cell),) for cell in row)),) for row in rows)
    )
    return format_html("<{0}>{1}</{0}>", part, written) if rows else SafeString()


def _cell(cell: Cell) -> SafeString:
    spans = ((name, count) for name, count in (("colspan", cell.columns), ("rowspan", cell.rows)) if count > 1)
    return format_html(
        '<{0}{1} style="text-align: {2}">{3}</{0}>',
        "th" if cell.is_head else "td",
        format_html_join("", ' {}="{}"', spans),
        cell.align,
        format_html_join(SafeString("<br>"), "{}", ((line,) for line in cell.text.splitlines())),
    )


def _picture(picture: Picture) -> SafeString:
    return format_html(
        '<figure><img src="data:image/png;base64,{}" alt="{}"><figcaption>{}</figcaption></figure>',
        base64.b64encode(picture.content).decode("ascii"),
        picture.alt,
        picture.caption,
    )
