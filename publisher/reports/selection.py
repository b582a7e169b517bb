"""Which entries of the log belong to a figure: a rule over a period, narrowed to channels, columns, cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
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
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler

from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.log.queries import book
from publisher.office import Office
from publisher.reports.periods import Period
from publisher.reports.rules import GRADES, Rule, Unit

CUTS: Mapping[str, str] = {
    "channel": "channel",
    "kind": "channel_kind",
    "column": "column",
    "class": "column_class",
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "day": "day",
    "section": "section",
    "person": "person",
    "source": "source",
    "origin": "origin",
    "disclosure": "disclosure",
    "event": "event",
    "issue": "issue",
    "evidence": "evidence",
}
"""What a count can be cut by: its name, and the log's column or the name of an expression."""

KEYS: Mapping[Unit, tuple[str, ...]] = {
    "item": ("item",),
    "publication": ("channel", "item"),
    "issue": ("channel", "year", "issue"),
    "column": ("column",),
}
"""The columns that together name one unit."""

HIDDEN = {"year": "counted_in", "event": "happening"}
"""Columns by which an index would be chosen, and what they are called where none shall be."""

OUT = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.CORRECTED, Event.BACKFILLED)
GONE = (Event.RECALLED, Event.NOT_ACCEPTED)
"""The last of these decides whether an item is out in a channel."""

Values = Mapping[str, str | int]


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

    def within(self, cell: Values) -> Selection:
        """The same, narrowed to one cell of ``count_by``."""
        more = tuple((name, value) for name, value in cell.items() if name in CUTS)
        return replace(self, cell=(*self.cell, *more))

    def under(self, rule: Rule) -> Selection:
        """The same under another rule."""
        return replace(self, rule=rule)


def entries(office: Office, selection: Selection, *, about: Collection[int] | None = None) -> QuerySet[Entry]:
    """Every entry of the log that belongs to the selection; several may make one unit.

    Args:
        about: only those about these items, found by their numbers and by nothing else.
    """
    rule = selection.rule
    recorded = _recorded(office, selection) if about is None else _recorded_about(office, selection, about)
    event = "event" if about is None else HIDDEN["event"]
    found = recorded.filter(**{f"{event}__in": rule.counted_events}, **_restrictions(selection))
    found = with_unit(found, rule.unit)
    if rule.evidence:
        found = found.filter(evidence__in=GRADES[GRADES.index(rule.evidence) :])
    if rule.withdrawn == "drop":
        found = found.filter(_not_among(_withdrawn(office, selection, about=about)))
    if selection.cell:
        found = with_cuts(office, found, [name for name, _ in selection.cell])
    for name, value in selection.cell:
        found = found.filter(**{CUTS[name]: value})
    return found


def entries_apart(office: Office, selection: Selection, other: Rule) -> QuerySet[Entry]:
    """Entries of units that another rule may not count, where both rules count items or publications.

    Every row that it has nothing to match with is among them; few others are.
    """
    there = selection.under(other)
    shared, found = _meets(office, there), entries(office, selection)
    # By what is known of the item itself: PostgreSQL would look through a list of many items for each entry.
    match selection.rule.unit, other.unit:
        case "item", _:
            found = found.filter(~Exists(entries(office, there).filter(item=OuterRef("item"))))
        case "publication", "item":
            # Of several publications of one item only the first has something to match with.
            of_item = entries(office, selection).filter(item=OuterRef("item"))
            shared &= Q(~Exists(of_item.exclude(channel=OuterRef("channel"))))
    return found.filter(Case(When(shared, then=Value(False)), default=Value(True)))


def entries_of_either(office: Office, selection: Selection, other: Rule) -> QuerySet[Entry]:
    """Entries that belong to the selection under its own rule or under another."""
    events = {*selection.rule.counted_events, *other.counted_events}
    found = with_unit(_recorded(office, selection).filter(event__in=sorted(events)), "item")
    return found.filter(_meets(office, selection) | _meets(office, selection.under(other)))


def _meets(office: Office, selection: Selection) -> Q:
    """What a rule and its restrictions ask of an entry of the period."""
    rule = selection.rule
    asked = Q(event__in=rule.counted_events, **_restrictions(selection))
    if rule.evidence:
        asked &= Q(evidence__in=GRADES[GRADES.index(rule.evidence) :])
    if rule.withdrawn == "drop":
        asked &= Q(_not_among(_withdrawn(office, selection)))
    return asked


def with_unit(found: QuerySet[Entry], unit: Unit) -> QuerySet[Entry]:
    """Without entries that are none of these units: about no item, without an issue number, or about no column."""
    match unit:
        case "issue":
            return found.exclude(issue="")
        case "column":
            return found.filter(item=None).exclude(column="")
    return found.filter(IsNull(Hidden("item"), False))


class Hidden(Func):
    """A column in a form by which SQLite uses no index.

    It keeps no statistics of our tables and likes any index by which it need not sort, such as the one by channel, with
    which it would read all the years of an office.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)


def with_cuts(office: Office, found: QuerySet[Entry], cuts: Iterable[str]) -> QuerySet[Entry]:
    """With a column for each cut the log itself has none for."""
    expressions: dict[str, Combinable] = {
        "quarter": (F("month") + 2) / 3,
        "day": _day(office),
        "origin": Case(When(source="", then=Value("own")), default=Value("taken")),
    }
    return found.annotate(**{name: expressions[name] for name in cuts if name in expressions})


def _recorded(office: Office, selection: Selection) -> QuerySet[Entry]:
    """All entries of the period, as the book stood."""
    return _as_of(book(office.slug, selection.archive).filter(_in_period(office, selection.period)), selection)


def _recorded_about(office: Office, selection: Selection, items: Collection[int]) -> QuerySet[Entry]:
    """Entries of the period about a few items: SQLite would rather read the year for them."""
    known = book(office.slug, selection.archive).filter(item__in=items)
    hidden = known.alias(**{name: Hidden(column) for column, name in HIDDEN.items()})
    return _as_of(hidden.filter(_in_period(office, selection.period, HIDDEN["year"])), selection)


def _as_of(found: QuerySet[Entry], selection: Selection) -> QuerySet[Entry]:
    return found if selection.as_of is None else found.filter(at__lte=selection.as_of)


def _in_period(office: Office, period: Period, column: str = "year") -> Q:
    """Whole months by the columns the index has; odd days by the day itself."""
    months = reduce(or_, (_in_months({column: year}, numbers) for year, numbers in period.months.items()))
    return months if period.is_whole_months else months & _on_days(office, period)


def _in_months(year: Mapping[str, int], numbers: range) -> Q:
    return Q(**year) if len(numbers) == 12 else Q(**year, month__in=numbers)


def _on_days(office: Office, period: Period) -> Q:
    """Between the first and the last day; entries from before days were written down go by their time."""
    begin = datetime.combine(period.first, time.min, office.timezone)
    end = datetime.combine(period.last + timedelta(days=1), time.min, office.timezone)
    return Q(happened_on__range=(period.first, period.last)) | Q(happened_on=None, at__gte=begin, at__lt=end)


def _day(office: Office) -> Coalesce:
    return Coalesce("happened_on", TruncDate("at", tzinfo=office.timezone))


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


def _withdrawn(office: Office, selection: Selection, *, about: Collection[int] | None = None) -> QuerySet[Entry, Any]:
    """Channel and item of what was taken back in the period and did not go out again in it.

    The period alone decides: what was taken back before the entry that is counted went out is no longer withdrawn.
    """
    day = _day(office)
    recorded = _recorded(office, selection) if about is None else _recorded_about(office, selection, about)
    event = "event" if about is None else HIDDEN["event"]
    gone = with_unit(recorded, "item").filter(**{f"{event}__in": GONE}).alias(day=day)
    # By the few entries of an item, not by the many of an event and channel.
    known = _as_of(book(office.slug, selection.archive), selection)
    later = known.alias(day=day, place=Hidden("channel"), happening=Hidden("event"), counted_in=Hidden("year")).filter(
        Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), seq__gt=OuterRef("seq")),
        item=OuterRef("item"),
        place=OuterRef("channel"),
        happening__in=OUT,
        counted_in__in=list(selection.period.years),
        day__lte=selection.period.last,
    )
    return gone.filter(~Exists(later)).order_by().values("channel", "item")


def _not_among(pairs: QuerySet[Entry, Any]) -> Case:
    """Whether channel and item are none of ``pairs``, which the database looks up once for all entries.

    A case, and no NOT IN: with that, SQLite reads all pairs for each entry in search of a NULL.
    """
    return Case(When(among(pairs), then=Value(False)), default=Value(True))


def among(pairs: QuerySet[Any, Any]) -> Func:
    """Whether channel and item are one of ``pairs``."""
    pair = Func("channel", "item", template="(%(expressions)s)", output_field=TextField())
    return Func(pair, Subquery(pairs), template="%(expressions)s", arg_joiner=" IN ", output_field=BooleanField())
