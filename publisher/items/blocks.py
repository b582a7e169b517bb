"""Rebuilds any HTML as a list of blocks in the house's own vocabulary.

The tree is never repaired in place: every tag of the result is written here, so nothing that is not in the vocabulary
can slip through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

from lxml.etree import _Element

from channels.errors import Text
from publisher.items.flow import Block, Flow, style_attribute
from publisher.items.inline import BREAK, closing
from publisher.items.pictures import Pictures
from publisher.items.vocabulary import EMBEDDED, HEADINGS, INLINE, LINK_SCHEMES, PARAGRAPHS

_ALIGNED = frozenset(["right", "center"])
_MAX_SPAN = 500


class Builder:
    """Walks an HTML tree and fills flows. ``notes`` says what was left out."""

    def __init__(self, pictures: Pictures) -> None:
        self.notes: list[Text] = []
        self._pictures = pictures

    def blocks(self, node: _Element, *, compact: bool = False, align: str = "") -> list[Block]:
        """The content of ``node`` as blocks."""
        flow = Flow(compact=compact, align=align)
        self._content(flow, node, align)
        flow.end()
        return flow.blocks

    def _content(self, flow: Flow, node: _Element, align: str) -> None:
        flow.text(node.text)
        for child in node:
            self._element(flow, child, align)
            flow.text(child.tail)

    def _element(self, flow: Flow, node: _Element, align: str) -> None:
        tag = str(node.tag)
        if tag in INLINE:
            self._inline(flow, node, f"<{INLINE[tag]}>", align)
        elif tag == "a":
            self._inline(flow, node, self._link(node), align)
        elif tag in HEADINGS:
            self._heading(flow, node, align)
        elif tag in EMBEDDED:
            self.notes.append(
                Text("A video, sound or embedded page was left out: link to it or offer it on the website instead.")
            )
        elif tag == "hr":
            flow.put(Block("hr", ""))
        elif tag == "figcaption" and flow.awaits_caption() and (caption := self._caption([node])):
            flow.caption(caption)
        elif tag in PARAGRAPHS:
            own = alignment(node, align)
            with flow.paragraph("p", own):
                self._content(flow, node, own)
        else:
            self._special(flow, node, align)

    def _special(self, flow: Flow, node: _Element, align: str) -> None:
        match str(node.tag):
            case "br":
                flow.line_break()
            case "img":
                self._picture(flow, node)
            case "input":
                flow.text(_checkbox(node))
            case "ul" | "ol":
                flow.put(*self._list(node, compact=flow.compact))
            case "table":
                flow.put(*self._table(node))
            case "blockquote":
                inner = "".join(block.html for block in self.blocks(node, compact=True))
                flow.put(*([Block("blockquote", inner)] if inner else []))
            case "figure" if not flow.compact:
                flow.put(*self._figure(node))
            case _:
                self._content(flow, node, align)

    def _inline(self, flow: Flow, node: _Element, tag: str, align: str) -> None:
        if not tag or any(closing(tag) == closing(other) for other in flow.open):
            self._content(flow, node, align)
            return
        with flow.inside(tag):
            self._content(flow, node, align)

    def _heading(self, flow: Flow, node: _Element, align: str) -> None:
        own = alignment(node, align)
        with flow.paragraph("p" if flow.compact else str(node.tag), own):
            if flow.compact:
                self._inline(flow, node, "<strong>", own)
            else:
                self._content(flow, node, own)

    def _link(self, node: _Element) -> str:
        address = "".join(node.get("href", "").split())
        if not address or address.startswith("#"):
            return ""
        if is_public_link(address):
            return f'<a href="{escape(address)}">'
        self.notes.append(
            Text("The link to {address} works only on the author's computer and was left out.", address=address[:200])
        )
        return ""

    def _picture(self, flow: Flow, node: _Element) -> None:
        alt = " ".join(node.get("alt", "").split())
        source = node.get("src", "").strip()
        if not source:
            self.notes.append(Text("A picture without an address was left out: insert it again as a file."))
        elif address := self._pictures.address(source, alt):
            flow.add(f'<img src="{address}" alt="{escape(alt)}">')

    def _figure(self, node: _Element) -> list[Block]:
        for caption in node.findall("figcaption"):
            node.append(caption)
        return self.blocks(node)

    def _caption(self, nodes: Iterable[_Element]) -> str:
        """Captions as inline HTML, a line for each paragraph; of lists and tables only their text."""
        blocks = [block for node in nodes for block in self.blocks(node, compact=True)]
        lines = [block.inner if block.tag == "p" else escape(block.text, quote=False) for block in blocks]
        return BREAK.join(filter(None, lines))

    def _list(self, node: _Element, *, compact: bool) -> list[Block]:
        first = _number(node.get("start"), 1)
        is_plain = node.tag == "ul" or first == 1
        compact = compact or is_plain
        items: list[list[Block]] = []
        for child in node:
            if child.tag == "li":
                items.append(self.blocks(child, compact=compact))
                continue
            # Old editors put a list into a list, not into its item.
            stray = Flow(compact=compact)
            self._element(stray, child, "")
            stray.end()
            items = items or [[]]
            items[-1] += stray.blocks
        items = [item for item in items if item]
        if not is_plain:
            return [block for number, item in enumerate(items, first) for block in _numbered(number, item)]
        inner = "".join(f"<li>{_item(item)}</li>" for item in items)
        return [Block(str(node.tag), inner)] if inner else []

    def _table(self, node: _Element) -> list[Block]:
        rows = [row for row in node.iter("tr") if next(row.iterancestors("table")) is node]
        cells = {row: [self._cell(cell) for cell in row if cell.tag in {"td", "th"}] for row in rows}
        if not any(text for row in rows for _, text in cells[row]):
            return []
        caption = self._caption(node.iterchildren("caption"))
        parts = [f"<caption>{caption}</caption>"] if caption else []
        for name, is_head in (("thead", True), ("tbody", False)):
            inner = "".join(
                f"<tr>{''.join(html for html, _ in cells[row])}</tr>" for row in rows if _is_in_head(row) is is_head
            )
            parts += [f"<{name}>{inner}</{name}>"] if inner else []
        return [Block("table", "".join(parts))]

    def _cell(self, node: _Element) -> tuple[str, str]:
        """A cell's HTML, and what it holds: empty where it holds nothing."""
        row = node.getparent()
        align = alignment(node, "" if row is None else alignment(row, ""))
        blocks = self.blocks(node, compact=True, align=align)
        spans = "".join(
            f' {name}="{number}"'
            for name in ("colspan", "rowspan")
            if (number := min(_number(node.get(name), 1), _MAX_SPAN)) > 1
        )
        if len(blocks) == 1 and blocks[0].tag == "p":
            inner, align = blocks[0].inner, blocks[0].align
        else:
            inner, align = "".join(block.html for block in blocks), ""
        return f"<{node.tag}{spans}{style_attribute(align)}>{inner}</{node.tag}>", inner


def alignment(node: _Element, inherited: str) -> str:
    """``right``, ``center`` or nothing."""
    style = re.search(r"text-align:\s*(\w+)", node.get("style", ""))
    own = (style.group(1) if style else node.get("align", "center" if node.tag == "center" else "")).lower()
    if own == "end":
        own = "right"
    return (own if own in _ALIGNED else "") if own else inherited


def is_public_link(address: str) -> bool:
    """Whether ``address`` leads somewhere for every reader."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in LINK_SCHEMES and bool(host if parts.scheme.startswith("http") else parts.path)


def _is_in_head(row: _Element) -> bool:
    section = row.getparent()
    return section is not None and section.tag == "thead"


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"[0-9]{1,6}", value) else default


def _checkbox(node: _Element) -> str:
    if node.get("type") != "checkbox":
        return ""
    return "☑" if node.get("checked") is not None else "☐"


def _item(blocks: list[Block]) -> str:
    """The inside of a list item: its first paragraph bare where only lists follow it."""
    first, *rest = blocks
    if first.tag == "p" and not first.align and all(block.tag in {"ul", "ol"} for block in rest):
        return first.inner + "".join(block.html for block in rest)
    return "".join(block.html for block in blocks)


def _numbered(number: int, blocks: list[Block]) -> list[Block]:
    """A list item as paragraphs, its number written out: the vocabulary has no lists that begin elsewhere than at 1."""
    if blocks[0].tag == "p":
        return [blocks[0]._replace(inner=f"{number}. {blocks[0].inner}"), *blocks[1:]]
    return [Block("p", f"{number}."), *blocks]
