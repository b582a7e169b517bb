"""Everything that leads to the pages: lists of columns, home page, catalogue, search, feeds, maps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from channels.base import Column
from channels.website.static import catalogue, feeds
from channels.website.static.change import Change
from channels.website.static.index import script
from channels.website.static.pages import SHORT_LIST, Pages, Turn
from channels.website.static.records import Entry, Records

PAGE_LENGTH = 20
FEED_LENGTH = 20
PICTURES = 4
HEADLINES = 7
ROWS = 32
"""Items of which one file tells title and address to who searches."""


Draw = Callable[[Sequence[Entry], Turn], bytes]
"""Makes one page of a list."""


def full_pages(count: int) -> int:
    """How many pages of a list of ``count`` items are full for ever.

    Pages are counted from the oldest item on, so that a new item changes the first page only and ``index_7.html`` keeps
    its content; the first page holds what is left, from 20 to 39 items.
    """
    return max(0, count // PAGE_LENGTH - 1)


def page_number(position: int) -> int:
    """On which page of a list the item stands that has ``position`` older ones, if that page is full."""
    return position // PAGE_LENGTH + 1


class Lists:
    """Puts them into ``change``, in an order in which no link leads nowhere. Raises OSError, sqlite3.Error."""

    def __init__(self, change: Change, pages: Pages, records: Records) -> None:
        self._change = change
        self._pages = pages
        self._records = records

    def write_frame(self) -> bool:
        """Write what pages link to and that names no single item, where settings or style have changed.

        Returns whether they have: then the long tail of the lists and the pages themselves must follow.
        """
        fingerprint, assets = self._pages.fingerprint, self._pages.assets
        if self._records.fact("fingerprint") == fingerprint and self._change.has("index.html", "404.html", *assets):
            return False
        for name, content in assets.items():
            self._change.put(name, content)
        for key in self._column_keys():
            self.write_column(self.column(key), first=self._full(key) + 1)
        self.write_catalogue(first=self._full(None) + 1)
        self._change.put("map.html", self._pages.site_map())
        self._change.put("search.html", self._pages.search())
        self._change.put("404.html", self._pages.missing())
        self._change.put("robots.txt", feeds.robots(self._pages.site.base_url))
        self.write_fronts()
        self._records.set_fact("fingerprint", fingerprint)
        return True

    def admit(self, column: Column) -> None:
        """Make sure that a column has a list, also one that has left the configuration: its items were approved."""
        self._records.set_fact(f"column:{column.key}", json.dumps(asdict(column), ensure_ascii=False))
        if not self._change.has(f"{column.key}/index.html"):
            self.write_column(column, first=1)

    def column(self, key: str) -> Column:
        """The column as configured, else as it was when the last item came into it."""
        configured = self._pages.site.column(key)
        if configured is not None:
            return configured
        remembered = self._records.fact(f"column:{key}")
        return Column(**json.loads(remembered)) if remembered else Column(key, key, "")

    def follow(self, before: Entry | None, after: Entry) -> None:
        """Bring all up to date that shows an item, or showed it."""
        shown = [entry for entry in (before, after) if entry is not None and entry.is_shown]
        columns = {entry.column_key: page_number(self._records.position(entry)) for entry in shown}
        for key, first in columns.items():
            self.write_column(self.column(key), first=first)
        for parent in {column.parent for key in columns if (column := self.column(key)).parent}:
            self.write_column(self.column(parent), first=self._full(parent) + 1)
        self.write_catalogue(first=min(page_number(self._records.position(entry, of_all=True)) for entry in shown))
        for folder in {entry.folder for entry in shown}:
            self.write_map(folder)
        self.write_months(entry.published_at for entry in shown)
        self.write_rows(after.number // ROWS)
        self.write_fronts()

    def write_column(self, column: Column, *, first: int) -> None:
        """Write the full pages of a list from number ``first`` on, then the first page, which links to them."""

        stem, draw = self._list_of(column)
        self._write_pages(stem, column.key, first, draw)

    def _list_of(self, column: Column) -> tuple[str, Draw]:
        def draw(entries: Sequence[Entry], turn: Turn) -> bytes:
            children = self._pages.site.children(column.key) if turn.is_first else []
            cards = {child.key: self._records.newest(SHORT_LIST, [child.key]) for child in children}
            return self._pages.column(column, entries, turn, cards)

        return f"{column.key}/index", draw

    def write_catalogue(self, *, first: int) -> None:
        """The same for the catalogue, in which every item stands."""
        self._write_pages("catalogue", None, first, self._pages.catalogue)

    def write_months(self, moments: Iterable[datetime]) -> None:
        """Write what the catalogue is searched in, a file a month."""
        for month in sorted({f"{moment.astimezone(self._pages.zone):%Y%m}" for moment in moments}):
            self.write_month(month)

    def write_month(self, month: str) -> None:
        begin = datetime(int(month[:4]), int(month[4:]), 1, tzinfo=self._pages.zone)
        end = (begin + timedelta(days=32)).replace(day=1)
        self._records.set_fact(f"month:{month}", "")
        rows = catalogue.rows(self._records.between(begin, end), self.column, self._pages.zone)
        self._change.put(f"{catalogue.FOLDER}/c{month}.js", script(f"c{month}", rows))

    def write_rows(self, block: int) -> None:
        """Write what a search shows of the items of one block."""
        entries = self._records.numbered(block * ROWS, block * ROWS + ROWS - 1)
        rows = {str(entry.number): self._row(entry) for entry in entries}
        self._change.put(f"assets/search/r{block}.js", script(f"r{block}", rows))

    def write_map(self, folder: str) -> None:
        """Write the maps of one folder for search engines."""
        pages = [(self._url(shown.path), shown.last_at) for shown in self._records.below(folder)]
        for number, part in enumerate(feeds.parts(pages)):
            self._change.put(f"{folder}/{_map_name(number)}", feeds.sitemap(part))

    def write_fronts(self) -> None:
        """Write what shows the newest of all columns: home page, feeds, map of maps."""
        site, records = self._pages.site, self._records
        by_column = {column.key: records.newest(SHORT_LIST, site.family(column.key)) for column in site.top_columns}
        newest = records.newest(max(FEED_LENGTH, HEADLINES))
        pictures = records.newest_with_image(PICTURES)
        self._change.put("index.html", self._pages.home(newest[:HEADLINES], pictures, by_column))
        self._change.put("feed.xml", feeds.rss(site, newest[:FEED_LENGTH]))
        self._change.put("atom.xml", feeds.atom(site, newest[:FEED_LENGTH]))
        folders = records.folders()
        self._change.put(f"{catalogue.FOLDER}/months.js", script("months", self.months()))
        own = ["", "catalogue.html", "map.html", *(f"{column.key}/index.html" for column in site.columns)]
        self._change.put("sitemap_lists.xml", feeds.sitemap([(self._url(name), None) for name in own]))
        maps = [
            (self._url(f"{folder}/{_map_name(number)}"), newest_at)
            for folder, newest_at in folders
            for number in range(self._maps_of(folder))
        ]
        self._change.put("sitemap.xml", feeds.sitemap_index([(self._url("sitemap_lists.xml"), None), *maps]))

    def full_pages_after(self, place: str) -> Iterator[tuple[str, Callable[[], None]]]:
        """The full pages of all lists in a lasting order, behind one of them: its place, and what writes it."""
        stem, _, number = place.partition(" ")
        for key in sorted((*self._column_keys(), "")):
            if key >= stem:
                first = int(number) + 1 if key == stem and number else 1
                for page in range(first, self._full(key or None) + 1):
                    yield f"{key} {page}", partial(self._write_full, key or None, page)

    def _write_full(self, key: str | None, number: int) -> None:
        stem, draw = ("catalogue", self._pages.catalogue) if key is None else self._list_of(self.column(key))
        total, full = self._records.count(key), self._full(key)
        self._write_page(stem, key, Turn(_file(stem), number, full, total), draw)

    def _column_keys(self) -> list[str]:
        return list(dict.fromkeys([*(column.key for column in self._pages.site.columns), *self._records.columns()]))

    def months(self) -> list[str]:
        """The months in which something was published, newest first."""
        return [name.removeprefix("month:") for name in self._records.facts("month:")][::-1]

    def _maps_of(self, folder: str) -> int:
        return next(number for number in count(1) if not self._change.has(f"{folder}/{_map_name(number)}"))

    def _write_pages(self, stem: str, key: str | None, first: int, draw: Draw) -> None:
        total, full = self._records.count(key), self._full(key)
        if not self._change.has(_page_name(stem, full)) or self._change.has(_page_name(stem, full + 1)):
            # One is new or will be gone: the one before it must learn of it.
            first = min(first, full - 1)
        for number in (*range(max(1, first), full + 1), 0):
            self._write_page(stem, key, Turn(_file(stem), number, full, total), draw)
        # A list that has become shorter leaves pages behind; by now nothing links to them.
        for number in count(full + 1):
            if not self._change.has(_page_name(stem, number)):
                return
            self._change.remove(_page_name(stem, number))

    def _write_page(self, stem: str, key: str | None, turn: Turn, draw: Draw) -> None:
        """Write one page of a list: a full one, or the first."""
        length = turn.total - turn.full * PAGE_LENGTH if turn.is_first else PAGE_LENGTH
        after = 0 if turn.is_first else turn.total - turn.number * PAGE_LENGTH
        entries = self._records.newest(length, None if key is None else [key], after=after)
        self._change.put(_page_name(stem, turn.number), draw(entries, turn))

    def _full(self, key: str | None) -> int:
        return full_pages(self._records.count(key))

    def _row(self, entry: Entry) -> list[str]:
        day = entry.published_at.astimezone(self._pages.zone).strftime("%Y-%m-%d")
        number = entry.details.get("document_number", "")
        row = [entry.path, entry.title, day, self.column(entry.column_key).name, entry.summary, number]
        return [*row, entry.mark] if entry.mark else row

    def _url(self, path: str) -> str:
        return self._pages.site.base_url + path


def _page_name(stem: str, number: int) -> str:
    """Path of a page of a list; 0 is the first page."""
    return f"{stem}_{number}.html" if number else f"{stem}.html"


def _file(stem: str) -> str:
    return stem.rpartition("/")[2]


def _map_name(number: int) -> str:
    return f"sitemap_{number}.xml" if number else "sitemap.xml"
