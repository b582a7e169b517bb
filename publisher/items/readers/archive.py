"""The archive a .docx file is: checked before anything unpacks it."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO

from lxml.etree import XMLSyntaxError

from publisher.items.manuscript import UnreadableManuscript
from publisher.items.readers.numbering import write_numbers

MAX_UNPACKED = 300 * 1024 * 1024
MAX_PART = 10 * 1024 * 1024
"""Largest XML part, about 3,000 pages of text: a document tree takes many times its size in memory."""

_DOCUMENT, _NUMBERING, _STYLES = "word/document.xml", "word/numbering.xml", "word/styles.xml"


def prepared(content: bytes, heading: re.Pattern[str]) -> tuple[bytes, bytes]:
    """The file with automatic numbers written out, and its part ``word/document.xml``.

    Args:
        heading: matches the names of styles that make headings.
    Raises UnreadableManuscript: no whole, unlocked Word file of sensible size.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check(archive)
            names = archive.namelist()
            document = archive.read(_DOCUMENT)
            if _NUMBERING not in names or _STYLES not in names or b"w:num" not in archive.read(_NUMBERING):
                return content, document
            numbered = write_numbers(document, archive.read(_NUMBERING), archive.read(_STYLES), heading)
            return _replaced(archive, numbered), numbered
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, XMLSyntaxError, ValueError):
        raise damaged() from None


def damaged() -> UnreadableManuscript:
    """The error for a file that Word itself would have to repair."""
    return UnreadableManuscript(
        "The Word file is damaged or incomplete: open it in Word or WPS, save it as .docx again and submit that."
    )


def _check(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    largest = max((part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))), default=0)
    if sum(part.file_size for part in parts) > MAX_UNPACKED or largest > MAX_PART:
        raise UnreadableManuscript("The Word file is too large once unpacked: split it or make its pictures smaller.")
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableManuscript("The file is locked with a password: save it without one and submit again.")
    if _DOCUMENT not in archive.namelist():
        raise UnreadableManuscript("This is no Word file: open it in Word or WPS, save it as .docx, submit that.")
    if archive.testzip() is not None:
        raise damaged()


def _replaced(archive: zipfile.ZipFile, document: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as copy:
        for name in dict.fromkeys(archive.namelist()):
            copy.writestr(name, document if name == _DOCUMENT else archive.read(name))
    return buffer.getvalue()
