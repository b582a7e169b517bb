"""The figures of a report that was published once, as somebody copies them out of it: JSON, a table, or KEY=VALUE."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from channels.errors import SettingRefused, Text
from publisher.items.tables import Line, read_table
from publisher.reports.figures.parsing import BadValue, number
from publisher.review.statements.phrases import Claim, claim

HEADINGS = {
    "key": "key", "键": "key", "数字": "key", "编码": "key",
    "value": "value", "值": "value", "数值": "value",
    "precision": "precision", "精度": "precision",
    "wording": "wording", "措辞": "wording", "原文": "wording",
}  # fmt: skip
"""What may stand above a column of a table; the rest is not read."""

AT_LEAST = frozenset({"at_least", "at least", "至少", "以上", "不少于"})
EXACT = frozenset({"", "exact", "准确", "确数"})


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed figure: the number it names, the words around it, and what they claim."""

    key: str
    value: Decimal
    words: str
    claim: Claim


class BadPrinted(Exception):
    """Printed figures that cannot be read; ``mistakes`` says where and why, the place empty where there is one only."""

    def __init__(self, mistakes: Sequence[tuple[str, Text]]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{place}: {text}" for place, text in mistakes))


def read_printed(name: str, content: bytes) -> list[Printed]:
    """All figures of a file, in its order. Raises BadPrinted: with every mistake; UnreadableTable: it is no table."""
    is_json = Path(name).suffix.lower() == ".json"
    places = list(_from_json(content) if is_json else _from_table(name, content))
    printed: dict[str, Printed] = {}
    mistakes: list[tuple[str, Text]] = []
    for place, parts in places:
        try:
            one = _printed(parts)
        except (BadValue, SettingRefused) as error:
            mistakes.append((place, error.text))
            continue
        if one.key in printed:
            mistakes.append((place, Text("{key} stands there twice: delete one.", key=one.key)))
        printed[one.key] = one
    if not places:
        mistakes = [("", Text("There are no figures in {name}: write the headings key and value.", name=name))]
    if mistakes:
        raise BadPrinted(mistakes)
    return list(printed.values())


def parse_printed(text: str) -> Printed:
    """``portal_notices=34`` or ``weibo_wechat_items=100余条``. Raises BadPrinted."""
    key, sign, value = text.partition("=")
    if not sign:
        example = "portal_notices=34"
        raise BadPrinted(
            [("", Text("“{text}” names no figure: write one such as {example}.", text=text, example=example))]
        )
    try:
        return _printed({"key": key.strip(), "value": value.strip()})
    except (BadValue, SettingRefused) as error:
        raise BadPrinted([(key.strip(), error.text)]) from None


def _printed(parts: Mapping[str, str]) -> Printed:
    """Raises BadValue, SettingRefused."""
    key, written, precision = (parts.get(name, "").strip() for name in ("key", "value", "precision"))
    if not key:
        raise BadValue("The key of the figure is missing: write it.")
    if precision.lower() not in EXACT | AT_LEAST:
        raise BadValue("{text} is no precision: write exact or at_least.", text=precision)
    words = parts.get("wording", "").strip()
    claimed = _claimed(words) or _claimed(written)
    if claimed is None:
        # It says why the value is none.
        claimed = claim(written)
    named = _named(claimed)
    value = Decimal(number(written)) if _is_number(written) else named
    if value != named:
        raise BadValue("“{words}” and {value} are two numbers: correct one.", words=words or written, value=written)
    if precision.lower() in AT_LEAST and claimed.style == "exact":
        claimed = Claim("at_least", Fraction(value), None, includes_low=True, includes_high=False, unit=claimed.unit)
    return Printed(key, value, words or written, claimed)


def _claimed(words: str) -> Claim | None:
    """What words claim; None where they are no number, such as 不予公开."""
    try:
        return claim(words) if words else None
    except SettingRefused:
        return None


def _is_number(written: str) -> bool:
    try:
        number(written)
    except BadValue:
        return False
    return True


def _named(claimed: Claim) -> Decimal:
    """The number that vague words name: 近400 names the bound above."""
    bound = claimed.high if claimed.style in {"near", "under"} and claimed.high is not None else claimed.low
    if claimed.style == "about" and claimed.high is not None:
        bound = (claimed.low + claimed.high) / 2
    return Decimal(bound.numerator) / Decimal(bound.denominator)


def _from_json(content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """``{"figures": [{"key": …, "value": …}]}``, such a list alone, or ``{KEY: VALUE}``."""
    try:
        data: Any = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        raise BadPrinted([("", Text("The file is no JSON: correct it, or use a table."))]) from None
    found = data.get("figures", data) if isinstance(data, dict) else data
    if isinstance(found, dict):
        found = [{"key": key, "value": value} for key, value in found.items()]
    for place, part in enumerate(found if isinstance(found, list) else [], start=1):
        if not isinstance(part, dict):
            raise BadPrinted([(str(place), Text("A figure is an object with key and value: correct it."))])
        yield str(place), {name: _text(part.get(name)) for name in ("key", "value", "precision", "wording")}


def _from_table(name: str, content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    for sheet in read_table(name, content):
        names = _names(sheet.lines[0]) if sheet.lines else []
        if {"key", "value"} <= set(names):
            for line in sheet.lines[1:]:
                cells = zip(names, line.cells, strict=False)
                yield f"{sheet.name}!{line.number}".lstrip("!"), {name: str(cell) for name, cell in cells if name}


def _names(line: Line) -> list[str]:
    return [HEADINGS.get(str(cell).strip().lower(), "") for cell in line.cells]


def _text(value: object) -> str:
    return "" if value is None else str(value)
