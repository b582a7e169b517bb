"""How a report words a number: exactly, or as a round number it has passed."""

from __future__ import annotations

from decimal import Decimal

from publisher.reports.figures.parsing import plain
from publisher.reports.forms.format import NumberDefinition
from publisher.review.statements.phrases import wording


def worded(definition: NumberDefinition, number: Decimal) -> str:
    """The number with its unit, in the words the form asks for."""
    if not number:
        return definition.zero_phrase or f"0{definition.unit}"
    if definition.phrase:
        return definition.phrase.format(number=number_words(definition, number), unit=definition.unit)
    return _words(definition, number, definition.unit)


def number_words(definition: NumberDefinition, number: Decimal) -> str:
    """The number alone: 36, 100余, 突破10万."""
    return _words(definition, number, "") if number else "0"


def _words(definition: NumberDefinition, number: Decimal, unit: str) -> str:
    if number > 0 and number == int(number):
        return wording(int(number), definition.precision, unit=unit)
    return f"{plain(number)}{unit}"
