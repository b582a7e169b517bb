"""The relations a form asks for (勾稽关系): sums of figures against sums of others."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from channels.errors import Text
from publisher.reports.checks.finding import Finding
from publisher.reports.figures.parsing import plain
from publisher.reports.forms.consistency import LAST_YEAR
from publisher.reports.forms.format import Check, Form

Numbers = Mapping[str, Decimal | None]
"""Figures by key; None, or nothing, where a value is not known."""

HOLDS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "equal": operator.eq,
    "at_most": operator.le,
    "at_least": operator.ge,
}
SIGNS = {"equal": "=", "at_most": "≤", "at_least": "≥"}


@dataclass(frozen=True, slots=True)
class Relation:
    """One line to check: a form's check, or one row or column of it."""

    check: Check
    left: tuple[str, ...]
    right: tuple[str, ...]
    line: str = ""
    """what the row or column is called"""


def broken(form: Form, numbers: Numbers, last_year: Numbers) -> Iterator[Finding]:
    """The relations that do not hold. One with an unknown value is not judged: what is missing is said elsewhere."""
    for check in form.checks:
        for relation in relations(check, form):
            left, right = (_total(terms, numbers, last_year) for terms in (relation.left, relation.right))
            if left is not None and right is not None and not HOLDS[check.relation](left, right):
                yield _finding(relation, left, right)


def relations(check: Check, form: Form) -> Iterator[Relation]:
    """A check as lines of figure keys: itself, or one for each row or column of its grid."""
    if not check.grid:
        yield Relation(check, check.left, check.right)
        return
    grid = form.all_grids[check.grid]
    for line in grid.columns if check.per == "column" else grid.rows:
        left, right = (
            tuple(_cell(check, term, line.key, grid.name) for term in terms) for terms in (check.left, check.right)
        )
        yield Relation(check, left, right, line.label)


def _cell(check: Check, term: str, line: str, name: Callable[[str, str], str]) -> str:
    before = LAST_YEAR if term.startswith(LAST_YEAR) else ""
    own = term.removeprefix(LAST_YEAR)
    return before + (name(own, line) if check.per == "column" else name(line, own))


def _total(terms: tuple[str, ...], numbers: Numbers, last_year: Numbers) -> Decimal | None:
    total = Decimal(0)
    for term in terms:
        known = last_year if term.startswith(LAST_YEAR) else numbers
        value = known.get(term.removeprefix(LAST_YEAR))
        if value is None:
            return None
        total += value
    return total


def _finding(relation: Relation, left: Decimal, right: Decimal) -> Finding:
    check = relation.check
    values = {
        "words": check.words,
        "left": plain(left),
        "sign": SIGNS[check.relation],
        "right": plain(right),
    }
    if relation.line:
        text = Text("{words} ({line}): {left} {sign} {right} does not hold.", line=relation.line, **values)
    else:
        text = Text("{words}: {left} {sign} {right} does not hold.", **values)
    keys = tuple(term.removeprefix(LAST_YEAR) for term in (*relation.left, *relation.right))
    return Finding(check.key, check.severity, text, figures=keys)
