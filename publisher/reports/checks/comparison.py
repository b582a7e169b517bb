"""A report beside the one of the year before: what changed, and whether it is the same report once more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from channels.errors import Text
from publisher.reports.checks.finding import Finding
from publisher.reports.checks.relations import Numbers
from publisher.reports.figures.figure import Figure
from publisher.review.statements.sentences import sentences

COUNTED = frozenset({"log", "entered", "analytics"})
"""Kinds of figures that should differ from year to year; sums only repeat them."""

ENOUGH = 5
"""Fewer figures, or sentences, than this may be the same by chance."""
NEARLY_ALL = Decimal("0.9")
SHORT = 12
"""Sentences of fewer characters are the same in every report."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both years; None where the year has none."""

    figure: Figure
    now: Decimal | None
    before: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def percent(self) -> Decimal | None:
        """The change in percent of the year before, with one decimal; None where that was 0."""
        difference = self.difference
        return round(difference * 100 / self.before, 1) if difference is not None and self.before else None


def changes(figures: Iterable[Figure], before: Numbers) -> list[Change]:
    """Every number of a report beside last year's, in the form's order."""
    return [Change(figure, figure.number, before.get(figure.key)) for figure in figures if figure.is_number]


def repeated_numbers(figures: Iterable[Figure], before: Numbers) -> Iterator[Finding]:
    """All or nearly all figures that are not 0 are those of the year before, or those of them that were typed in."""
    both = [
        change for change in changes(figures, before) if change.figure.kind in COUNTED and (change.now or change.before)
    ]
    typed = [change for change in both if change.figure.kind != "log"]
    for some in (both, typed):
        same = [change for change in some if change.difference == 0]
        if len(some) >= ENOUGH and len(same) >= len(some) * NEARLY_ALL:
            yield _repetition(same, some, is_all=some is both)
            return


def _repetition(same: Sequence[Change], some: Sequence[Change], *, is_all: bool) -> Finding:
    given = {"same": len(same), "all": len(some)}
    if is_all:
        text = Text(
            "{same} of {all} figures are those of last year: make sure that this is not last year's report.", **given
        )
    else:
        text = Text(
            "{same} of {all} figures that were typed in are those of last year: make sure that they were counted anew.",
            **given,
        )
    return Finding("repeats_numbers", "warning", text, figures=tuple(change.figure.key for change in same))


def repeated_text(texts: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Finding]:
    """Nearly every sentence of the free texts stands in those of the year before, the years apart.

    ``texts`` and ``before``: the free texts by key.
    """
    known = {sentence for text in before.values() for sentence in _comparable(text)}
    new = [(key, sentence) for key, text in texts.items() for sentence in _comparable(text)]
    same = [key for key, sentence in new if sentence in known]
    if len(new) >= ENOUGH and len(same) >= len(new) * NEARLY_ALL:
        text = Text(
            "{same} of {all} sentences of the texts are those of last year: write what was done this year.",
            same=len(same),
            all=len(new),
        )
        yield Finding("repeats_text", "warning", text, figures=tuple(dict.fromkeys(same)))


def _comparable(text: str) -> Iterator[str]:
    """The longer sentences, without years and blanks."""
    for sentence in sentences(text):
        plain = re.sub(r"\d{4}\s*年(度)?|\s", "", sentence)
        if len(plain) >= SHORT:
            yield plain
