"""Questions about a year's reports, as screens and commands ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from publisher.log.models import Entry
from publisher.office import Office
from publisher.reports.figures import values
from publisher.reports.figures.figure import Figure
from publisher.reports.finals import versions
from publisher.reports.forms.format import Form, SumFigure
from publisher.reports.forms.loading import office_forms
from publisher.reports.models import EnteredValue, FinalReport
from publisher.reports.report import Report, make_report


@dataclass(frozen=True, slots=True)
class FormState:
    """How far the report of one form has come in a year, as far as it can be told without counting anything."""

    form: Form
    missing: int
    finals: Sequence[FinalReport]

    @property
    def is_final(self) -> bool:
        return bool(self.finals)


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands behind a figure: log entries, the values it ever had, the figures it is made of."""

    figure: Figure
    entries: QuerySet[Entry]
    history: Sequence[EnteredValue]
    parts: Sequence[Figure]


def forms_of(office: Office, year: int) -> list[Form]:
    """The forms there are for a report year."""
    return [form for form in office_forms(office).values() if form.is_for(year)]


def year_overview(office: Office, year: int) -> list[FormState]:
    """Every report that is due for a year."""
    return [_state(make_report(office, year, form.key)) for form in forms_of(office, year)]


def missing(office: Office, year: int, form: str = "") -> list[Figure]:
    """The figures without which a report cannot be final. Raises WrongForm."""
    return make_report(office, year, form).missing


def figures_of(office: Office, year: int, form: str = "", *, as_of: datetime | None = None) -> list[Figure]:
    """All figures of a report, in the form's order. Raises WrongForm."""
    return [*make_report(office, year, form, as_of=as_of).figures.values()]


def open_figure(office: Office, year: int, key: str, form: str = "", *, as_of: datetime | None = None) -> Opened | None:
    """What stands behind a figure; None: the form has none of that key. Raises WrongForm."""
    return opened_in(make_report(office, year, form, as_of=as_of), key)


def opened_in(report: Report, key: str) -> Opened | None:
    """What stands behind a figure of a report; None: it has none of that key."""
    if key not in report.figures:
        return None
    figure = report.figures[key]
    made_of = (*figure.definition.of, *figure.definition.less) if isinstance(figure.definition, SumFigure) else ()
    return Opened(
        figure,
        report.figures.rows(key),
        list(values.history(report.office, report.year, key, as_of=report.figures.as_of)),
        [report.figures[part] for part in made_of],
    )


def form_with(office: Office, year: int, key: str) -> Form | None:
    """A form of that year that has the figure; None: no form has it."""
    return next((form for form in forms_of(office, year) if key in form.all_figures), None)


def _state(report: Report) -> FormState:
    return FormState(
        form=report.form,
        missing=len(report.missing),
        finals=versions(report.office, report.year, report.form.key),
    )
