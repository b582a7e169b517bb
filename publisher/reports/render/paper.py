"""The report as PDF, made from the same HTML, with its page numbers, bookmarks and links."""

from __future__ import annotations

import hashlib
import io
from contextlib import redirect_stdout

from PIL import ImageFile

from channels.errors import ConfigurationError
from channels.pictures import chinese_font
from publisher.reports.document import Document
from publisher.reports.render.page import written_page
from publisher.reports.render.sources import Sources

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


def paper(document: Document, sources: Sources) -> bytes:
    """The PDF file. Raises ConfigurationError: the libraries that set type, or a Chinese font, are missing."""
    if weasyprint is None:
        raise ConfigurationError(
            "PDF files cannot be made on this machine: the libraries that set type are missing. Install the Debian "
            "packages {packages}, or choose Word or HTML.",
            packages=PACKAGES,
        )
    if chinese_font() is None:
        raise ConfigurationError(
            "PDF files cannot be made on this machine: no Chinese font was found. Install the Debian package "
            "{package}, or choose Word or HTML.",
            package="fonts-noto-cjk",
        )
    text = written_page(document, sources, is_paged=True)
    # By itself the identifier would be another one each time.
    identifier = hashlib.sha256(text.encode()).digest()[:16]
    made = weasyprint.HTML(string=text, url_fetcher=fetcher())
    written: bytes = made.write_pdf(pdf_tags=True, pdf_identifier=identifier)
    return written


def fetcher() -> weasyprint.urls.URLFetcher:
    """Pictures are inside the text: nothing is read from this machine or any other."""
    return weasyprint.urls.URLFetcher(allowed_protocols=["data"], allow_redirects=False)
