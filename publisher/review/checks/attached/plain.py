"""Files of plain text, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.review.checks.finding import Place
from publisher.review.checks.passages import Passage

BROKEN: tuple[type[Exception], ...] = ()


def read(content: bytes) -> Iterator[Passage]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield Passage(Place("paragraph", number), line)
