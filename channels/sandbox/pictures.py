"""What a picture is by its bytes, whatever its name says."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from PIL import Image
from pydantic import ConfigDict

EXTENSIONS = {"JPEG": ("jpg", "jpeg"), "PNG": ("png",), "GIF": ("gif",), "BMP": ("bmp",), "WEBP": ("webp",)}
"""Formats that are recognised, with the file name endings that fit them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was uploaded.

    Attributes:
        key: what the platform calls it: ``media_id``, or the distinct part of its address.
        name: file name it was sent with.
        url: where it is served.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    key: str
    name: str
    format: str
    content: bytes
    url: str
    created_at: datetime

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def media_type(self) -> str:
        return f"image/{self.format.lower()}"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.key,
            "name": self.name,
            "url": self.url,
            "media_type": self.media_type,
            "size": len(self.content),
            "sha256": self.sha256,
            "created_at": self.created_at.isoformat(),
        }


def picture_format(content: bytes) -> str | None:
    """``JPEG``, ``PNG``, ``GIF``, ``BMP`` or ``WEBP``; None for what is no sound picture of these."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(EXTENSIONS)) as image:
            image.verify()
            return image.format
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # What Pillow raises for bytes that are no picture, a broken one, or one of absurd dimensions.
        return None


def extension(name: str) -> str:
    """The ending of a file name without its dot, in small letters; empty where there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if stem and dot else ""
