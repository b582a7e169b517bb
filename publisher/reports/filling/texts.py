"""Texts of a form as runs: plain text, and figures that know their keys."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.reports.document import Run
from publisher.reports.figures.figure import MISSING, Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.figures.reading import Figures
from publisher.reports.figures.wording import number_words
from publisher.reports.forms import placeholders
from publisher.reports.forms.format import NumberDefinition, TextFigure
from publisher.reports.forms.placeholders import Place, Show


def runs(text: str, figures: Figures) -> list[Run]:
    """``text`` with its placeholders filled in; what no form of the year knows is left as it stands."""
    return [run for part in placeholders.split(text) for run in _runs(part, figures) if run.text]


def filled(text: str, figures: Figures) -> str:
    return "".join(run.text for run in runs(text, figures))


def _runs(part: str | Place, figures: Figures) -> Iterator[Run]:
    if isinstance(part, str):
        yield Run(part)
    elif part.key in figures.general:
        yield Run(figures.general[part.key])
    elif part.key not in figures:
        # A text entered for another form of the same year may name a figure this one does not have.
        yield Run("{" + part.key + "}")
    elif isinstance(figures[part.key].definition, TextFigure) and not figures[part.key].is_missing:
        yield from runs(figures[part.key].text, figures)
    else:
        yield Run(_shown(figures[part.key], part.show, figures), part.key)


def _shown(figure: Figure, show: Show, figures: Figures) -> str:
    match show:
        case "unit":
            return figure.unit
        case "number" if isinstance(figure.definition, NumberDefinition):
            return MISSING if figure.number is None else number_words(figure.definition, figure.number)
    # A text with a default, such as a date, may name what every report knows.
    return figure.phrase if "{" not in figure.phrase else filled(figure.phrase, figures)


def cell_text(figure: Figure, show: str) -> str:
    """A figure in a cell of a table: the number alone unless its wording is asked for."""
    return figure.phrase if show == "phrase" else figure.shown


def exact(figure: Figure) -> str:
    """The value itself, for tables of figures: digits, or the text."""
    return plain(figure.number) if figure.number is not None else figure.text
