"""The report as PDF, made from the same HTML, with its page numbers, bookmarks and links."""

from __future__ import annotations

import hashlib

from channels.typesetting import document as set_in_type
from publisher.reports.document import Document
from publisher.reports.render.page import written_page
from publisher.reports.render.sources import Sources


def paper(document: Document, sources: Sources) -> bytes:
    """The PDF file. Raises ConfigurationError: the libraries that set type, or a Chinese font, are missing."""
    text = written_page(document, sources, is_paged=True)
    # By itself the identifier would be another one each time.
    identifier = hashlib.sha256(text.encode()).digest()[:16]
    written: bytes = set_in_type(text).write_pdf(pdf_tags=True, pdf_identifier=identifier)
    return written
