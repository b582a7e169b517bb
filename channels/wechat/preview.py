"""A product as readers of WeChat see it on a phone: in the list of messages, passed on, and opened."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channels.base import LINK, Medium, Product
from channels.markup import place_pictures
from channels.pictures import EXTENSIONS, JPEG
from channels.preview import CSS, HTML, File, Preview
from channels.wechat import cover, picture_post

HERE = Path(__file__).parent
STYLE = "preview.css"
COVER, SQUARE = "cover-wide.jpg", "cover-square.jpg"

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def preview(product: Product, at: datetime, account: str) -> Preview:
    """The article in a phone.

    Args:
        at: when it is published, in the office's time zone.
        account: the name readers know the account by.
    """
    names = {medium.sha256: _file_name(medium) for medium in product.media}
    parts, is_post = _shown_parts(product), picture_post.is_one(product)
    page = _environment.get_template("preview.html").render(
        product=product,
        account=account,
        at=at,
        style=STYLE,
        cover=COVER if COVER in parts else names.get(product.fields["cover"], ""),
        square=SQUARE if SQUARE in parts else names.get(product.fields["cover"], ""),
        slides=[names[sha256] for sha256 in product.fields.get("pictures", "").split()],
        text=product.fill(product.body) if product.link else product.body.replace(LINK, "…"),
        body=place_pictures("" if is_post else product.body, lambda sha256: names.get(sha256, sha256)),
    )
    files = {names[medium.sha256]: File(medium.media_type, medium.content) for medium in product.media}
    files |= parts | {
        "index.html": File(HTML, page.encode()),
        STYLE: File(CSS, (HERE / "templates" / STYLE).read_bytes()),
    }
    return Preview("index.html", files)


def _shown_parts(product: Product) -> dict[str, File]:
    """The two parts of the cover that are shown, where the product names them."""
    known = {medium.sha256: medium for medium in product.media}
    whole = known.get(product.fields["cover"])
    boxes = {COVER: product.fields.get("crop_wide"), SQUARE: product.fields.get("crop_square")}
    if whole is None:
        return {}
    return {name: File(JPEG, cover.crop(whole.content, box)) for name, box in boxes.items() if box}


def _file_name(medium: Medium) -> str:
    return f"{medium.sha256}.{EXTENSIONS.get(medium.media_type, 'bin')}"
