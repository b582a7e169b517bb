"""What a product looks like where it is going, and how full it is: for people who decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from channels.errors import Text

OwnField = Literal["title", "summary", "html", "cover"]
"""What an item may have of its own for one channel."""

OWN_FIELDS: tuple[OwnField, ...] = ("title", "summary", "html", "cover")

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a preview."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Preview:
    """A page that shows a product as its readers will see it, with all that the page names beside it.

    Attributes:
        start: path of the page among ``files``; its addresses are relative, so that the files may lie anywhere.
        handed_over: paths of those files that somebody gets as they are, byte for byte, and not as part of the page.
    """

    start: str
    files: Mapping[str, File]
    handed_over: tuple[str, ...] = ()


class Way(StrEnum):
    """How a length is counted. Whoever counts while somebody types must come to the same number."""

    HALF_WIDTH = "half-width"
    """one for each character up to U+00FF, two for any other"""
    POST = "post"
    """as half-width, but four for any beyond U+FFFF and 20 for each web address; blanks in a row are one"""
    SIGNS = "signs"
    """every character of the text of HTML that is no blank, the marks of lists included"""
    CELLS = "cells"
    """the same, but digits and Latin letters share a cell by two"""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full something is.

    Attributes:
        name: what it is; ``unit``: what is counted.
        parts: what fills it, by the field of the item it comes from.
        extra: what is counted besides, whatever the item says.
        over: what happens above the limit: the product is refused, it is cut, or somebody is told.
        fitted: of the parts those that nobody wrote: the beginning of the text, as much as there is room for.
    """

    name: Text
    unit: Text
    way: Way
    parts: Mapping[OwnField, int]
    limit: int
    over: Literal["refused", "cut", "told"]
    extra: int = 0
    fitted: frozenset[OwnField] = frozenset()

    @property
    def used(self) -> int:
        return max(self._written, min(self._wanted, self.limit))

    @property
    def left(self) -> int:
        """How much more there is room for; below zero where it is too long."""
        return self.limit - self.used

    @property
    def is_filled_up(self) -> bool:
        """Whether what nobody wrote fills all the room that is left, and goes on behind it."""
        return self._written <= self.limit < self._wanted

    @property
    def _written(self) -> int:
        return self.extra + sum(count for name, count in self.parts.items() if name not in self.fitted)

    @property
    def _wanted(self) -> int:
        return self.extra + sum(self.parts.values())
