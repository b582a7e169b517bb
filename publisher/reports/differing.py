"""How two rules differ, a page at a time, however many rows only one of them counts.

What an item or a publication is matched with is about the same item, so a few items are compared without looking at
the others. ``publisher.reports.counts.difference`` says what is matched, and compares all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from publisher.log.models import Entry
from publisher.log.queries import book
from publisher.office import Office
from publisher.reports.counts import SIDES, Side, count_units, difference, unmatched
from publisher.reports.rules import Rule, Unit
from publisher.reports.selection import KEYS, Selection, entries, entries_apart, entries_of_either
from publisher.reports.tallies import Tally

FEW = 2_000
"""So many entries that may differ are all looked at; where there are more, they are read on until a page is full."""

ITEMS = 500
"""Compared at a time."""


Values = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The numbers of rows, each with the publication it shows."""

    shown: Sequence[tuple[int, Values]]

    def keyed(self, unit: Unit) -> Iterator[tuple[int, Values]]:
        return ((seq, _key(publication, unit)) for seq, publication in self.shown)


def _key(publication: Values, unit: Unit) -> Values:
    return publication if unit == "publication" else publication[1:]


@dataclass(frozen=True, eq=False)
class Differing:
    """A selection ("here") beside the same under another rule ("there")."""

    office: Office
    selection: Selection
    other: Rule

    @cached_property
    def counted(self) -> Mapping[Side, int]:
        """How many either counts."""
        return {side: Tally(self.office, self.under(side)).whole() for side in SIDES}

    @cached_property
    def only(self) -> Mapping[Side, int]:
        """How many of these the other does not count."""
        return {side: self.counted[side] - self._both for side in SIDES}

    def under(self, side: Side) -> Selection:
        """What either counts."""
        return self.selection if side == "here" else self.selection.under(self.other)

    def page(self, side: Side, *, after: int = 0, size: int) -> list[Entry]:
        """The next rows that only one side counts, behind the one numbered ``after``, oldest first."""
        few = self._few[side]
        if few is None:
            return self._read_on(side, after, size)
        numbers = [number for number in few if number > after][:size]
        return list(book(self.office.slug, self.selection.archive).filter(seq__in=numbers).order_by("seq"))

    def rows(self, side: Side, most: int | None = None) -> Iterator[Entry]:
        """The rows that only one side counts, oldest first, up to ``most``; a few at a time, as there may be many."""
        left, after = self.only[side] if most is None else min(most, self.only[side]), 0
        while left > 0:
            found = self.page(side, after=after, size=min(left, ITEMS))
            if not found:
                return
            yield from found
            left, after = left - len(found), found[-1].seq

    def _read_on(self, side: Side, after: int, size: int) -> list[Entry]:
        page: list[Entry] = []
        while len(page) < size:
            some = list(self._candidates(side).filter(seq__gt=after).order_by("seq")[: 2 * size])
            if not some:
                break
            apart = frozenset(self._apart(side, {entry.item for entry in some if entry.item is not None}))
            page += [entry for entry in some if entry.seq in apart]
            after = some[-1].seq
        return page[:size]

    @cached_property
    def _few(self) -> Mapping[Side, Sequence[int] | None]:
        """The numbers of all rows that only one side counts; None where there may be many."""
        return {side: self._all(side) for side in SIDES}

    def _all(self, side: Side) -> Sequence[int] | None:
        if not {self.selection.rule.unit, self.other.unit} <= {"item", "publication"}:
            return [entry.seq for entry in self._whole[side]]
        items = list(self._candidates(side).order_by().values_list("item", flat=True)[:FEW])
        if len(items) == FEW:
            return None
        different = sorted({item for item in items if item is not None})
        parts = (different[start : start + ITEMS] for start in range(0, len(different), ITEMS))
        return sorted(number for part in parts for number in self._apart(side, part))

    @cached_property
    def _whole(self) -> Mapping[Side, Sequence[Entry]]:
        """Issues and columns are few, and matched with whatever else."""
        found = difference(self.office, self.selection, self.other)
        return {"here": found.only_here, "there": found.only_there}

    @cached_property
    def _both(self) -> int:
        """How many rows of either are matched with one of the other."""
        for side in SIDES:
            few = self._few[side]
            if few is not None:
                return self.counted[side] - len(few)
        unit: Unit = "item" if "item" in (self.selection.rule.unit, self.other.unit) else "publication"
        apart = sum(Tally(self.office, self.under(side)).whole(unit) for side in SIDES)
        return apart - count_units(entries_of_either(self.office, self.selection, self.other), unit)

    def _apart(self, side: Side, items: Collection[int]) -> Sequence[int]:
        """The numbers of rows about these items that only one side counts."""
        rows = {one: self._rows_about(one, items) for one in SIDES}
        units = {one: self.under(one).rule.unit for one in SIDES}
        return unmatched(rows["here"].keyed, units["here"], rows["there"].keyed, units["there"]).only[side]

    def _rows_about(self, side: Side, items: Collection[int]) -> _Rows:
        selection = self.under(side)
        found = entries(self.office, selection, about=items).order_by("seq")
        firsts: dict[Values, tuple[int, Values]] = {}
        for seq, *values in found.values_list("seq", *KEYS["publication"]):
            publication = tuple(values)
            firsts.setdefault(_key(publication, selection.rule.unit), (seq, publication))
        return _Rows(list(firsts.values()))

    def _candidates(self, side: Side) -> QuerySet[Entry]:
        """Entries among which those of all rows are that only one side counts."""
        return entries_apart(self.office, self.under(side), self.under(SIDES[1 - SIDES.index(side)]).rule)
