"""A whole article as one tall picture (长图), for posts into which its text does not fit."""

from __future__ import annotations

import io
from base64 import b64encode
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from channels import markup, pictures, typesetting
from channels.base import Article, Medium
from channels.errors import ProductRefused

HERE = Path(__file__).parent
END = "end"

WIDTH_PX = 1080
"""As wide as the screen of a telephone in dots."""

TALLEST_PX = 19_000
"""Platforms document no greatest height; PDF pages end at 14,400 points (ISO 32000-1, annex C), 19,200 px."""

MAX_BYTES = 5_000_000 - 1
"""Less than 5 MB. Source: open.weibo.com/wiki, 2/statuses/share, read 2026-11."""

QUALITIES = (92, 85, 75, 60, 45)

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def draw(article: Article) -> Medium:
    """Title, facts, text with its pictures, and the office with a code for the item's page, 1080 px wide.

    Raises ProductRefused: the article is too long for one picture.
    Raises ConfigurationError: what sets type is missing on this machine.
    """
    embedded = _embedded(article)
    body = markup.place_pictures(article.html, lambda sha256: embedded.get(sha256, ""))
    drawn = typesetting.picture_above(_page(article, body), END)
    if drawn is None:
        raise ProductRefused(
            "The item is too long for one picture: shorten it for Weibo, or send it without the tall picture."
        )
    content, media_type = _encoded(drawn)
    sha256 = Medium("", media_type, content).sha256
    name = f"{article.key}-{sha256[:16]}.{pictures.EXTENSIONS[media_type]}"
    return Medium(name, media_type, content, alt=article.title)


def _page(article: Article, body: str) -> str:
    return _environment.get_template("tall_picture.html").render(
        article=article,
        body=body,
        height=TALLEST_PX,
        width=WIDTH_PX,
        code=_code(article.page_url),
        end=END,
        style=(HERE / "templates" / "tall_picture.css").read_text(encoding="utf-8"),
    )


def _embedded(article: Article) -> dict[str, str]:
    """SHA-256 → the picture itself as an address, no larger than it is shown."""
    return {medium.sha256: _as_address(medium) for medium in article.media if medium.is_picture}


def _as_address(medium: Medium) -> str:
    types = (pictures.JPEG, pictures.PNG)
    content, media_type = pictures.fit(
        medium.content, types=types, max_bytes=2_000_000, max_side=2000, name=medium.name
    )
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def _code(address: str) -> str:
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2) if address else ""


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """The sharpest file that is small enough: letters lose nothing in PNG, photographs need JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    if buffer.tell() <= MAX_BYTES:
        return buffer.getvalue(), pictures.PNG
    for quality in QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue(), pictures.JPEG
    raise ProductRefused("The tall picture of the item would be too large for Weibo: leave some of its pictures out.")
