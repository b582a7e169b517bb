"""Vague words (百余条, 突破10万次): written only where the count supports them, proven where somebody wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.errors import SettingRefused
from publisher.office import BadConfiguration, flaws_in, read_toml
from publisher.review.statements import numerals
from publisher.review.statements.numerals import LARGE, NUMERAL, Numeral

Style = Literal["exact", "more", "over", "at_least", "near", "about", "under"]
"""What the words claim; ``config/phrases.toml`` says what each means and which words make it."""

LEAST = 10
"""Below it, no vague words: the number itself is shorter."""

Share = Annotated[float, Field(gt=0, lt=0.5)]


class _Vocabulary(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    near: Share
    about: Share
    nothing: tuple[str, ...] = Field(min_length=1)
    printed: dict[Style, str]
    before: dict[str, Style]
    after: dict[str, Style]
    behind: dict[str, Style]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A whole phrase: the words around the number, and what is counted."""
        nothing, before, after, behind = (
            "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            for words in (self.nothing, self.before, self.after, self.behind)
        )
        large = f"[{''.join(LARGE)}]*"
        return re.compile(
            rf"(?:(?P<nothing>{nothing})|"
            rf"(?P<before>{before})?(?P<number>{NUMERAL})(?:(?P<after>{after})(?P<large>{large}))?)"
            rf"(?P<unit>\D*?)(?P<behind>{behind})?"
        )

    def styles_of(self, before: str | None, after: str | None, behind: str | None) -> list[Style]:
        """What the words that were found claim; nothing where there are none."""
        tables = ((self.before, before), (self.after, after), (self.behind, behind))
        return [table[word] for table, word in tables if word]

    def printed_around(self, style: Style) -> tuple[str, str, str]:
        """The word printed for a style, at its place: before the number, after it, or behind what is counted."""
        word = self.printed.get(style, "")
        before, after, behind = (
            word if table.get(word) == style else "" for table in (self.before, self.after, self.behind)
        )
        return before, after, behind


@dataclass(frozen=True, slots=True)
class Claim:
    """What a phrase says about the number behind it: ``low`` < number < ``high``, or with the bounds themselves.

    ``unit`` is what it counts (条, 人次), as far as the phrase says it.
    """

    style: Style
    low: Fraction
    high: Fraction | None
    includes_low: bool
    includes_high: bool
    unit: str

    def allows(self, value: int | Decimal) -> bool:
        number = Fraction(value)
        above = number > self.low or (self.includes_low and number == self.low)
        below = self.high is None or number < self.high or (self.includes_high and number == self.high)
        return above and below


def supports(words: str, value: int | Decimal) -> bool:
    """Whether ``value`` is what the phrase claims. Raises SettingRefused: ``words`` are no phrase with a number."""
    return claim(words).allows(value)


def claim(words: str) -> Claim:
    """What a phrase such as 百余条, 突破10万次 or 无 claims. Raises SettingRefused: it is none."""
    known = vocabulary()
    found = known.pattern.fullmatch(numerals.plain(words).translate(str.maketrans("餘無沒過約", "余无没过约")))
    if found is None:
        raise SettingRefused('"{words}" says no number: write one such as 366条, 百余条 or 突破10万次.', words=words)
    styles = known.styles_of(found["before"], found["after"], found["behind"])
    if len(styles) > 1 or (found["nothing"] and styles):
        raise SettingRefused('"{words}" claims two things at once: write one of them.', words=words)
    if found["nothing"]:
        return _claim("exact", Numeral(Fraction(0), Fraction(1)), found["unit"])
    number = numerals.read(found["number"]).times(found["large"] or "")
    return _claim(styles[0] if styles else "exact", number, found["unit"])


def wording(value: int, style: Style = "exact", *, unit: str = "", in_characters: bool = False) -> str:
    """``value`` in words that are true: in the style that is wanted, or exactly where the style cannot be.

    A style names a round number of one figure, from 10 on, below the value or (近, 不足) above it; 0 is 无.

    Args:
        in_characters: numbers as 百余, not as 100余.
    """
    known = vocabulary()
    if value == 0:
        return known.nothing[0]
    number = _round_number(value, style)
    if style == "exact" or number.value < LEAST or not _claim(style, number, "").allows(value):
        return f"{_exact(value, in_characters=in_characters)}{unit}"
    before, after, behind = known.printed_around(style)
    return f"{before}{_rounded(int(number.value), after, in_characters=in_characters)}{unit}{behind}"


@cache
def vocabulary() -> _Vocabulary:
    """The words and what they claim. Raises BadConfiguration."""
    path = Path(settings.PUBLISHER_DEFAULTS) / "phrases.toml"
    try:
        return _Vocabulary.model_validate(read_toml(path))
    except ValidationError as error:
        raise BadConfiguration(path, list(flaws_in(error))) from None


def _claim(style: Style, number: Numeral, unit: str) -> Claim:
    known = vocabulary()
    value = number.value
    near, about = (value * Fraction(str(share)) for share in (known.near, known.about))
    low, high, includes_low, includes_high = {
        "exact": (value, value, True, True),
        "more": (value, value + number.step, False, False),
        "over": (value, None, False, False),
        "at_least": (value, None, True, False),
        "near": (value - near, value, True, False),
        "about": (value - about, value + about, True, True),
        "under": (Fraction(0), value, True, False),
    }[style]
    return Claim(style, low, high, includes_low, includes_high, unit)


def _round_number(value: int, style: Style) -> Numeral:
    """The number of one figure that a style names for ``value``."""
    place: int = 10 ** (len(str(value)) - 1)
    up = {"near": place, "under": place, "about": place // 2}.get(style, 0)
    figures = (value + up) // place * place
    return Numeral(Fraction(figures), Fraction(10 ** (len(str(figures)) - 1)))


def _exact(value: int, *, in_characters: bool) -> str:
    """All figures; in 万 or 亿 where no more than one decimal is needed."""
    if in_characters:
        return numerals.write(value)
    for name, unit in LARGE.items():
        if value >= unit and value * 10 % unit == 0:
            return f"{value // unit}{f'.{value * 10 // unit % 10}' if value % unit else ''}{name}"
    return str(value)


def _rounded(number: int, after: str, *, in_characters: bool) -> str:
    """A round number with the word after it, which says by its place how round: 2万余, but 10余万."""
    name, unit = next(((name, unit) for name, unit in LARGE.items() if number >= unit), ("", 1))
    times = number // unit
    figures = numerals.write(times) if in_characters else str(times)
    if after and times >= 100:
        figures = figures.removeprefix("一")
    return f"{figures}{name}{after}" if times < 10 and name else f"{figures}{after}{name}"
