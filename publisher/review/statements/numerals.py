"""Chinese numerals: read alone or mixed with digits (十余万, 1.2万, 3百), and written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from channels.errors import SettingRefused

DIGITS = "零一二三四五六七八九"
SMALL = {"千": 1000, "百": 100, "十": 10}
LARGE = {"亿": 100_000_000, "万": 10_000}
UNITS = LARGE | SMALL

SPELLINGS = str.maketrans("\u3007兩两萬億", "零二二万亿")
"""Other ways to write the same figure."""

ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
NUMERAL = rf"(?:{ARABIC}[{''.join(UNITS)}]*|[{DIGITS}{''.join(UNITS)}]+)"
"""What may be a numeral; whether it is one, ``read`` says."""

_FIGURE = rf"[{DIGITS[1:]}]"
_SECTION = re.compile(
    rf"(?:({_FIGURE})千)?(?:零?({_FIGURE})百)?(?:零?({_FIGURE})?(十))?(?:(?:(?<=十)|零|^)({_FIGURE}))?"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it is written; ``step`` is the place of its last figure (400 and 四百 → 100, 1.2万 → 1000)."""

    value: Fraction
    step: Fraction

    def times(self, units: str) -> Numeral:
        """The same in larger units (万)."""
        factor = prod(UNITS[unit] for unit in units)
        return Numeral(self.value * factor, self.step * factor)


def plain(text: str) -> str:
    """The same text in half-width digits, one spelling of each figure, and without blanks."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).translate(SPELLINGS)


def read(text: str) -> Numeral:
    """The number ``text`` writes. Raises SettingRefused: it writes none."""
    arabic = re.fullmatch(rf"({ARABIC})([{''.join(UNITS)}]*)", text)
    if arabic:
        figures, units = arabic[1].replace(",", ""), arabic[2]
        whole, _, decimals = figures.partition(".")
        is_round = not decimals and not units and whole.strip("0")
        zeros = len(whole) - len(whole.rstrip("0")) if is_round else -len(decimals)
        return Numeral(Fraction(figures), Fraction(10) ** zeros).times(units)
    value = _chinese(text)
    return Numeral(Fraction(value), Fraction(UNITS.get(text[-1:], 1)))


def write(number: int) -> str:
    """``number``, not below zero, in Chinese numerals."""
    for name, unit in LARGE.items():
        if number >= unit:
            high, low = divmod(number, unit)
            return f"{write(high)}{name}{_rest(low, unit)}"
    words = "".join(
        f"{DIGITS[figure]}{name}" if figure else "零"
        for name, unit in (*SMALL.items(), ("", 1))
        for figure in [number // unit % 10]
    )
    words = re.sub("零+", "零", words).strip("零") or "零"
    return words.removeprefix("一") if words.startswith("一十") else words


def _rest(low: int, unit: int) -> str:
    if not low:
        return ""
    words = write(low)
    words = f"一{words}" if words.startswith("十") else words
    return words if low * 10 >= unit else f"零{words}"


def _chinese(text: str) -> int:
    if text in UNITS:
        return UNITS[text]
    for name, unit in LARGE.items():
        high, found, low = text.rpartition(name)
        if found:
            return _chinese(high) * unit + (_chinese(low.removeprefix("零")) if low else 0)
    if len(text) > 1 and set(text) <= set(DIGITS):
        return int("".join(str(DIGITS.index(figure)) for figure in text))
    if text == "零":
        return 0
    section = _SECTION.fullmatch(text)
    if not text or section is None:
        raise SettingRefused("{words} is no number: write it in digits.", words=text)
    thousands, hundreds, tens, ten, ones = section.groups(default="")
    figures = (thousands, hundreds, tens or ("一" if ten else ""), ones)
    return sum(DIGITS.index(figure) * unit for figure, unit in zip(figures, (1000, 100, 10, 1), strict=True) if figure)
