"""What stands behind each figure, as exports show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.figures.reading import Figures
from publisher.reports.forms.format import SumFigure
from publisher.reports.render.sources import FigureSource


def sources(figures: Figures) -> dict[str, FigureSource]:
    """For every figure of the report what it opens into; figures nobody gave yet open into nothing."""
    return {key: source(figure, figures) for key, figure in figures.items() if not figure.is_empty}


def source(figure: Figure, figures: Figures) -> FigureSource:
    given = figure.entered
    rule = figure.selection.rule if figure.selection else None
    note = "；".join(filter(None, (given.source, given.note))) if given else figure.definition.note
    return FigureSource(
        label=figure.label,
        value_text=figure.phrase,
        unit=figure.unit,
        kind=given.kind if given and figure.is_number else figure.kind,
        rule_words=f"{rule.name.zh}（{rule.label}）：{rule.words.zh}" if rule else _sum_words(figure, figures),
        rows=[row(entry, figures) for entry in entries(figure, figures)],
        entered_by=given.by if given else "",
        entered_at=given.at.astimezone(figures.office.timezone) if given else None,
        note=note,
    )


def entries(figure: Figure, figures: Figures) -> Iterable[Entry]:
    """The log entries behind a figure, or behind the parts it is added up from."""
    if isinstance(figure.definition, SumFigure):
        parts = (*figure.definition.of, *figure.definition.less)
        return chain.from_iterable(entries(figures[key], figures) for key in parts)
    return figures.rows(figure.key)


def row(entry: Entry, figures: Figures) -> Mapping[str, str]:
    """A log entry in the words of a report."""
    office = figures.office
    channel = office.channels.get(entry.channel)
    day = entry.happened_on or entry.at.astimezone(office.timezone).date()
    return {
        "number": str(entry.seq),
        "date": day.isoformat(),
        "event": str(Event(entry.event).label),
        "channel": channel.name if channel else entry.channel,
        "column": entry.column_name,
        "section": entry.section,
        "issue": entry.issue,
        "title": entry.title,
        "address": entry.url or entry.remote_id,
    }


def _sum_words(figure: Figure, figures: Figures) -> str:
    """How a computed figure is made up: ``甲366 + 乙34 - 丙0``."""
    if not isinstance(figure.definition, SumFigure):
        return ""
    signed = [(" + ", key) for key in figure.definition.of] + [(" - ", key) for key in figure.definition.less]
    parts = (f"{sign}{figures[key].label}{_digits(figures[key])}" for sign, key in signed)
    return "".join(parts).removeprefix(" + ")


def _digits(figure: Figure) -> str:
    return "" if figure.number is None else plain(figure.number)
