"""Names in use in the log, as a report lists them."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.office import Office
from publisher.reports.counts import Selection, count_by

KINDS = {"website": "政府网站", "wechat": "微信", "weibo": "微博", "newspaper": "报刊"}
"""What reports call the kinds of channels."""


def names_in_use(office: Office, selection: Selection, by: str) -> list[str]:
    """The names of a cut that have entries: in the office's order, then those it no longer has."""
    used = [str(row[by]) for row in count_by(office, selection, [by])]
    order = list(_known(office, by))
    used.sort(key=lambda value: (order.index(value) if value in order else len(order), value))
    return list(dict.fromkeys(filter(None, (_name(office, by, value) for value in used))))


def _known(office: Office, by: str) -> Iterable[str]:
    match by:
        case "channel":
            return office.channels
        case "kind":
            return [entry.kind for entry in office.channels.values()]
        case "column":
            return office.columns
        case "class":
            return [column.column_class for column in office.columns.values()]
    return ()


def _name(office: Office, by: str, value: str) -> str:
    match by:
        case "channel" if value in office.channels:
            return office.channels[value].name
        case "kind":
            return KINDS.get(value, value)
        case "column":
            return office.column(value).name if value else ""
    return value
