"""Pictures that readers would not see well: without words for those who cannot see, too small, or blurred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from lxml import etree

from channels.base import ASSET, Medium
from channels.errors import Text
from channels.later import later
from publisher.items.tree import parse
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.remembered import Remembered

if TYPE_CHECKING:
    from PIL import Image, ImageFilter, ImageStat
else:
    Image, ImageFilter, ImageStat = later("PIL.Image"), later("PIL.ImageFilter"), later("PIL.ImageStat")

SMALL_PX = 200
"""A picture whose longer side has fewer pixels is a stamp on any screen."""
SHARPNESS = 12.0
"""Least variance of the Laplacian of a picture in focus, at the size below.

Measured on the pictures that come with scikit-image and scikit-learn and on scanned pages: photographs in focus have 65
(the moon) to 3600 (grass), scans and drawings 240 and more; the same, blurred by one per cent of their longer side, 3
and less. A clock blurred by its motion has 24 and passes; a micrograph without edges has 3 and is told wrongly.
"""
MEASURED_PX = 512
PLAIN = 4.0
"""A picture whose grey values vary less holds nothing that could be blurred."""

LAPLACIAN = (0, 1, 0, 1, -4, 1, 0, 1, 0)

_seen = Remembered[tuple[Text, ...]](most=1_000)


def findings(html: str, media: Mapping[str, Medium]) -> Iterator[Finding]:
    """What is to be said of the pictures in clean ``html``; ``media``: by SHA-256."""
    for number, picture in enumerate(parse(html).iter("img"), start=1):
        where = Place("picture", number)
        if not _has_words(picture):
            text = Text("The picture has no alternative text: say in a few words what it shows.")
            yield Finding(Kind.PICTURE, Severity.WARNING, where, text)
        medium = media.get(picture.get("src", "").removeprefix(ASSET))
        if medium is not None:
            for text in _seen.get(medium.sha256, partial(_looks, medium.content)):
                yield Finding(Kind.PICTURE, Severity.WARNING, where, text)


def sharpness(picture: Image.Image) -> float:
    """Variance of the Laplacian: how much the brightness jumps from pixel to pixel."""
    grey = picture.convert("L")
    grey.thumbnail((MEASURED_PX, MEASURED_PX))
    # The differences may be negative; 128 keeps them in a byte.
    kernel = ImageFilter.Kernel((3, 3), LAPLACIAN, scale=1, offset=128)
    inner = grey.filter(kernel).crop((1, 1, max(2, grey.width - 1), max(2, grey.height - 1)))
    return float(ImageStat.Stat(inner).var[0])


def _has_words(picture: etree._Element) -> bool:
    return bool(picture.get("alt", "").strip())


def _looks(content: bytes) -> tuple[Text, ...]:
    try:
        with Image.open(BytesIO(content)) as picture:
            size = picture.size
            # Half the work for a JPEG of a camera; the size it says afterwards is another one.
            picture.draft("L", (MEASURED_PX, MEASURED_PX))
            varies, sharp = ImageStat.Stat(picture.convert("L")).stddev[0], sharpness(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return (Text("The picture cannot be opened: replace it."),)
    if max(size) < SMALL_PX:
        return (
            Text("The picture has only {width} × {height} pixels: use a larger one.", width=size[0], height=size[1]),
        )
    if varies > PLAIN and sharp < SHARPNESS:
        return (Text("The picture looks blurred: use a sharp one."),)
    return ()
