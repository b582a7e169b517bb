"""Several cuts of one selection at once, as pages show them: from a few statements, not one or more for each cut.

The first counts the entries in each of the smallest cells that are needed; cells of a coarser cut are added up from
those, and only days are asked for by themselves. That alone would count twice what stands in several cells, or several
times in one, such as an item that went out again after it was taken back. The second statement finds these few, and
they are counted one by one. ``publisher.reports.counts`` says what is counted, and counts what is asked for alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from publisher.log import sql
from publisher.log.events import Event
from publisher.log.models import Entry, Repetition
from publisher.office import Office
from publisher.reports.counts import count, count_by
from publisher.reports.grouping import days, groups, repeated
from publisher.reports.rules import Unit
from publisher.reports.selection import Selection, among, entries

CELLS = ("event", "channel", "column", "month")
"""Cuts whose cells lie together in an index of the log, in its order, and are few."""

DAY = "day"

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """What is always told together: the rule's own number, items and publications, and what was only handed over."""

    count: int
    items: int
    publications: int
    handed_over: int


@dataclass
class Tally:
    """The numbers of a selection; cuts by ``CELLS`` and days come from the same statements, others from their own."""

    office: Office
    selection: Selection
    _entries: dict[tuple[str, ...], Mapping[Values, int]] = field(default_factory=dict, repr=False)
    _alone: dict[Unit, int] = field(default_factory=dict, repr=False)
    _asked: dict[tuple[str, ...], Mapping[Values, int]] = field(default_factory=dict, repr=False)

    def by(self, *cut: str, unit: Unit | None = None) -> list[dict[str, Any]]:
        """``count_by`` of the selection; of another unit than the rule's, where one is given."""
        unit = unit or self.selection.rule.unit
        numbers = self._publications(cut) if self._is_told(cut, unit) else self._counted(cut, unit)
        return [dict(zip(cut, values, strict=True)) | {"count": numbers[values]} for values in sorted(numbers)]

    def whole(self, unit: Unit | None = None) -> int:
        """``count`` of the selection; of another unit than the rule's, where one is given."""
        unit = unit or self.selection.rule.unit
        if self._is_told((), unit):
            return self._publications(()).get((), 0)
        if unit not in self._alone:
            self._alone[unit] = count(self.office, self._counting(unit))
        return self._alone[unit]

    @property
    def totals(self) -> Totals:
        by_event = {row["event"]: row["count"] for row in self.by("event", unit="publication")}
        return Totals(
            count=self.whole(),
            items=self.whole("item"),
            publications=self.whole("publication"),
            handed_over=by_event.get(Event.HANDED_OVER, 0),
        )

    def _counted(self, cut: tuple[str, ...], unit: Unit) -> Mapping[Values, int]:
        """What has to be asked for by itself, once. Publications in different channels are different ones, so those of
        a cut are those of its channels together, which tables show beside it."""
        if unit == "publication" and "channel" not in cut:
            numbers: dict[Values, int] = defaultdict(int)
            for values, number in self._counted((*cut, "channel"), unit).items():
                numbers[values[:-1]] += number
            return numbers
        asked = (unit, *cut)
        if asked not in self._asked:
            rows = count_by(self.office, self._counting(unit), cut)
            self._asked[asked] = {tuple(row[name] for name in cut): row["count"] for row in rows}
        return self._asked[asked]

    def _counting(self, unit: Unit) -> Selection:
        return self.selection.under(self.selection.rule.model_copy(update={"unit": unit}))

    def _is_told(self, cut: tuple[str, ...], unit: Unit) -> bool:
        """Within a channel items are publications, but over channels they are fewer."""
        if unit != "publication" and not (unit == "item" and "channel" in cut):
            return False
        # The time of an entry that has no day would have to tell it.
        return set(cut) <= {*CELLS, DAY} and not (
            DAY in cut and any(None in values for values in self._entries_by(cut))
        )

    def _publications(self, cut: tuple[str, ...]) -> dict[Values, int]:
        """Every entry is one, but those of the repeated, each of which counts once in a cell."""
        numbers = dict(self._entries_by(cut))
        places = [(*CELLS, DAY).index(name) for name in cut]
        for cells, times in self._repeated.items():
            inside = Counter(tuple(cell[place] for place in places) for cell in cells)
            for values, number in inside.items():
                numbers[values] -= (number - 1) * times
        return numbers

    def _entries_by(self, cut: tuple[str, ...]) -> Mapping[Values, int]:
        if cut not in self._entries:
            self._entries[cut] = self._of_days(cut) if DAY in cut else self._added_up(cut)
        return self._entries[cut]

    def _of_days(self, cut: tuple[str, ...]) -> Mapping[Values, int]:
        finer = next((known for known in self._entries if set(cut) < set(known)), None)
        if finer:
            places = [finer.index(name) for name in cut]
            numbers: dict[Values, int] = defaultdict(int)
            for values, number in self._entries[finer].items():
                numbers[tuple(values[place] for place in places)] += number
            return numbers
        columns = tuple("happened_on" if name == DAY else name for name in cut)
        return dict(days(self._found, columns))

    def _added_up(self, cut: tuple[str, ...]) -> Mapping[Values, int]:
        places = [CELLS.index(name) for name in cut]
        numbers: dict[Values, int] = defaultdict(int)
        for values, number in self._cells:
            numbers[tuple(values[place] for place in places)] += number
        return numbers

    @cached_property
    def _found(self) -> QuerySet[Entry]:
        return entries(self.office, self._counting("publication"))

    @cached_property
    def _cells(self) -> Sequence[tuple[Values, int]]:
        return list(groups(self._found, CELLS))

    @cached_property
    def _repeated(self) -> Mapping[tuple[Values, ...], int]:
        """Where the entries of publications that have several stand, as values of ``CELLS`` and the day; and how many
        publications stand in just these places, so that few things have to be kept."""
        found: dict[tuple[Values, ...], int] = defaultdict(int)
        for some in self._several():
            for cells in _places(some):
                found[cells] += 1
        return found

    def _several(self) -> Iterator[QuerySet[Entry]]:
        """What has several entries of one event is noted; what has some of several events has to be looked for."""
        if self.selection.archive:
            yield self._found.filter(among(repeated(self._found, "publication")))
            return
        noted = Repetition.objects.filter(office=self.office.slug, event__in=self.selection.rule.counted_events)
        mixed = self._mixed_channels
        alone = noted.exclude(channel__in=mixed)
        if alone.exists():
            yield self._found.filter(among(alone.values("channel", "item")))
        if mixed:
            found = self._found.filter(channel__in=mixed)
            yield found.filter(among(repeated(found, "publication")))

    @property
    def _mixed_channels(self) -> list[str]:
        events: dict[str, set[str]] = defaultdict(set)
        for (event, channel, *_), _number in self._cells:
            events[channel].add(event)
        return [channel for channel, several in events.items() if len(several) > 1]


def _places(found: QuerySet[Entry]) -> Iterator[tuple[Values, ...]]:
    """The values of ``CELLS`` and the day of the entries of one publication after the other."""
    columns = found.order_by("channel", "item").values_list("channel", "item", *CELLS, "happened_on")
    statement, values = columns.query.sql_with_params()
    for _publication, rows in groupby(sql.each(statement, values), key=itemgetter(0, 1)):
        yield tuple((*row[2:-1], str(row[-1])) for row in rows)
