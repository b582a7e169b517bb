"""Blocks, and how they are gathered while the content of a container goes by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import NamedTuple

from publisher.items.inline import BREAK, closing, has_text, plain, tidy


class Block(NamedTuple):
    """A paragraph, heading, list, table, quotation, figure or rule; ``inner`` is finished HTML."""

    tag: str
    inner: str
    align: str = ""

    @property
    def html(self) -> str:
        if self.tag == "hr":
            return "<hr>"
        return f"<{self.tag}{style_attribute(self.align)}>{self.inner}</{self.tag}>"

    @property
    def text(self) -> str:
        """Its text on one line."""
        return plain(self.inner)


class Flow:
    """Collects the blocks of one container while its content goes by.

    Args:
        compact: inside a cell, list item or quotation: headings become bold paragraphs and lone pictures no figures.
    """

    def __init__(self, *, compact: bool = False, align: str = "") -> None:
        self.compact = compact
        self.blocks: list[Block] = []
        self.open: list[str] = []
        self._tokens: list[str] = []
        self._tag = "p"
        self._align = align

    def add(self, token: str) -> None:
        self._tokens.append(token)

    def text(self, text: str | None) -> None:
        if text:
            self.add(escape(text, quote=False))

    def line_break(self) -> None:
        """A line break; the second in a row ends the paragraph."""
        solid = [token for token in self._tokens if token.strip() and token not in self.open]
        if solid and solid[-1] == BREAK:
            self.end()
        else:
            self.add(BREAK)

    @contextmanager
    def inside(self, tag: str) -> Iterator[None]:
        """Everything added meanwhile stands inside the inline element ``tag``, through any change of paragraph."""
        self.open.append(tag)
        self.add(tag)
        yield
        self.add(closing(self.open.pop()))

    @contextmanager
    def paragraph(self, tag: str, align: str) -> Iterator[None]:
        """Everything added meanwhile stands in paragraphs (or headings) of its own."""
        self.end()
        outer = self._tag, self._align
        self._tag, self._align = (tag if self._tag == "p" else self._tag), align
        yield
        self.end()
        self._tag, self._align = outer

    def put(self, *blocks: Block) -> None:
        """Add finished blocks."""
        self.end()
        self.blocks += blocks

    def caption(self, inner: str) -> None:
        """Put a caption under the picture that ``awaits_caption``."""
        figure = self.blocks[-1]
        self.blocks[-1] = figure._replace(inner=f"{figure.inner}<figcaption>{inner}</figcaption>")

    def awaits_caption(self) -> bool:
        """Whether the last thing before this place is a picture without a caption."""
        self.end()
        return bool(self.blocks) and self.blocks[-1].tag == "figure" and "<figcaption>" not in self.blocks[-1].inner

    def end(self) -> None:
        """Close the current paragraph and begin another inside the same inline elements."""
        tokens = tidy([*self._tokens, *(closing(tag) for tag in reversed(self.open))])
        self._tokens = list(self.open)
        if has_text(tokens) or (tokens and self.compact):
            self.blocks.append(Block(self._tag, "".join(tokens), self._align))
        else:
            self.blocks += [Block("figure", token) for token in tokens if token.startswith("<img")]


def style_attribute(align: str) -> str:
    """`` style="text-align:…"``, or nothing."""
    return f' style="text-align:{align}"' if align else ""
