"""Everything that leads to the pages: lists of columns, home page, feed, maps."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import count
from pathlib import Path

from channels.base import Column
from channels.files import draft_of, make_folder, write_whole
from channels.website.static import feeds
from channels.website.static.pages import SHORT_LIST, Pages
from channels.website.static.records import Records

PAGE_LENGTH = 20
FEED_LENGTH = 20


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
    """Writes them into ``folder``, whole, in an order in which no link leads nowhere. Raises OSError, sqlite3.Error."""

    def __init__(self, folder: Path, pages: Pages, records: Records) -> None:
        self._folder = folder
        self._pages = pages
        self._records = records

    def write_frame(self) -> None:
        """Write all that pages link to and that names no single item; anew where settings or style have changed."""
        fingerprint, assets = self._pages.fingerprint, self._pages.assets
        if self._records.fact("fingerprint") != fingerprint or not self._has("index.html", *assets):
            for name, content in assets.items():
                self._write(name, content)
            for known in self._pages.site.columns:
                self.write_column(known, first=1)
            self._write("map.html", self._pages.site_map())
            self.write_fronts()
            self._records.set_fact("fingerprint", fingerprint)

    def admit(self, column: Column) -> None:
        """Make sure that a column has a list, also one that has left the configuration: its items were approved."""
        self._records.set_fact(f"column:{column.key}", json.dumps(asdict(column), ensure_ascii=False))
        if not self._has(f"{column.key}/index.html"):
            self.write_column(column, first=1)

    def column(self, key: str) -> Column:
        """The column as configured, else as it was when the last item came into it."""
        configured = next((column for column in self._pages.site.columns if column.key == key), None)
        if configured is not None:
            return configured
        remembered = self._records.fact(f"column:{key}")
        return Column(**json.loads(remembered)) if remembered else Column(key, key, "")

    def write_column(self, column: Column, *, first: int) -> None:
        """Write the full pages of a list from number ``first`` on, then the first page, which links to them."""
        total = self._records.count(column.key)
        full = full_pages(total)
        # The two youngest are always among them: one may be new, and the other must learn of it.
        for number in range(max(1, min(first, full - 1)), full + 1):
            entries = self._records.block(column.key, (number - 1) * PAGE_LENGTH, PAGE_LENGTH)
            newer, older = _list_name(number + 1 if number < full else 0), _list_name(number - 1) if number > 1 else ""
            page = self._pages.column(column, entries, newer=newer, older=older, total=0)
            self._write(f"{column.key}/{_list_name(number)}", page)
        entries = self._records.newest(total - full * PAGE_LENGTH, column.key)
        page = self._pages.column(column, entries, newer="", older=_list_name(full) if full else "", total=total)
        self._write(f"{column.key}/index.html", page)
        self._remove_pages(column, after=full)

    def write_map(self, folder: str) -> None:
        """Write the map of one folder for search engines."""
        pages = [(self._url(shown.path), shown.last_at) for shown in self._records.below(folder)]
        self._write(f"{folder}/sitemap.xml", feeds.sitemap(pages))

    def write_fronts(self) -> None:
        """Write what shows the newest of all columns: home page, feed, map of maps."""
        site, records = self._pages.site, self._records
        by_column = {column.key: records.newest(SHORT_LIST, column.key) for column in site.columns}
        self._write("index.html", self._pages.home(records.newest(1), by_column))
        self._write("feed.xml", feeds.rss(site, records.newest(FEED_LENGTH)))
        lists = [(site.base_url, None), *((self._url(f"{column.key}/index.html"), None) for column in site.columns)]
        self._write("sitemap_lists.xml", feeds.sitemap(lists))
        maps = [(self._url(f"{folder}/sitemap.xml"), newest) for folder, newest in records.folders()]
        self._write("sitemap.xml", feeds.sitemap_index([(self._url("sitemap_lists.xml"), None), *maps]))

    def _remove_pages(self, column: Column, *, after: int) -> None:
        """A list that has become shorter leaves pages behind; by now nothing links to them."""
        for number in count(after + 1):
            page = self._folder / column.key / _list_name(number)
            draft_of(page).unlink(missing_ok=True)
            if not page.is_file():
                return
            page.unlink()

    def _has(self, *names: str) -> bool:
        return all((self._folder / name).is_file() for name in names)

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        make_folder(path.parent)
        write_whole(path, content)

    def _url(self, path: str) -> str:
        return self._pages.site.base_url + path


def _list_name(number: int) -> str:
    """File name of a page of a list; 0 is the first page."""
    return f"index_{number}.html" if number else "index.html"
