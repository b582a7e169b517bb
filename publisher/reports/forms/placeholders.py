"""Placeholders in the texts of a form: ``{key}``, ``{key:number}``, ``{key:unit}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Show = Literal["phrase", "number", "unit"]

GENERAL = frozenset({"year", "last_year", "next_year", "office", "today"})
"""What every report knows without a figure."""

_PLACE = re.compile(r"\{([a-z][a-z0-9_.]*)(?::(number|unit))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure goes, and which part of it."""

    key: str
    show: Show


def split(text: str) -> Iterator[str | Place]:
    """Plain text and places in turn, in reading order; empty texts are left out."""
    at = 0
    for match in _PLACE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        part = match[2]
        yield Place(match[1], "number" if part == "number" else "unit" if part == "unit" else "phrase")
        at = match.end()
    if at < len(text):
        yield text[at:]


def keys(text: str) -> list[str]:
    """The figures a text names, without the general ones, in reading order."""
    return [part.key for part in split(text) if isinstance(part, Place) and part.key not in GENERAL]


def stray_braces(text: str) -> bool:
    """Whether something looks like a placeholder and is none."""
    return any("{" in part or "}" in part for part in split(text) if isinstance(part, str))
