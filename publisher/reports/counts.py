"""Counts over the log: any period, any cut, as it stands or as it stood. A count is always the length of a list.

What is counted once is the rule's unit:

* an **item** is one number of an item, whatever its channels;
* a **publication** is one item in one channel: neither a correction nor a second publication after a recall adds one;
* an **issue** is one issue number in one channel.

A cell of a cut counts the units that have an entry in it, so a unit may stand in several cells (an item in several
channels), and cells need not add up to the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncDate

from channels.errors import ConfigurationError
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.reports.periods import Period
from publisher.reports.rules import Rule, Unit

CUTS: Mapping[str, str] = {
    "channel": "channel",
    "kind": "channel_kind",
    "column": "column",
    "class": "column_class",
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "section": "section",
    "person": "person",
    "source": "source",
    "origin": "origin",
    "disclosure": "disclosure",
    "event": "event",
    "issue": "issue",
    "evidence": "evidence",
}
"""What a count can be cut by: its name, and the log's column or the name of an expression below."""

EXPRESSIONS: Mapping[str, Combinable] = {
    "quarter": (F("month") + 2) / 3,
    "origin": Case(When(source="", then=Value("own")), default=Value("taken")),
}
"""Cuts the log has no column for."""

KEYS: Mapping[Unit, tuple[str, ...]] = {
    "item": ("item",),
    "publication": ("channel", "item"),
    "issue": ("channel", "issue"),
}
"""The columns that together name one unit."""

OUT = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.CORRECTED, Event.BACKFILLED)
GONE = (Event.RECALLED, Event.NOT_ACCEPTED)
"""The last of these decides whether an item is out in a channel."""

GRADES = ("E0", "E1", "E2", "E3")

Cell = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is counted: a rule over a period, narrowed to the named channels, columns and so on; empty means all.

    Attributes:
        as_of: only what was recorded up to that moment, so that figures can be made again as they stood.
        archive: an imported older log to count in; empty is the office's own.
        cell: further restrictions by names in ``CUTS``.
    """

    period: Period
    rule: Rule
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    disclosures: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    as_of: datetime | None = None
    archive: str = ""
    cell: tuple[tuple[str, str | int], ...] = ()

    def within(self, cell: Mapping[str, str | int]) -> Selection:
        """The same, narrowed to one cell of ``count_by``."""
        more = tuple((name, value) for name, value in cell.items() if name in CUTS)
        return replace(self, cell=(*self.cell, *more))

    def under(self, rule: Rule) -> Selection:
        """The same under another rule."""
        return replace(self, rule=rule)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rules over the same selection, row by row: ``count(here) - count(there)`` is the difference of the lists."""

    here: int
    there: int
    only_here: Sequence[LogEntry]
    only_there: Sequence[LogEntry]


def entries(office: Office, selection: Selection) -> QuerySet[LogEntry]:
    """Every entry of the log that belongs to the selection; several may make one unit."""
    rule = selection.rule
    found = _recorded(office, selection).filter(event__in=rule.counted_events, **_restrictions(selection))
    found = _with_unit(found, rule.unit)
    if rule.evidence:
        found = found.filter(evidence__in=GRADES[GRADES.index(rule.evidence) :])
    if rule.withdrawn == "drop":
        found = found.filter(_not_among(_withdrawn(office, selection)))
    for name, value in selection.cell:
        found = _with_cut(found, name).filter(**{CUTS[name]: value})
    return found


def count(office: Office, selection: Selection) -> int:
    """How many units there are; the length of ``opened``."""
    return count_units(entries(office, selection), selection.rule.unit)


def count_units(found: QuerySet[LogEntry], unit: Unit) -> int:
    """How many different units some entries make."""
    return sum(number for _, number in _numbers(_with_unit(found, unit), unit, ()))


def opened(office: Office, selection: Selection) -> QuerySet[LogEntry]:
    """One entry for each unit, the first that was recorded, oldest first."""
    found = entries(office, selection)
    firsts = found.order_by().values(*KEYS[selection.rule.unit]).annotate(first=Min("pk")).values("first")
    return LogEntry.objects.filter(pk__in=firsts).order_by("seq")


def count_by(office: Office, selection: Selection, by: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each cell of a cut: the values of ``by`` (names in ``CUTS``) and ``count``.

    ``count(office, selection.within(row))`` is the count of the row.
    """
    found = entries(office, selection)
    for name in by:
        found = _with_cut(found, name)
    columns = tuple(CUTS[name] for name in by)
    totals: dict[tuple[str | int, ...], int] = defaultdict(int)
    for values, number in _numbers(found, selection.rule.unit, columns):
        totals[values] += number
    return [dict(zip(by, values, strict=True)) | {"count": totals[values]} for values in sorted(totals)]


def difference(office: Office, selection: Selection, other: Rule) -> Difference:
    """What the selection's rule counts and ``other`` does not, and the reverse.

    An entry counted here is matched with a unit of the other rule that it belongs to and that no other entry was
    matched with; so five publications of three items are three items, and two publications more.
    """
    there = selection.under(other)
    others = {tuple(key): pk for pk, *key in _keys(office, there, other.unit)}
    matched = 0
    only_here = []
    for pk, *key in _keys(office, selection, other.unit):
        if others.pop(tuple(key), None) is None:
            only_here.append(pk)
        else:
            matched += 1
    return Difference(
        matched + len(only_here), matched + len(others), _entries_of(only_here), _entries_of(others.values())
    )


def _recorded(office: Office, selection: Selection) -> QuerySet[LogEntry]:
    """All entries of the period, as the book stood."""
    if selection.archive:
        raise ConfigurationError("There is no imported log {name}.", name=selection.archive)
    first, last = selection.period.first, selection.period.last
    years = {"year": first.year} if first.year == last.year else {"year__in": selection.period.years}
    found = LogEntry.objects.filter(office=office.slug, **years)
    if not selection.period.is_whole_years:
        found = found.filter(_on_days(office, selection.period))
    if selection.as_of is not None:
        found = found.filter(at__lte=selection.as_of)
    return found


def _on_days(office: Office, period: Period) -> Q:
    """Between the first and the last day; entries from before days were written down go by their time."""
    begin = datetime.combine(period.first, time.min, office.timezone)
    end = datetime.combine(period.last + timedelta(days=1), time.min, office.timezone)
    return Q(happened_on__range=(period.first, period.last)) | Q(happened_on=None, at__gte=begin, at__lt=end)


def _restrictions(selection: Selection) -> dict[str, Sequence[str]]:
    rule = selection.rule
    wanted: dict[str, tuple[Sequence[str], ...]] = {
        "channel": (rule.channels, selection.channels),
        "channel_kind": (rule.kinds, selection.kinds),
        "column": (rule.columns, selection.columns),
        "column_class": (rule.classes, selection.classes),
        "section": (selection.sections,),
        "source": (selection.sources,),
        "disclosure": (selection.disclosures,),
        "person": (selection.persons,),
    }
    return {f"{column}__in": _common(lists) for column, lists in wanted.items() if any(lists)}


def _common(lists: Iterable[Sequence[str]]) -> list[str]:
    """What stands in all lists that are not empty."""
    first, *others = (names for names in lists if names)
    return [name for name in first if all(name in other for other in others)]


def _with_unit(found: QuerySet[LogEntry], unit: Unit) -> QuerySet[LogEntry]:
    """Without entries that are none of these units: about no item, or without an issue number."""
    return found.exclude(issue="") if unit == "issue" else found.filter(item__isnull=False)


def _with_cut(found: QuerySet[LogEntry], name: str) -> QuerySet[LogEntry]:
    expression = EXPRESSIONS.get(name)
    return found if expression is None else found.alias(**{name: expression})


def _withdrawn(office: Office, selection: Selection) -> QuerySet[LogEntry, Any]:
    """Channel and item of what was taken back in the period and did not go out again in it.

    What was taken back before the period began cannot have gone out in it before that, so the period alone decides.
    """
    day = Coalesce("happened_on", TruncDate("at", tzinfo=office.timezone))
    book = _recorded(office, selection).filter(item__isnull=False).alias(day=day)
    later = book.filter(event__in=OUT, channel=OuterRef("channel"), item=OuterRef("item")).filter(
        Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), seq__gt=OuterRef("seq"))
    )
    return book.filter(~Exists(later), event__in=GONE).order_by().values("channel", "item")


def _not_among(pairs: QuerySet[LogEntry, Any]) -> Func:
    """Whether channel and item are not one of ``pairs``, which the database looks up once for all entries."""
    pair = Func("channel", "item", template="(%(expressions)s)", output_field=TextField())
    return Func(pair, Subquery(pairs), template="%(expressions)s", arg_joiner=" NOT IN ", output_field=BooleanField())


def _numbers(
    found: QuerySet[LogEntry], unit: Unit, columns: Sequence[str]
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The units in each group of ``columns``; a group may come several times, its numbers are to be added.

    Units in different channels are different ones, so the database need not look for the same pair of channel and
    number: it counts the numbers of each channel, which an index gives in order.
    """
    *further, own = KEYS[unit]
    grouped = tuple(dict.fromkeys((*columns, *further)))
    number = Count(own, distinct=True)
    if not grouped:
        yield (), found.aggregate(number=number)["number"]
        return
    values = {column: EXPRESSIONS[column] for column in columns if column in EXPRESSIONS}
    rows: Iterable[tuple[Any, ...]] = (
        found.order_by().annotate(**values).values(*grouped).annotate(number=number).values_list(*grouped, "number")
    )
    for row in rows:
        yield row[: len(columns)], row[-1]


def _keys(office: Office, selection: Selection, unit: Unit) -> Iterator[tuple[Hashable, ...]]:
    """The entries that are counted, each with its key as ``unit``."""
    return opened(office, selection).values_list("pk", *KEYS[unit]).iterator(chunk_size=10_000)


def _entries_of(pks: Iterable[Any], chunk: int = 500) -> list[LogEntry]:
    """The entries with these numbers, oldest first; asked for a few at a time, as a statement's length is limited."""
    wanted = sorted(pks)
    slices = (wanted[start : start + chunk] for start in range(0, len(wanted), chunk))
    return [entry for some in slices for entry in LogEntry.objects.filter(pk__in=some).order_by("seq")]
