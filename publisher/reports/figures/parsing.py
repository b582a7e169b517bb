"""From what a person types to the exact value that is kept."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from channels.errors import Text
from publisher.reports.forms.format import AnalyticsFigure, EnteredFigure, TextFigure

Enterable = EnteredFigure | AnalyticsFigure | TextFigure
"""Figures a person gives a value to."""

LIMIT = Decimal(10) ** 15
SCALES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
SIGNS = {"+": 1, "-": -1, "\u2212": -1, "增": 1, "减": -1}
YES, NO = "是", "否"
SEPARATOR = "、"
"""Between several choices, as they are printed."""

_WORDS = {"是": YES, "yes": YES, "true": YES, "1": YES, "否": NO, "no": NO, "false": NO, "0": NO}


class BadValue(Exception):
    """A value that cannot be kept; ``text`` says what is wrong and what to write."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


def parse(figure: Enterable, typed: str) -> str:
    """The exact value of ``typed`` for a figure, as it is kept. Raises BadValue."""
    if isinstance(figure, TextFigure):
        return _text(typed)
    if isinstance(figure, AnalyticsFigure):
        return number(typed, unit=figure.unit, decimals=figure.decimals)
    match figure.holds:
        case "number":
            return signed(typed, figure) if figure.signed else number(typed, unit=figure.unit, decimals=figure.decimals)
        case "date":
            return _date(typed)
        case "yes_no":
            return _yes_no(typed)
        case "choice":
            return _choice(figure, typed)
        case "choices":
            return SEPARATOR.join(_choices(figure, typed))
    return _text(typed)


def number(typed: str, *, unit: str = "", decimals: int = 0) -> str:
    """A number of 0 or more in plain digits, without trailing zeros.

    Full-width digits, thousands separators, 万 and 亿, and the figure's own unit are understood. Raises BadValue.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if unit:
        text = text.removesuffix(unicodedata.normalize("NFKC", unit)).strip()
    scale = SCALES.get(text[-1:], 1)
    if scale > 1:
        text = text[:-1].strip()
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,6})?", text):
        raise BadValue("{text} is no number: write digits such as 36 or 1200.5.", text=typed)
    try:
        value = Decimal(text) * scale
    except InvalidOperation:  # pragma: no cover - the pattern above lets only numbers pass
        raise BadValue("{text} is no number: write digits such as 36 or 1200.5.", text=typed) from None
    if value >= LIMIT:
        raise BadValue("{text} is too large to be true: correct it.", text=typed)
    if value != round(value, decimals):
        raise BadValue("{text} has more than {decimals} decimals: round it.", text=typed, decimals=decimals)
    return plain(value)


def signed(typed: str, figure: EnteredFigure) -> str:
    """A number that may be below 0; 增 and 减 are understood as signs. Raises BadValue."""
    text = unicodedata.normalize("NFKC", typed).strip()
    sign, digits = (text[0], text[1:]) if text[:1] in SIGNS else ("+", text)
    value = Decimal(number(digits, unit=figure.unit, decimals=figure.decimals))
    return plain(value * SIGNS[sign] if value else value)


def plain(value: Decimal) -> str:
    """A number in plain digits: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(typed: str) -> str:
    lines = (" ".join(line.split()) for line in typed.strip().splitlines())
    text = "\n".join(line for line in lines if line)
    if not text:
        raise BadValue("This text is empty: write something, such as 无.")
    return text


def _date(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed).strip()
    match = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        pass
    raise BadValue("{text} is no day: write one such as 2018-01-24.", text=typed)


def _yes_no(typed: str) -> str:
    word = _WORDS.get(unicodedata.normalize("NFKC", typed).strip().lower())
    if word is None:
        raise BadValue("{text} is neither yes nor no: write 是 or 否.", text=typed)
    return word


def _choice(figure: EnteredFigure, typed: str) -> str:
    text = typed.strip()
    if text not in figure.options:
        raise BadValue(
            "{text} is not offered: choose from {options}.", text=text, options=SEPARATOR.join(figure.options)
        )
    return text


def _choices(figure: EnteredFigure, typed: str) -> list[str]:
    """The chosen options in the order of the form; 无 or nothing at all chooses none."""
    if typed.strip() in {"", "无"}:
        return []
    chosen = {_choice(figure, part) for part in re.split("[、,，;；]", typed) if part.strip()}
    return [option for option in figure.options if option in chosen]
