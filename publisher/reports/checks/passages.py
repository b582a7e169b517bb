"""A document as passages of running text, each with the heading above it, for checks that read it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publisher.reports.document import Document, Heading, Paragraph, Run
from publisher.review.statements.sentences import sentences


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph. ``place``: the heading of the highest level above it."""

    place: str
    runs: Sequence[Run]

    @property
    def text(self) -> str:
        return normal("".join(run.text for run in self.runs))

    @property
    def typed(self) -> str:
        """Only what is no figure; where figures stood there is a break no pattern reaches across."""
        return normal("\n".join(run.text for run in self.runs if not run.figure))

    @property
    def sentences(self) -> list[str]:
        return sentences(self.text)


def passages(document: Document) -> Iterator[Passage]:
    """Headings and body paragraphs in reading order; notes and signatures are none."""
    place = ""
    for block in document.blocks:
        if isinstance(block, Heading):
            place = block.text if block.level == 1 or not place else place
            yield Passage(place, block.runs)
        elif isinstance(block, Paragraph) and block.kind == "body":
            yield Passage(place, block.runs)


def normal(text: str) -> str:
    """Full-width digits, letters and brackets as ordinary ones; traditional unit words stay what they are."""
    return unicodedata.normalize("NFKC", text)
