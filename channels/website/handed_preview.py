"""A product as it may look on a site whose own look this program does not know: the text and its files are exact."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channels.base import Product
from channels.preview import CSS, HTML, File, Preview
from channels.website.handing import file_name, is_shown, place_files

HERE = Path(__file__).parent / "templates"
STYLE = "preview.css"

_environment = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def preview(product: Product, at: datetime, site: str) -> Preview:
    """The post on a plain page.

    Args:
        at: when it is published, in the office's time zone.
        site: what the website is called.
    """
    paths = {medium.sha256: f"files/{file_name(medium)}" for medium in product.media}
    page = _environment.get_template("preview.html").render(
        product=product,
        site=site,
        at=at,
        style=STYLE,
        cover=paths.get(product.fields["cover"], ""),
        body=place_files(product.body, lambda sha256: paths.get(sha256, sha256)),
    )
    files = {paths[medium.sha256]: File(medium.media_type, medium.content) for medium in product.media}
    files |= {"index.html": File(HTML, page.encode()), STYLE: File(CSS, (HERE / STYLE).read_bytes())}
    given = tuple(paths[medium.sha256] for medium in product.media if not is_shown(product, medium))
    return Preview("index.html", files, given)
