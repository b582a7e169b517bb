"""Setting type: HTML as PDF, and as a picture. Deterministic for one version of the libraries and fonts."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from math import ceil
from threading import Lock

import pypdfium2
from PIL import Image, ImageFile

from channels.errors import ConfigurationError
from channels.pictures import chinese_font

try:
    # It prints what is missing on stdout, which belongs to what a command answers.
    with redirect_stdout(io.StringIO()):
        import weasyprint
        import weasyprint.urls
except OSError:  # what cffi raises where a library of the system is missing
    weasyprint = None
# It makes Pillow take damaged pictures, in the whole program: what a channel sends must be sound.
ImageFile.LOAD_TRUNCATED_IMAGES = False

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
"""Debian's names."""

PX_PER_POINT = 96 / 72

_drawing = Lock()
"""PDFium may be used by one thread at a time (readme of pypdfium2)."""


def require_typesetting() -> None:
    """Raises ConfigurationError: the libraries that set type, or a Chinese font, are missing."""
    if weasyprint is None:
        raise ConfigurationError(
            "PDF files and tall pictures cannot be made on this machine: the libraries that set type are missing. "
            "Install the Debian packages {packages}, or do without them.",
            packages=PACKAGES,
        )
    if chinese_font() is None:
        raise ConfigurationError(
            "PDF files and tall pictures cannot be made on this machine: no Chinese font was found. Install the Debian "
            "package {package}, or do without them.",
            package="fonts-noto-cjk",
        )


def document(html: str) -> weasyprint.HTML:
    """A page to be set. Pictures are inside it: nothing is read from this machine or any other.

    Raises ConfigurationError: something is missing on this machine.
    """
    require_typesetting()
    return weasyprint.HTML(string=html, url_fetcher=fetcher())


def fetcher() -> weasyprint.urls.URLFetcher:
    """What fetches for a page: nothing but what stands in the page itself."""
    return weasyprint.urls.URLFetcher(allowed_protocols=["data"], allow_redirects=False)


def picture_above(html: str, mark: str) -> Image.Image | None:
    """The first page down to the element whose id is ``mark``, one dot for each CSS pixel; None: it is further down.

    Raises ConfigurationError: something is missing on this machine.
    """
    set_in_type = document(html).render()
    page = set_in_type.pages[0]
    place = page.anchors.get(mark)
    if place is None:
        return None
    left_out = (page.height - ceil(place[1])) / PX_PER_POINT
    with _drawing, pypdfium2.PdfDocument(set_in_type.write_pdf()) as pages:
        drawn: Image.Image = pages[0].render(scale=PX_PER_POINT, crop=(0, left_out, 0, 0)).to_pil()
        return drawn.convert("RGB")
