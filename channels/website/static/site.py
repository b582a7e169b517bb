"""The folder of the site: everything in it is written whole, in an order in which no link leads nowhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from channels import deadline
from channels.base import Column
from channels.errors import PersonNeeded, ProductRefused
from channels.files import draft_of, is_file_with, make_folder, write_whole
from channels.website.static.lists import Lists, page_number
from channels.website.static.pages import Pages
from channels.website.static.records import Chore, Entry, Kind, Records, Stage, open_records

BESIDE = re.compile(rb'="([0-9a-f]{16}(?:\.[0-9a-z]+)?)"')
"""How a page names the pictures and attachments beside it, which have their names from ``render.file_name``."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One item ready to be put on the site: its row, its page, and the files beside the page by name."""

    entry: Entry
    column: Column
    page: bytes
    files: Mapping[str, bytes]


class Site:
    """Writes the site.

    Args:
        folder: the public folder; ``records`` is the private one, with the index and the lock.
        lock_timeout_s: how long to wait while another process writes.

    Whatever opens the records raises OSError, sqlite3.Error, filelock.Timeout.
    """

    def __init__(self, folder: Path, records: Path, pages: Pages, *, lock_timeout_s: float) -> None:
        self.folder = folder
        self.pages = pages
        self.records_path = records / "index.sqlite3"
        self._lock_path = records / "site.lock"
        self._lock_timeout_s = lock_timeout_s

    def entry(self, item: int) -> Entry | None:
        """What stands on the site of an item: its page, or the notice in its place."""
        if not self.records_path.exists():
            return None
        with self._open() as records:
            return records.entry(item)

    def entry_at(self, path: str) -> Entry | None:
        """The same by the path below the site's address."""
        if not self.records_path.exists():
            return None
        with self._open() as records:
            return records.entry_at(path)

    def shows(self, entry: Entry) -> bool:
        """Whether the entry's page or notice is there, byte for byte. Raises OSError."""
        page = self.folder / entry.path
        return page.is_file() and hashlib.sha256(page.read_bytes()).hexdigest() == entry.page_sha256

    def has_files(self, publication: Publication) -> bool:
        """Whether the page and every file beside it can be read back. Raises OSError."""
        beside = self.folder / Path(publication.entry.path).parent
        return self.shows(publication.entry) and all(
            is_file_with(beside / name, content) for name, content in publication.files.items()
        )

    def is_readable(self, path: str) -> bool:
        """Whether readers see an item at ``path``; what a crash has left undone is completed."""
        if self.records_path.exists():
            with self._open() as records:
                self._complete(records)
                entry = records.entry_at(path)
                if entry is not None and not entry.is_shown and self.shows(entry):
                    return False
        return (self.folder / path).is_file()

    def put(self, publication: Publication) -> None:
        """Put an item on the site, or another revision in its place.

        A second time writes nothing, after a crash it writes what is missing.

        Raises ProductRefused: a newer revision stands there, or this one was taken back.
        Raises NeverSent: it is too late, and the page was not touched.
        """
        entry = publication.entry
        with self._open() as records:
            before = records.entry(entry.item)
            _refuse_outdated(entry, before)
            deadline.check()
            lists = Lists(self.folder, self.pages, records)
            lists.write_frame()
            lists.admit(publication.column)
            for name, content in publication.files.items():
                self._write(f"{entry.folder}/{name}", content)
            if before is None or before.digest != entry.digest or not self.shows(before):
                self._replace(records, before, entry, publication.page)
            self._complete(records)

    def recall(self, path: str, *, digest: str, at: datetime) -> None:
        """Put a notice in the place of the page at ``path``; what is gone already stays gone.

        Args:
            digest: of the product that is to go, so that a late call does not take down what came after it.
        Raises PersonNeeded: another product stands there, or a page nobody remembers.
        Raises NeverSent: it is too late, and the page was not touched.
        """
        with self._open() as records:
            before = records.entry_at(path)
            if before is None:
                self._refuse_unknown(path)
            elif before.is_shown or not self.shows(before):
                _refuse_other(before, digest)
                deadline.check()
                Lists(self.folder, self.pages, records).write_frame()
                page = self.pages.notice(path, at)
                sha256 = hashlib.sha256(page).hexdigest()
                entry = replace(before, stage=Stage.RECALLED, changed_at=at, page_sha256=sha256)
                self._replace(records, before, entry, page)
            self._complete(records)

    @contextmanager
    def _open(self) -> Iterator[Records]:
        make_folder(self.records_path.parent)
        with FileLock(self._lock_path, timeout=self._lock_timeout_s), open_records(self.records_path) as records:
            self._settle(records)
            yield records

    def _settle(self, records: Records) -> None:
        """Let be what was meant, where its page has come to be there, and nothing where it has not."""
        for meant in records.meant():
            if self.shows(meant):
                records.settle(meant.item)
            else:
                draft_of(self.folder / meant.path).unlink(missing_ok=True)
                records.forget(meant.item)

    def _replace(self, records: Records, before: Entry | None, entry: Entry, page: bytes) -> None:
        """Let ``page`` take its place in one move: that is when it becomes public."""
        records.mean(entry, self._chores(records, before, entry))
        make_folder((self.folder / entry.path).parent)
        write_whole(self.folder / entry.path, page, may_move=deadline.check)
        records.settle(entry.item)

    def _chores(self, records: Records, before: Entry | None, entry: Entry) -> Iterator[Chore]:
        """All that shows the item, or will show it; and the files that may be of no more use."""
        for shown in (each for each in (before, entry) if each is not None and each.is_shown):
            yield Chore(Kind.MAP, shown.folder)
            yield Chore(Kind.LIST, shown.column_key, page_number(records.position(shown)))
        if before is not None:
            yield from (Chore(Kind.FILE, f"{before.folder}/{name}") for name in self._named_on(before.path))

    def _complete(self, records: Records) -> None:
        """Do all that is left to do: first the links follow the pages, then the files go."""
        chores, lists = records.chores(), Lists(self.folder, self.pages, records)
        for chore in chores:
            if chore.kind is Kind.LIST:
                lists.write_column(lists.column(chore.name), first=chore.first)
            elif chore.kind is Kind.MAP:
                lists.write_map(chore.name)
        if chores:
            lists.write_fronts()
            self._remove_unnamed(chore.name for chore in chores if chore.kind is Kind.FILE)
            records.forget_chores()

    def _remove_unnamed(self, paths: Iterable[str]) -> None:
        """Remove the files that no page beside them names: what was taken back must not live on in an attachment."""
        files = [Path(path) for path in paths]
        for folder in {file.parent for file in files}:
            pages = (self.folder / folder).glob("*.html")
            named = {name for page in pages for name in self._named_on(f"{folder}/{page.name}")}
            for file in files:
                if file.parent == folder and file.name not in named:
                    (self.folder / file).unlink(missing_ok=True)

    def _named_on(self, path: str) -> set[str]:
        """The files beside it that the page at ``path`` names."""
        page = self.folder / path
        return {name.decode() for name in BESIDE.findall(page.read_bytes())} if page.is_file() else set()

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        make_folder(path.parent)
        write_whole(path, content)

    def _refuse_unknown(self, path: str) -> None:
        if (self.folder / path).exists():
            raise PersonNeeded(
                "The website has no record of the page {path}: remove the file by hand, then confirm this delivery.",
                path=path,
            )


def _refuse_outdated(entry: Entry, standing: Entry | None) -> None:
    if standing is None or entry.revision > standing.revision:
        return
    if entry.revision < standing.revision:
        raise ProductRefused(
            "The website already shows revision {shown} of this item: publish a newer revision instead.",
            shown=standing.revision,
        )
    if not standing.is_shown:
        raise ProductRefused(
            "Revision {shown} of this item was taken back from the website: publish a newer revision instead.",
            shown=standing.revision,
        )


def _refuse_other(standing: Entry, digest: str) -> None:
    if standing.digest != digest:
        raise PersonNeeded(
            "The page {path} was replaced since it was to be taken back: look at it, then take it back again.",
            path=standing.path,
        )
