"""PDF files."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pypdf
from pypdf.errors import PyPdfError

from channels.errors import Text
from publisher.review.checks.attached.unreadable import Unreadable
from publisher.review.checks.finding import Place
from publisher.review.checks.passages import Passage

BROKEN = (PyPdfError,)


def read(content: bytes) -> Iterator[Passage]:
    document = pypdf.PdfReader(BytesIO(content))
    if document.is_encrypted:
        raise Unreadable(Text("It is protected by a password and was not looked through."))
    has_text = False
    for number, page in enumerate(document.pages, start=1):
        for line, text in enumerate(page.extract_text().splitlines(), start=1):
            if text.strip():
                has_text = True
                yield Passage(Place("paragraph", line, sheet=str(number)), text)
    if not has_text:
        raise Unreadable(Text("It has no text, only pictures: look through it yourself."))
