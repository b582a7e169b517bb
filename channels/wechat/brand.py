"""What makes articles those of one office: the picture in their footer, and the ground of covers that are drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from channels import pictures
from channels.base import Medium, Note
from channels.errors import ProductRefused, Text
from channels.later import later
from channels.wechat.options import WechatOptions

if TYPE_CHECKING:
    import segno
else:
    segno = later("segno")

CODE_SIDE = 430
"""As large as the platform's own codes for printing; shown smaller."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Read once when the program starts: what is signed later is made of these bytes, whatever becomes of the files.

    ``notes`` say what could not be read.
    """

    code: Medium | None = None
    cover_ground: bytes = field(default=b"", repr=False)
    notes: Sequence[Note] = ()


PLAIN = Brand()


def load(options: WechatOptions, home: Path) -> Brand:
    """The brand of an account; files lie in the home."""
    notes: list[Note] = []
    content = _code(options.footer_code, home, notes)
    code = (
        Medium(f"footer-{Medium('', '', content).sha256[:16]}.png", pictures.PNG, content, "二维码")
        if content
        else None
    )
    ground = _read(options.cover_template, home, notes) if options.cover_template else b""
    return Brand(code, ground, tuple(notes))


def _code(wanted: str, home: Path, notes: list[Note]) -> bytes:
    """A picture for the footer: a file, or a code that leads to an address."""
    if not wanted.startswith(("http://", "https://")):
        return _fitted(_read(wanted, home, notes), wanted, notes) if wanted else b""
    buffer = io.BytesIO()
    drawn = segno.make(wanted, error="m", micro=False)
    drawn.save(buffer, kind="png", scale=max(1, CODE_SIDE // drawn.symbol_size(border=2)[0]), border=2)
    return buffer.getvalue()


def _fitted(content: bytes, name: str, notes: list[Note]) -> bytes:
    if not content:
        return b""
    try:
        with pictures.opened(content, name) as image:
            buffer = io.BytesIO()
            image.convert("RGB").save(buffer, "PNG", optimize=True)
    except ProductRefused as error:
        notes.append(Note(error.text))
        return b""
    return buffer.getvalue()


def _read(name: str, home: Path, notes: list[Note]) -> bytes:
    try:
        return (home / name).read_bytes()
    except OSError:
        notes.append(Note(Text("The picture {path} is not in the home: put it there, or correct its name.", path=name)))
        return b""
