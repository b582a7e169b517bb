"""Counting, cutting and comparing texts as the platform does.

Source: open.weibo.com/wiki, 2/statuses/share, and the counter of the platform's own page, read 2026-11.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import regex

LINK_UNITS = 20
"""What every address costs, however long: it is kept as ``http://t.cn/A6xxxxxx``."""

ADDRESS = r"https?://[!-~]+"
"""Chinese text right behind an address may be swallowed into it; counting it as text errs on the safe side."""

SAFE = "%/:=&?~+!$,;'@()*[]"
"""Signs that mean something in an address; a percent sign stands for what is encoded already."""

FULL_WIDTH_SIGN = "\uff03"
ELLIPSIS = "…"
SENTENCE_ENDS = frozenset("。！？；!?;")
PIECE = regex.compile(rf"{ADDRESS}|\X")
WHOLE_ADDRESS = re.compile(ADDRESS)
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


def units(text: str) -> int:
    """Length in half-width units: two for a Chinese character, four for an emoji, 20 for an address."""
    return sum(map(_piece_units, PIECE.findall(text.strip())))


def cut(text: str, max_units: int) -> str:
    """``text`` shortened to ``max_units``: at the end of a sentence in its second half, else anywhere, with ``…``.

    Never inside an address or inside what readers see as one character.
    """
    if units(text) <= max_units:
        return text
    pieces = list(_first(PIECE.findall(text), max_units))
    ends = [number for number, piece in enumerate(pieces, start=1) if piece[0] in SENTENCE_ENDS]
    sentences = "".join(pieces[: ends[-1]]) if ends else ""
    if 2 * units(sentences) >= max_units:
        return sentences
    kept = "".join(_first(pieces, max_units - units(ELLIPSIS))).rstrip()
    return kept + ELLIPSIS if kept else ""


def without_topics(text: str) -> str:
    """``#`` in full width: in pairs it would make topics, which the platform removes from shared texts."""
    return text.replace("#", FULL_WIDTH_SIGN)


def in_ascii(link: str) -> str:
    """``link`` with everything behind the host percent-encoded: an address in a post ends at the first other sign."""
    parts = urlsplit(link)
    path, query, fragment = (quote(part, safe=SAFE) for part in (parts.path, parts.query, parts.fragment))
    return parts._replace(path=path, query=query, fragment=fragment).geturl()


def normalised(text: str) -> str:
    """What stays the same when a text comes back: no addresses, topics, invisible signs or doubled white space."""
    plain = unicodedata.normalize("NFC", html.unescape(text))
    plain = re.sub(r"https?://\S+", " ", plain)
    plain = re.sub(r"#[^#\n]*#", " ", plain)
    return " ".join(INVISIBLE.sub("", plain).split())


def is_same(one: str, other: str) -> bool:
    """Whether two texts say the same, whatever became of their blanks."""
    return "".join(normalised(one).split()) == "".join(normalised(other).split())


def _first(pieces: list[str], max_units: int) -> Iterator[str]:
    """As many of the first pieces as fit."""
    left = max_units
    for piece in pieces:
        left -= _piece_units(piece)
        if left < 0:
            return
        yield piece


def _piece_units(piece: str) -> int:
    if len(piece) == 1:
        return _sign_units(piece)
    return LINK_UNITS if WHOLE_ADDRESS.fullmatch(piece) else sum(map(_sign_units, piece))


def _sign_units(sign: str) -> int:
    return 1 if sign <= "\u00ff" else 2 if sign <= "\uffff" else 4
