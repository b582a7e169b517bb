"""Plain text as offices write it: a paragraph a line, headings by their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from publisher.items.pictures import Pictures
from publisher.items.readers.draft import Draft
from publisher.items.readers.encoding import decode

_NUMERAL = "[一二三四五六七八九十百零〇]{1,4}"
# The numbering of official documents, GB/T 9704: 一、 then （一） then 1. and below that only text.
_LEVELS = (
    (2, re.compile(rf"{_NUMERAL}、")),
    (3, re.compile(rf"[（(]\s*{_NUMERAL}\s*[)）]、?")),
    (4, re.compile(r"[0-9]{1,2}[.\uff0e、](?![0-9])")),
)
_LONGEST = {2: 200, 3: 100, 4: 40}
_CLAUSE = re.compile(r"[，,；;：:]")
_EXPLANATION = re.compile(r"[；;：:]")
_SENTENCE_END = re.compile(r"[。！？!?]")
_BLANKS = " \t\u3000\u00a0"


class _Line(NamedTuple):
    level: int
    """of a heading, 0 for any other paragraph"""
    ends_sentence: bool


def read_text(content: bytes, _pictures: Pictures) -> Draft:
    """Title from the first line, headings by their numbers."""
    lines = [line.strip(_BLANKS) for line in decode(content).splitlines()]
    title, *body = [line for line in lines if line] or [""]
    return Draft(html="\n".join([f"<p>{escape(title, quote=False)}</p>", *paragraphs(body)]), aligns=False)


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Non-empty lines as paragraphs and headings in HTML."""
    parsed = [_parse(line) for line in lines]
    neighbours = zip([None, *parsed], parsed, [*parsed[1:], None], strict=False)
    tags = [f"h{line.level}" if _is_heading(before, line, after) else "p" for before, line, after in neighbours]
    return [f"<{tag}>{escape(line, quote=False)}</{tag}>" for tag, line in zip(tags, lines, strict=True)]


def _parse(line: str) -> _Line:
    for level, number in _LEVELS:
        match = number.match(line)
        if match and _is_phrase(line[match.end() :], level):
            return _Line(level, bool(_SENTENCE_END.search(line)))
    return _Line(0, False)


def _is_phrase(rest: str, level: int) -> bool:
    """Whether the words after a number can be a heading: short, and no sentences one after the other."""
    if not rest or len(rest) > _LONGEST[level] or _SENTENCE_END.search(rest[:-1]) or rest.endswith(("；", ";")):
        return False
    if _SENTENCE_END.search(rest):
        return level < 4 and not _CLAUSE.search(rest)
    return level < 4 or not _EXPLANATION.search(rest)


def _is_heading(before: _Line | None, line: _Line, after: _Line | None) -> bool:
    """A short item could be a heading or one of a list; it is a heading where it stands alone above something else."""
    if line.level == 4 or line.ends_sentence:
        is_above = after is not None and (after.level == 0 or after.level > line.level)
        return is_above and line.level > 0 and (before is None or before.level != line.level)
    return line.level > 0
