"""Whether two texts are one item written down twice, or two issues of one series.

Texts are compared as readers would: Traditional like Simplified, whatever the punctuation, the width of letters and the
blanks. What parts two issues of a series is their numbers and names; those have the last word.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from channels import markup
from channels.later import later

if TYPE_CHECKING:
    import opencc
    from rapidfuzz import distance, fuzz
else:
    opencc, distance, fuzz = later("opencc"), later("rapidfuzz.distance"), later("rapidfuzz.fuzz")

MAX_CHARACTERS = 20_000
"""Of a text that are looked at; longer ones do not differ only behind that."""

SHINGLE = 3
BANDS = 10
ROWS = 3
"""Two texts with a Jaccard index J of their shingles share a band with the probability 1 - (1 - J ** ROWS) ** BANDS:
0.97 at 0.67, which is one slip in every 15 characters."""

FEW = 20
"""Characters below which a text is found by its title and pictures."""
SHORT = 60
"""Characters below which a text says too little by itself: it and its title must be the same."""
LONG = 200
"""Characters from which the same text is the same item, whatever stands above it."""

NEARLY = 0.9
"""Similarity from which texts are one; with a similar title a little less is enough."""
NEARLY_WITH_TITLE = 0.85
SIMILAR_TITLE = 0.6

FEW_NUMBERS = 4
SHARE_OF_CHANGED_NUMBERS = 0.2

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMERALS = "〇零一二三四五六七八九十"
_COUNTED = re.compile(rf"(?:(?<=第)[{_NUMERALS}]{{1,4}}|[{_NUMERALS}]{{1,4}}(?=[年月日季期周号批次届]))")
_PARTS_OF_TIME = re.compile(r"[上下]半年|[上中下]旬|[前后]三季度")
_DIGITS = {sign: max(0, place - 1) for place, sign in enumerate(_NUMERALS[:-1])}


@dataclass(frozen=True)
class Comparable:
    """A title and a text as they are compared."""

    title: str
    html: str

    @cached_property
    def text(self) -> str:
        """Letters and digits of the text, and nothing else."""
        return bare(self._plain)

    @cached_property
    def bare_title(self) -> str:
        return bare(simplified(self.title))

    @cached_property
    def numbers(self) -> Counter[str]:
        return Counter(_numbers(self._plain))

    @cached_property
    def marks(self) -> frozenset[str]:
        """What tells one issue from another in the title: years, months, numbers of issues, halves of years."""
        title = simplified(self.title)
        return frozenset([*_numbers(title), *_PARTS_OF_TIME.findall(title)])

    @cached_property
    def pictures(self) -> tuple[str, ...]:
        return tuple(markup.pictures(self.html))

    @cached_property
    def _plain(self) -> str:
        return simplified(markup.plain_text(self.html)[:MAX_CHARACTERS])

    def bands(self, office: str) -> list[int]:
        """Numbers of which near duplicates in one office share at least one, nearly always; each fits 63 bits."""
        if len(self.text) >= FEW:
            features = {self.text[place : place + SHINGLE] for place in range(len(self.text) - SHINGLE + 1)}
        else:
            features = {f"title {self.bare_title}", *(f"picture {sha256}" for sha256 in self.pictures)}
        lowest = _lowest(features)
        parts = (lowest[place : place + ROWS] for place in range(0, BANDS * ROWS, ROWS))
        return [_hash(f"{office} {number} {part}") >> 1 for number, part in enumerate(parts)]


def likeness(one: Comparable, other: Comparable) -> float:
    """From 0 to 1: how much of their texts is the same; 0 where they are two items, however alike they look."""
    length = min(len(one.text), len(other.text))
    if length < SHORT:
        is_same = one.text == other.text and one.pictures == other.pictures and _have_one_title(one, other)
        return 1.0 if is_same else 0.0
    like_titles = fuzz.ratio(one.bare_title, other.bare_title) / 100
    if one.text == other.text and (length >= LONG or like_titles >= SIMILAR_TITLE):
        return 0.0 if length < LONG and _bear_other_marks(one, other) else 1.0
    wanted = NEARLY_WITH_TITLE if like_titles >= SIMILAR_TITLE else NEARLY
    found = fuzz.ratio(one.text, other.text, score_cutoff=100 * wanted) / 100
    if not found or _are_two_issues(one, other) or _name_others(one, other):
        return 0.0
    return found


def _have_one_title(one: Comparable, other: Comparable) -> bool:
    """The same, or one with a word more: 关于…的通知 and …的通知."""
    shorter, longer = sorted((one.bare_title, other.bare_title), key=len)
    return shorter in longer and 2 * len(shorter) >= len(longer)


def _bear_other_marks(one: Comparable, other: Comparable) -> bool:
    """第12期 and 第13期; not 第12期 and 2026年第12期."""
    return bool(one.marks - other.marks and other.marks - one.marks)


def _are_two_issues(one: Comparable, other: Comparable) -> bool:
    """Whether their titles bear other numbers, or their texts hold other figures."""
    if _bear_other_marks(one, other):
        return True
    changed = max((one.numbers - other.numbers).total(), (other.numbers - one.numbers).total())
    total = max(one.numbers.total(), other.numbers.total())
    allowed = max(SHARE_OF_CHANGED_NUMBERS * total, 1 if total >= FEW_NUMBERS else 0)
    return changed > allowed


def _name_others(one: Comparable, other: Comparable) -> bool:
    """Whether a part of the title was changed and the same part of the text with it: the same of somebody else."""
    for step in distance.Indel.opcodes(one.bare_title, other.bare_title):
        old = one.bare_title[step.src_start : step.src_end]
        new = other.bare_title[step.dest_start : step.dest_end]
        if step.tag == "delete" and _is_only_in(old, one, other) and len(old) > 1:
            return True
        if step.tag == "insert" and _is_only_in(new, other, one) and len(new) > 1:
            return True
        if step.tag == "replace" and _is_only_in(old, one, other) and _is_only_in(new, other, one):
            return True
    return False


def _is_only_in(part: str, one: Comparable, other: Comparable) -> bool:
    return part in one.text and part not in other.text


def simplified(text: str) -> str:
    """Compatible forms made one, Traditional characters made Simplified."""
    text = unicodedata.normalize("NFKC", text)
    # GB 2312 holds Simplified characters only, and most texts need no more: telling is quicker than converting.
    outside = (sign for sign in text if sign > "\u2e7f" and sign.isalpha() and not _is_gb2312(sign))
    return str(_converter().convert(text)) if any(outside) else text


def bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _numbers(text: str) -> list[str]:
    """Numbers in digits, and those in Chinese numerals that count or date, all in digits."""
    in_digits = [number.lstrip("0") or "0" for number in _NUMBER.findall(_THOUSANDS.sub("", text))]
    return in_digits + [_in_digits(numeral) for numeral in _COUNTED.findall(text)]


def _in_digits(numeral: str) -> str:
    """``十二`` → 12, ``二十`` → 20, ``二〇二六`` → 2026."""
    if "十" not in numeral:
        return "".join(str(_DIGITS[sign]) for sign in numeral).lstrip("0") or "0"
    tens, _ten, ones = numeral.partition("十")
    return str(10 * (_DIGITS.get(tens, 1) if tens else 1) + (_DIGITS.get(ones, 0) if ones else 0))


@cache
def _is_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _lowest(features: set[str]) -> list[int]:
    """One permutation hashing: the lowest hash in each of the bins; an empty one borrows from the next.

    Source: Shrivastava and Li, Densifying One Permutation Hashing via Rotation for Fast Near Neighbor Search, 2014.
    """
    count = BANDS * ROWS
    bins: list[int | None] = [None] * count
    for feature in features:
        value, place = divmod(_hash(feature), count)
        lowest = bins[place]
        if lowest is None or value < lowest:
            bins[place] = value
    return [_borrowed(bins, place) for place in range(count)]


def _borrowed(bins: list[int | None], place: int) -> int:
    for distance in range(len(bins)):
        value = bins[(place + distance) % len(bins)]
        if value is not None:
            return value + (distance << 64)
    return 0


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
