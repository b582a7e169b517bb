"""The pictures of one manuscript: found, checked and named by their digest. Nothing is ever fetched from a network."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from PIL import UnidentifiedImageError

from channels.base import ASSET, Medium
from channels.errors import Text
from channels.later import later
from publisher.items.heic import HEIC_ENDINGS, MAX_PIXELS, as_jpeg, is_heic, too_many_pixels
from publisher.items.manuscript import MAX_BYTES, UnreadableManuscript

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = later("PIL.Image")

FORMATS = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    # Cameras append a preview to a JPEG; any program opens the first picture in it.
    "MPO": ("image/jpeg", "jpg"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "BMP": ("image/bmp", "bmp"),
    "TIFF": ("image/tiff", "tif"),
}

NAMED = re.compile(rf'<img src="{ASSET}([0-9a-f]{{64}})"')
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):")
_SHOWN = 200


class Pictures:
    """Collects the pictures of one manuscript.

    Args:
        folder: where relative addresses start; None: there is no such folder.
        known: SHA-256 digests of stored pictures this text may name as ``asset:SHA256``.

    ``notes`` says which pictures were left out.
    """

    def __init__(self, folder: Path | None = None, known: Collection[str] = ()) -> None:
        self.folder = folder
        self.notes: list[Text] = []
        self._known = frozenset(known)
        self._media: dict[str, Medium] = {}
        self._count = 0

    def add(self, content: bytes, *, name: str = "", alt: str = "") -> str:
        """Take a picture in and return its address ``asset:SHA256``.

        Args:
            name: its file name; without one it is called by its number.
        Raises UnreadableManuscript: it is no picture, broken, too large, or of a format that cannot be published.
        """
        self._count += 1
        medium = picture_of(content, name, alt, number=self._count)
        self._media.setdefault(medium.sha256, medium)
        return ASSET + medium.sha256

    def address(self, source: str, alt: str = "") -> str | None:
        """The ``asset:`` address for the ``src`` of an ``img``, or None (and a note) where the picture is left out.

        Raises UnreadableManuscript: a picture of the manuscript is missing, broken or outside its folder.
        """
        match = _SCHEME.match(source)
        scheme = match.group(1).lower() if match else ""
        if scheme == "data":
            return self.add(_data_bytes(source, self._count + 1), alt=alt)
        if scheme == "asset":
            return self._known_address(source)
        if not scheme and not source.startswith("//"):
            return self._local_address(source, alt)
        if scheme in {"", "http", "https", "ftp"}:
            self._leave_out(
                "The picture {address} lies on another server and was left out: save it and insert it as a file.",
                source,
            )
        else:
            self._leave_out("The picture {address} could not be taken along: insert it again as a file.", source)
        return None

    def named_in(self, html: str) -> tuple[Medium, ...]:
        """The collected pictures that clean ``html`` names, in reading order, each once."""
        digests = dict.fromkeys(NAMED.findall(html))
        return tuple(self._media[digest] for digest in digests if digest in self._media)

    def _known_address(self, source: str) -> str | None:
        digest = source[len(ASSET) :]
        if digest in self._media or digest in self._known:
            return ASSET + digest
        self._leave_out("The picture {address} does not belong to this item and was left out.", source)
        return None

    def _local_address(self, source: str, alt: str) -> str | None:
        relative = unquote(urlsplit(source.replace("\\", "/")).path)
        path = self._path(relative)
        try:
            # A pipe or device would never end.
            if not path.is_file():
                raise missing(relative)
            if path.stat().st_size > MAX_BYTES:
                raise UnreadableManuscript(
                    "The picture {name} is larger than {limit} MB: make it smaller and submit again.",
                    name=relative,
                    limit=MAX_BYTES // 1024**2,
                )
            content = path.read_bytes()
        except OSError:
            raise missing(relative) from None
        return self.add(content, name=path.name, alt=alt)

    def _path(self, relative: str) -> Path:
        if self.folder is None:
            raise missing(relative)
        if not relative.isprintable():
            raise missing(ascii(relative))
        folder = self.folder.resolve()
        path = (folder / relative).resolve()
        if re.match(r"[a-zA-Z]:", relative) or not path.is_relative_to(folder):
            raise UnreadableManuscript(
                "The picture {name} lies outside the folder of the manuscript: put it beside the manuscript and "
                "name it by its file name.",
                name=relative,
            )
        return path

    def _leave_out(self, template: str, source: str) -> None:
        shown = source if len(source) <= _SHOWN else source[:_SHOWN] + "…"
        self.notes.append(Text(template, address=shown))


def missing(name: str) -> UnreadableManuscript:
    """The error for a picture that is named but not there."""
    return UnreadableManuscript(
        "The picture {name} is missing: put it beside the manuscript, or take it out of the text.", name=name or "?"
    )


def picture_of(content: bytes, name: str, alt: str = "", *, number: int = 1) -> Medium:
    """A picture as it is kept: as it came, but JPEG where it is a telephone's HEIC.

    Args:
        number: what it is called by where it has no name.
    Raises UnreadableManuscript: it is no picture, broken, too large, or of a format that cannot be published.
    """
    told = name or f"#{number}"
    if is_heic(content):
        content = as_jpeg(content, told)
    media_type, extension = _format(content, told)
    if Path(name).suffix.lower() in HEIC_ENDINGS:
        name = f"{Path(name).stem}.{extension}"
    return Medium(name or f"picture-{number}.{extension}", media_type, content, alt)


def _format(content: bytes, name: str) -> tuple[str, str]:
    """Media type and file extension of a picture, told by its content.

    Raises UnreadableManuscript: it does not open to the last byte, is too large, or has a format not in ``FORMATS``.
    """
    try:
        with Image.open(BytesIO(content)) as picture:
            kind, size = picture.format or "", picture.size
            if kind in FORMATS and size[0] * size[1] <= MAX_PIXELS:
                picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels(name) from None
    except UnidentifiedImageError:
        raise _wrong_format(name) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, NotImplementedError):
        raise UnreadableManuscript(
            "The picture {name} is damaged and cannot be opened: export it again and replace it.", name=name
        ) from None
    if kind not in FORMATS:
        raise _wrong_format(name)
    if size[0] * size[1] > MAX_PIXELS:
        raise too_many_pixels(name)
    return FORMATS[kind]


def _wrong_format(name: str) -> UnreadableManuscript:
    return UnreadableManuscript(
        "The picture {name} is damaged or of a kind that cannot be published: save it as PNG or JPEG and replace it.",
        name=name,
    )


def _data_bytes(source: str, number: int) -> bytes:
    head, _, data = source.partition(",")
    raw = unquote_to_bytes(data)
    if not head.rstrip().lower().endswith(";base64"):
        return raw
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        raise UnreadableManuscript(
            "The picture {name} is damaged and cannot be opened: export it again and replace it.", name=f"#{number}"
        ) from None
