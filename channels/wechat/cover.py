"""The cover: the picture chosen for the item, its first large one, or one that is drawn; and the parts that are shown.

A list of messages shows 2.35 : 1 of it, a shared card the square.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels import pictures
from channels.base import Article, Medium
from channels.later import later

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image, ImageDraw, ImageFont = later("PIL.Image"), later("PIL.ImageDraw"), later("PIL.ImageFont")

WIDE, SQUARE = 2.35, 1.0

LEAST_SIDE = 200
"""A first picture smaller than that is an icon, not a cover."""

FROM_ABOVE = 0.4
"""Where the middle of what is shown lies: a little above the middle of the picture, where faces are."""

MOST_SIGNS = 8
"""So many characters stand in the square of a drawn cover, in two lines."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as parts of the whole."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture, the two parts of it that are shown, and whether it had to be drawn."""

    picture: Medium
    wide: Box
    square: Box
    is_drawn: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """As a product carries them."""
        return {"cover": self.picture.sha256, "crop_wide": written(self.wide), "crop_square": written(self.square)}


def chosen(picture: Medium) -> Cover:
    """A picture that is there, with the parts in its middle."""
    size = pictures.size_of(picture.content)
    return Cover(picture, middle(size, WIDE), middle(size, SQUARE))


def first_large(sent: Mapping[str, Medium]) -> Cover | None:
    """The first picture of the text that is no icon."""
    for medium in sent.values():
        if min(pictures.size_of(medium.content)) >= LEAST_SIDE:
            return chosen(medium)
    return None


def drawn(article: Article, template: bytes = b"") -> tuple[bytes, Box, Box]:
    """A cover with the title, and beside it a square with the column: one picture, JPEG, and its two parts.

    Args:
        template: a picture of the office's own to write on.
    """
    wide = Image.open(io.BytesIO(pictures.draw_cover(article.title, article.office_name, ground=template)))
    height = wide.height
    both = Image.new("RGB", (wide.width + height, height))
    both.paste(wide, (0, 0))
    both.paste(_square(wide, article.column.name or article.office_name), (wide.width, 0))
    buffer = io.BytesIO()
    both.save(buffer, "JPEG", quality=90, optimize=True)
    middle = wide.width / both.width
    return buffer.getvalue(), (0, 0, middle, 1), (middle, 0, 1, 1)


def crop(content: bytes, box: str) -> bytes:
    """The part of a picture that is shown, for those who look at it beforehand; JPEG."""
    with Image.open(io.BytesIO(content)) as image:
        left, top, right, bottom = (float(part) for part in box.split("_"))
        width, height = image.size
        part = image.convert("RGB").crop(
            (round(left * width), round(top * height), round(right * width), round(bottom * height))
        )
    buffer = io.BytesIO()
    part.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _square(wide: Image.Image, words: str) -> Image.Image:
    """A square in the colours of the cover with few, large characters."""
    side = wide.height
    square = Image.new("RGB", (side, side), wide.getpixel((2, side // 2)))
    font_path = pictures.chinese_font()
    if font_path is None:
        return square
    shown = pictures.drawable(words)[:MOST_SIGNS]
    half = len(shown) if len(shown) <= 3 else (len(shown) + 1) // 2
    lines = [line for line in (shown[:half], shown[half:]) if line]
    size = min(112, (side - 60) // max(map(len, lines), default=1))
    font = ImageFont.truetype(str(font_path), size, layout_engine=ImageFont.Layout.BASIC)
    draw = ImageDraw.Draw(square)
    top = (side - len(lines) * size * 5 // 4) // 2
    for number, line in enumerate(lines):
        left = (side - font.getlength(line)) // 2
        draw.text((left, top + number * size * 5 // 4), line, font=font, fill="white")
    return square


def middle(size: tuple[int, int], shape: float) -> Box:
    """The largest part of that shape."""
    width, height = size
    if width / height > shape:
        part = height * shape / width
        return (1 - part) / 2, 0, (1 + part) / 2, 1
    part = width / shape / height
    top = (1 - part) * FROM_ABOVE
    return 0, top, 1, top + part


def written(box: Box) -> str:
    """As the platform wants it: at most six decimals, from 0 to 1."""
    return "_".join(f"{min(max(part, 0), 1):.6f}".rstrip("0").rstrip(".") for part in box)
