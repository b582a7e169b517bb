"""The head of an official document (红头文件): the issuing office in red, the document's number, the title.

Source: GB/T 9704-2012, 7.2, 7.3.1: the office's mark, often 某某局文件; below it the number, with 签发人 beside it in
documents that go upwards; below a red line the title, centred, in one or several lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from publisher.items.document_number import is_usual, tidied
from publisher.items.flow import Block

_SEARCHED = 6
_MOST_TITLE_LINES = 4
_SIGNER = re.compile(r"\s*签发人\s*[:\uff1a].*$")
_OFFICE_MARK = re.compile(r"[^\s，。；：]{2,40}(?:文件|[局厅部委会府室院办])")
_TITLE = re.compile(r"[^。；！？:\uff1a]{4,100}")


class Letterhead(NamedTuple):
    """What the head says.

    ``rest`` are the blocks without the title and the office's ``marks``; the number's line stays.
    """

    title: str
    number: str
    marks: list[str]
    rest: list[Block]


def letterhead(blocks: Sequence[Block]) -> Letterhead | None:
    """The head at the beginning of a text, or None where no line there is a document's number."""
    numbers = [_number(block) for block in blocks[:_SEARCHED]]
    place = next((place for place, number in enumerate(numbers) if number), None)
    if place is None:
        return None
    title = _title(blocks[place + 1 :])
    marks = [block for block in blocks[:place] if title and _OFFICE_MARK.fullmatch(block.text)]
    rest = [block for block in blocks if not any(block is other for other in (*marks, *title))]
    words = "".join(block.text for block in title)
    return Letterhead(words, numbers[place], [block.text for block in marks], rest)


def _number(block: Block) -> str:
    text = tidied(_SIGNER.sub("", block.text)) if block.tag == "p" else ""
    return text if is_usual(text) else ""


def _title(below: Sequence[Block]) -> list[Block]:
    """The centred lines below the number; where none is centred, one line that is no sentence and addresses nobody."""
    centred = list(takewhile(lambda block: block.tag == "p" and block.align == "center" and block.text, below))
    if centred:
        return centred if len(centred) <= _MOST_TITLE_LINES else []
    return [block for block in below[:1] if block.tag == "p" and _TITLE.fullmatch(block.text)]
