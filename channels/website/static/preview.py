"""The page of a product with everything it needs, as files that lie to each other as they will on the site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from channels.base import Product
from channels.preview import CSS, HTML, File, Preview
from channels.website.render import attachments, file_name
from channels.website.static.site import Publication

SCRIPT = "text/javascript; charset=utf-8"


def preview(product: Product, publication: Publication, assets: Mapping[str, bytes]) -> Preview:
    """The page as ``publication`` holds it, byte for byte, and the files beside it.

    Args:
        assets: style sheet and script of the site by their paths.
    """
    path = publication.entry.path
    folder = PurePosixPath(path).parent
    files = {path: File(HTML, publication.page)}
    for medium in product.media:
        files[str(folder / file_name(medium))] = File(medium.media_type, medium.content)
    for name, content in assets.items():
        files[name] = File(CSS if name.endswith(".css") else SCRIPT, content)
    return Preview(path, files, tuple(str(folder / file_name(medium)) for medium in attachments(product)))
