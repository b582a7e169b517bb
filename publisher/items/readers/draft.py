"""What every reader hands over: HTML not yet cleaned, and what it knows about the title."""

from __future__ import annotations

from dataclasses import dataclass

from channels.errors import Text


@dataclass(frozen=True)
class Draft:
    """HTML of any kind, pictures and headings as the file had them.

    Attributes:
        title: the title, where the file says it outside its text; a first-level heading goes before it.
        aligns: whether the format can set paragraphs on the right; where it cannot, the signature is set there for it.
    """

    html: str
    title: str = ""
    aligns: bool = True
    notes: tuple[Text, ...] = ()
