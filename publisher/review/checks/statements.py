"""What a passage claims that cannot be right: forms of document numbers, dates, sums, one number with two titles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from channels.errors import Text
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passages import Passage
from publisher.review.statements.citations import cited
from publisher.review.statements.sentences import SENTENCE
from publisher.review.statements.totals import totals

_NUMBER = re.compile(
    r"(?<=[一-龥])\s*(?P<open>[〔\[(（【\uff3b{])\s*(?P<year>(?:19|20)\d{2})\s*(?P<close>[〕\])）】\uff3d}])"
    r"\s*(?P<ordinal>第)?\s*(?P<number>\d{1,5})\s*(?P<sign>[号號])(?![楼线馆院门库井站地机车台])"
)
_FULL_WIDTH = str.maketrans({chr(0xFF10 + figure): str(figure) for figure in range(10)})
_DAY = re.compile(
    r"(?<![\d〔\[(])(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月(?:\s*(?P<day>\d{1,2})\s*[日号])?"
    r"(?:\s*[(（]\s*(?:星期|周)(?P<weekday>[一二三四五六日天])\s*[)）])?"
)
_YEAR = re.compile(r"(?<![\d〔\[(（.])(?P<year>\d{4})\s*年(?!代|版)")
_ONWARD = re.compile(r"(?P<year>20\d{2})\s*年\s*(?:乃至|及|以及|和)?(?:今后|今後|以后一个时期)")
_WILL = re.compile(r"(?:将于|拟于|定于|计划于|预计于|将在)\s*$")
_DONE = re.compile(r"^[，,]?[^，,；;]{0,20}?(?:召开了|举行了|举办了|印发了|完成了|开展了|启动了|通过了|发布了|下发了)")
_QUOTED = re.compile(r"《(?:[^《》]|《[^《》]*》)*》")
_WEEKDAYS = "一二三四五六日"

OLDEST = 1000
FARTHEST = 60
"""Years ahead that a plan may name; beyond it a year is a slip of the keyboard."""


def document_numbers(passage: Passage) -> Iterator[Finding]:
    """Numbers not written as GB/T 9704-2012 wants them: 〔2017〕, without blanks, 第 and leading zeros."""
    plain = passage.text.translate(_FULL_WIDTH)
    for match in _NUMBER.finditer(plain):
        start = match.start("open")
        right = f"〔{match['year']}〕{int(match['number'])}{match['sign']}"
        end = match.end()
        wrong = passage.text[start:end]
        if wrong == right:
            continue
        text = Text("The document number is written “{right}”, not “{wrong}”.", right=right, wrong=wrong)
        yield Finding(Kind.DOCUMENT_NUMBER, Severity.WARNING, passage.where, text, start, end, right)


def dates(passage: Passage, on: date) -> Iterator[Finding]:
    """Days that do not exist, wrong weekdays, and years that cannot be meant in a text of day ``on``."""
    plain = _without_quotes(passage.text)
    days = list(_DAY.finditer(plain))
    for match in days:
        yield from _day(passage.where, plain, match, on)
    for match in _ONWARD.finditer(plain):
        if int(match["year"]) < on.year:
            text = Text(
                "The outlook names {year}, which is over: did you mean {next}?", year=match["year"], next=on.year
            )
            yield _slip(passage.where, match, text)
    for match in _YEAR.finditer(plain):
        year = int(match["year"])
        if not OLDEST <= year <= on.year + FARTHEST:
            text = Text("{year} can hardly be the year that is meant: correct it.", year=year)
            yield _slip(passage.where, match, text)


def sums(passage: Passage) -> Iterator[Finding]:
    """Totals that are not what the parts named after them add up to."""
    for sentence in SENTENCE.finditer(passage.text):
        for total in totals(sentence[0]):
            if not total.adds_up:
                text = Text(
                    "{total} is not the sum of the parts named after it ({parts}): correct one of them.",
                    total=total.whole.words,
                    parts=" + ".join(part.words for part in total.parts),
                )
                start = sentence.start()
                first, last = start + total.whole.start, start + total.parts[-1].end
                yield Finding(Kind.SUM, Severity.WARNING, passage.where, text, first, last)


def citations(passages: Iterable[Passage]) -> Iterator[tuple[str, str, Place]]:
    """Every document that is cited by number and title, with the place where."""
    for passage in passages:
        for number, title in cited(passage.text):
            yield number[:60], title[:300], passage.where


def two_titles(passages: Iterable[Passage], known: Mapping[str, str]) -> Iterator[Finding]:
    """One document number with two titles, in this text or beside the one it was published with before.

    Args:
        known: titles by number, as they were published before.
    """
    found: dict[str, dict[str, Place]] = defaultdict(dict)
    for number, title, where in citations(passages):
        found[number].setdefault(title, where)
    for number, titles in found.items():
        before = known.get(number)
        if len(titles) > 1:
            text = Text(
                "{number} is cited with different titles ({titles}): check which is right.",
                number=number,
                titles=" / ".join(titles),
            )
            yield Finding(Kind.TWO_TITLES, Severity.WARNING, list(titles.values())[-1], text)
        elif before is not None and before not in titles:
            text = Text(
                "{number} was published as “{before}” before, here as “{title}”: check which is right.",
                number=number,
                before=before,
                title=next(iter(titles)),
            )
            yield Finding(Kind.TWO_TITLES, Severity.WARNING, next(iter(titles.values())), text)


def _day(where: Place, plain: str, match: re.Match[str], on: date) -> Iterator[Finding]:
    year, month = int(match["year"]), int(match["month"])
    try:
        day = date(year, month, int(match["day"] or 1))
    except ValueError:
        yield _slip(where, match, Text("There is no such day as {day}: correct it.", day=match[0]))
        return
    weekday = match["weekday"]
    if weekday and match["day"] and _WEEKDAYS[day.weekday()] != weekday.replace("天", "日"):
        text = Text(
            "{day} is a {right}: correct the day or the weekday.", day=match[0], right=f"星期{_WEEKDAYS[day.weekday()]}"
        )
        yield _slip(where, match, text)
    month_now, month_meant = (on.year, on.month), (year, month)
    if month_meant < month_now and _WILL.search(plain[: match.start()]):
        yield _slip(where, match, Text("{day} is announced and is over: correct it.", day=match[0]))
    if month_meant > month_now and _DONE.search(plain[match.end() :]):
        yield _slip(where, match, Text("{day} is told as done and lies ahead: correct it.", day=match[0]))


def _slip(where: Place, match: re.Match[str], text: Text) -> Finding:
    return Finding(Kind.DATE, Severity.WARNING, where, text, match.start(), match.end())


def _without_quotes(text: str) -> str:
    """The same text with blanks where titles in 《》 stood: every place is kept."""
    return _QUOTED.sub(lambda found: " " * len(found[0]), text)
