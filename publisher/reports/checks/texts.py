"""What running text is checked for: numbers nobody counted, sums, years, document numbers, promised parts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from channels.errors import Text
from publisher.reports.checks.finding import Finding
from publisher.reports.checks.passages import Passage, sentences
from publisher.reports.checks.quantities import Quantity, quantities
from publisher.reports.figures.figure import Figure

_TOTAL = re.compile(r"(?:共计?|共有|合计|总计|總計|共計|合計)\s*$")
_OF_WHICH = re.compile(r"其中")
_YEAR = re.compile(r"(?<![\d〔\[(])(20\d\d)\s*年")
_AGAINST = re.compile(r"较|較|比|上年|同期|以来|以來|起|施行|结转|結轉|继续|自")
_QUOTED = re.compile(r"《(?:[^《》]|《[^《》]*》)*》|[〔\[]\s*\d{4}\s*[〕\]]")
_NUMBER = re.compile(r"([一-龥]{1,12})\s*[〔\[(]\s*(\d{4})\s*[〕\])]\s*(\d{1,5})\s*[号號]")
_PARTS = re.compile(r"(\d+|[一二三四五六七八九十]+)\s*[个個]部分")
_PART = re.compile(r"[一二三四五六七八九十]+、")
_DIGITS = {word: number for number, word in enumerate("一二三四五六七八九十", start=1)}


def unbacked(passages: Iterable[Passage], figures: Iterable[Figure]) -> Iterator[Finding]:
    """Numbers typed into the text by hand that no figure of the report has."""
    known = [(figure.number, figure.unit) for figure in figures if figure.number is not None]
    for passage in passages:
        for quantity in quantities(_without_quotes(passage.typed)):
            if any(quantity.is_true_of(number, unit) for number, unit in known):
                continue
            text = Text(
                "{words} was typed by hand and no figure of this report says so: name a figure in braces, or check it.",
                words=quantity.words,
            )
            yield Finding("typed_number", "warning", text, passage.place)


def sums(passages: Iterable[Passage]) -> Iterator[Finding]:
    """Totals in a sentence that are not what the parts named after them add up to: 共7项:…3项、…1项."""
    for passage in passages:
        for sentence in passage.sentences:
            for total, parts, is_part in _totals(sentence):
                added = sum((part.value for part in parts), Decimal(0))
                if added == total.value or (is_part and added < total.value):
                    continue
                text = Text(
                    "{total} is not the sum of the parts named after it ({parts}): correct one of them.",
                    total=total.words,
                    parts=" + ".join(part.words for part in parts),
                )
                yield Finding("sum_in_sentence", "warning", text, passage.place)


def _totals(sentence: str) -> Iterator[tuple[Quantity, list[Quantity], bool]]:
    """Each total with the parts after it, and whether they are only some of its parts (其中)."""
    found = list(quantities(sentence))
    for place, total in enumerate(found):
        if not total.is_exact or not _TOTAL.search(sentence[: total.start]):
            continue
        parts = [part for part in found[place + 1 :] if part.unit == total.unit and part.is_exact]
        if len(parts) > 1:
            yield total, parts, bool(_OF_WHICH.search(sentence[total.end : parts[0].start]))


def years(passages: Iterable[Passage], year: int) -> Iterator[Finding]:
    """Slips of the year: the report's own year in the outlook, or last year's left over from last year's text."""
    for passage in passages:
        for sentence in sentences(_without_quotes(passage.text)):
            named = {int(found) for found in _YEAR.findall(sentence)}
            if year in named and _looks_forward(sentence):
                text = Text(
                    "The outlook names {year}, the year reported on: did you mean {next}?", year=year, next=year + 1
                )
                yield Finding("year_in_outlook", "warning", text, passage.place)
            elif year - 1 in named and year not in named and not _AGAINST.search(sentence):
                text = Text(
                    "{last} stands in the report for {year}: check whether it was left over.", last=year - 1, year=year
                )
                yield Finding("year_left_over", "warning", text, passage.place)


def _looks_forward(sentence: str) -> bool:
    return bool(re.search(r"年(?:乃至|及)?(?:今后|今後|以后|以後)|(?:下一步|下步|明年)[^,，]*年", sentence))


def document_numbers(passages: Iterable[Passage]) -> Iterator[Finding]:
    """One document number with two titles."""
    titles: dict[str, dict[str, Passage]] = defaultdict(dict)
    for passage in passages:
        for number, title in _cited(passage.text):
            titles[number].setdefault(title, passage)
    for number, found in titles.items():
        if len(found) > 1:
            text = Text(
                "{number} is cited with different titles ({titles}): check which is right.",
                number=number,
                titles=" / ".join(found),
            )
            yield Finding("document_number", "warning", text, list(found.values())[-1].place)


def _cited(text: str) -> Iterator[tuple[str, str]]:
    """Document numbers with the title in 《》 right before them; other brackets than 〔〕 are the same number."""
    for match in _NUMBER.finditer(text):
        title = _title_before(text[: match.start()].rstrip("(（ "))
        if title:
            yield f"{match[1]}〔{match[2]}〕{match[3]}号", title


def _title_before(text: str) -> str:
    """The title that ends a text, with the titles inside it, but without their marks."""
    if not text.endswith("》"):
        return ""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += {"》": 1, "《": -1}.get(text[place], 0)
        if depth == 0:
            return re.sub(r"[《》\s]", "", text[place:])
    return ""


def promised_parts(passages: Iterable[Passage], headings: Iterable[str]) -> Iterator[Finding]:
    """A foreword that promises another number of parts than there are numbered headings."""
    count = sum(bool(_PART.match(heading)) for heading in headings)
    for passage in passages:
        for match in _PARTS.finditer(passage.text):
            promised = _small_number(match[1])
            if count and promised != count:
                text = Text(
                    "The text promises {promised} parts, the report has {count}: correct it.",
                    promised=promised,
                    count=count,
                )
                yield Finding("promised_parts", "warning", text, passage.place)


def _small_number(words: str) -> int:
    """1 to 19 in digits or in Chinese."""
    if words.isdecimal():
        return int(words)
    head, ten, tail = words.partition("十")
    return (_DIGITS.get(head, 1) * 10 if ten else _DIGITS.get(head, 0)) + _DIGITS.get(tail, 0)


def _without_quotes(text: str) -> str:
    """Without titles in 《》 and the years of document numbers, which are nobody's slip."""
    return _QUOTED.sub("", text)
