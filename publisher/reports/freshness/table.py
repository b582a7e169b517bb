"""The inspection table as an Excel workbook: every object with its limit and state, the vetoes, the months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from channels.errors import Text
from channels.later import later
from publisher.reports.freshness.minima import MonthRow
from publisher.reports.freshness.overview import NOTES, Freshness, Outcome, Row, Verdict
from publisher.reports.freshness.pages import Linked, Page, Shown, State
from publisher.reports.freshness.standard import Light
from publisher.wording import sentence

if TYPE_CHECKING:
    from publisher.reports.freshness import sheets
else:
    sheets = later("publisher.reports.freshness.sheets")

GOOD, AMBER, BAD = ("E2F3E9", "155C36"), ("FDF0D3", "77500A"), ("FBE4E4", "972121")
COLOURS: Mapping[Light | Outcome, tuple[str, str]] = {
    Light.GREEN: GOOD,
    Light.WARN: AMBER,
    Light.RED: BAD,
    Light.EMPTY: ("FDE8D8", "8F3A06"),
    Light.UNLIMITED: ("FFFFFF", "51606F"),
    Outcome.CLEAR: GOOD,
    Outcome.NEAR: AMBER,
    Outcome.HIT: BAD,
}
"""Ground and ink of a state; its word always stands there."""

Columns = Sequence[tuple[str, int]]


def workbook(found: Freshness) -> bytes:
    """The bytes of the .xlsx file, in the active language."""
    pages = [
        _page(found, _("Updates"), _object_columns(), [_object(*one) for one in enumerate(found.rows, start=1)]),
        _page(found, _("Vetoes"), _veto_columns(), [_veto(*one) for one in enumerate(found.verdicts, start=1)]),
    ]
    if found.months:
        rows = [_month(*one) for one in enumerate(found.months, start=1)]
        pages.append(_page(found, _("Months"), _month_columns(), rows))
    return sheets.workbook(pages)


def in_time(row: Row) -> str:
    """Whether the next publication is expected in time; empty where nothing can be said."""
    if row.forecast is None or row.limit is None:
        return ""
    if row.light == Light.RED:
        return _("overdue")
    return _("expected too late") if row.forecast.is_late else _("expected in time")


def about(found: Freshness) -> str:
    """The day and the standard, in a line."""
    standard = found.standard
    name = f"{standard.name} {standard.document}".strip()
    return sentence(Text("Day: {day}. Standard: {name} ({mark}).", day=found.on, name=name, mark=standard.mark.label))


def _page(found: Freshness, name: str, columns: Columns, rows: Sequence[Sequence[Shown]]) -> Page:
    title = sentence(Text("{office}: inspection of updates", office=found.office.name))
    return Page(name, title, about(found), columns, rows, [sentence(note) for note in NOTES])


def _object_columns() -> Columns:
    return (
        (_("No."), 6),
        (_("Channel"), 12),
        (_("Inspected"), 13),
        (_("Column class"), 14),
        (_("Indicator"), 22),
        (_("Limit"), 8),
        (_("Last updated"), 12),
        (_("Newest item"), 26),
        (_("Days since"), 8),
        (_("Overdue on"), 12),
        (_("State"), 10),
        (_("Usual gap in days"), 10),
        (_("Next expected on"), 12),
        (_("In time?"), 9),
        (_("Basis"), 20),
    )


def _object(number: int, row: Row) -> Sequence[Shown]:
    limit, last, forecast = row.limit, row.last, row.forecast
    return (
        number,
        row.channel.name,
        row.name,
        row.column_class,
        limit.words if limit else "",
        limit.length if limit else "",
        last.happened_on if last else None,
        Linked(last.title, last.url) if last else "",
        row.days,
        row.red_on,
        _state(row.light),
        forecast.every_days if forecast else None,
        forecast.next_on if forecast else None,
        in_time(row),
        limit.origin if limit else "",
    )


def _veto_columns() -> Columns:
    return (
        (_("No."), 6),
        (_("Channel"), 12),
        (_("Indicator"), 30),
        (_("Veto"), 44),
        (_("Count"), 8),
        (_("Threshold"), 8),
        (_("Verdict"), 16),
        (_("Concerned"), 40),
        (_("Basis"), 20),
    )


def _veto(number: int, verdict: Verdict) -> Sequence[Shown]:
    return (
        number,
        verdict.channel.name,
        verdict.veto.name,
        verdict.veto.words,
        len(verdict.counted),
        verdict.veto.at_least,
        _state(verdict.outcome),
        "、".join(row.name for row in verdict.counted),
        verdict.veto.origin,
    )


def _month_columns() -> Columns:
    return (
        (_("No."), 6),
        (_("Name"), 18),
        (_("Month"), 10),
        (_("Indicator"), 40),
        (_("Published"), 10),
        (_("Minimum"), 10),
        (_("Still missing"), 10),
        (_("Expected at the end"), 12),
        (_("State"), 10),
        (_("Basis"), 30),
    )


def _month(number: int, month: MonthRow) -> Sequence[Shown]:
    return (
        number,
        month.name,
        f"{month.month.first:%Y-%m}",
        month.minimum.words,
        month.count,
        month.minimum.per_month,
        month.missing,
        month.expected,
        _state(month.light),
        month.minimum.origin,
    )


def _state(value: Light | Outcome) -> State:
    return State(str(value.label), *COLOURS[value])
