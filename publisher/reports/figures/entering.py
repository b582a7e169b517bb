"""Entering a value: kept for ever and written into the log in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from django.db import transaction

from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.reports.figures.parsing import BadValue, Enterable, parse
from publisher.reports.forms import placeholders
from publisher.reports.forms.format import AnalyticsFigure, EnteredFigure, FigureDefinition, TextFigure
from publisher.reports.forms.loading import office_forms
from publisher.reports.models import EnteredKind, EnteredValue

Known = Mapping[str, FigureDefinition]


@dataclass(frozen=True, slots=True)
class Given:
    """One value as somebody gives it: what was typed, why, and from which document."""

    key: str
    typed: str
    note: str = ""
    source: str = ""


def enter(office: Office, year: int, given: Given, *, by: str, kind: str = EnteredKind.ENTERED) -> EnteredValue:
    """Keep one value of a report year. Raises BadValue: no such figure, or no such value for it."""
    return enter_all(office, year, [given], by=by, kind=kind)[0]


def enter_all(
    office: Office, year: int, values: Sequence[Given], *, by: str, kind: str = EnteredKind.ENTERED
) -> list[EnteredValue]:
    """Keep several values, all or none. Raises BadValue: of the first that will not do."""
    known = figures_of_year(office, year)
    parsed = [(given, *value_for(known, given)) for given in values]
    with transaction.atomic():
        return [_keep(office, year, (given, figure, value), by=by, kind=kind) for given, figure, value in parsed]


def value_for(known: Known, given: Given) -> tuple[Enterable, str]:
    """The figure that is meant, and the exact value for it. Raises BadValue."""
    figure = enterable(known, given.key)
    value = parse(figure, given.typed)
    if isinstance(figure, TextFigure):
        _require_known_places(known, value)
    return figure, value


def _require_known_places(known: Known, text: str) -> None:
    """What stands in braces in a text must be figures, and no texts, which might lead in a circle."""
    if placeholders.stray_braces(text):
        raise BadValue("Braces are only for figures: write {example}.", example="{key}")
    for key in placeholders.keys(text):
        if key not in known or isinstance(known[key], TextFigure):
            raise BadValue("The text names {key}, which is no figure of that year: correct it.", key=key)


def figures_of_year(office: Office, year: int) -> dict[str, FigureDefinition]:
    """Every figure a form of that report year has, by key."""
    return {
        key: figure
        for form in office_forms(office).values()
        if form.is_for(year)
        for key, figure in form.all_figures.items()
    }


def enterable(known: Known, key: str) -> Enterable:
    """The figure with that key, if a person may give it a value. Raises BadValue."""
    figure = known.get(key)
    match figure:
        case None:
            near = get_close_matches(key, known, n=1)
            if near:
                raise BadValue("No form of that year has a figure {key}: did you mean {near}?", key=key, near=near[0])
            raise BadValue("No form of that year has a figure {key}: see `publisher figure list`.", key=key)
        case EnteredFigure() | AnalyticsFigure() | TextFigure():
            return figure
    raise BadValue(
        "{key} ({label}) is not entered: it comes from the log, from other figures or from the configuration.",
        key=key,
        label=figure.label,
    )


def is_enterable(figure: FigureDefinition) -> bool:
    """Whether it is for people to give it a value."""
    return isinstance(figure, EnteredFigure | AnalyticsFigure | TextFigure)


def matching(known: Iterable[str], pattern: str) -> list[str]:
    """The keys a pattern such as ``requests.*`` names."""
    return [key for key in known if fnmatchcase(key, pattern)]


def _keep(office: Office, year: int, entry: tuple[Given, Enterable, str], *, by: str, kind: str) -> EnteredValue:
    given, figure, value = entry
    unit = "" if isinstance(figure, TextFigure) else figure.unit
    fact = {"year": year, "key": given.key, "value": value, "unit": unit, "kind": str(kind)}
    more = {"note": given.note, "source": given.source}
    logged = log.record(
        office,
        Event.FIGURE_ENTERED,
        log.Subject(title=f"{year} {figure.label}"),
        actor=by,
        proof=log.Proof(detail=fact | {name: text for name, text in more.items() if text}),
    )
    # After the log entry, whose number and time it carries; both are committed together or not at all.
    return EnteredValue.objects.create(**fact, **more, office=office.slug, at=logged.at, by=by, seq=logged.seq)
