"""The folder of the site: what is published, corrected or taken back changes as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from channels import deadline
from channels.base import Column, Withdrawal
from channels.errors import ChannelError, PersonNeeded, ProductRefused
from channels.files import is_file_with, make_folder
from channels.website.static import marks, older, places, related, renewal
from channels.website.static import mirror as mirrored
from channels.website.static.catalogue import index_number
from channels.website.static.change import Change, Unfinished, carry_out, clear_stages, is_carried_out
from channels.website.static.index import CONTENTS, Index, Progress
from channels.website.static.lists import ROWS, Lists
from channels.website.static.mirror import Mirror
from channels.website.static.pages import Pages
from channels.website.static.records import Entry, Records, Stage, open_records

BESIDE = re.compile(rb'="([0-9a-f]{16}(?:\.[0-9a-z]+)?)"')
"""How a page names the pictures and attachments beside it, which have their names from ``render.file_name``."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One item ready to be put on the site.

    Attributes:
        draw: makes the page of the entry as it will be kept; the second argument is what else on the site is about it.
        files: beside the page, by name.
        text: what it is found by beside its title.
        links: pages of this site its text links to.
        documents: items whose documents it interprets.
    """

    entry: Entry
    column: Column
    draw: Callable[[Entry, related.Related], bytes]
    files: Mapping[str, bytes]
    text: str
    links: frozenset[str]
    documents: Sequence[int] = ()


class Site:
    """Writes the site.

    Args:
        folder: the public folder; ``records`` is the private one, with the index and the lock.
        mirror: where every change goes as well, before it is carried out here; None: nowhere.
        lock_timeout_s: how long to wait while another process writes.

    Whatever opens the records raises OSError, sqlite3.Error, filelock.Timeout, Unfinished.
    """

    def __init__(
        self, folder: Path, records: Path, pages: Pages, *, lock_timeout_s: float, mirror: Mirror | None = None
    ) -> None:
        self.folder = folder
        self.mirror = mirror
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

    def has_files(self, entry: Entry, files: Mapping[str, bytes]) -> bool:
        """Whether the page and every file beside it can be read back. Raises OSError."""
        beside = self.folder / Path(entry.path).parent
        return self.shows(entry) and all(is_file_with(beside / name, content) for name, content in files.items())

    def missing_beside(self, entry: Entry) -> list[str]:
        """Pictures and attachments that the entry's page names and that are not there. Raises OSError."""
        page = self.folder / entry.path
        named = {name.decode() for name in BESIDE.findall(page.read_bytes())} if page.is_file() else set()
        return sorted(name for name in named if not (page.parent / name).is_file())

    def require_mirrored(self, entry: Entry, files: Mapping[str, bytes]) -> None:
        """Raises OutcomeUnknown: the other place does not show it. Raises ChannelError: nobody could look there."""
        if self.mirror is not None:
            with self.mirror.session() as remote:
                mirrored.require_shown(remote, entry, files)

    def is_readable(self, path: str) -> bool:
        """Whether readers see an item at ``path``; a change that was broken off is completed."""
        if self.records_path.exists():
            with self._open() as records:
                entry = records.entry_at(path)
                if entry is not None and not entry.is_shown and self.shows(entry):
                    return False
        return (self.folder / path).is_file()

    def put(self, publication: Publication) -> None:
        """Put an item on the site, or another revision in its place. A second time writes nothing.

        Raises ProductRefused: a newer revision stands there, or this one was taken back.
        Raises NeverSent: it is too late, and nothing was touched.
        """
        with self._open() as records:
            before = records.entry(publication.entry.item)
            _refuse_outdated(publication.entry, before)
            deadline.check()
            self._renew(records)
            before = records.entry(publication.entry.item)
            with self._changing(records) as (change, lists):
                lists.admit(publication.column)
                for name, content in publication.files.items():
                    change.put(f"{publication.entry.folder}/{name}", content)
                if before is None or before.digest != publication.entry.digest or not self.shows(before):
                    self._put(records, change, before, publication)

    def recall(self, path: str, *, digest: str, at: datetime, why: Withdrawal) -> None:
        """Put a notice in the place of the page at ``path``; what is gone already stays gone.

        Args:
            digest: of the product that is to go, so that a late call does not take down what came after it.
        Raises PersonNeeded: another product stands there, or a page nobody remembers.
        Raises NeverSent: it is too late, and nothing was touched.
        """
        with self._open() as records:
            before = records.entry_at(path)
            if before is None:
                self._refuse_unknown(path)
                return
            if not before.is_shown and self.shows(before):
                return
            _refuse_other(before, digest)
            deadline.check()
            self._renew(records)
            before = records.entry_at(path) or before
            with self._changing(records) as (change, _):
                page = self.pages.notice(before, at, why, self._title_at(records, why.replaced_by))
                details = {name: value for name, value in before.details.items() if name != "mark"}
                entry = replace(before, stage=Stage.RECALLED, changed_at=at, details=details)
                self._replace(records, change, before, entry, page)
                for other in related.concerned(before, records):
                    self._tell(records, change, other)
                index = self._index(records, change)
                index.remove(before.number)
                self._note(records, index)

    def mark(self, path: str, *, digest: str, at: datetime, why: Withdrawal) -> None:
        """Let the page at ``path`` say that it no longer holds, and every list that shows it.

        Args:
            digest: of the product that is to be marked, so that a late call does not mark what came after it.
        Raises PersonNeeded: another product stands there, or no page of an item.
        Raises NeverSent: it is too late, and nothing was touched.
        """
        with self._open() as records:
            before = self._shown_at(records, path)
            _refuse_other(before, digest)
            deadline.check()
            self._renew(records)
            before = self._shown_at(records, path)
            word = marks.word(before, f"{at.astimezone(self.pages.zone):%Y-%m-%d}")
            entry = replace(before, stage=Stage.MARKED, changed_at=at, details={**before.details, "mark": word})
            part = self.pages.withdrawn(entry, at, why, self._title_at(records, why.replaced_by))
            with self._changing(records) as (change, _):
                page = marks.marked(change.read(path) or b"", before, word, part)
                self._replace(records, change, before, entry, page)
                for other in related.concerned(before, records):
                    self._tell(records, change, other)

    def _title_at(self, records: Records, url: str) -> str:
        """What stands at an address is called; the address itself where it is none of this site."""
        entry = records.entry_at(url.removeprefix(self.pages.site.base_url)) if url else None
        return entry.title if entry is not None and entry.is_shown else url

    def renew(self, seconds: float) -> int:
        """Let what is out follow changed settings, for about that long; returns how much is left."""
        if not self.records_path.exists():
            return 0
        with self._open() as records:
            if records.fact("fingerprint") != self.pages.fingerprint:
                self._renew(records)
            if renewal.progress(records) is not None:
                with self._changing(records, in_time=False) as (change, lists):
                    renewal.Renewal(records, change, lists, self.pages).go_on(time.monotonic() + seconds)
            left = renewal.progress(records)
            return left.left if left else 0

    def _shown_at(self, records: Records, path: str) -> Entry:
        entry = records.entry_at(path)
        if entry is None or not entry.is_shown or not self.shows(entry):
            raise PersonNeeded(
                "There is no page {path} on the website that could be marked: look what stands there.", path=path
            )
        return entry

    @contextmanager
    def _open(self) -> Iterator[Records]:
        make_folder(self.records_path.parent)
        with FileLock(self._lock_path, timeout=self._lock_timeout_s), open_records(self.records_path) as records:
            self._carry_out(records)
            for meant in records.meant():
                with records.transaction():
                    records.settle(meant, is_there=self.shows(meant))
            yield records

    def _renew(self, records: Records) -> None:
        """Bring what names no single item up to date: settings, style, pages of the version before.

        A change of its own: it may take long, and must be done even if it is too late for what comes after it.
        """
        with self._changing(records, in_time=False) as (change, lists):
            self._take_in(records, change, lists)
            if lists.write_frame():
                renewal.begin(records, lists)

    @contextmanager
    def _changing(self, records: Records, *, in_time: bool = True) -> Iterator[tuple[Change, Lists]]:
        """What happens within becomes public at its end, all of it, or nothing of it does."""
        make_folder(self.folder)
        clear_stages(self.folder)
        change = Change(self.folder)
        with records.transaction():
            yield change, Lists(change, self.pages, records)
            self._decide(records, change)
            if in_time:
                deadline.check()
        self._carry_out(records)

    def _decide(self, records: Records, change: Change) -> None:
        """Write down what is to take its place."""
        moves = change.moves
        change.seal()
        if self.mirror is not None and (moves or records.fact("mirror") != self.mirror.name):
            with self.mirror.session() as remote:
                if records.fact("mirror") != self.mirror.name:
                    mirrored.bring_all(remote, self.folder, place=self.mirror.name)
                    records.set_fact("mirror", self.mirror.name)
                mirrored.prepare(remote, self.folder, moves)
        if moves:
            # Those before were carried out when the records were opened; forgetting them alone waits for the disk.
            records.forget_moves()
            records.plan(moves)

    def _carry_out(self, records: Records) -> None:
        """Do what has been decided. Raises Unfinished."""
        moves = records.moves()
        if not moves or is_carried_out(self.folder, moves):
            return
        try:
            if self.mirror is not None:
                with self.mirror.session() as remote:
                    mirrored.carry_out(remote, self.folder, moves)
            carry_out(self.folder, moves)
            if not any(move.draft for move in moves):
                records.forget_moves()
        except (OSError, sqlite3.Error, ChannelError) as error:
            raise Unfinished(error) from error

    def _take_in(self, records: Records, change: Change, lists: Lists) -> None:
        """Let search and catalogue know of pages that a version before wrote."""
        index = self._index(records, change)
        taken = older.take_in(self.folder, records, index)
        if taken or not change.has(CONTENTS):
            self._note(records, index, changed=bool(taken))
        lists.write_months(entry.published_at for entry in taken)
        for block in {entry.number // ROWS for entry in taken}:
            lists.write_rows(block)

    def _put(self, records: Records, change: Change, before: Entry | None, publication: Publication) -> None:
        entry = self._numbered(records, before, publication.entry)
        named = related.concerned(entry, records)
        records.link(entry.item, publication.links)
        records.interpret(entry.item, publication.documents)
        page = publication.draw(entry, related.of(entry, records))
        self._replace(records, change, before, entry, page)
        for other in {one.item: one for one in (*named, *related.concerned(entry, records))}.values():
            self._tell(records, change, other)
        index = self._index(records, change)
        index.put(entry.number, entry.title, publication.text)
        index.go_on(records.last_number())
        self._note(records, index)

    def _replace(self, records: Records, change: Change, before: Entry | None, entry: Entry, page: bytes) -> None:
        """Let ``page`` be what stands at the entry's address, and all that shows the item follow."""
        gone = self._named_on(change, before.path) if before is not None else set()
        entry = replace(entry, page_sha256=hashlib.sha256(page).hexdigest())
        change.put(entry.path, page)
        records.keep(entry)
        Lists(change, self.pages, records).follow(before, entry)
        self._remove_unnamed(change, entry.folder, gone)

    def _tell(self, records: Records, change: Change, entry: Entry) -> None:
        """Let the page of ``entry`` say what is about it by now."""
        page = change.read(entry.path)
        if page is None:
            return
        part = self.pages.related(related.of(entry, records))
        renewal.rewrite(records, change, entry, places.filled(page, "related", part, at_end=True))

    def _numbered(self, records: Records, before: Entry | None, entry: Entry) -> Entry:
        """The entry with its number on the site and in the catalogue, which it keeps for ever."""
        if before is not None:
            kept = before.number or records.last_number() + 1
            number = before.index_number or self._index_number(records, entry)
        else:
            kept, number = records.last_number() + 1, self._index_number(records, entry)
        return replace(entry, number=kept, details={**entry.details, "index_number": number})

    def _index_number(self, records: Records, entry: Entry) -> str:
        site = self.pages.site
        if not site.index_number:
            return ""
        name = f"numbers:{entry.published_at.astimezone(self.pages.zone):%Y}"
        number = int(records.fact(name) or 0) + 1
        records.set_fact(name, str(number))
        codes = {"organ_code": site.organ_code, "id_code": site.id_code}
        return index_number(site.index_number, entry=entry, number=number, codes=codes, zone=self.pages.zone)

    def _index(self, records: Records, change: Change) -> Index:
        progress = json.loads(records.fact("index") or "{}")
        return Index(change, Progress(**progress))

    def _note(self, records: Records, index: Index, *, changed: bool = True) -> None:
        version = int(records.fact("version") or 0) + changed
        records.set_fact("version", str(version))
        records.set_fact("index", json.dumps(asdict(index.progress)))
        index.write_contents(records.last_number(), version)

    def _remove_unnamed(self, change: Change, folder: str, names: Iterable[str]) -> None:
        """Remove the files that no page beside them names: what was taken back must not live on in an attachment."""
        names = set(names)
        if not names:
            return
        pages = {f"{folder}/{page.name}" for page in (self.folder / folder).glob("*.html")}
        named = {name for page in pages for name in self._named_on(change, page)}
        for name in names - named:
            change.remove(f"{folder}/{name}")

    def _named_on(self, change: Change, path: str) -> set[str]:
        """The files beside it that the page at ``path`` names."""
        return {name.decode() for name in BESIDE.findall(change.read(path) or b"")}

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
