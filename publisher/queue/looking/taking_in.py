"""Taking in a channel's past page by page, and counting what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from channels.base import LeftOut, Past, PastPage
from channels.errors import Text
from publisher.log.known import is_declared
from publisher.log.past import Judged, Taking, Verdict

ROWS_AT_ONCE = 100
"""Of a list: how much stands in one transaction, while which nothing else is written into the log."""


@dataclass
class Tally:
    """What was found so far and what became of it.

    ``cells`` counts what was added (or would be) by month and column; ``gaps`` say why the year may hold more;
    ``first`` and ``last`` are the days between which things were found, whatever their year.
    """

    pages: int = 0
    found: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    cells: Counter[tuple[int, str]] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)
    gaps: list[Text] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    is_cut: bool = False

    def note_page(self, page: PastPage) -> None:
        """Note what a page brought besides its entries."""
        self.pages += 1
        self.found += len(page.entries) + len(page.left_out) + page.known
        self.verdicts[Verdict.ALREADY] += page.known
        self.left_out += page.left_out
        self.gaps += page.gaps
        days = [past.published_on for past in page.entries]
        self.first = min(filter(None, [self.first, *days]), default=None)
        self.last = max(filter(None, [self.last, *days]), default=None)

    def note(self, judged: Iterable[Judged]) -> None:
        """Note what became of entries; a row of somebody's list that is not taken is named, whatever the reason."""
        for one in judged:
            is_named = one.verdict is Verdict.OUTSIDE and is_declared(one.past)
            self.verdicts[Verdict.REFUSED if is_named else one.verdict] += 1
            if one.verdict is Verdict.ADDED:
                self.cells[one.past.published_on.month, one.past.column] += 1
            if one.text is not None and (is_named or one.verdict is Verdict.REFUSED):
                self.left_out.append(LeftOut(one.past.where, one.past.title, one.text))

    @property
    def added(self) -> int:
        return self.verdicts[Verdict.ADDED]


def take_in(taking: Taking, pages: Iterable[PastPage], tally: Tally, *, limit: int | None = None) -> Iterator[Tally]:
    """Take in page after page, and yield ``tally`` after each.

    Args:
        limit: how many are added at most; the tally then says that it was cut.
    """
    for page in pages:
        tally.note_page(page)
        _take_page(taking, page, tally, limit)
        yield tally
        if tally.is_cut:
            return


def pages_of(entries: Iterable[Past]) -> Iterator[PastPage]:
    """A list in pages, each small enough for one transaction."""
    rest = iter(entries)
    while some := list(islice(rest, ROWS_AT_ONCE)):
        yield PastPage(some)


def _take_page(taking: Taking, page: PastPage, tally: Tally, limit: int | None) -> None:
    """What is beyond the limit stays for the next time, and so does the page."""
    rest = list(page.entries)
    while limit is not None and rest and tally.added < limit:
        room = limit - tally.added
        some, rest = rest[:room], rest[room:]
        tally.note(taking.take(some, after="" if rest else page.after))
    if limit is None:
        tally.note(taking.take(rest, after=page.after))
    tally.is_cut = limit is not None and tally.added >= limit
