"""What the newspaper gets as plain text, and the numbers its editors ask for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from channels.markup import Block

INDENT = "\u3000\u3000"
NEWLINE = "\r\n"
"""What typesetting systems under Windows expect."""

STEM_BYTES = 120
"""Longest name in UTF-8 bytes: leaves room for an ending below the usual limit of 255."""

UNSAFE = re.compile(r'[\\/:*?"<>|\s.\x00-\x1f\x7f]+')


def file_stem(key: str, title: str) -> str:
    """Name of an item's files: key and title, without what Windows, Linux or a mail program could stumble over."""
    readable = "".join(sign for sign in unicodedata.normalize("NFC", title) if sign.isprintable() or sign.isspace())
    name = f"{key}_{UNSAFE.sub('_', readable).strip('_ ')}"
    return cut_bytes(name, STEM_BYTES).rstrip("_ ")


def cut_bytes(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that has at most ``limit`` bytes in UTF-8."""
    return text.encode("utf-8")[:limit].decode("utf-8", "ignore")


def picture_mark(number: int) -> str:
    """Stands in the text where picture ``number`` (from 1) belongs."""
    return f"〔图片{number:02d}〕"


def text_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The text, one line a paragraph, with a mark for each picture; a picture met again has its first number."""
    numbers: dict[str, int] = {}
    for block in blocks:
        if block.kind == "picture":
            yield picture_mark(numbers.setdefault(block.sha256, len(numbers) + 1))
        for line in block.lines():
            yield from line.split("\n")


def text_file(head: Sequence[str], blocks: Sequence[Block]) -> str:
    """The whole text file: lines of the head, an empty line, indented paragraphs."""
    body = [line if "\t" in line else INDENT + line for line in text_lines(blocks)]
    return NEWLINE.join([*filter(None, head), "", *body]) + NEWLINE


def character_count(text: str) -> int:
    """Characters without any kind of blank."""
    return sum(not sign.isspace() for sign in text)


def word_count(text: str) -> int:
    """字数 much as Word counts it: every East Asian character or mark is one, every Latin word or number is one."""
    wide = sum(is_wide(sign) for sign in text)
    rest = "".join(" " if is_wide(sign) else sign for sign in text)
    return wide + len(rest.split())


def is_wide(sign: str) -> bool:
    """Whether the sign fills a whole square of the page. Quotation marks and dashes (class A) do in Chinese text."""
    return not sign.isspace() and unicodedata.east_asian_width(sign) in "WFA"


def outside_gb2312(text: str) -> str:
    """Characters of ``text`` for which a face with the 6 763 characters of GB 2312 has no drawing, each once."""
    seen = dict.fromkeys(sign for sign in text if sign > "\x7f" and sign not in "·—" and not sign.isspace())
    return "".join(sign for sign in seen if not _is_gb2312(sign))


def _is_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
