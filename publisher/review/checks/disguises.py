"""Text as a machine reads numbers in it: whatever a number may be dressed up in is taken off, its place kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INVISIBLE = frozenset("\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63"
_BLANKS = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CIRCLED = {0x2460 + place: ord("1") + place for place in range(9)} | {0x24EA: ord("0")}
_PLAIN = _FULL_WIDTH | _CIRCLED | dict.fromkeys(map(ord, _HYPHENS), "-") | dict.fromkeys(map(ord, _BLANKS), " ")

_CHINESE = "零一二三四五六七八九"
_FIGURES = {ord(sign): str(figure) for figure, sign in enumerate(_CHINESE)} | {ord("\u3007"): "0", ord("○"): "0"}
_FIGURES |= {ord(sign): str(figure) for figure, sign in enumerate("零壹贰叁肆伍陆柒捌玖")} | {ord("幺"): "1"}
_SPELLED = re.compile(rf"[{''.join(map(chr, _FIGURES))}]{{11,19}}")


@dataclass(frozen=True, slots=True)
class Bare:
    """``text`` in plain figures; ``places``: where each of its characters stands in the text it was made from."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the original behind a part of the bare text that is not empty."""
        return self.places[start], self.places[end - 1] + 1


def bare(text: str) -> Bare:
    """Full-width and circled figures, exotic blanks and hyphens as plain ones, invisible characters away.

    Eleven and more Chinese figures in a row are a number too: 一三八〇〇….
    """
    kept = [place for place, sign in enumerate(text) if sign not in _INVISIBLE]
    plain = "".join(text[place] for place in kept).translate(_PLAIN)
    return Bare(_SPELLED.sub(lambda found: found[0].translate(_FIGURES), plain), tuple(kept))
