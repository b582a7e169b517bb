"""The text inside attachments, as passages. What cannot be read is told, never passed over."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import PurePath

import pypdf
from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pypdf.errors import PyPdfError

from channels.base import Medium
from channels.errors import Text
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passages import Passage, rows_as_passages

MAX_BYTES = 30 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
"""Packed files that grow beyond it are not opened."""
MAX_CHARACTERS = 2_000_000
MAX_ROWS = 20_000
SECONDS = 10.0
"""How long the reading of one attachment may take; looked at between two passages."""

PLAIN = frozenset({".txt", ".csv", ".md"})
SILENT = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".mp3", ".mp4", ".wav", ".avi"})
"""Files without a text."""


class Unreadable(Exception):
    """An attachment that cannot be looked through; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


def read(medium: Medium) -> tuple[list[Passage], list[Finding]]:
    """The passages of an attachment as far as it could be read, and what is to be said where it could not."""
    suffix = PurePath(medium.name).suffix.lower()
    if suffix in SILENT:
        return [], []
    found: list[Passage] = []
    try:
        reader = READERS.get(suffix)
        if reader is None:
            raise Unreadable(Text("It is of a kind that cannot be looked through: offer it as .docx, .xlsx or .pdf."))
        if len(medium.content) > MAX_BYTES:
            raise Unreadable(
                Text("It is larger than {limit} MB and was not looked through.", limit=MAX_BYTES // 1024**2)
            )
        for passage in _limited(reader(medium.content)):
            found.append(replace(passage, where=passage.where.inside(medium.name, passage.where.sheet)))
    except Unreadable as error:
        return found, [_told(medium, error.text)]
    except (*BROKEN, RecursionError, MemoryError):
        return found, [_told(medium, Text("It is damaged, or protected by a password, and was not looked through."))]
    return found, []


BROKEN = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, etree.LxmlError,
    PackageNotFoundError, InvalidFileException, PyPdfError,
)  # fmt: skip
"""What the libraries raise about a file that is not what its name says."""


def _told(medium: Medium, text: Text) -> Finding:
    return Finding(Kind.ATTACHMENT, Severity.WARNING, Place("attachment", name=medium.name), text)


def _limited(passages: Iterator[Passage]) -> Iterator[Passage]:
    until, left = time.monotonic() + SECONDS, MAX_CHARACTERS
    for passage in passages:
        left -= len(passage.text)
        if left < 0 or time.monotonic() > until:
            raise Unreadable(Text("It is too long: only its beginning was looked through."))
        yield passage


def _require_modest(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            raise Unreadable(
                Text("It unpacks to more than {limit} MB and was not opened.", limit=MAX_UNPACKED // 1024**2)
            )


def _word(content: bytes) -> Iterator[Passage]:
    _require_modest(content)
    document = Document(BytesIO(content))
    paragraphs = tables = 0
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            paragraphs += 1
            if block.text.strip():
                yield Passage(Place("paragraph", paragraphs), block.text)
        elif isinstance(block, Table):
            tables += 1
            yield from rows_as_passages([[cell.text for cell in row.cells] for row in block.rows], tables)
    for section in document.sections:
        for part in (section.header, section.footer):
            for paragraph in part.paragraphs:
                if paragraph.text.strip():
                    yield Passage(Place("paragraph", paragraphs), paragraph.text)


def _excel(content: bytes) -> Iterator[Passage]:
    _require_modest(content)
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    for number, sheet in enumerate(book.worksheets, start=1):
        rows = [[_cell(value) for value in row] for row in islice(sheet.iter_rows(values_only=True), MAX_ROWS + 1)]
        for passage in rows_as_passages(rows[:MAX_ROWS], number):
            yield replace(passage, where=replace(passage.where, sheet=sheet.title))
        if len(rows) > MAX_ROWS:
            raise Unreadable(Text("It is too long: only its beginning was looked through."))


def _cell(value: object) -> str:
    if value is None:
        return ""
    # Excel keeps every number as a float; 13812345678.0 is a telephone number all the same.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _pdf(content: bytes) -> Iterator[Passage]:
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


def _plain(content: bytes) -> Iterator[Passage]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield Passage(Place("paragraph", number), line)


READERS: dict[str, Callable[[bytes], Iterator[Passage]]] = {
    ".docx": _word, ".xlsx": _excel, ".xlsm": _excel, ".pdf": _pdf, **dict.fromkeys(PLAIN, _plain),
}  # fmt: skip
