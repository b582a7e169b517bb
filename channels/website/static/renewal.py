"""What is out already follows changed settings a little at a time, and publications pass in between.

The frame of each page is made anew around what was approved; long lists are drawn anew. How far it is stands in the
records, so that whoever goes on begins where the last one stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

from channels.website.static import archive, places
from channels.website.static.change import Change
from channels.website.static.lists import Lists
from channels.website.static.pages import Pages
from channels.website.static.records import Entry, Records

FACT = "renewal"
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """Where it goes on: behind ``place`` in ``part``; ``left`` is how much there was to do when it began, less what
    was done since."""

    left: int
    part: str = "lists"
    place: str = ""


Unit = tuple[str, str, Callable[[], None]]
"""Part, place in it, and what writes what stands there."""


def begin(records: Records, lists: Lists) -> None:
    """Let everything be made anew from the beginning."""
    total = len(list(lists.full_pages_after(""))) + len(records.folders()) + len(lists.months()) + records.count_all()
    records.set_fact(FACT, json.dumps(asdict(Progress(total))) if total else "")


def progress(records: Records) -> Progress | None:
    """How far it is; None where nothing is left to do."""
    stored = records.fact(FACT)
    return Progress(**json.loads(stored)) if stored else None


@dataclass(frozen=True, slots=True)
class Renewal:
    """What has begun, within one change of the site."""

    records: Records
    change: Change
    lists: Lists
    pages: Pages

    def go_on(self, until: float) -> None:
        """One thing at least, then until that moment by ``time.monotonic()``."""
        at = progress(self.records)
        if at is None:
            return
        for part, place, write in self._units(at):
            write()
            at = replace(at, part=part, place=place, left=max(1, at.left - 1))
            if time.monotonic() >= until:
                self.records.set_fact(FACT, json.dumps(asdict(at)))
                return
        self.records.set_fact(FACT, "")

    def _units(self, at: Progress) -> Iterator[Unit]:
        parts = {"lists": self._lists, "maps": self._maps, "months": self._months, "pages": self._pages}
        names = list(parts)
        for name in names[names.index(at.part) :]:
            yield from parts[name](at.place if name == at.part else "")

    def _lists(self, after: str) -> Iterator[Unit]:
        for place, write in self.lists.full_pages_after(after):
            yield "lists", place, write

    def _maps(self, after: str) -> Iterator[Unit]:
        for folder, _ in self.records.folders():
            if folder > after:
                yield "maps", folder, partial(self.lists.write_map, folder)

    def _months(self, after: str) -> Iterator[Unit]:
        for month in sorted(self.lists.months()):
            if month > after:
                yield "months", month, partial(self.lists.write_month, month)

    def _pages(self, after: str) -> Iterator[Unit]:
        while entries := self.records.along_paths(after, AT_ONCE):
            for entry in entries:
                yield "pages", entry.path, partial(self._reframe, entry)
            after = entries[-1].path

    def _reframe(self, entry: Entry) -> None:
        page = self.change.read(entry.path)
        # What somebody else has changed there is not to pass for ours.
        if page is None or hashlib.sha256(page).hexdigest() != entry.page_sha256:
            return
        is_archived = entry.is_shown and archive.concerns(entry, self.pages.site.archived_until)
        mark = self.pages.archived() if is_archived else b""
        page = self.pages.reframed(page, entry)
        rewrite(self.records, self.change, entry, places.filled(page, "archived", mark) if entry.is_shown else page)


def rewrite(records: Records, change: Change, entry: Entry, page: bytes) -> None:
    """Let the entry's page be another one that says the same of the item."""
    sha256 = hashlib.sha256(page).hexdigest()
    if sha256 != entry.page_sha256:
        change.put(entry.path, page)
        records.keep(replace(entry, page_sha256=sha256))
