"""The page of a product with everything it needs, as files that lie to each other as they will on the site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from channels.base import Product
from channels.preview import CSS, HTML, File, Preview
from channels.website.render import attachments, file_name

TYPES = {".css": CSS, ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def preview(product: Product, path: str, page: bytes, assets: Mapping[str, bytes]) -> Preview:
    """The page at its path, and the files beside it.

    Args:
        assets: style sheet and script of the site by their paths.
    """
    folder = PurePosixPath(path).parent
    files = {path: File(HTML, page)}
    for medium in product.media:
        files[str(folder / file_name(medium))] = File(medium.media_type, medium.content)
    for name, content in assets.items():
        files[name] = File(TYPES[PurePosixPath(name).suffix], content)
    return Preview(path, files, tuple(str(folder / file_name(medium)) for medium in attachments(product)))
