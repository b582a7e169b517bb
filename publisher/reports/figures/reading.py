"""All figures of one report: read once, counted when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet

from publisher.log.models import Entry
from publisher.log.queries import book
from publisher.office import Office
from publisher.reports.counts import Selection, count, opened
from publisher.reports.figures import values
from publisher.reports.figures.figure import Figure, chinese_day
from publisher.reports.figures.names import names_in_use
from publisher.reports.figures.settings import setting
from publisher.reports.forms.format import (
    AnalyticsFigure,
    ConfigFigure,
    EnteredFigure,
    FigureDefinition,
    Form,
    LogFigure,
    NamesFigure,
    Selected,
    SumFigure,
    TextFigure,
    is_number,
)
from publisher.reports.models import EnteredValue
from publisher.reports.periods import Period
from publisher.reports.rules import rule


@dataclass(frozen=True, eq=False)
class Figures(Mapping[str, Figure]):
    """The figures of a form for a report year, by key, in the form's order.

    Args:
        as_of: make them as they stood at that moment; the office's configuration is always today's.
        today: the day a report made now bears.
    """

    office: Office
    form: Form
    year: int
    today: date
    as_of: datetime | None = None
    _made: dict[str, Figure] = field(default_factory=dict, repr=False)

    def __getitem__(self, key: str) -> Figure:
        if key not in self._made:
            self._made[key] = self._make(self.form.all_figures[key])
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.form.all_figures)

    def __len__(self) -> int:
        return len(self.form.all_figures)

    @property
    def period(self) -> Period:
        return Period.of_year(self.year)

    @cached_property
    def general(self) -> Mapping[str, str]:
        """What stands for the placeholders every form has."""
        return {
            "year": str(self.year),
            "last_year": str(self.year - 1),
            "next_year": str(self.year + 1),
            "office": self.office.name,
            "today": chinese_day(self.today),
        }

    def selection(self, selected: Selected) -> Selection:
        """What of the log ``selected`` means for this report, under the version of its rule in force at year's end."""
        named = {name: getattr(selected, name) for name in NARROWED}
        return Selection(period=self.period, rule=rule(selected.rule, on=self.period.last), as_of=self.as_of, **named)

    def rows(self, key: str) -> QuerySet[Entry]:
        """The log entries behind a figure, one for each unit it counts; none where the log is not its source."""
        selection = self[key].selection
        return book(self.office.slug).none() if selection is None else opened(self.office, selection)

    @cached_property
    def _entered(self) -> Mapping[str, EnteredValue]:
        return values.newest(self.office, self.year, as_of=self.as_of)

    def _make(self, definition: FigureDefinition) -> Figure:
        match definition:
            case LogFigure():
                selection = self.selection(definition)
                return Figure(definition, number=Decimal(count(self.office, selection)), selection=selection)
            case NamesFigure():
                selection = self.selection(definition)
                names = definition.joined_by.join(names_in_use(self.office, selection, definition.by))
                return Figure(definition, text=names, selection=selection)
            case SumFigure():
                return Figure(definition, number=self._sum(definition))
            case ConfigFigure():
                text = setting(self.office, definition.setting, joined_by=definition.joined_by)
                return Figure(definition, text=text)
        return self._given(definition)

    def _given(self, definition: EnteredFigure | AnalyticsFigure | TextFigure) -> Figure:
        value = self._entered.get(definition.key)
        if is_number(definition):
            return Figure(definition, number=value.number if value else None, entered=value)
        default = "" if isinstance(definition, AnalyticsFigure) else self._default(definition)
        return Figure(definition, text=value.value if value else default, entered=value)

    def _default(self, definition: EnteredFigure | TextFigure) -> str:
        if isinstance(definition, EnteredFigure) and definition.holds == "date":
            return self.today.isoformat() if definition.default == "{today}" else definition.default
        return definition.default

    def _sum(self, definition: SumFigure) -> Decimal | None:
        """None where a part is missing; an optional part that is empty counts 0."""
        parts = [self[key] for key in (*definition.of, *definition.less)]
        if any(part.number is None and not part.definition.optional for part in parts):
            return None
        total = sum((self[key].number or Decimal(0) for key in definition.of), Decimal(0))
        return total - sum((self[key].number or Decimal(0) for key in definition.less), Decimal(0))


NARROWED = ("kinds", "channels", "columns", "classes", "sections", "sources", "disclosures")
"""What a form narrows a count by."""
