"""The order in which people expect the values of a cut, and which values are shown although nothing has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher.office import Office
from publisher.reports.selection import Selection

Value = str | int

BY_TIME = frozenset(["year", "quarter", "month", "day"])


def ordered(office: Office, selection: Selection, cut: str, weights: Mapping[Value, int]) -> list[Value]:
    """The values with a weight, and those that are expected; what is not stated comes last.

    Time runs, channels, columns and classes stand as the office lists them; of the others the heaviest come first.
    """
    place = {value: number for number, value in enumerate(_configured(office, cut))}

    def key(value: Value) -> tuple[bool, int, int, Value]:
        weight = 0 if cut in BY_TIME or cut == "evidence" else -weights.get(value, 0)
        return value == "", place.get(value, len(place)), 0 if value in place else weight, value

    return sorted({*weights, *_expected(office, selection, cut)}, key=key)


def weights(rows: Iterable[Mapping[str, Value]], cut: str) -> dict[Value, int]:
    """How much stands in the rows of a count for each value of one of its cuts."""
    found: dict[Value, int] = {}
    for row in rows:
        found[row[cut]] = found.get(row[cut], 0) + int(row["count"])
    return found


def _configured(office: Office, cut: str) -> Iterable[Value]:
    match cut:
        case "channel":
            return office.channels
        case "column":
            return office.columns
        case "class":
            return dict.fromkeys(column.column_class for column in office.columns.values())
    return ()


def _expected(office: Office, selection: Selection, cut: str) -> Iterable[Value]:
    """All months of a period; all channels and columns, unless only some are asked for."""
    rule = selection.rule
    if cut == "month" and len(selection.period.months) == 1:
        return next(iter(selection.period.months.values()))
    if cut == "channel" and not (selection.channels or rule.channels or rule.kinds or rule.unit == "issue"):
        return office.channels
    if cut == "column" and not (selection.columns or selection.classes or rule.columns or rule.classes):
        return office.columns
    return ()
