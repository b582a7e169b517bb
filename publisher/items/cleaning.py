"""Clean HTML: the one vocabulary everything that is published is written in.

p, h2-h4, strong, em, u, s, sub, sup, br, hr, ul, ol, li, blockquote, table, caption, thead, tbody, tr, th, td (colspan,
rowspan), figure, figcaption, img (``src="asset:SHA256"``, alt), a (http, https, mailto, tel); ``text-align`` right or
center on paragraphs, headings and cells. Nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import nh3

from channels.base import Medium
from channels.errors import Text
from publisher.items.blocks import Builder
from publisher.items.flow import Block
from publisher.items.pictures import Pictures
from publisher.items.tree import parse
from publisher.items.vocabulary import BOXES, HEADINGS, INLINE, LINK_SCHEMES

_TEXT_TAGS = frozenset(["p", "h2", "h3", "h4", "th", "td"])

# The last word: whatever the rebuilding might have overlooked does not pass.
_fine = nh3.Cleaner(
    tags={*INLINE.values(), *_TEXT_TAGS, *BOXES, "a", "br", "hr", "img", "figcaption"},
    attributes={"a": {"href"}, "img": {"src", "alt"}} | {tag: {"style"} for tag in _TEXT_TAGS - {"td", "th"}}
    | {tag: {"style", "colspan", "rowspan"} for tag in ("td", "th")},
    url_schemes={*LINK_SCHEMES, "asset"},
    url_relative="deny",
    filter_style_properties={"text-align"},
    link_rel=None,
)  # fmt: skip


@dataclass(frozen=True)
class Cleaned:
    """Clean HTML, the pictures it brought along (in reading order), and what was left out."""

    html: str
    media: tuple[Medium, ...] = ()
    notes: tuple[Text, ...] = ()


def clean(html: str, pictures: Pictures | None = None) -> Cleaned:
    """Any HTML in the house's vocabulary; cleaning it again changes nothing.

    Args:
        pictures: where its pictures are found, and which stored ones it may name; none of them without.
    Raises UnreadableManuscript: a picture is missing or broken, or the HTML is nested beyond reason.
    """
    pictures = pictures or Pictures()
    blocks, notes = rebuild(html, pictures)
    result = join(blocks)
    return Cleaned(result, pictures.named_in(result), notes)


def rebuild(html: str, pictures: Pictures) -> tuple[list[Block], tuple[Text, ...]]:
    """The blocks of any HTML, headings at their original levels, and notes about what was left out."""
    builder = Builder(pictures)
    blocks = builder.blocks(parse(html))
    return blocks, tuple(dict.fromkeys([*pictures.notes, *builder.notes]))


def join(blocks: Sequence[Block]) -> str:
    """Blocks as clean HTML; where a first-level heading is left, every heading goes down one level."""
    down = 1 if any(block.tag == "h1" for block in blocks) else 0
    return _fine.clean("".join(_at_level(block, down).html for block in blocks))


def _at_level(block: Block, down: int) -> Block:
    if block.tag not in HEADINGS:
        return block
    return block._replace(tag=f"h{min(int(block.tag[1]) + down, 4)}")
