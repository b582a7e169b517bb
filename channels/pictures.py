"""Pictures made to fit a platform's rules; pure functions on bytes.

Deterministic for one version of Pillow: the same bytes in, the same bytes out.
"""

from __future__ import annotations

import hashlib
import io
import struct
import unicodedata
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from PIL import UnidentifiedImageError

from channels.errors import ProductRefused
from channels.later import later

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont, ImageOps
else:
    Image, ImageDraw, ImageFont, ImageOps = (
        later("PIL.Image"),
        later("PIL.ImageDraw"),
        later("PIL.ImageFont"),
        later("PIL.ImageOps"),
    )

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"

EXTENSIONS = {JPEG: "jpg", PNG: "png", GIF: "gif", "image/bmp": "bmp", "image/webp": "webp", "image/tiff": "tif"}
"""Media type → the extension of a file name that platforms accept for it."""

MAX_SIDE = 4096
"""Longest side in pixels where the platform names none: enough for any screen."""

COVER_SIZE = (900, 383)
"""2.35 : 1, the shape of a cover in a list of messages."""

COVER_COLOURS = (((16, 62, 112), (36, 110, 168)), ((122, 22, 28), (176, 52, 44)), ((18, 84, 84), (44, 134, 122)))
"""Pairs of dark and light: blue, red, green."""

CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/simsun.ttc",
)
"""Where the usual systems keep a font with Chinese characters."""

READABLE = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
"""What offices send. Pillow knows more, and some of it (EPS) would start other programs."""

ANIMATED = frozenset({"PNG", "GIF", "WEBP"})
"""Where several frames are an animation: in JPEG they are a camera's previews, in TIFF pages."""

LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
HARMLESS_JPEG = frozenset({"APP0", "APP2", "APP14"})
"""Segments that describe the picture itself (density, colour); all others may tell who took it, where and with what."""
HARMLESS_PNG = frozenset({"dpi", "gamma", "icc_profile", "transparency", "srgb", "interlace", "chromaticity", "aspect"})
HARMLESS_GIF = frozenset(
    {"version", "background", "transparency", "duration", "loop", "extension", "disposal_method", "interlace"}
)

# What Pillow's decoders raise on broken data.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, struct.error, zlib.error)

KEPT_BYTES = 48 * 1024 * 1024
"""Of pictures made to fit, the newest are remembered up to this size."""

Key = tuple[str, tuple[str, ...], int, int]


class _Memory:
    """The results of ``fit`` used last, by what they were made of; several threads may ask at once."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, tuple[bytes, str]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> tuple[bytes, str] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, result: tuple[bytes, str]) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = result
            self._bytes += len(result[0]) - (len(before[0]) if before else 0)
            while self._bytes > self._max_bytes:
                _, (oldest, _) = self._kept.popitem(last=False)
                self._bytes -= len(oldest)


_fitted = _Memory(KEPT_BYTES)


def fit(
    content: bytes, *, types: Sequence[str], max_bytes: int, max_side: int = MAX_SIDE, name: str = ""
) -> tuple[bytes, str]:
    """Return a picture that is one of ``types`` and within both limits, and its media type.

    A picture that already fits and says nothing about its maker stays as it is, byte for byte. Else it is turned
    upright, loses its metadata and all frames but the first, and shrinks until it fits. That takes its time, so the
    newest results are remembered: people look at the same item again and again before it goes out.

    Args:
        types: media types the platform takes; ``image/jpeg`` must be among them.
        max_bytes: the largest size allowed.
        max_side: longest side in pixels.
        name: file name, for the error's text.
    Raises ProductRefused: no picture, a broken one, or one with absurd dimensions.
    """
    key = (hashlib.sha256(content).hexdigest(), tuple(types), max_bytes, max_side)
    known = _fitted.get(key)
    if known is None:
        known = _fit(content, types, max_bytes, max_side, name)
        _fitted.put(key, known)
    return known


def _fit(content: bytes, types: Sequence[str], max_bytes: int, max_side: int, name: str) -> tuple[bytes, str]:
    with _loaded(content, name) as image:
        if _fits(image, types, max_side) and len(content) <= max_bytes:
            return content, Image.MIME[str(image.format)]
        keep_png = image.format in LOSSLESS and PNG in types
        upright = _upright(image)
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    for candidate, media_type in _candidates(upright, keep_png=keep_png):
        if len(candidate) <= max_bytes and media_type in types:
            return candidate, media_type
    raise ProductRefused("The picture {name} cannot be made small enough: replace it.", name=name)


def is_animated(content: bytes) -> bool:
    """Whether the picture has more than one frame. Raises ProductRefused: it is no picture."""
    with opened(content, "") as image:
        return image.format in ANIMATED and bool(getattr(image, "is_animated", False))


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises ProductRefused: it is no picture."""
    with opened(content, "") as image:
        return image.size


def opened(content: bytes, name: str) -> Image.Image:
    """A picture as it is stored, not decoded yet. Raises ProductRefused: it is none, or too large."""
    try:
        image = Image.open(io.BytesIO(content), formats=READABLE)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(name) from None
    except (UnidentifiedImageError, *BROKEN):
        raise ProductRefused(
            "The file {name} is not a picture that can be read: save it as JPEG or PNG and try again.", name=name
        ) from None
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0):
        raise _too_many_pixels(name)
    return image


def _too_many_pixels(name: str) -> ProductRefused:
    return ProductRefused("The picture {name} has too many pixels: make it smaller and try again.", name=name)


def _loaded(content: bytes, name: str) -> Image.Image:
    """The picture with its first frame decoded, so that what is broken is found before it is sent."""
    image = opened(content, name)
    try:
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(name) from None
    except BROKEN:
        raise ProductRefused("The picture {name} is damaged: replace it and try again.", name=name) from None
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held, in a mode every encoder knows, without metadata but its colour profile."""
    profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA", "L"} else None
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = turned.point(lambda value: value / 256).convert("L")
    plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def _fits(image: Image.Image, types: Sequence[str], max_side: int) -> bool:
    """Whether the file may go out as it is, the number of bytes aside."""
    if Image.MIME.get(str(image.format)) not in types or max(image.size) > max_side:
        return False
    if image.format == "JPEG":
        segments = {name for name, _ in getattr(image, "applist", [])}
        return image.mode in {"RGB", "L"} and segments <= HARMLESS_JPEG
    if image.format == "PNG":
        return not getattr(image, "is_animated", False) and set(image.info) <= HARMLESS_PNG
    return image.format == "GIF" and set(image.info) <= HARMLESS_GIF


def _candidates(image: Image.Image, *, keep_png: bool) -> Iterator[tuple[bytes, str]]:
    """Encodings of ``image``, best first, smaller and smaller."""
    if keep_png or image.mode == "RGBA":
        yield _encoded(image, "PNG"), PNG
    flat = _on_white(image)
    for quality in (90, 85, 75, 65):
        yield _encoded(flat, "JPEG", quality=quality), JPEG
    while max(flat.size) > 16:
        flat = flat.resize((max(1, flat.width * 4 // 5), max(1, flat.height * 4 // 5)), Image.Resampling.LANCZOS)
        yield _encoded(flat, "JPEG", quality=75), JPEG


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    white.info = dict(image.info)
    return white


def _encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, optimize=True, icc_profile=image.info.get("icc_profile"), **options)
    return buffer.getvalue()


def chinese_font() -> Path | None:
    """A font of this machine that has Chinese characters, None where there is none."""
    return next((path for path in map(Path, CHINESE_FONTS) if path.is_file()), None)


def simplified_face(font: Path) -> int:
    """The number of the face for Simplified Chinese in a file that holds several, 0 where it names none.

    Collections of fonts for China, Japan and Korea begin with the Japanese forms of the characters.
    """
    for number in count():
        try:
            family, _ = ImageFont.truetype(str(font), 12, index=number).getname()
        except OSError:
            return 0
        if family and family.split()[-1] == "SC":
            return number
    raise AssertionError("a file holds a last face")


def draw_cover(title: str, office_name: str, *, ground: bytes = b"") -> bytes:
    """Draw a plain cover, 900 x 383, JPEG, for an item without a picture; the same words give the same picture.

    ``ground`` is a picture to write on, instead of a pattern. Where the machine has no Chinese font
    (``chinese_font``), the cover is the pattern alone.
    """
    seed = hashlib.sha256(f"{title}\n{office_name}".encode()).digest()
    dark, light = COVER_COLOURS[seed[0] % len(COVER_COLOURS)]
    if ground:
        with _loaded(ground, "") as image:
            cover = ImageOps.fit(_on_white(_upright(image)), COVER_SIZE, Image.Resampling.LANCZOS)
    else:
        cover = _gradient(dark, light)
        _draw_arcs(cover, seed)
    if font := chinese_font():
        _write(cover, title, office_name, str(font))
    return _encoded(cover, "JPEG", quality=90)


def _gradient(dark: tuple[int, int, int], light: tuple[int, int, int]) -> Image.Image:
    mask = Image.linear_gradient("L").rotate(90).resize(COVER_SIZE)
    return Image.composite(Image.new("RGB", COVER_SIZE, light), Image.new("RGB", COVER_SIZE, dark), mask)


def _draw_arcs(cover: Image.Image, seed: bytes) -> None:
    """Faint rings around a point on the right: decoration that never runs into the words."""
    width, height = cover.size
    veil = Image.new("L", cover.size, 0)
    draw = ImageDraw.Draw(veil)
    x, y = width - 40 - seed[1] // 2, seed[2] * height // 255
    for radius in range(60, 60 + 46 * (5 + seed[3] % 4), 46):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=34, width=3 + seed[4] % 12)
    cover.paste(Image.new("RGB", cover.size, "white"), mask=veil)


def _write(cover: Image.Image, title: str, office_name: str, font_path: str) -> None:
    draw = ImageDraw.Draw(cover)
    # The basic layout is the same on every machine; the other one is not there everywhere and fails on some signs.
    large, small = (ImageFont.truetype(font_path, size, layout_engine=ImageFont.Layout.BASIC) for size in (52, 26))
    lines = _balanced(drawable(title), large, max_width=cover.width - 150)
    top = (cover.height - 60 - 72 * len(lines)) // 2
    for number, line in enumerate(lines):
        draw.text((75, top + 72 * number), line, font=large, fill="white")
    for line in _lines(drawable(office_name), small, max_width=cover.width - 150, max_lines=1):
        draw.text((75, cover.height - 70), line, font=small, fill=(226, 232, 240))


def drawable(text: str) -> str:
    """Without emoji and signs nobody sees: no Chinese font has them, and a box is worse than nothing."""
    return "".join(
        sign
        for sign in text
        if unicodedata.category(sign) not in {"So", "Sk", "Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    )


def _balanced(text: str, font: ImageFont.FreeTypeFont, *, max_width: int) -> list[str]:
    """At most three lines of about the same width: a single character on the last one looks lost."""
    lines = _lines(text, font, max_width=max_width, max_lines=3)
    narrower = max_width
    while len(lines) > 1 and not lines[-1].endswith("…") and narrower > max_width // 2:
        narrower -= 26
        tried = _lines(text, font, max_width=narrower, max_lines=len(lines))
        if tried[-1].endswith("…"):
            break
        lines = tried
    return lines


def _lines(text: str, font: ImageFont.FreeTypeFont, *, max_width: int, max_lines: int) -> list[str]:
    """Break ``text`` anywhere, as Chinese may be; what does not fit ends in an ellipsis."""
    lines = [""]
    for sign in text:
        if font.getlength(lines[-1] + sign) <= max_width:
            lines[-1] += sign
        elif len(lines) < max_lines:
            lines.append(sign.lstrip())
        else:
            lines[-1] = lines[-1][:-1] + "…"
            break
    return lines
