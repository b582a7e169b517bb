"""The folder of the site: everything in it is written whole, in an order in which no link leads nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from channels.base import Column
from channels.files import is_file_with, make_folder, write_whole
from channels.website import feeds
from channels.website.pages import SHORT_LIST, Pages
from channels.website.records import Entry, Records, Stage, open_records

PAGE_LENGTH = 20
FEED_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Publication:
    """One item ready to be put on the site: its row, its page, and the files beside the page by name."""

    entry: Entry
    column: Column
    page: bytes
    files: Mapping[str, bytes]


def full_pages(count: int) -> int:
    """How many pages of a list of ``count`` items are full for ever.

    Pages are counted from the oldest item on, so that a new item changes the first page only and ``index_7.html`` keeps
    its content; the first page holds what is left, from 20 to 39 items.
    """
    return max(0, count // PAGE_LENGTH - 1)


class Site:
    """Writes the site.

    Args:
        folder: the public folder; ``records`` is the private one, with the index and the lock.
        lock_timeout_s: how long to wait while another process writes.
    """

    def __init__(self, folder: Path, records: Path, pages: Pages, *, lock_timeout_s: float) -> None:
        self.folder = folder
        self.pages = pages
        self.records_path = records / "index.sqlite3"
        self._lock_path = records / "site.lock"
        self._lock_timeout_s = lock_timeout_s

    def entry(self, item: int) -> Entry | None:
        """The row of an item. Raises OSError, sqlite3.Error, filelock.Timeout."""
        if not self.records_path.exists():
            return None
        with self._open() as records:
            return records.entry(item)

    def shows(self, entry: Entry) -> bool:
        """Whether the entry's page is there, byte for byte. Raises OSError."""
        page = self.folder / entry.path
        return page.is_file() and hashlib.sha256(page.read_bytes()).hexdigest() == entry.page_sha256

    def has_files(self, publication: Publication) -> bool:
        """Whether the page and every file beside it can be read back. Raises OSError."""
        beside = self.folder / Path(publication.entry.path).parent
        return self.shows(publication.entry) and all(
            is_file_with(beside / name, content) for name, content in publication.files.items()
        )

    def put(self, publication: Publication) -> None:
        """Put an item on the site; a second time writes nothing, after a crash it writes what is missing.

        Raises OSError, sqlite3.Error, filelock.Timeout.
        """
        entry = publication.entry
        with self._open() as records:
            self._write_frame(records, publication.column)
            for name, content in publication.files.items():
                self._write(f"{Path(entry.path).parent.as_posix()}/{name}", content)
            known = records.entry(entry.item)
            if known is None or known.digest != entry.digest or not self.shows(entry):
                records.save(entry)
                self._write(entry.path, publication.page)
            records.set_stage(entry.item, Stage.SHOWN)
            self._write_lists(records, publication)
            records.set_stage(entry.item, Stage.COMPLETE)

    @contextmanager
    def _open(self) -> Iterator[Records]:
        make_folder(self.records_path.parent)
        with FileLock(self._lock_path, timeout=self._lock_timeout_s), open_records(self.records_path) as records:
            yield records

    def _write_frame(self, records: Records, column: Column) -> None:
        """Write all that pages link to and that names no single item; anew where settings or style have changed."""
        if records.fact("fingerprint") != self.pages.fingerprint or not self._has("index.html", *self.pages.assets):
            for name, content in self.pages.assets.items():
                self._write(name, content)
            for known in self.pages.site.columns:
                self._write_column(records, known, first=1)
            self._write("map.html", self.pages.site_map())
            self._write_fronts(records)
            records.set_fact("fingerprint", self.pages.fingerprint)
        # A column that has left the configuration still gets the items that were approved for it.
        if not self._has(f"{column.key}/index.html"):
            self._write_column(records, column, first=1)

    def _write_lists(self, records: Records, publication: Publication) -> None:
        entry = publication.entry
        # A later revision may have left another place in another column: then every list is looked through.
        if entry.revision > 1:
            for column in self.pages.site.columns:
                self._write_column(records, column, first=1)
        position = records.position(entry)
        self._write_column(records, publication.column, first=position // PAGE_LENGTH + 1)
        folder = entry.path.partition("/")[0]
        pages = [(self._url(shown.path), shown.published_at) for shown in records.below(folder)]
        self._write(f"{folder}/sitemap.xml", feeds.sitemap(pages))
        self._write_fronts(records)

    def _write_column(self, records: Records, column: Column, *, first: int) -> None:
        """Write the full pages of a list from number ``first`` on, then the first page, which links to them."""
        total = records.count(column.key)
        full = full_pages(total)
        # The two youngest are always among them: one may be new, and the other must learn of it.
        for number in range(max(1, min(first, full - 1)), full + 1):
            entries = records.block(column.key, (number - 1) * PAGE_LENGTH, PAGE_LENGTH)
            newer, older = _list_name(number + 1 if number < full else 0), _list_name(number - 1) if number > 1 else ""
            page = self.pages.column(column, entries, newer=newer, older=older, total=0)
            self._write(f"{column.key}/{_list_name(number)}", page)
        entries = records.newest(total - full * PAGE_LENGTH, column.key)
        page = self.pages.column(column, entries, newer="", older=_list_name(full) if full else "", total=total)
        self._write(f"{column.key}/index.html", page)

    def _write_fronts(self, records: Records) -> None:
        """Write what shows the newest of all columns: home page, feed, map of maps."""
        site = self.pages.site
        by_column = {column.key: records.newest(SHORT_LIST, column.key) for column in site.columns}
        self._write("index.html", self.pages.home(records.newest(1), by_column))
        self._write("feed.xml", feeds.rss(site, records.newest(FEED_LENGTH)))
        lists = [(site.base_url, None), *((self._url(f"{column.key}/index.html"), None) for column in site.columns)]
        self._write("sitemap_lists.xml", feeds.sitemap(lists))
        maps = [(self._url(f"{folder}/sitemap.xml"), newest) for folder, newest in records.folders()]
        self._write("sitemap.xml", feeds.sitemap_index([(self._url("sitemap_lists.xml"), None), *maps]))

    def _has(self, *names: str) -> bool:
        return all((self.folder / name).is_file() for name in names)

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        make_folder(path.parent)
        write_whole(path, content)

    def _url(self, path: str) -> str:
        return self.pages.site.base_url + path


def _list_name(number: int) -> str:
    """File name of a page of a list; 0 is the first page."""
    return f"index_{number}.html" if number else "index.html"
