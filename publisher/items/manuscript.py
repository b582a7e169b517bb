"""What a reader makes of a file, and how it says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from channels.base import Medium
from channels.errors import Text

MAX_BYTES = 50 * 1024 * 1024
"""Largest manuscript, and largest picture, that is read."""


class UnreadableManuscript(Exception):
    """The file cannot become an item; ``text`` tells its author what to change."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True)
class Manuscript:
    """A file as the house understands it.

    Attributes:
        html: clean HTML without the title, pictures as ``<img src="asset:SHA256">``.
        media: every picture the HTML names, in reading order.
        notes: what was left out or changed on the way, for the person who submits.
    """

    title: str
    html: str
    media: tuple[Medium, ...]
    attachments: tuple[Medium, ...] = ()
    notes: tuple[Text, ...] = ()
