"""What running text is checked for: numbers nobody counted, sums, years, document numbers, promised parts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from channels.errors import Text
from publisher.reports.checks.finding import Finding
from publisher.reports.checks.passages import Passage
from publisher.reports.figures.figure import Figure
from publisher.review.statements.citations import cited
from publisher.review.statements.quantities import quantities
from publisher.review.statements.sentences import sentences
from publisher.review.statements.totals import totals

_YEAR = re.compile(r"(?<![\d〔\[(])(20\d\d)\s*年")
_AGAINST = re.compile(r"较|較|比|上年|同期|以来|以來|起|施行|结转|結轉|继续|自")
_QUOTED = re.compile(r"《(?:[^《》]|《[^《》]*》)*》|[〔\[]\s*\d{4}\s*[〕\]]")
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
            for total in totals(sentence):
                if total.adds_up:
                    continue
                text = Text(
                    "{total} is not the sum of the parts named after it ({parts}): correct one of them.",
                    total=total.whole.words,
                    parts=" + ".join(part.words for part in total.parts),
                )
                yield Finding("sum_in_sentence", "warning", text, passage.place)


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
        for number, title in cited(passage.text):
            titles[number].setdefault(title, passage)
    for number, found in titles.items():
        if len(found) > 1:
            text = Text(
                "{number} is cited with different titles ({titles}): check which is right.",
                number=number,
                titles=" / ".join(found),
            )
            yield Finding("document_number", "warning", text, list(found.values())[-1].place)


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
