"""Excel files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from channels.errors import Text
from publisher.review.checks.attached.unreadable import Unreadable, require_modest
from publisher.review.checks.passages import Passage, rows_as_passages

BROKEN = (InvalidFileException,)

MAX_ROWS = 20_000


def read(content: bytes) -> Iterator[Passage]:
    require_modest(content)
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
