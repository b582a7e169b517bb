"""One item as every file format of the package writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.base import Medium
from channels.markup import Block


@dataclass(frozen=True, slots=True)
class Piece:
    """Text, pictures and what is said about them.

    Attributes:
        made_at: when the item was first submitted, in the office's time zone; the date of every file.
        pictures: by the digest the text names; ``captions`` likewise.
        columns: over how many columns of ``line`` cells it is set; 0: nobody said.
    """

    key: str
    revision: int
    title: str
    column_title: str
    byline: str
    office_name: str
    source: str
    summary: str
    made_at: datetime
    content: Sequence[Block]
    html: str
    pictures: Mapping[str, Medium]
    captions: Mapping[str, str]
    characters: int
    columns: int
    line: int
    font: str

    def caption(self, sha256: str) -> str:
        """What stands under a picture."""
        medium = self.pictures.get(sha256)
        return self.captions.get(sha256) or (medium.caption or medium.alt if medium else "")
