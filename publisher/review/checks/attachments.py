"""The text inside attachments, as passages. What cannot be read is told, never passed over."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath

from lxml import etree

from channels.base import Medium
from channels.errors import Text
from publisher.review.checks.attached.unreadable import Unreadable
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passages import Passage

MAX_BYTES = 30 * 1024 * 1024
MAX_CHARACTERS = 2_000_000
SECONDS = 10.0
"""How long the reading of one attachment may take; looked at between two passages."""

PLAIN = frozenset({".txt", ".csv", ".md"})
SILENT = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".mp3", ".mp4", ".wav", ".avi"})
"""Files without a text."""

READERS = {".docx": "word", ".xlsx": "excel", ".xlsm": "excel", ".pdf": "pdf", **dict.fromkeys(PLAIN, "plain")}
"""Ending of the name → module of ``attached``. Loaded when used: their libraries are large, and few items need them."""

BROKEN = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, etree.LxmlError,
    RecursionError, MemoryError,
)  # fmt: skip
"""What the libraries raise about a file that is not what its name says, besides errors of their own."""


class _Broken(Exception):
    """The file is damaged, or not what its name says."""


def read(medium: Medium) -> tuple[list[Passage], list[Finding]]:
    """The passages of an attachment as far as it could be read, and what is to be said where it could not."""
    suffix = PurePath(medium.name).suffix.lower()
    if suffix in SILENT:
        return [], []
    found: list[Passage] = []
    try:
        if suffix not in READERS:
            raise Unreadable(Text("It is of a kind that cannot be looked through: offer it as .docx, .xlsx or .pdf."))
        if len(medium.content) > MAX_BYTES:
            raise Unreadable(
                Text("It is larger than {limit} MB and was not looked through.", limit=MAX_BYTES // 1024**2)
            )
        for passage in _limited(_passages(READERS[suffix], medium.content)):
            found.append(replace(passage, where=passage.where.inside(medium.name, passage.where.sheet)))
    except Unreadable as error:
        return found, [_told(medium, error.text)]
    except _Broken:
        return found, [_told(medium, Text("It is damaged, or protected by a password, and was not looked through."))]
    return found, []


def _passages(kind: str, content: bytes) -> Iterator[Passage]:
    reader = import_module(f"publisher.review.checks.attached.{kind}")
    try:
        yield from reader.read(content)
    except (*BROKEN, *reader.BROKEN) as error:
        raise _Broken from error


def _told(medium: Medium, text: Text) -> Finding:
    return Finding(Kind.ATTACHMENT, Severity.WARNING, Place("attachment", name=medium.name), text)


def _limited(passages: Iterator[Passage]) -> Iterator[Passage]:
    until, left = time.monotonic() + SECONDS, MAX_CHARACTERS
    for passage in passages:
        left -= len(passage.text)
        if left < 0 or time.monotonic() > until:
            raise Unreadable(Text("It is too long: only its beginning was looked through."))
        yield passage
