"""Markdown (CommonMark with tables and strike-through); HTML in it is text."""

from __future__ import annotations

from markdown_it import MarkdownIt

from publisher.items.pictures import Pictures
from publisher.items.readers.draft import Draft
from publisher.items.readers.encoding import decode

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def read_markdown(content: bytes, _pictures: Pictures) -> Draft:
    """Title from the first heading of the first level."""
    return Draft(html=_parser.render(decode(content)), aligns=False)
