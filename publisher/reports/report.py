"""One report of one year: its form, its figures, its document, what is missing and what the checks say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.utils import timezone, translation

from channels.errors import Text
from publisher.office import Office
from publisher.reports.checks import texts
from publisher.reports.checks.comparison import Change, changes, repeated_numbers, repeated_text
from publisher.reports.checks.finding import Finding
from publisher.reports.checks.passages import Passage, passages
from publisher.reports.checks.relations import broken
from publisher.reports.document import Document, Heading
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.reading import Figures
from publisher.reports.filling.filling import fill
from publisher.reports.filling.opening import sources
from publisher.reports.filling.texts import filled, runs
from publisher.reports.finals import final
from publisher.reports.forms.format import Form, TextFigure
from publisher.reports.forms.loading import office_forms
from publisher.reports.render.sources import FigureSource

DEFAULT_FAMILY = "annual_report"
"""The family of forms a report is of unless another form is asked for."""

LANGUAGE = "zh-hans"
"""Official reports are Chinese, whatever language the screens are in."""


class WrongForm(Exception):
    """No such form, or not the one of that year; ``text`` names the right one."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True, eq=False)
class Report:
    """A report as it can be made at any time; nothing of it is kept before it is finished."""

    figures: Figures

    @property
    def office(self) -> Office:
        return self.figures.office

    @property
    def form(self) -> Form:
        return self.figures.form

    @property
    def year(self) -> int:
        return self.figures.year

    def document(self, *, is_draft: bool = True) -> Document:
        with translation.override(LANGUAGE):
            return fill(self.figures, is_draft=is_draft)

    @cached_property
    def sources(self) -> dict[str, FigureSource]:
        """What every figure opens into."""
        with translation.override(LANGUAGE):
            return sources(self.figures)

    def first_sources(self, listed: int) -> dict[str, FigureSource]:
        """The same with a few rows of each figure."""
        with translation.override(LANGUAGE):
            return sources(self.figures, listed=listed)

    @property
    def title(self) -> str:
        return filled(self.form.title, self.figures)

    @cached_property
    def missing(self) -> list[Figure]:
        """The figures without which the report cannot be final, in the form's order; what follows from them is none."""
        # What is counted is never missing, so that nothing has to be counted to know what is.
        given = (key for key, one in self.form.all_figures.items() if one.kind not in {"log", "names", "sum"})
        return [figure for key in given if (figure := self.figures[key]).is_missing]

    @cached_property
    def findings(self) -> list[Finding]:
        """What the checks found, errors first."""
        found = [
            *repeated_numbers(self.figures.values(), self.last_year.numbers),
            *repeated_text(self.texts, self.last_year.texts),
            *broken(self.form, self.numbers, self.last_year.numbers),
            *self._in_texts(),
        ]
        return sorted(found, key=lambda finding: not finding.is_error)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_error]

    @cached_property
    def changes(self) -> list[Change]:
        """Every number beside the year before."""
        return changes(self.figures.values(), self.last_year.numbers)

    @cached_property
    def numbers(self) -> Mapping[str, Decimal | None]:
        return {key: figure.number for key, figure in self.figures.items() if figure.is_number}

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The free texts as they are printed."""
        return {
            key: filled(figure.text, self.figures)
            for key, figure in self.figures.items()
            if isinstance(figure.definition, TextFigure)
        }

    @cached_property
    def last_year(self) -> LastYear:
        return _last_year(self.figures)

    def _in_texts(self) -> list[Finding]:
        document = fill(self.figures, has_charts=False)
        read = list(passages(document))
        headings = [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1]
        return [
            *texts.unbacked(self._typed_passages(), self.figures.values()),
            *texts.sums(read),
            *texts.years(read, self.year),
            *texts.document_numbers(read),
            *texts.promised_parts(read, headings),
        ]

    def _typed_passages(self) -> list[Passage]:
        """What people wrote themselves, text by text."""
        return [
            Passage(figure.label, runs(line, self.figures))
            for figure in self.figures.values()
            if isinstance(figure.definition, TextFigure)
            for line in figure.text.splitlines()
        ]


@dataclass(frozen=True, slots=True)
class LastYear:
    """What the report of the year before said: as it was declared final, else as it would be made now."""

    numbers: Mapping[str, Decimal | None]
    texts: Mapping[str, str]


def make_report(
    office: Office, year: int, form: str = "", *, as_of: datetime | None = None, today: date | None = None
) -> Report:
    """A report for a year. Raises WrongForm.

    Args:
        form: key of a form; without one, the annual report's of that year.
        as_of: make the figures as they stood at that moment.
        today: the day the report bears; without one, it is today where the office is.
    """
    day = today or timezone.now().astimezone(office.timezone).date()
    return Report(Figures(office, form_for(office, year, form), year, day, as_of))


def form_for(office: Office, year: int, name: str = "") -> Form:
    """The form of that name, if it is one for that year; without a name, the annual report's. Raises WrongForm."""
    forms = office_forms(office)
    if not name:
        return _one_of(DEFAULT_FAMILY, year, forms)
    if name not in forms:
        raise WrongForm("There is no form {name}: use one of {known}.", name=name, known=", ".join(forms))
    form = forms[name]
    if not form.is_for(year):
        _refuse(form, year, forms)
    return form


def _one_of(family: str, year: int, forms: Mapping[str, Form]) -> Form:
    found = [form for form in forms.values() if form.family == family and form.is_for(year)]
    if not found:
        known = ", ".join(form.key for form in forms.values() if form.is_for(year)) or "—"
        raise WrongForm("No annual report has a form for {year}: name one of {known}.", year=year, known=known)
    return found[0]


def _refuse(form: Form, year: int, forms: Mapping[str, Form]) -> None:
    """Raises WrongForm: with the form of the same family for that year, where there is one."""
    right = [other.key for other in forms.values() if other.family == form.family and other.is_for(year)]
    span = "–".join(map(str, form.years)) if len(form.years) == 2 else f"{form.years[0]}–"
    values = {"name": form.name, "key": form.key, "span": span, "year": year}
    if right:
        raise WrongForm(
            "The form {key} ({name}) is for the report years {span}, not for {year}: use {right}.",
            right=right[0],
            **values,
        )
    raise WrongForm("The form {key} ({name}) is for the report years {span}, not for {year}.", **values)


def _last_year(figures: Figures) -> LastYear:
    year = figures.year - 1
    forms = [form for form in office_forms(figures.office).values() if form.family == figures.form.family]
    for form in (form for form in forms if form.is_for(year)):
        frozen = final(figures.office, year, form.key)
        if frozen:
            return LastYear(frozen.numbers, frozen.texts)
        before = Report(Figures(figures.office, form, year, figures.today, figures.as_of))
        # Of a report that was never finished, only what people wrote: a form's own text is in every draft.
        written = {key: text for key, text in before.texts.items() if before.figures[key].entered}
        return LastYear(before.numbers, written)
    return LastYear({}, {})
