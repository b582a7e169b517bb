"""What a reader makes of a file, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.base import Medium
from channels.errors import Text

MAX_BYTES = 50 * 1024 * 1024
"""Largest manuscript, and largest picture, that is read."""


class UnreadableManuscript(Exception):
    """The file cannot become an item; ``text`` tells its author what to change."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True, slots=True)
class Wording:
    """What an item says differently on one channel; what is empty is the item's own.

    ``html`` is clean; ``cover`` is the SHA-256 of the picture that stands for the item there.
    """

    title: str = ""
    summary: str = ""
    html: str = ""
    cover: str = ""


@dataclass(frozen=True)
class Manuscript:
    """A file as the house understands it.

    Attributes:
        html: clean HTML without the title, pictures as ``<img src="asset:SHA256">``.
        media: every picture the HTML names, in reading order.
        notes: what was left out or changed on the way, for the person who submits.
        variants: by channel, what is different there; made by ``variants.with_variants``.
        extra: pictures that only variants show.
        document_number: where the text begins with one, as official documents do.
    """

    title: str
    html: str
    media: tuple[Medium, ...]
    attachments: tuple[Medium, ...] = ()
    notes: tuple[Text, ...] = ()
    variants: Mapping[str, Wording] = field(default_factory=dict)
    extra: tuple[Medium, ...] = ()
    document_number: str = ""
