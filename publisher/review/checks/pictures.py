"""Pictures that readers would not see well: without words for those who cannot see, too small, or blurred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO

from lxml import etree
from PIL import Image, ImageFilter, ImageStat

from channels.base import ASSET, Medium
from channels.errors import Text
from publisher.items.tree import parse
from publisher.review.checks.finding import Finding, Kind, Place, Severity

SMALL_PX = 200
"""A picture whose longer side has fewer pixels is a stamp on any screen."""
SHARPNESS = 12.0
"""Least variance of the Laplacian of a picture in focus, at the size below; measured on pictures of our own samples."""
MEASURED_PX = 512
PLAIN = 4.0
"""A picture whose grey values vary less holds nothing that could be blurred."""

# The differences may be negative; 128 keeps them in a byte.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def findings(html: str, media: Mapping[str, Medium]) -> Iterator[Finding]:
    """What is to be said of the pictures in clean ``html``; ``media``: by SHA-256."""
    for number, picture in enumerate(parse(html).iter("img"), start=1):
        where = Place("picture", number)
        if not _has_words(picture):
            text = Text("The picture has no alternative text: say in a few words what it shows.")
            yield Finding(Kind.PICTURE, Severity.WARNING, where, text)
        medium = media.get(picture.get("src", "").removeprefix(ASSET))
        if medium is not None:
            yield from _looks(medium.content, where)


def sharpness(picture: Image.Image) -> float:
    """Variance of the Laplacian: how much the brightness jumps from pixel to pixel."""
    grey = picture.convert("L")
    grey.thumbnail((MEASURED_PX, MEASURED_PX))
    inner = grey.filter(_LAPLACIAN).crop((1, 1, max(2, grey.width - 1), max(2, grey.height - 1)))
    return float(ImageStat.Stat(inner).var[0])


def _has_words(picture: etree._Element) -> bool:
    return bool(picture.get("alt", "").strip())


def _looks(content: bytes, where: Place) -> Iterator[Finding]:
    try:
        with Image.open(BytesIO(content)) as picture:
            picture.draft("L", (MEASURED_PX, MEASURED_PX))
            size = picture.size if picture.format != "JPEG" else Image.open(BytesIO(content)).size
            varies, sharp = ImageStat.Stat(picture.convert("L")).stddev[0], sharpness(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        text = Text("The picture cannot be opened: replace it.")
        yield Finding(Kind.PICTURE, Severity.WARNING, where, text)
        return
    if max(size) < SMALL_PX:
        text = Text("The picture has only {width} × {height} pixels: use a larger one.", width=size[0], height=size[1])
        yield Finding(Kind.PICTURE, Severity.WARNING, where, text)
    elif varies > PLAIN and sharp < SHARPNESS:
        text = Text("The picture looks blurred: use a sharp one.")
        yield Finding(Kind.PICTURE, Severity.WARNING, where, text)
