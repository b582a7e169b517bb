"""Totals in a sentence with the parts named after them: 共7项:…3项、…1项."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from publisher.review.statements.quantities import Quantity, quantities

_TOTAL = re.compile(r"(?:共计?|共有|合计|总计|總計|共計|合計)\s*$")
_OF_WHICH = re.compile(r"其中")


@dataclass(frozen=True, slots=True)
class Total:
    """A total, the parts after it, and whether they are only some of its parts (其中)."""

    whole: Quantity
    parts: tuple[Quantity, ...]
    is_open: bool

    @property
    def adds_up(self) -> bool:
        added = sum((part.value for part in self.parts), Decimal(0))
        return added == self.whole.value or (self.is_open and added < self.whole.value)


def totals(sentence: str) -> Iterator[Total]:
    """Every exact total of a sentence with two parts or more of the same unit."""
    found = list(quantities(sentence))
    for place, whole in enumerate(found):
        if not whole.is_exact or not _TOTAL.search(sentence[: whole.start]):
            continue
        parts = tuple(part for part in found[place + 1 :] if part.unit == whole.unit and part.is_exact)
        if len(parts) > 1:
            yield Total(whole, parts, bool(_OF_WHICH.search(sentence[whole.end : parts[0].start])))
