"""Word files."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from docx.text.paragraph import Paragraph

from publisher.review.checks.attached.unreadable import require_modest
from publisher.review.checks.finding import Place
from publisher.review.checks.passages import Passage, rows_as_passages

BROKEN = (PackageNotFoundError,)


def read(content: bytes) -> Iterator[Passage]:
    require_modest(content)
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
