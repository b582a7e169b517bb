"""Keeping what somebody typed: only what they changed, all that is right, and nothing over another's newer value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Max

from publisher.office import Office
from publisher.reports.figures.entering import Given, Known, enter_all, figures_of_year, value_for
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import BadValue
from publisher.reports.models import EnteredValue
from publisher.reports.report import Report
from publisher.web import words
from publisher.web.reports.fields import stands
from publisher.wording import sentence


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page sends back.

    Args:
        texts: what stands in its fields, by figure.
        seen: the number of the newest value its reader had seen.
        note, source: why the values are what they are; kept with each that was changed.
    """

    texts: Mapping[str, str]
    seen: int
    note: str = ""
    source: str = ""


@dataclass(slots=True)
class Outcome:
    """How many values were kept, and by figure why one was not."""

    kept: int = 0
    mistakes: dict[str, str] = field(default_factory=dict)


def newest_number(office: Office, year: int) -> int:
    """The number of the newest value of a year, for a page to remember."""
    newest: int | None = EnteredValue.objects.filter(office=office.slug, year=year).aggregate(last=Max("seq"))["last"]
    return newest or 0


def save(report: Report, typed: Typed, *, by: str) -> Outcome:
    """Keep every value that was changed and is right, in one transaction."""
    office, year = report.office, report.year
    values = EnteredValue.objects.filter(office=office.slug, year=year, seq__lte=typed.seen).order_by("seq")
    before = {value.key: value for value in values}
    known = figures_of_year(office, year)
    outcome = Outcome()
    changed: list[Given] = []
    for key, text in typed.texts.items():
        figure = report.figures[key]
        if _lines(text) == _lines(stands(figure.definition, before.get(key))):
            continue
        entry = Given(key, text, typed.note, typed.source)
        try:
            if _is_new(known, figure, entry, typed.seen):
                changed.append(entry)
        except BadValue as error:
            outcome.mistakes[key] = sentence(error.text)
    if changed:
        outcome.kept = len(enter_all(office, year, changed, by=by))
    return outcome


def _is_new(known: Known, figure: Figure, entry: Given, seen: int) -> bool:
    """Whether it is another value than the one that counts. Raises BadValue: it cannot be kept."""
    newest = figure.entered
    if newest and not entry.typed.strip():
        raise BadValue("A value can be replaced, not taken away: write another one, such as 0 or 无.")
    _figure, value = value_for(known, entry)
    if newest is None or newest.value != value:
        _require_seen(newest, seen)
        return True
    return False


def _require_seen(newest: EnteredValue | None, seen: int) -> None:
    """Raises BadValue: somebody else gave a value after the page was opened."""
    if newest is not None and newest.seq > seen:
        raise BadValue(
            "{name} has entered {value} meanwhile: save once more to replace it.",
            name=words.actor_name(newest.by),
            value=newest.value,
        )


def _lines(text: str) -> list[str]:
    """A text without what browsers change in it."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
