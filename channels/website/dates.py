"""Days as people write them on Chinese pages and in tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

# Zero is written in three ways. The digits of a year stand one by one; days and months are counted.
ZEROS = "零\u3007\u25cb"
DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | dict.fromkeys(ZEROS, 0)
COUNTED = "[一二三四五六七八九十]{1,3}"

NUMERIC = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})\s*(?P<mark>[-/.年])\s*(?P<month>\d{1,2})\s*(?:(?P=mark)|月)\s*(?P<day>\d{1,2})(?!\d)"
)
COMPACT = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)")
CHINESE = re.compile(
    rf"(?P<year>[{ZEROS}一二三四五六七八九]{{4}})\s*年\s*(?P<month>{COUNTED})\s*月\s*(?P<day>{COUNTED})\s*日"
)
WITHOUT_YEAR = re.compile(r"(?<![\d\-/.年])(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?(?![\d\-/.月])")


def read_day(text: str, *, year: int | None = None) -> date | None:
    """The first day ``text`` names, None where it names none.

    Years have four digits; a day without a year is one of ``year``, where that is given.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = sorted(_days(plain), key=lambda place: place[0])
    if found:
        return found[0][1]
    bare = WITHOUT_YEAR.search(plain) if year is not None else None
    return _day(str(year), bare["month"], bare["day"]) if bare else None


def read_by_pattern(text: str, pattern: re.Pattern[str]) -> date | None:
    """The day in the groups ``year``, ``month`` and ``day`` of the first match, None where there is none."""
    found = pattern.search(unicodedata.normalize("NFKC", text))
    return _day(found["year"], found["month"], found["day"]) if found else None


def _days(text: str) -> Iterator[tuple[int, date]]:
    for form in (NUMERIC, COMPACT, CHINESE):
        for found in form.finditer(text):
            day = _day(found["year"], found["month"], found["day"])
            if day is not None:
                yield found.start(), day


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(_number(year), _number(month), _number(day))
    except (ValueError, TypeError):
        return None


def _number(text: str) -> int:
    """``2017``, ``二〇一七``, ``十二``, ``三十一`` or ``9``. Raises ValueError."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_digit(sign)) for sign in text))
    tens, _, ones = text.partition("十")
    return 10 * (_digit(tens) if tens else 1) + (_digit(ones) if ones else 0)


def _digit(sign: str) -> int:
    if sign not in DIGITS:
        raise ValueError(f"{sign!r} is no digit")
    return DIGITS[sign]
