"""Counts over the log: any period, any cut, as it stands or as it stood. A count is always the length of a list.

What is counted once is the rule's unit:

* an **item** is one number of an item, whatever its channels;
* a **publication** is one item in one channel: neither a correction nor a second publication after a recall adds one;
* an **issue** is one issue number in one channel;
* a **column** is one column of the website, for rules that count what became of columns.

A cell of a cut counts the units that have an entry in it, so a unit may stand in several cells (an item in several
channels), and cells need not add up to the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min, QuerySet

from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.log.queries import book
from publisher.office import Office
from publisher.reports.rules import Rule, Unit
from publisher.reports.selection import CUTS, KEYS, Hidden, Selection, entries, with_cuts, with_unit

__all__ = [
    "CUTS",
    "Difference",
    "Selection",
    "Totals",
    "count",
    "count_by",
    "count_units",
    "difference",
    "entries",
    "opened",
    "page",
    "totals",
]

FEW = 10_000
"""So many entries the database may group and sort for a page; of more than that, it reads on until the page is full."""

INDEXED = ("event", "channel", "column")
"""The order of the index, in which PostgreSQL need not sort; it groups in the order that is asked for."""

Group = tuple[tuple[Any, ...], int]
"""The values of some columns, and how many units there are with them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rules over the same selection: how many either counts, and the rows only one of them counts."""

    here: int
    there: int
    only_here: Sequence[Entry]
    only_there: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Totals:
    """What is always told together: the rule's own number, items and publications, and what was only handed over."""

    count: int
    items: int
    publications: int
    handed_over: int


def count(office: Office, selection: Selection) -> int:
    """How many units there are; the length of ``opened``."""
    return count_units(entries(office, selection), selection.rule.unit)


def count_units(found: QuerySet[Entry], unit: Unit) -> int:
    """How many different units some entries make."""
    return sum(number for _, number in _numbers(with_unit(found, unit), unit, ()))


def totals(office: Office, selection: Selection) -> Totals:
    """All totals of a selection, in as few questions as they need."""
    found = entries(office, selection)
    unit = selection.rule.unit
    about_items = with_unit(found, "item")
    by_event = _by_event(about_items, ("channel",), "item")
    publications = sum(number for _, number in _settled(about_items, by_event, ("channel",), "item"))
    items = count_units(about_items, "item")
    told = {"item": items, "publication": publications}
    return Totals(
        count=told[unit] if unit in told else count_units(found, unit),
        items=items,
        publications=publications,
        handed_over=sum(number for (event, *_), number in by_event if event == Event.HANDED_OVER),
    )


def count_by(office: Office, selection: Selection, by: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each cell of a cut: the values of ``by`` (names in ``CUTS``; days as ISO text) and ``count``.

    ``count(office, selection.within(row))`` is the count of the row.
    """
    found = with_cuts(office, entries(office, selection), by)
    columns = tuple(CUTS[name] for name in by)
    totals: dict[tuple[Any, ...], int] = defaultdict(int)
    for values, number in _numbers(found, selection.rule.unit, columns):
        totals[values] += number
    return [
        {name: _plain(value) for name, value in zip(by, values, strict=True)} | {"count": totals[values]}
        for values in sorted(totals)
        if totals[values]
    ]


def opened(office: Office, selection: Selection) -> QuerySet[Entry]:
    """One entry for each unit, the first that was recorded, oldest first."""
    firsts = _firsts(entries(office, selection), selection.rule.unit)
    return book(office.slug, selection.archive).filter(seq__in=firsts).order_by("seq")


def page(office: Office, selection: Selection, *, after: int = 0, size: int = 50) -> list[Entry]:
    """The next ``size`` entries of ``opened`` behind the one numbered ``after``; quick however many there are."""
    rows, found, unit = book(office.slug, selection.archive), entries(office, selection), selection.rule.unit
    is_large = found.order_by().values("pk")[:FEW].count() == FEW
    if is_large and "item" in KEYS[unit]:
        return _read_on(rows, found, unit, after, size)
    firsts = sorted(first for (first,) in _firsts(found, unit) if first > after)
    return list(rows.filter(seq__in=firsts[:size]).order_by("seq"))


def difference(office: Office, selection: Selection, other: Rule) -> Difference:
    """What the selection's rule counts and ``other`` does not, and the reverse: the counts differ by these rows.

    A row counted here is matched with a unit of the other rule that it belongs to and that no other row was matched
    with; so five publications of three items are three items, and two publications more.
    """
    there = {key: seq for seq, key in _keys(office, selection.under(other), other.unit)}
    both = 0
    only_here = []
    for seq, key in _keys(office, selection, other.unit):
        if there.pop(key, None) is None:
            only_here.append(seq)
        else:
            both += 1
    rows = book(office.slug, selection.archive)
    return Difference(
        both + len(only_here), both + len(there), _numbered(rows, only_here), _numbered(rows, there.values())
    )


def _numbers(found: QuerySet[Entry], unit: Unit, columns: tuple[str, ...]) -> Iterator[Group]:
    """The units in each group of ``columns``; a group may come several times, its numbers are to be added.

    Units in different channels are different ones, so no pairs of channel and number have to be told apart: the
    numbers of each channel are counted, event by event, which is how the index has them in order. Only where a channel
    has entries of several events may a unit come twice; those channels are counted once more as a whole.
    """
    *further, own = KEYS[unit]
    grouped = tuple(dict.fromkeys((*columns, *further)))
    if "channel" not in grouped or "event" in grouped:
        groups = list(_groups(found, grouped, own))
    else:
        groups = _settled(found, _by_event(found, grouped, own), grouped, own)
    yield from ((key[: len(columns)], number) for key, number in groups)


def _by_event(found: QuerySet[Entry], columns: tuple[str, ...], own: str) -> list[Group]:
    return list(_groups(found, ("event", *columns), own))


def _settled(found: QuerySet[Entry], by_event: Sequence[Group], columns: tuple[str, ...], own: str) -> list[Group]:
    """The groups without their events, where ``columns`` have the channel among them."""
    place = columns.index("channel")
    events: dict[str, set[str]] = defaultdict(set)
    for (event, *key), _ in by_event:
        events[key[place]].add(event)
    mixed = [channel for channel, several in events.items() if len(several) > 1]
    groups = [(tuple(key), number) for (_, *key), number in by_event if key[place] not in mixed]
    return groups + (list(_groups(found.filter(channel__in=mixed), columns, own)) if mixed else [])


def _groups(found: QuerySet[Entry], columns: tuple[str, ...], own: str) -> Iterator[Group]:
    """How many different ``own`` there are in each group of ``columns``, by the database."""
    number = Count(own, distinct=True)
    if not columns:
        yield (), found.aggregate(number=number)["number"]
        return
    ordered = sorted(columns, key=lambda column: INDEXED.index(column) if column in INDEXED else len(INDEXED))
    places = [ordered.index(column) for column in columns]
    names, found = _hide(found, [] if "event" in columns else ["channel", "column"], ordered)
    rows: Iterable[tuple[Any, ...]] = (
        found.order_by().values(*names).annotate(number=number).values_list(*names, "number")
    )
    for row in rows:
        yield tuple(row[place] for place in places), row[-1]


def _firsts(found: QuerySet[Entry], unit: Unit) -> QuerySet[Entry, Any]:
    """The number of the first entry of each unit."""
    names, found = _hide(found, KEYS[unit], KEYS[unit])
    firsts: QuerySet[Entry, Any] = found.order_by().values(*names).annotate(first=Min("seq")).values_list("first")
    return firsts


def _hide(found: QuerySet[Entry], unwanted: Sequence[str], columns: Sequence[str]) -> tuple[list[str], QuerySet[Entry]]:
    """Names to group by instead of ``columns``, so that no index by one of ``unwanted`` is chosen for it."""
    names = {column: f"hidden_{column}" if column in unwanted else column for column in columns}
    hiding = {name: Hidden(column) for column, name in names.items() if name != column}
    return list(names.values()), found.annotate(**hiding)


def _read_on(rows: QuerySet[Entry], found: QuerySet[Entry], unit: Unit, after: int, size: int) -> list[Entry]:
    """The first ``size`` of the entries behind ``after`` that are the first of their unit."""
    page: list[Entry] = []
    while len(page) < size:
        some = list(found.filter(seq__gt=after).order_by("seq")[: 2 * size])
        if not some:
            break
        # By the numbers of all entries about these items, which are few, not by the many of the year.
        about = rows.filter(item__in={entry.item for entry in some}).values("seq")
        firsts = {first for (first,) in _firsts(found.filter(seq__in=about), unit)}
        page += [entry for entry in some if entry.seq in firsts]
        after = some[-1].seq
    return page[:size]


def _keys(office: Office, selection: Selection, unit: Unit) -> Iterator[tuple[int, tuple[Hashable, ...]]]:
    """The number of each row that is counted, with its key as ``unit``."""
    rows = opened(office, selection).values_list("seq", *KEYS[unit])
    return ((seq, tuple(key)) for seq, *key in rows.iterator(chunk_size=10_000))


def _numbered(rows: QuerySet[Entry], numbers: Iterable[Any], chunk: int = 500) -> list[Entry]:
    """The entries with these numbers, oldest first; asked for a few at a time, as a statement's length is limited."""
    wanted = sorted(numbers)
    slices = (wanted[start : start + chunk] for start in range(0, len(wanted), chunk))
    return [entry for some in slices for entry in rows.filter(seq__in=some).order_by("seq")]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
