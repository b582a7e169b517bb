"""What stands behind each figure, as exports show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.reports.counts import page
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.figures.reading import Figures
from publisher.reports.forms.format import SumFigure
from publisher.reports.render.sources import FigureSource

LISTED = 10_000
"""So many rows of a figure an export lists; what is frozen names all of them by their numbers."""
BEGINNING = 20


def sources(figures: Figures, *, listed: int | None = None) -> dict[str, FigureSource]:
    """What the figures of a report open into; one that nobody gave yet, and a form's own text, open into nothing.

    Args:
        listed: so many rows of a figure at the most, as far as exports list them.
    """
    most = min(listed or LISTED, LISTED)
    return {key: source(figure, figures, most) for key, figure in figures.items() if _opens(figure)}


def _opens(figure: Figure) -> bool:
    return not figure.is_empty and (figure.kind != "text" or figure.entered is not None)


def source(figure: Figure, figures: Figures, most: int) -> FigureSource:
    given = figure.entered
    rule = figure.selection.rule if figure.selection else None
    rows, left_out = _listed(figure, figures, most)
    notes = (given.source, given.note) if given else (figure.definition.note,)
    return FigureSource(
        label=figure.label,
        value_text=_value_words(figure),
        unit=figure.unit,
        kind=_origin(figure),
        rule_words=f"{rule.name.zh}（{rule.label}）：{rule.words.zh}" if rule else _sum_words(figure, figures),
        rows=rows,
        entered_by=given.by if given else "",
        entered_at=given.at.astimezone(figures.office.timezone) if given else None,
        note="；".join(filter(None, (*notes, left_out))),
    )


def _origin(figure: Figure) -> str:
    """Where a figure comes from: a statistic may be typed in, and what nobody gave is the form's own text."""
    if figure.entered:
        return figure.entered.kind if figure.is_number else figure.kind
    return "text" if figure.kind == "entered" else figure.kind


def _listed(figure: Figure, figures: Figures, most: int) -> tuple[list[Mapping[str, str]], str]:
    """The rows that are listed, and what is said where there are more."""
    if most < LISTED and _has_long_parts(figure, figures, most):
        # To find its first rows, all rows of its parts would have to be read.
        return [], "发布日志记录见各组成数字"
    rows = [row(entry, figures) for entry in _first(figure, figures, most + 1)]
    if len(rows) <= most:
        return rows, ""
    return rows[:most], f"只列出前{most}条，其余见发布日志"


def _has_long_parts(figure: Figure, figures: Figures, most: int) -> bool:
    if not isinstance(figure.definition, SumFigure):
        return False
    return any((figures[key].number or 0) > most for key in (*figure.definition.of, *figure.definition.less))


def _first(figure: Figure, figures: Figures, size: int) -> Iterable[Entry]:
    if figure.selection is not None:
        return page(figures.office, figure.selection, size=size)
    return islice(entries(figure, figures), size)


def _value_words(figure: Figure) -> str:
    """As the report words it; of a text only its beginning, which is enough to find it."""
    words = figure.phrase
    return words if figure.kind != "text" or len(words) <= BEGINNING else f"{words[:BEGINNING]}…"


def entries(figure: Figure, figures: Figures) -> Iterator[Entry]:
    """The log entries behind a figure; behind a sum those of its parts, without those of what is taken off."""
    if isinstance(figure.definition, SumFigure):
        taken_off = _taken_off(figure.definition, figures)
        for key in figure.definition.of:
            yield from (entry for entry in entries(figures[key], figures) if entry.seq not in taken_off)
    else:
        yield from figures.rows(figure.key).iterator(chunk_size=2000)


def seqs(figure: Figure, figures: Figures) -> Iterator[int]:
    """The numbers of these entries."""
    if isinstance(figure.definition, SumFigure):
        taken_off = _taken_off(figure.definition, figures)
        for key in figure.definition.of:
            yield from (seq for seq in seqs(figures[key], figures) if seq not in taken_off)
    else:
        yield from figures.rows(figure.key).values_list("seq", flat=True).iterator(chunk_size=10_000)


def _taken_off(definition: SumFigure, figures: Figures) -> frozenset[int]:
    return frozenset(seq for key in definition.less for seq in seqs(figures[key], figures))


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
