"""The running text of one paragraph: a flat list of tags and escaped text, and how it is tidied.

A token that begins with ``<`` is a tag; in any other every ``<`` is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

BREAK = "<br>"
_BLANKS = " \u3000"
_IDEOGRAPH = r"[\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
# A line broken inside Chinese text stands for nothing, elsewhere for a blank.
_CHINESE_BREAK = re.compile(rf"(?<={_IDEOGRAPH})[ \t]*[\r\n]\s*(?={_IDEOGRAPH})")
_SPACE = re.compile(r"[ \t\r\n\f\v\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]+")
# Zero-width characters and marks that turn the writing direction: invisible, and able to disguise a text.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TAG = re.compile(r"<[^>]*>")


def without_forbidden(text: str) -> str:
    """``text`` without control characters, halves of surrogate pairs and other characters no document may hold."""
    return _FORBIDDEN.sub("", text)


def tidy(tokens: Sequence[str]) -> list[str]:
    """The tokens of a paragraph with white space normalised and without tags that hold nothing."""
    return _without_empty(_trimmed(tokens))


def has_text(tokens: Sequence[str]) -> bool:
    return any(not is_tag(token) for token in tokens)


def is_tag(token: str) -> bool:
    return token.startswith("<")


def closing(tag: str) -> str:
    """``</a>`` for ``<a href="…">``."""
    return f"</{tag[1:-1].split(' ', 1)[0]}>"


def plain(markup: str) -> str:
    """The text of clean inline HTML on one line; a line break in Chinese text leaves nothing, elsewhere a blank."""
    text = unescape(_TAG.sub("", markup.replace(BREAK, "\n")))
    return " ".join(_CHINESE_BREAK.sub("", text).split())


def _trimmed(tokens: Sequence[str]) -> list[str]:
    trimmed: list[str] = []
    at_start, after_blank = True, True
    for token in tokens:
        if is_tag(token):
            if token == BREAK:
                _trim_end(trimmed)
                at_start = True
            elif token.startswith("<img"):
                at_start = after_blank = False
            trimmed.append(token)
            continue
        text = _SPACE.sub(" ", _CHINESE_BREAK.sub("", _INVISIBLE.sub("", token)))
        text = text.lstrip(_BLANKS if at_start else " " if after_blank else "")
        if text:
            trimmed.append(text)
            at_start, after_blank = False, text.endswith(" ")
    _trim_end(trimmed)
    return _without_outer_breaks(trimmed)


def _trim_end(tokens: list[str]) -> None:
    """Take the blanks off the end of the last line."""
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index] == BREAK or tokens[index].startswith("<img"):
            return
        if not is_tag(tokens[index]):
            tokens[index] = tokens[index].rstrip(_BLANKS)
            if tokens[index]:
                return
            del tokens[index]


def _without_outer_breaks(tokens: list[str]) -> list[str]:
    """Line breaks with nothing before or after them removed."""
    content = [i for i, token in enumerate(tokens) if not is_tag(token) or token.startswith("<img")]
    if not content:
        return []
    return [t for i, t in enumerate(tokens) if t != BREAK or content[0] < i < content[-1]]


def _without_empty(tokens: Sequence[str]) -> list[str]:
    """Pairs of tags around nothing removed, and equal neighbours joined: ``a</em><em>b`` becomes ``ab``."""
    kept: list[str] = []
    for token in tokens:
        last = kept[-1] if kept else ""
        if _opens_and_closes(last, token) or _closes_and_reopens(last, token):
            kept.pop()
        else:
            kept.append(token)
    return kept


def _opens_and_closes(last: str, token: str) -> bool:
    return token.startswith("</") and is_tag(last) and not last.startswith("</") and closing(last) == token


def _closes_and_reopens(last: str, token: str) -> bool:
    # Links are not joined: two beside each other may lead to different places.
    return last.startswith("</") and is_tag(token) and " " not in token and closing(token) == last
