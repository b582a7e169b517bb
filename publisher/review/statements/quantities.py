"""Numbers with the unit they count, as running text has them: 36期, 100余条, 突破10万人次."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from channels.errors import SettingRefused
from publisher.review.statements.numerals import LARGE
from publisher.review.statements.phrases import claim, vocabulary

UNITS = ("人次", "条", "期", "件", "项", "封", "次", "个", "篇", "场", "家", "份", "万元", "元")
"""What the figures of a report are counted in, the longer before the shorter."""

NO_UNIT = "(?<!个(?=方面|部分|环节|层面|月|工作日))"
"""What 个 counts in every text and no figure does: aspects, parts, months."""

TRADITIONAL = str.maketrans("條項個萬億餘過約", "条项个万亿余过约")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text. ``words``: all of it, with the words around it that say how exact it is."""

    value: Decimal
    unit: str
    words: str
    start: int
    end: int
    is_exact: bool

    def is_true_of(self, number: Decimal, unit: str) -> bool:
        """Whether a figure of ``number`` may be called so; 人次 are counted in 次."""
        if self.unit.removeprefix("人") != unit.removeprefix("人"):
            return False
        try:
            return claim(self.words).allows(number)
        except SettingRefused:
            return self.value == number


def quantities(text: str) -> Iterator[Quantity]:
    """All numbers with a unit, in reading order. A year, a day and 第58号 count nothing."""
    for match in _pattern().finditer(text.translate(TRADITIONAL)):
        value = Decimal(match["digits"].replace(",", "")) * LARGE.get(match["large"] or match["later"], 1)
        is_exact = not (match["before"] or match["after"] or match["behind"])
        yield Quantity(value, match["unit"], match[0], match.start(), match.end(), is_exact)


@cache
def _pattern() -> re.Pattern[str]:
    known = vocabulary()
    before, after, behind = (
        "|".join(sorted(map(re.escape, words), key=len, reverse=True))
        for words in (known.before, known.after, known.behind)
    )
    large = f"[{''.join(LARGE)}]"
    return re.compile(
        rf"(?P<before>{before})?(?<![\d.第〔年月])(?P<digits>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)\s*(?P<large>{large})?"
        rf"(?P<after>{after})?(?P<later>{large})?\s*(?P<unit>{'|'.join(UNITS)}){NO_UNIT}(?P<behind>{behind})?"
    )
