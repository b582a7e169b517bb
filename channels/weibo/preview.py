"""A product as readers of Weibo see it: one card in their stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from channels.base import LINK, Product
from channels.pictures import EXTENSIONS
from channels.preview import CSS, HTML, File, Preview
from channels.weibo.text import ADDRESS

HERE = Path(__file__).parent
STYLE = "preview.css"
PIECES = re.compile(f"({LINK}|{ADDRESS})")

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def preview(product: Product, at: datetime, account: str) -> Preview:
    """The post as a card. Addresses stand there as readers see them, as two words to press.

    Args:
        at: when it is published, in the office's time zone.
        account: the name readers know the account by.
    """
    pictures = {
        f"{medium.sha256}.{EXTENSIONS.get(medium.media_type, 'bin')}": File(medium.media_type, medium.content)
        for medium in product.media
    }
    page = _environment.get_template("preview.html").render(
        title=product.title,
        pieces=list(_pieces(product.body)),
        article=_article(product),
        account=account,
        at=at,
        style=STYLE,
        pictures=list(pictures),
    )
    signs = {path.name: File("image/svg+xml", path.read_bytes()) for path in (HERE / "templates").glob("*.svg")}
    style = File(CSS, (HERE / "templates" / STYLE).read_bytes())
    files = {**pictures, **signs, "index.html": File(HTML, page.encode()), STYLE: style}
    return Preview("index.html", files)


def _article(product: Product) -> dict[str, str | Markup]:
    """The long article behind the post; empty where there is none. Its HTML was cleaned with the item's."""
    fields = product.fields
    if "article_content" not in fields:
        return {}
    content = Markup(fields["article_content"].replace(LINK, "网页链接"))  # noqa: S704 - clean semantic HTML
    return {"title": fields["article_title"], "content": content, "summary": fields["article_summary"]}


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is an address."""
    for piece in PIECES.split(text):
        if piece:
            yield piece, PIECES.fullmatch(piece) is not None
