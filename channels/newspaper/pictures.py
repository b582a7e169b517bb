"""Pictures at the size they are printed in: 300 dots an inch, and never more dots than the camera took."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image, ImageOps

from channels.base import Medium
from channels.pictures import opened

DPI = 300
MM_PER_INCH = 25.4
QUALITY = 95
PRINT_TYPES = {"image/jpeg": "JPEG", "image/tiff": "TIFF"}


def pixels(width_mm: float) -> int:
    """How many dots that width takes in print."""
    return round(width_mm / MM_PER_INCH * DPI)


def at_print_size(medium: Medium, width_mm: float) -> Medium:
    """The picture as a JPEG (TIFF stays TIFF) of that width, upright and without what the camera says of the place.

    A smaller one keeps its pixels and is only told its resolution. Raises ProductRefused: it cannot be read.
    """
    picture = ImageOps.exif_transpose(opened(medium.content, medium.name))
    wanted = pixels(width_mm)
    if picture.width > wanted:
        height = max(1, round(picture.height * wanted / picture.width))
        picture = picture.convert(_mode(picture)).resize((wanted, height), Image.Resampling.LANCZOS)
    kind = PRINT_TYPES.get(medium.media_type, "JPEG")
    content = _saved(picture.convert(_mode(picture)), kind, picture.info.get("icc_profile"))
    media_type = "image/tiff" if kind == "TIFF" else "image/jpeg"
    suffix = "tif" if kind == "TIFF" else "jpg"
    return replace(medium, name=f"{medium.name.rpartition('.')[0]}.{suffix}", media_type=media_type, content=content)


def _mode(picture: Image.Image) -> str:
    """Grey stays grey, the four colours of print stay four; everything else becomes RGB."""
    return picture.mode if picture.mode in {"L", "CMYK"} else "RGB"


def _saved(picture: Image.Image, kind: str, profile: bytes | None) -> bytes:
    buffer = io.BytesIO()
    more = {"icc_profile": profile} if profile else {}
    if kind == "TIFF":
        picture.save(buffer, "TIFF", compression="tiff_lzw", dpi=(DPI, DPI), **more)
    else:
        picture.save(buffer, "JPEG", quality=QUALITY, subsampling=0, dpi=(DPI, DPI), **more)
    return buffer.getvalue()
