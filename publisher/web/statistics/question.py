"""What a page of statistics is asked, and the address that asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import quote_plus, urlencode

from django.urls import reverse

from publisher.office import Office
from publisher.reports.naming import CUT_NAMES
from publisher.reports.periods import Period
from publisher.reports.rules import Rule, Unit, rule
from publisher.reports.selection import Selection
from publisher.web.statistics.naming import part_of, value_name

FILTERS: Mapping[str, str] = {
    "kind": "kinds",
    "channel": "channels",
    "class": "classes",
    "column": "columns",
    "section": "sections",
    "person": "persons",
    "source": "sources",
    "disclosure": "disclosures",
}
"""Names of filters in addresses, and what a selection calls them."""

CELL = "in."
"""Stands before a cut in an address that names one cell of a table."""

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A selection, how its table is cut, and what it is compared with."""

    selection: Selection
    by: tuple[str, ...] = ("column",)
    against: Selection | None = None
    other: Rule | None = None

    @property
    def parameters(self) -> Parameters:
        """How an address says it."""
        cuts = [("by", self.by[0]), ("also", self.by[1] if len(self.by) > 1 else "")]
        against = [("against", str(self.against.period.last.year))] if self.against else []
        other = [("other", self.other.key)] if self.other else []
        return [*parameters_of(self.selection), *cuts, *against, *other]


def counted_as(selection: Selection, unit: Unit) -> Selection:
    """The same, with another unit: how many items a rule for publications makes, and the reverse."""
    return selection.under(selection.rule.model_copy(update={"unit": unit}))


def rows_address(selection: Selection) -> str:
    """Where the entries behind the count of ``selection`` are shown."""
    return address("statistics-rows", parameters_of(selection))


def cell_address(opening: str, cell: Mapping[str, str | int]) -> str:
    """The same narrowed to a cell; ``opening`` is what ``rows_address`` gave for the whole."""
    return "&".join([opening, *(f"{CELL}{name}={quote_plus(str(value))}" for name, value in cell.items())])


def address(name: str, parameters: Parameters, *args: str) -> str:
    return f"{reverse(name, args=args)}?{urlencode(parameters)}"


def parameters_of(selection: Selection) -> Parameters:
    return [
        *_period_parameters(selection.period),
        *_rule_parameters(selection),
        *((name, value) for name, field in FILTERS.items() for value in getattr(selection, field)),
        *([("as_of", selection.as_of.date().isoformat())] if selection.as_of else []),
        *([("archive", selection.archive)] if selection.archive else []),
        *((f"{CELL}{name}", str(value)) for name, value in selection.cell),
    ]


def _period_parameters(period: Period) -> Parameters:
    part = part_of(period)
    if part is None:
        return [("first", period.first.isoformat()), ("last", period.last.isoformat())]
    return [("year", str(period.first.year)), *([("part", part)] if part else [])]


def _rule_parameters(selection: Selection) -> Parameters:
    chosen = selection.rule
    own = rule(chosen.key, on=selection.period.last)
    return [("rule", chosen.key), *([("unit", chosen.unit)] if chosen.unit != own.unit else [])]


def end_of(day: date, office: Office) -> datetime:
    """The last moment of a day where the office is."""
    return datetime.combine(day + timedelta(days=1), time.min, office.timezone) - timedelta(microseconds=1)


def filter_words(office: Office, selection: Selection) -> list[str]:
    """The filters in force and the cell of a table, in words."""
    filters = [(name, getattr(selection, field)) for name, field in FILTERS.items()]
    cells = [(name, (value,)) for name, value in selection.cell]
    return [_filter_words(office, name, values) for name, values in (*filters, *cells) if values]


def _filter_words(office: Office, name: str, values: tuple[str | int, ...]) -> str:
    chosen = "、".join(value_name(office, name, value) for value in values)
    return f"{CUT_NAMES[name]} {chosen}"
