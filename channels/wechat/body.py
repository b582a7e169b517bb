"""The HTML of an article as the platform keeps it: few tags, styles on each element, no links to other places.

Source: what happens to HTML is known from reports of those who publish there, besides what
developers.weixin.qq.com, api_draft_add, says about scripts and pictures (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channels import markup
from channels.base import ASSET, Article, Note
from channels.errors import Text
from channels.later import later
from channels.markup import Block, Cell, Run

if TYPE_CHECKING:
    import css_inline
else:
    css_inline = later("css_inline")

THEMES = Path(__file__).parent / "themes"
"""Each theme is a folder with style.css, and head.html or tail.html where it has its own."""

OWN_PAGES = "https://mp.weixin.qq.com/"
NARROW_TABLE = 4
"""Columns that a phone shows side by side; what is wider becomes a card for each row, where it can."""
WIDE_TABLE = 6
"""Columns that can still be read on a phone, if need be."""

Tables = Literal["cards", "lined", "plain"]
"""How tables look, richest first: the richer, the longer the HTML."""

_parts = Environment(
    loader=FileSystemLoader(THEMES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Dress:
    """What an account adds to every article.

    Attributes:
        theme: name of a folder in ``themes/``.
        code: SHA-256 of the picture in the footer; ``follow``: the lines under it.
    """

    theme: str
    code: str = ""
    follow: Sequence[str] = ()


TAGS = (("bold", "strong"), ("italic", "em"), ("underline", "u"), ("strike", "s"))


class Body:
    """Writes one article's body.

    Args:
        pictures: SHA-256 in the article → SHA-256 of the picture that will be sent.
        has_page: whether the article has an address on the website, behind 阅读原文.
    """

    def __init__(self, article: Article, pictures: Mapping[str, str], dress: Dress, *, has_page: bool) -> None:
        self.article = article
        self.pictures = pictures
        self.dress = dress
        self.has_page = has_page
        self._footnotes: dict[str, int] = {}
        self._lost_links = 0
        self._foreign_pictures = 0
        self._has_deep_list = False
        self._has_cards = False
        self._widest_table = 0
        self._tables: Tables = "cards"

    def html(self, *, tables: Tables = "cards") -> str:
        """The body with styles and ``asset:`` placeholders; empty where the article holds nothing to read."""
        self._tables, self._has_cards, self._widest_table = tables, False, 0
        content = "".join(self._blocks(markup.blocks(self.article.html)))
        if not content:
            return ""
        # The tail comes last: the footnotes are known only after the content was written.
        raw = f'<section class="article">{self._head()}{content}{self._tail()}</section>'
        return styled(raw, self.dress.theme)

    def notes(self) -> list[Note]:
        """What readers will see differently, once ``html`` has run."""
        found: list[tuple[object, Text]] = [
            (self._footnotes, Text("Links become footnotes, because WeChat does not keep links to other websites.")),
            (self._lost_links, Text("Links that are no web addresses are left out; their text stays.")),
            (self._foreign_pictures, Text("Pictures that lie on other websites are left out: upload them instead.")),
            (self._has_deep_list, Text("Lists within lists become indented paragraphs.")),
            (
                self._has_cards,
                Text("Wide tables become cards, one for each row, because phones are too narrow for them."),
            ),
            (
                self._widest_table > WIDE_TABLE,
                Text("A table has {count} columns and is hard to read on a phone.", count=self._widest_table),
            ),
            (
                self.article.attachments,
                Text("Attachments cannot be sent to WeChat: their names point to the website instead."),
            ),
        ]
        return [Note(text) for applies, text in found if applies]

    def _head(self) -> str:
        created = self.article.created_on
        date = f"{created.year}年{created.month}月{created.day}日"
        values = {"office": self.article.office_name, "column": self.article.column.name, "date": date}
        return self._part("head.html", **values)

    def _tail(self) -> str:
        named = ("", self._source_lines()), ("附件", self._attachment_lines()), ("链接", self._footnote_lines())
        parts = [(label, list(lines)) for label, lines in named]
        code = f"{ASSET}{self.dress.code}" if self.dress.code else ""
        return self._part("tail.html", parts=[part for part in parts if part[1]], code=code, follow=self.dress.follow)

    def _part(self, name: str, **values: object) -> str:
        """A part of the theme, or of all themes, on one line: blanks between elements would be sent too."""
        template = _parts.select_template([f"{self.dress.theme}/{name}", name])
        return "".join(line.strip() for line in template.render(values).splitlines())

    def _source_lines(self) -> Iterator[str]:
        if self.article.document_number:
            yield f"发文字号：{self.article.document_number}"
        kind = "转载自" if self.article.is_reposted else "来源"
        yield f"{kind}：{self.article.source or self.article.office_name}"
        if self.article.section and self.article.section != self.article.author:
            yield f"供稿：{self.article.section}"
        if self.article.source_url:
            yield f"原文：{self.article.source_url}"

    def _attachment_lines(self) -> Iterator[str]:
        for number, attachment in enumerate(self.article.attachments, start=1):
            yield f"{number}. {attachment.name}"
        if self.article.attachments:
            yield "请点击文末“阅读原文”下载" if self.has_page else "请到本单位网站下载"

    def _footnote_lines(self) -> Iterator[str]:
        for address, number in self._footnotes.items():
            yield f"[{number}] {address}"

    def _blocks(self, blocks: Sequence[Block]) -> Iterator[str]:
        for kind, group in groupby(blocks, key=lambda block: block.kind):
            if kind == "list_item":
                yield from self._list(list(group))
            elif kind == "quote":
                yield "<blockquote>" + "".join(self._paragraph(block) for block in group) + "</blockquote>"
            else:
                yield from map(self._block, group)

    def _block(self, block: Block) -> str:
        if block.kind == "heading":
            # The title stands above; h1 would compete with it.
            level = min(max(block.level, 2), 4)
            return f"<h{level}{_class(block.align)}>{self._inline(block.runs)}</h{level}>"
        if block.kind == "picture":
            return self._picture(block, '<section class="figure">{}</section>')
        if block.kind == "caption":
            return self._paragraph(block, "caption")
        if block.kind == "table":
            return self._table(block)
        if block.kind == "rule":
            return "<hr>"
        return self._paragraph(block)

    def _paragraph(self, block: Block, name: str = "") -> str:
        return f"<p{_class(name or block.align)}>{self._inline(block.runs)}</p>"

    def _picture(self, block: Block, frame: str = "{}") -> str:
        if block.sha256 not in self.pictures and (not block.sha256 or "/" in block.sha256):
            self._foreign_pictures += 1
            return ""
        sha256 = self.pictures.get(block.sha256, block.sha256)
        return frame.format(f'<img src="{ASSET}{escape(sha256)}" alt="{escape(block.alt)}">')

    def _list(self, items: list[Block]) -> Iterator[str]:
        if any(item.level > 1 for item in items):
            self._has_deep_list = True
            for item in items:
                mark = f"{item.mark} " if item.mark else ""
                yield f'<p class="level-{min(item.level, 3)}">{mark}{self._inline(item.runs)}</p>'
            return
        for tag, start, lines in _plain_lists(items):
            opening = f'<ol start="{start}">' if start > 1 else f"<{tag}>"
            inner = "".join("<li>" + "<br>".join(self._inline(item.runs) for item in line) + "</li>" for line in lines)
            yield f"{opening}{inner}</{tag}>"

    def _table(self, block: Block) -> str:
        if not block.rows:
            return ""
        if self._tables == "cards" and _has_records(block):
            self._has_cards = True
            return "".join(self._record(block.rows[0], row) for row in block.rows[1:])
        self._widest_table = max(self._widest_table, *(sum(c.column_span for c in row) for row in block.rows))
        rows = "".join("<tr>" + "".join(map(self._cell, row)) + "</tr>" for row in block.rows)
        name = "table" if self._tables == "plain" else "table lined"
        return f'<section class="{name}"><table><tbody>{rows}</tbody></table></section>'

    def _record(self, heads: Sequence[Cell], row: Sequence[Cell]) -> str:
        """One row of a wide table: its first words as a name, each further cell with what its column is called."""
        named = [(head, cell) for head, cell in zip(heads, row, strict=True) if cell.text]
        # A number of the row says less than what comes after it.
        first = 1 if len(named) > 1 and named[0][1].text.strip(".、 ").isdigit() else 0
        number = f"{escape(named[0][1].text)} " if first else ""
        lines = [f'<p class="record-name">{number}{self._cell_content(named[first][1])}</p>'] if named else []
        lines += [
            f'<p class="record-line">{_key(head)}{self._cell_content(cell)}</p>' for head, cell in named[first + 1 :]
        ]
        return f'<section class="record">{"".join(lines)}</section>' if lines else ""

    def _cell(self, cell: Cell) -> str:
        tag = "th" if cell.is_header else "td"
        spans = "".join(
            f' {name}="{span}"'
            for name, span in (("colspan", cell.column_span), ("rowspan", cell.row_span))
            if span > 1
        )
        return f"<{tag}{spans}>{self._cell_content(cell)}</{tag}>"

    def _cell_content(self, cell: Cell) -> str:
        return "<br>".join(filter(None, map(self._cell_block, cell.blocks)))

    def _cell_block(self, block: Block) -> str:
        if block.kind == "picture":
            return self._picture(block)
        if block.kind == "table":
            return "<br>".join(escape(line) for line in block.lines())
        mark = f"{block.mark} " if block.mark else ""
        return mark + self._inline(block.runs)

    def _inline(self, runs: Iterable[Run]) -> str:
        parts = []
        for link, group in groupby(runs, key=lambda run: run.style.link):
            some = list(group)
            html = "".join(map(_run, some))
            parts.append(self._linked(link, html, "".join(run.text for run in some)) if link else html)
        return "".join(parts)

    def _linked(self, link: str, html: str, text: str) -> str:
        if link.startswith(OWN_PAGES):
            return f'<a href="{escape(link)}">{html}</a>'
        if not link.startswith(("http://", "https://")):
            self._lost_links += 1
            return html
        if text.strip() == link:
            return html
        number = self._footnotes.setdefault(link, len(self._footnotes) + 1)
        return f'{html}<sup class="note">[{number}]</sup>'


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _run(run: Run) -> str:
    html = escape(run.text, quote=False).replace("\n", "<br>")
    for attribute, tag in TAGS:
        if getattr(run.style, attribute):
            html = f"<{tag}>{html}</{tag}>"
    if run.style.script:
        tag = run.style.script[:3]
        html = f"<{tag}>{html}</{tag}>"
    return html


def _plain_lists(items: Sequence[Block]) -> Iterator[tuple[str, int, list[list[Block]]]]:
    """Items of one level as lists: tag, first number, and the paragraphs of each item."""
    lines: list[list[Block]] = []
    tag, start = "", 1
    for item in items:
        number = int(item.mark[:-1]) if item.mark[:-1].isdigit() else 0
        own_tag = "ol" if number else "ul"
        if lines and not item.mark:
            lines[-1].append(item)
        elif lines and own_tag == tag and (not number or number == start + len(lines)):
            lines.append([item])
        else:
            if lines:
                yield tag, start, lines
            tag, start, lines = own_tag, number or 1, [[item]]
    if lines:
        yield tag, start, lines


def _has_records(block: Block) -> bool:
    """Whether a table is too wide for a phone and each of its rows can stand alone: a row of heads, and no spans."""
    heads = block.rows[0]
    is_even = all(len(row) == len(heads) for row in block.rows)
    has_spans = any(cell.row_span > 1 or cell.column_span > 1 for row in block.rows for cell in row)
    is_wide = len(heads) > NARROW_TABLE and len(block.rows) > 1
    return is_wide and is_even and not has_spans and all(cell.is_header for cell in heads)


def _key(head: Cell) -> str:
    """What the value beside it is called; a column may have no name."""
    return f'<span class="key">{escape(head.text)}：</span>' if head.text else ""


def styled(html: str, theme: str) -> str:
    """``html`` with the theme's rules on each element; class names, which the platform ignores, are gone."""
    css = (THEMES / theme / "style.css").read_text(encoding="utf-8")
    root = markup.parse(css_inline.inline_fragment(html, css, minify_css=True, load_remote_stylesheets=False))
    for element in root.iter():
        element.attrib.pop("class", None)
    return markup.inner_html(root)
