"""Counts over the log: any period, any cut, as it stands or as it stood. A count is always the length of a list.

What is counted once is the rule's unit:

* an **item** is one number of an item, whatever its channels;
* a **publication** is one item in one channel: neither a correction nor a second publication after a recall adds one;
* an **issue** is one issue number in one channel and year, as numbers begin anew each year;
* a **column** is one column of the website, for rules that count what became of columns.

A cell of a cut counts the units that have an entry in it, so a unit may stand in several cells (an item in several
channels), and cells need not add up to the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

from django.db.models import QuerySet

from publisher.log.models import Entry
from publisher.log.queries import book
from publisher.office import Office
from publisher.reports.grouping import Group, firsts, groups
from publisher.reports.rules import Rule, Unit
from publisher.reports.selection import CUTS, KEYS, Selection, entries, with_cuts, with_unit

__all__ = [
    "CUTS",
    "Difference",
    "Selection",
    "count",
    "count_by",
    "count_units",
    "difference",
    "entries",
    "opened",
    "page",
]

Side = Literal["here", "there"]
"""Of two rules: the one that is asked for, and the one it is compared with."""

SIDES: tuple[Side, ...] = ("here", "there")

FEW = 10_000
"""So many entries the database may group and sort for a page; of more than that, it reads on until the page is full."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rules over the same selection: how many either counts, and the rows only one of them counts."""

    here: int
    there: int
    only_here: Sequence[Entry]
    only_there: Sequence[Entry]


def count(office: Office, selection: Selection) -> int:
    """How many units there are; the length of ``opened``."""
    return count_units(entries(office, selection), selection.rule.unit)


def count_units(found: QuerySet[Entry], unit: Unit) -> int:
    """How many different units some entries make."""
    return sum(number for _, number in _numbers(with_unit(found, unit), unit, ()))


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
        {name: plain(value) for name, value in zip(by, values, strict=True)} | {"count": totals[values]}
        for values in sorted(totals)
        if totals[values]
    ]


def opened(office: Office, selection: Selection) -> QuerySet[Entry]:
    """One entry for each unit, the first that was recorded, oldest first."""
    numbers = firsts(entries(office, selection), selection.rule.unit)
    return book(office.slug, selection.archive).filter(seq__in=numbers).order_by("seq")


def page(office: Office, selection: Selection, *, after: int = 0, size: int = 50) -> list[Entry]:
    """The next ``size`` entries of ``opened`` behind the one numbered ``after``; quick however many there are."""
    found, unit = entries(office, selection), selection.rule.unit
    is_large = found.order_by().values("pk")[:FEW].count() == FEW
    if is_large and "item" in KEYS[unit]:
        return _read_on(office, selection, after, size)
    numbers = sorted(first for (first,) in firsts(found, unit) if first > after)
    return list(book(office.slug, selection.archive).filter(seq__in=numbers[:size]).order_by("seq"))


def difference(office: Office, selection: Selection, other: Rule) -> Difference:
    """What the selection's rule counts and ``other`` does not, and the reverse: the counts differ by these rows.

    A row counted here is matched with a unit of the other rule that it belongs to and that no other row was matched
    with; so five publications of three items are three items, and two publications more.
    """
    there = selection.under(other)
    apart = unmatched(partial(_keys, office, selection), selection.rule.unit, partial(_keys, office, there), other.unit)
    rows = book(office.slug, selection.archive)
    return Difference(
        apart.here, apart.there, _numbered(rows, apart.only["here"]), _numbered(rows, apart.only["there"])
    )


Keyed = Callable[[Unit], Iterable[tuple[int, Hashable]]]
"""The numbers of rows, oldest first, each with its key as a unit."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How many rows either of two sides has, and the numbers of those that are not matched with one of the other."""

    here: int
    there: int
    only: Mapping[Side, Sequence[int]]


def unmatched(here: Keyed, unit_here: Unit, there: Keyed, unit_there: Unit) -> Apart:
    """Match the rows of two sides by the keys of the coarser unit, each with one at most."""
    if (unit_here, unit_there) == ("item", "publication"):
        turned = unmatched(there, unit_there, here, unit_here)
        return Apart(turned.there, turned.here, {"here": turned.only["there"], "there": turned.only["here"]})
    left = {key: seq for seq, key in there(unit_there)}
    all_there = len(left)
    only_here, both = [], 0
    for seq, key in here(unit_there):
        if left.pop(key, None) is None:
            only_here.append(seq)
        else:
            both += 1
    return Apart(both + len(only_here), all_there, {"here": only_here, "there": sorted(left.values())})


def _numbers(found: QuerySet[Entry], unit: Unit, columns: tuple[str, ...]) -> Iterator[Group]:
    """The units in each group of ``columns``; a group may come several times, its numbers are to be added.

    Units in different channels are different ones, so no pairs of channel and number have to be told apart: the
    numbers of each channel are counted, event by event, which is how the index has them in order. Only where a channel
    has entries of several events may a unit come twice; those channels are counted once more as a whole.
    """
    *further, own = KEYS[unit]
    grouped = tuple(dict.fromkeys((*columns, *further)))
    if "channel" not in grouped or "event" in grouped:
        numbers = list(groups(found, grouped, own))
    else:
        numbers = _settled(found, _by_event(found, grouped, own), grouped, own)
    yield from ((key[: len(columns)], number) for key, number in numbers)


def _by_event(found: QuerySet[Entry], columns: tuple[str, ...], own: str) -> list[Group]:
    return list(groups(found, ("event", *columns), own))


def _settled(found: QuerySet[Entry], by_event: Sequence[Group], columns: tuple[str, ...], own: str) -> list[Group]:
    """The groups without their events, where ``columns`` have the channel among them."""
    place = columns.index("channel")
    events: dict[str, set[str]] = defaultdict(set)
    for (event, *key), _ in by_event:
        events[key[place]].add(event)
    mixed = [channel for channel, several in events.items() if len(several) > 1]
    settled = [(tuple(key), number) for (_, *key), number in by_event if key[place] not in mixed]
    return settled + (list(groups(found.filter(channel__in=mixed), columns, own)) if mixed else [])


def _read_on(office: Office, selection: Selection, after: int, size: int) -> list[Entry]:
    """The first ``size`` of the entries behind ``after`` that are the first of their unit."""
    found = entries(office, selection).order_by("seq")
    page: list[Entry] = []
    while len(page) < size:
        some = list(found.filter(seq__gt=after)[: 2 * size])
        if not some:
            break
        # By the entries about these items, which are few, not by the many of the year.
        about = entries(office, selection, about={entry.item for entry in some if entry.item is not None})
        numbers = {first for (first,) in firsts(about, selection.rule.unit)}
        page += [entry for entry in some if entry.seq in numbers]
        after = some[-1].seq
    return page[:size]


def _keys(office: Office, selection: Selection, unit: Unit) -> Iterator[tuple[int, Hashable]]:
    """The number of each row that is counted, with its key as ``unit``."""
    rows = opened(office, selection).values_list("seq", *KEYS[unit])
    return ((seq, tuple(key)) for seq, *key in rows.iterator(chunk_size=10_000))


def _numbered(rows: QuerySet[Entry], numbers: Iterable[Any], chunk: int = 500) -> list[Entry]:
    """The entries with these numbers, oldest first; asked for a few at a time, as a statement's length is limited."""
    wanted = sorted(numbers)
    slices = (wanted[start : start + chunk] for start in range(0, len(wanted), chunk))
    return [entry for some in slices for entry in rows.filter(seq__in=some).order_by("seq")]


def plain(value: Any) -> Any:
    """A value of a cut as rows of counts have it."""
    return value.isoformat() if isinstance(value, date) else value
