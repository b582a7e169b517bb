"""Writes Word's automatic numbers into the text, where a plain HTML list would show other ones.

Word and WPS turn a typed "一、" into automatic numbering without asking, so the chapters of many official documents
carry numbers that are nowhere in their text.

Source for the elements: ECMA-376 part 1, 17.9 (numbering).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from lxml import etree

_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W = f"{{{_NAMESPACE}}}"
_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_PLAIN = frozenset(["decimal", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman"])


class Level(NamedTuple):
    """How one level of a numbering looks: ``text`` like ``（%1）``, ``style`` the paragraph style tied to it."""

    start: int
    number_format: str
    text: str
    style: str


@dataclass
class Numbering:
    """One ``w:num``: its levels, and what it counts together with."""

    levels: Mapping[int, Level]
    counts_with: str


@dataclass
class _Place:
    """A numbered paragraph."""

    paragraph: etree._Element
    num_id: str
    level: int
    is_heading: bool


class _Style(NamedTuple):
    num_id: str
    base: str
    is_heading: bool


@dataclass
class _Counter:
    values: dict[int, int] = field(default_factory=dict)

    def label(self, level: int, levels: Mapping[int, Level]) -> str:
        """Count one up on ``level`` and return the number as Word shows it."""
        self.values = {depth: value for depth, value in self.values.items() if depth <= level}
        self.values[level] = self.values.get(level, levels[level].start - 1) + 1
        label = levels[level].text
        for depth in sorted(levels, reverse=True):
            shown = formatted(self.values.get(depth, levels[depth].start), levels[depth].number_format)
            label = label.replace(f"%{depth + 1}", shown)
        return label


def write_numbers(document: bytes, numbering: bytes, styles: bytes, heading: re.Pattern[str]) -> bytes:
    """The part ``word/document.xml`` with numbers written out. Lists that HTML numbers the same way stay lists.

    Args:
        document, numbering, styles: parts of the file as XML.
        heading: matches the names of styles that make headings.
    Raises lxml.etree.XMLSyntaxError: a part is no XML.
    Raises ValueError: a number in it is none.
    """
    numberings = _numberings(_parsed(numbering))
    tree = _parsed(document)
    places = list(_places(tree, numberings, _styles(_parsed(styles), heading)))
    lists = {place.num_id for place in places if _is_plain_list(place.num_id, places, numberings)}
    counters: dict[str, _Counter] = {}
    for place in places:
        known = numberings[place.num_id]
        label = counters.setdefault(known.counts_with, _Counter()).label(place.level, known.levels)
        if place.num_id not in lists and known.levels[place.level].number_format != "bullet":
            _write(place.paragraph, label)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)


def formatted(number: int, number_format: str) -> str:
    """A number in one of Word's formats; unknown ones as digits."""
    match number_format:
        case "none" | "bullet":
            return ""
        case "upperLetter" | "lowerLetter":
            letter = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letter if number_format == "upperLetter" else letter.lower()
        case "upperRoman" | "lowerRoman":
            return _roman(number) if number_format == "upperRoman" else _roman(number).lower()
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if 1 <= number <= 20:
            return chr(ord("①") + number - 1)
        case "ideographTraditional" if 1 <= number <= 10:
            return _STEMS[number - 1]
        case "chineseCounting" | "chineseCountingThousand" | "taiwaneseCountingThousand" | "japaneseCounting" if (
            0 < number < 100
        ):
            return _chinese(number)
        case "taiwaneseCounting" | "ideographDigital" | "japaneseDigitalTenThousand":
            return _chinese(number) if number < 100 else "".join(_DIGITS[int(digit)] for digit in str(number))
    return str(number)


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def _roman(number: int) -> str:
    roman = ""
    for value, sign in _ROMAN:
        roman += sign * (number // value)
        number %= value
    return roman


def _numberings(tree: etree._Element) -> dict[str, Numbering]:
    abstract = {_get(node, "abstractNumId"): _levels(node) for node in tree.iter(f"{_W}abstractNum")}
    found = {}
    for node in tree.iter(f"{_W}num"):
        num_id, base = _get(node, "numId"), _value(node, "abstractNumId")
        levels = dict(abstract.get(base, {}))
        overrides = list(node.iterchildren(f"{_W}lvlOverride"))
        for override in overrides:
            levels |= _levels(override)
            depth, start = int(_get(override, "ilvl") or 0), _value(override, "startOverride")
            if start and depth in levels:
                levels[depth] = levels[depth]._replace(start=int(start))
        found[num_id] = Numbering(levels, f"num {num_id}" if overrides else f"abstract {base}")
    return found


def _levels(node: etree._Element) -> dict[int, Level]:
    return {
        int(_get(level, "ilvl") or 0): Level(
            int(_value(level, "start") or 1),
            _value(level, "numFmt") or "decimal",
            _value(level, "lvlText"),
            _value(level, "pStyle"),
        )
        for level in node.iterchildren(f"{_W}lvl")
    }


def _styles(tree: etree._Element, heading: re.Pattern[str]) -> dict[str, _Style]:
    found = {}
    for style in tree.iter(f"{_W}style"):
        number = style.find(f"{_W}pPr/{_W}numPr")
        found[_get(style, "styleId")] = _Style(
            "" if number is None else _value(number, "numId"),
            _value(style, "basedOn"),
            heading.fullmatch(_value(style, "name").strip()) is not None,
        )
    return found


def _places(
    tree: etree._Element, numberings: Mapping[str, Numbering], styles: Mapping[str, _Style]
) -> Iterator[_Place]:
    for properties in tree.iterfind(f".//{_W}p/{_W}pPr"):
        own = properties.find(f"{_W}numPr")
        style = _value(properties, "pStyle")
        num_id = ("" if own is None else _value(own, "numId")) or _inherited(style, styles)
        levels = numberings[num_id].levels if num_id in numberings else {}
        written = "" if own is None else _value(own, "ilvl")
        level = int(written) if written else next((depth for depth, known in levels.items() if known.style == style), 0)
        paragraph = properties.getparent()
        if level in levels and paragraph is not None:
            yield _Place(paragraph, num_id, level, style in styles and styles[style].is_heading)


def _inherited(style: str, styles: Mapping[str, _Style]) -> str:
    seen: set[str] = set()
    while style in styles and style not in seen:
        seen.add(style)
        if styles[style].num_id:
            return styles[style].num_id
        style = styles[style].base
    return ""


def _is_plain_list(num_id: str, places: list[_Place], numberings: Mapping[str, Numbering]) -> bool:
    """Whether HTML would show the same numbers: one piece, from 1, each level like ``1.``, no heading."""
    mine = [place for place in places if place.num_id == num_id]
    levels = [(depth, numberings[num_id].levels[depth]) for depth in {place.level for place in mine}]
    return (
        all(
            level.number_format in _PLAIN and level.start == 1 and level.text == f"%{depth + 1}."
            for depth, level in levels
        )
        and not any(place.is_heading for place in mine)
        and all(before.paragraph.getnext() is after.paragraph for before, after in pairwise(mine))
    )


def _write(paragraph: etree._Element, label: str) -> None:
    properties = paragraph.find(f"{_W}pPr")
    if properties is None:
        return
    for own in properties.findall(f"{_W}numPr"):
        properties.remove(own)
    # Numbering 0 is none at all, also where the style has one.
    numbering = etree.SubElement(properties, f"{_W}numPr")
    for name in ("ilvl", "numId"):
        etree.SubElement(numbering, f"{_W}{name}").set(f"{_W}val", "0")
    run = etree.Element(f"{_W}r")
    text = etree.SubElement(run, f"{_W}t")
    text.text = f"{label} " if label[-1:].isascii() and label else label
    properties.addnext(run)


def _parsed(part: bytes) -> etree._Element:
    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))


def _get(node: etree._Element, name: str) -> str:
    return node.get(f"{_W}{name}") or ""


def _value(node: etree._Element, name: str) -> str:
    child = node.find(f"{_W}{name}")
    return "" if child is None else _get(child, "val")
