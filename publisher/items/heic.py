"""Pictures of telephones (HEIC): kept as JPEG from the moment they come in, since neither browsers nor platforms show
them otherwise.

Nothing of what the telephone wrote about place and time goes along, but its colour profile does.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from channels.later import later
from publisher.items.manuscript import UnreadableManuscript

if TYPE_CHECKING:
    import pi_heif
    from PIL import Image
else:
    Image, pi_heif = later("PIL.Image"), later("pi_heif")

MAX_PIXELS = 80_000_000
"""Larger than any office camera's picture, and about 240 MB once unpacked."""

QUALITY = 92

HEIC_ENDINGS = frozenset({".heic", ".heif"})

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""What such a file calls itself right behind its length. Source: ISO/IEC 23008-12, annex B and clause 10."""


def is_heic(content: bytes) -> bool:
    """Whether the bytes say so of themselves."""
    return content[4:8] == b"ftyp" and content[8:12] in BRANDS


def as_jpeg(content: bytes, name: str) -> bytes:
    """The main picture of a HEIC file, upright. The same bytes in, the same bytes out.

    Raises UnreadableManuscript: it is broken, too large, holds something else, or cannot be read on this machine.
    """
    try:
        opened = pi_heif.open_heif(BytesIO(content), convert_hdr_to_8bit=True)
        if opened.size[0] * opened.size[1] > MAX_PIXELS:
            raise too_many_pixels(name)
        picture = opened.to_pillow()
    except ImportError:
        # There is no build of it for some machines, such as those with LoongArch.
        raise UnreadableManuscript(
            "The picture {name} is in the format HEIC, which this computer cannot read: save it as JPEG, or install "
            "{package}.",
            name=name,
            package="pi-heif",
        ) from None
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError, MemoryError):
        raise UnreadableManuscript(
            "The picture {name} is damaged and cannot be opened: export it again and replace it.", name=name
        ) from None
    return _written(picture)


def too_many_pixels(name: str) -> UnreadableManuscript:
    """The error for a picture that would fill the memory."""
    return UnreadableManuscript(
        "The picture {name} has more than {limit} million pixels: make it smaller and submit again.",
        name=name,
        limit=MAX_PIXELS // 1_000_000,
    )


def _written(picture: Image.Image) -> bytes:
    profile = picture.info.get("icc_profile")
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A") if picture.has_transparency_data else None)
    buffer = BytesIO()
    flat.save(buffer, "JPEG", quality=QUALITY, icc_profile=profile)
    return buffer.getvalue()
