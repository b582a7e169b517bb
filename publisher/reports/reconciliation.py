"""A report that was published once beside what the log counts for its year, what was backfilled included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from publisher.log.known import OUT
from publisher.log.models import Entry
from publisher.reports.counts import count, opened
from publisher.reports.figures.figure import Figure
from publisher.reports.forms.format import SumFigure
from publisher.reports.printed import Printed
from publisher.reports.report import Report
from publisher.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Compared:
    """One printed figure beside ours.

    Attributes:
        figure: None: the form has no such figure.
        ours: what is counted, backfilled entries included, or was entered; None: nothing is there.
        backfilled: how many of ``ours`` count only because they were backfilled.
        selections: what opens the figure, for a sum that of each part.
    """

    printed: Printed
    figure: Figure | None
    ours: Decimal | None = None
    backfilled: Decimal = Decimal(0)
    selections: tuple[Selection, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """Ours less the printed number; for vague words, the number they name."""
        return None if self.ours is None else self.ours - self.printed.value

    @property
    def is_supported(self) -> bool | None:
        """Whether ours is what the printed words claim; None where there is nothing to compare."""
        return None if self.ours is None else self.printed.claim.allows(self.ours)

    @property
    def is_counted(self) -> bool:
        """Whether the log is its source."""
        return bool(self.selections)


def reconcile(report: Report, printed: Iterable[Printed]) -> list[Compared]:
    """Each printed figure beside ours, in the order of what was printed."""
    return [_compared(report, one) for one in printed]


def rows(report: Report, compared: Compared) -> Iterator[Entry]:
    """The log entries that were counted, one for each unit; none where the log is not the source."""
    for selection in compared.selections:
        yield from opened(report.office, selection).iterator(chunk_size=2000)


def numbers(report: Report, compared: Compared) -> list[int]:
    """The numbers of these entries."""
    found = (opened(report.office, selection) for selection in compared.selections)
    return [seq for some in found for seq in some.values_list("seq", flat=True)]


def _compared(report: Report, printed: Printed) -> Compared:
    if printed.key not in report.figures:
        return Compared(printed, None)
    figure = report.figures[printed.key]
    if not figure.is_number:
        return Compared(printed, figure)
    ours = _number(report, figure)
    backfilled = Decimal(0) if ours is None or figure.number is None else ours - figure.number
    return Compared(printed, figure, ours, backfilled, tuple(_selections(report, figure)))


def _number(report: Report, figure: Figure) -> Decimal | None:
    """The number of a figure with what was backfilled, whatever its rule says of that."""
    if figure.selection is not None:
        return Decimal(count(report.office, with_backfilled(figure.selection)))
    if isinstance(figure.definition, SumFigure):
        more = [_number(report, report.figures[key]) for key in figure.definition.of]
        less = [_number(report, report.figures[key]) for key in figure.definition.less]
        if any(part is None for part in (*more, *less)):
            return figure.number
        return sum(filter(None, more), Decimal(0)) - sum(filter(None, less), Decimal(0))
    return figure.number


def _selections(report: Report, figure: Figure) -> list[Selection]:
    if figure.selection is not None:
        return [with_backfilled(figure.selection)]
    if isinstance(figure.definition, SumFigure):
        parts = (*figure.definition.of, *figure.definition.less)
        return [selection for key in parts for selection in _selections(report, report.figures[key])]
    return []


def with_backfilled(selection: Selection) -> Selection:
    """The same under the same rule, with what was backfilled, where the rule counts publications at all."""
    if not set(OUT) & set(selection.rule.events):
        return selection
    return selection.under(selection.rule.model_copy(update={"backfilled": True}))
