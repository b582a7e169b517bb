"""Statements that group entries in such a way that both databases find them by the indexes of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connections
from django.db.models import Count, Min, QuerySet

from publisher.log import sql
from publisher.log.models import Entry
from publisher.reports.rules import Unit
from publisher.reports.selection import KEYS, Hidden

INDEXED = ("event", "channel", "column", "month", "happened_on")
"""The order of the indexes, in which nothing has to be sorted; PostgreSQL groups in the order that is asked for."""

Group = tuple[tuple[Any, ...], int]
"""The values of some columns, and how many there are with them."""


def groups(found: QuerySet[Entry], columns: tuple[str, ...], own: str = "") -> Iterator[Group]:
    """How many different ``own`` there are in each group of ``columns``; without ``own``, how many entries."""
    number = Count(own, distinct=True) if own else Count("*")
    if not columns:
        yield (), _items(found) if own == "item" else found.aggregate(number=number)["number"]
        return
    ordered = sorted(columns, key=lambda column: INDEXED.index(column) if column in INDEXED else len(INDEXED))
    places = [ordered.index(column) for column in columns]
    names, found = _hide(found, [] if "event" in columns else ["channel", "column"], ordered)
    rows: Iterable[tuple[Any, ...]] = (
        found.order_by().values(*names).annotate(number=number).values_list(*names, "number")
    )
    for row in rows:
        yield tuple(row[place] for place in places), row[-1]


def _items(found: QuerySet[Entry]) -> int:
    """How many different items there are, by the index that has them one after the other."""
    # Said once more, and not hidden: by it that index is found.
    known = found.filter(item__isnull=False)
    if connections[known.db].features.can_distinct_on_fields:
        # PostgreSQL sorts all items, on the disk where there are many, before it counts the different ones.
        return known.order_by("item").distinct("item").values("item").count()
    return int(known.aggregate(number=Count("item", distinct=True))["number"])


def days(found: QuerySet[Entry], columns: tuple[str, ...]) -> Iterator[Group]:
    """How many entries there are in each group of ``columns``; days come as ISO text, and None for entries from before
    days were written down.

    Grouped as the index has them first, and what comes of it once more: nothing but the small groups has to be sorted.
    """
    inner = found.order_by().values(*INDEXED).annotate(number=Count("*")).values_list(*INDEXED, "number")
    statement, values = inner.query.sql_with_params()
    names = ", ".join(f'"{column}"' for column in columns)
    for *group, number in sql.rows(f"SELECT {names}, SUM(number) FROM ({statement}) AS part GROUP BY {names}", values):  # noqa: S608 - Django's
        yield tuple(str(value) if isinstance(value, date) else value for value in group), int(number)


def firsts(found: QuerySet[Entry], unit: Unit) -> QuerySet[Entry, Any]:
    """The number of the first entry of each unit."""
    names, found = _hide(found, KEYS[unit], KEYS[unit])
    numbers: QuerySet[Entry, Any] = found.order_by().values(*names).annotate(first=Min("seq")).values_list("first")
    return numbers


def repeated(found: QuerySet[Entry], unit: Unit) -> QuerySet[Entry, Any]:
    """The key of each unit that has several entries."""
    names, found = _hide(found, KEYS[unit], KEYS[unit])
    units = found.order_by().values(*names).annotate(entries=Count("*")).filter(entries__gt=1)
    keys: QuerySet[Entry, Any] = units.values(*names)
    return keys


def _hide(found: QuerySet[Entry], unwanted: Sequence[str], columns: Sequence[str]) -> tuple[list[str], QuerySet[Entry]]:
    """Names to group by instead of ``columns``, so that no index by one of ``unwanted`` is chosen for it."""
    names = {column: f"hidden_{column}" if column in unwanted else column for column in columns}
    hiding = {name: Hidden(column) for column, name in names.items() if name != column}
    return list(names.values()), found.annotate(**hiding)
