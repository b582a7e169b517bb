"""How Weibo counts and changes what is posted. Source: open.weibo.com/wiki, 2/statuses/share, read 2026-11."""

from __future__ import annotations

import re
import secrets

from channels.sandbox.weibo.entries import Link
from channels.sandbox.weibo.numbers import ALPHABET

LINK_UNITS = 20
SHORT = "http://t.cn/A6"
SHORT_LETTERS = 6
NARROW_LIMIT = 0xFF
BASIC_PLANE_LIMIT = 0xFFFF
LINK = re.compile(r"https?://\S+")
TOPIC = re.compile(r"#[^#\s][^#\n]*#")
GAPS = re.compile(r"[ \t\u3000]+")


def units(text: str) -> int:
    """Length in half-width units: 1 up to U+00FF, 2 beyond, 4 outside the basic plane, a link always 20.

    White space at both ends does not count.
    """
    words = LINK.sub("", text.strip())
    return LINK_UNITS * len(LINK.findall(text)) + sum(map(_character_units, words))


def links_in(text: str) -> list[str]:
    """Addresses in reading order; an address ends at white space only, so glued Chinese text becomes part of it."""
    return LINK.findall(text)


def shorten(text: str) -> tuple[str, tuple[Link, ...]]:
    """``text`` with a short address in the place of each one, and what the short ones stand for."""
    links: list[Link] = []

    def short(address: re.Match[str]) -> str:
        links.append(Link(SHORT + "".join(secrets.choice(ALPHABET) for _ in range(SHORT_LETTERS)), address[0]))
        return links[-1].short

    return LINK.sub(short, text), tuple(links)


def tidy(text: str) -> str:
    """``text`` without ``#topics#`` and doubled spaces, as it is kept; addresses stay as they are."""
    parts = re.split(f"({LINK.pattern})", text)
    parts[::2] = [TOPIC.sub("", part) for part in parts[::2]]
    return GAPS.sub(" ", "".join(parts)).strip()


def _character_units(character: str) -> int:
    code = ord(character)
    if code <= NARROW_LIMIT:
        return 1
    return 2 if code <= BASIC_PLANE_LIMIT else 4
