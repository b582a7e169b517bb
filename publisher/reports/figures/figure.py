"""One figure with its value, its wording and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from publisher.reports.counts import Selection
from publisher.reports.figures.parsing import NO, SEPARATOR, YES, plain
from publisher.reports.figures.wording import worded
from publisher.reports.forms.format import (
    EnteredFigure,
    FigureDefinition,
    NumberDefinition,
    is_number,
)
from publisher.reports.models import EnteredValue

MISSING = "〔待填〕"
"""Stands in a draft where a value is missing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one report.

    Args:
        number: its value where it is a number and known.
        text: its value where it is none: a text with its placeholders, a day as ``2018-01-24``, names, a choice.
        selection: what was counted, where it comes from the log.
        entered: the value somebody gave, where it is entered.
    """

    definition: FigureDefinition
    number: Decimal | None = None
    text: str = ""
    selection: Selection | None = None
    entered: EnteredValue | None = None

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def label(self) -> str:
        return self.definition.label

    @property
    def kind(self) -> str:
        return self.definition.kind

    @property
    def unit(self) -> str:
        return getattr(self.definition, "unit", "")

    @property
    def is_number(self) -> bool:
        return is_number(self.definition)

    @property
    def is_empty(self) -> bool:
        """Nobody gave it, or there is nothing to count or to name."""
        return self.number is None if self.is_number else not (self.text or self.entered)

    @property
    def is_missing(self) -> bool:
        """Whether a value is needed that is not there."""
        return self.is_empty and not self.definition.optional and self.kind != "names"

    @property
    def is_zero(self) -> bool:
        return self.number == 0

    @property
    def phrase(self) -> str:
        """As running text has it: 36期, 100余条, 无, 2018年1月24日."""
        if self.is_missing:
            return MISSING
        if isinstance(self.definition, NumberDefinition) and self.number is not None:
            return worded(self.definition, self.number)
        if isinstance(self.definition, EnteredFigure) and self.definition.holds == "date" and self.text:
            return chinese_day(date.fromisoformat(self.text))
        return self.text

    @property
    def shown(self) -> str:
        """As a cell of a table has it: the number alone, or every option with its box."""
        definition = self.definition
        if self.is_number:
            return _digits(definition, self.number)
        if not isinstance(definition, EnteredFigure):
            return self.text
        match definition.holds:
            case "yes_no":
                return _boxes((YES, NO), {self.text})
            case "choice" | "choices":
                return _boxes(definition.options, set(self.text.split(SEPARATOR)))
        return "" if self.is_empty else self.phrase


def chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _digits(definition: FigureDefinition, number: Decimal | None) -> str:
    """A change has its sign."""
    if number is None:
        return ""
    is_more = isinstance(definition, EnteredFigure) and definition.signed and number > 0
    return f"{'+' if is_more else ''}{plain(number)}"


def _boxes(options: tuple[str, ...], chosen: set[str]) -> str:
    return " ".join(f"{'☑' if option in chosen else '□'}{option}" for option in options)
