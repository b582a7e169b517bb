"""Clippings: pages of newspapers as PDF or pictures, found by the day or issue their names tell."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import UnidentifiedImageError

from channels.base import Json
from channels.errors import Text
from channels.later import later
from channels.website.dates import read_day
from publisher.items.store import Store

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = later("PIL.Image")

PDF = b"%PDF-"
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "BMP": "image/bmp", "WEBP": "image/webp"}
MAX_BYTES = 100_000_000
ISSUE = re.compile(r"第\s*(\d+)\s*期|(?:^|[^0-9A-Za-z])(?:no\.?|issue)\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clipping:
    """One file: where it lies, and what it is known by once it is kept."""

    path: Path
    name: str
    sha256: str
    media_type: str
    size: int

    def as_json(self) -> Json:
        return {"name": self.name, "sha256": self.sha256, "media_type": self.media_type, "size": self.size}


class BadClipping(Exception):
    """A file that is no clipping; ``text`` says why."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


class Clippings:
    """The files of a folder and the folders in it.

    Raises OSError: the folder cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        self.used: set[Path] = set()

    def of(self, day: date, issue: str) -> list[Clipping]:
        """Those whose names tell that day, or without a day that issue. Raises BadClipping, OSError."""
        return [self._read(path) for path in self.paths if _tells(path.stem, day, issue)]

    def named(self, name: str) -> Clipping | None:
        """The one with that name, with its ending or without, None where there is none. Raises BadClipping, OSError."""
        wanted = unicodedata.normalize("NFC", name.replace("\\", "/"))
        for path in self.paths:
            relative = unicodedata.normalize("NFC", path.relative_to(self.folder).as_posix())
            if wanted in {relative, relative.rpartition("/")[2], relative.rpartition("/")[2].removesuffix(path.suffix)}:
                return self._read(path)
        return None

    @property
    def unused(self) -> list[Path]:
        return [path for path in self.paths if path not in self.used]

    def _read(self, path: Path) -> Clipping:
        self.used.add(path)
        if (size := path.stat().st_size) > MAX_BYTES:
            raise BadClipping(
                "The clipping {name} is larger than {megabytes} MB: make it smaller.", name=path.name, megabytes=100
            )
        content = path.read_bytes()
        media_type = media_type_of(content)
        if not media_type:
            raise BadClipping("{name} is no clipping: use PDF, JPEG, PNG or TIFF.", name=path.name)
        return Clipping(path, path.name, hashlib.sha256(content).hexdigest(), media_type, size)


def keep(store: Store, clippings: Sequence[Clipping]) -> None:
    """Put them into the store. Raises BadClipping: one has changed meanwhile; OSError."""
    for clipping in clippings:
        if store.put(clipping.path.read_bytes()) != clipping.sha256:
            raise BadClipping("{name} has changed while it was read: run it again.", name=clipping.name)


def _tells(stem: str, day: date, issue: str) -> bool:
    told = read_day(stem)
    if told is not None:
        return told == day
    found = ISSUE.search(unicodedata.normalize("NFKC", stem))
    return bool(issue and found and (found[1] or found[2]).lstrip("0") == issue.lstrip("0"))


def media_type_of(content: bytes) -> str:
    """What the bytes are; empty where they are no clipping."""
    if content.startswith(PDF):
        return "application/pdf"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                return PICTURES.get(picture.format or "", "")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return ""
