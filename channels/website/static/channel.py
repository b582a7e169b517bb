"""The office's own website as a folder of finished pages, served by any web server."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

from filelock import Timeout

from channels.base import (
    Article,
    Capabilities,
    Column,
    Evidence,
    Json,
    Place,
    Probe,
    Problem,
    Product,
    Receipt,
    Sighting,
    Steps,
    Withdrawal,
)
from channels.errors import ChannelError, ConfigurationError, NeverSent, OutcomeUnknown, PersonNeeded, Text
from channels.files import folder_error, try_folder
from channels.markup import parse, plain_text
from channels.preview import Preview
from channels.website.render import COLUMN_KEY, attachments, check, file_name, page_path, render, shown_pictures
from channels.website.site import Website
from channels.website.static import address
from channels.website.static.change import STAGE, Unfinished
from channels.website.static.mirror import Mirror
from channels.website.static.options import StaticOptions, site_facts
from channels.website.static.pages import Pages
from channels.website.static.preview import preview
from channels.website.static.records import Entry, records_error
from channels.website.static.related import Related
from channels.website.static.site import Publication, Site

PAGE = re.compile(r"[0-9]{6}/t[0-9]{8}_[0-9]+\.html")
"""A path that ``page_path`` makes."""


class StaticWebsite(Website):
    """One website. Its address is known before publication, so other channels may link to it."""

    Options = StaticOptions

    def __init__(self, key: str, options: StaticOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        bad = [column.key for column in place.columns if not COLUMN_KEY.fullmatch(column.key)]
        if bad:
            raise ConfigurationError(
                "The column keys {keys} cannot be folders of a website: use letters, digits, - and _.",
                keys=", ".join(bad),
            )
        folder = place.home / options.path
        records = folder.with_name(f"{folder.name}.records")
        pages, mirror = Pages(site_facts(options, place)), _mirror(options)
        self.site = Site(folder, records, pages, lock_timeout_s=options.timeout_s / 2, mirror=mirror)

    @property
    def folder(self) -> Path:
        return self.site.folder

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            gives_address=True,
            absence_after_s=0,
            look_after_s=(1,),
            correct=True,
            recall=True,
            mark=True,
            past=self.options.past is not None,
            takes=frozenset({"title", "summary", "html"}),
        )

    def address(self, article: Article) -> str:
        return self.options.base_url + page_path(article)

    def render(self, article: Article) -> Product:
        return render(article)

    def check(self, product: Product) -> list[Problem]:
        return check(product)

    def preview(self, product: Product, *, at: datetime) -> Preview:
        """The page itself, where it will lie on the site, with the style sheet and what stands beside it."""
        entry = _entry(product, at.astimezone(UTC).replace(microsecond=0))
        page = self.site.pages.article(product, entry, Related())
        return preview(product, entry.path, page, self.site.pages.assets)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Write the page and all that leads to it. Raises as the base says; a second time changes nothing."""
        published_at = _begun_at(steps)
        with self._troubles():
            entry = self._standing(product) or _entry(product, published_at)
        return self._put(entry, product, steps)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """Write the page anew where it stands; the day of its first publication stays, the lists follow the title.

        Raises PersonNeeded: the receipt names no page of this site.
        """
        path, corrected_at = self._path(receipt), _begun_at(steps)
        with self._troubles():
            entry = self._standing(product)
            if entry is None:
                before = self.site.entry(int(product.fields["item"]))
                published_at = before.published_at if before else receipt.published_at.astimezone(UTC)
                entry = replace(_entry(product, published_at), path=path, changed_at=corrected_at)
        return self._put(entry, product, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Put a notice in the place of the page and take it out of every list. What is gone already stays gone.

        Raises PersonNeeded: the receipt names no page of this site, or something else stands there by now.
        """
        return self.withdraw(receipt, steps, Withdrawal())

    def withdraw(self, receipt: Receipt, steps: Steps, why: Withdrawal) -> Receipt:
        """The same; the notice says why."""
        path = self._path(receipt)
        with self._troubles():
            aim = steps.repeatable("aim", lambda: self._aim(path))
        if not aim["digest"] and receipt.evidence is Evidence.DECLARED:
            raise self._no_page(receipt)
        steps.irreversible("recall", lambda: self._recall(path, aim, why))
        with self._troubles(is_out=True):
            if self.site.is_readable(path):
                raise OutcomeUnknown("The page was taken back but can still be read: it will be looked for again.")
            entry = self.site.entry_at(path)
            if entry is not None:
                self.site.require_mirrored(entry, {})
        recalled_at = (entry and entry.changed_at) or datetime.fromisoformat(str(aim["at"]))
        url = self.options.base_url + path
        return Receipt(path, recalled_at, url, Evidence.READ_BACK, {"path": path, "product_sha256": aim["digest"]})

    def mark(self, receipt: Receipt, steps: Steps, why: Withdrawal) -> Receipt:
        """Let the page say at its head that it no longer holds; lists, catalogue, search and feeds say so too.

        Raises PersonNeeded: the receipt names no page of this site, or something else stands there by now.
        """
        path = self._path(receipt)
        with self._troubles():
            aim = steps.repeatable("aim", lambda: self._aim(path))
        if not aim["digest"]:
            raise self._no_page(receipt)
        steps.irreversible("mark", lambda: self._mark(path, aim, why))
        with self._troubles(is_out=True):
            entry = self.site.entry_at(path)
            if entry is None or not entry.is_marked or not self.site.shows(entry):
                raise OutcomeUnknown("The page was marked but cannot be read back: it will be looked for again.")
            self.site.require_mirrored(entry, {})
        url = self.options.base_url + path
        raw = {"path": path, "page_sha256": entry.page_sha256, "product_sha256": entry.digest, "mark": entry.mark}
        return Receipt(path, entry.last_at, url, Evidence.READ_BACK, raw)

    def taking_back(self) -> Text:
        return Text(
            "A notice takes the place of the page, which leaves every list. What was repealed or withdrawn by law "
            "stays, with a mark on the page and in every list."
        )

    def correcting(self) -> Text:
        return Text("The page keeps its address and its first day; the new text stands there, marked as corrected.")

    def look(self, receipt: Receipt) -> Sighting:
        """Whether the page is there, unchanged and with all its files; a change that was broken off is completed first.

        Where the public address is checked, what readers get there decides.
        """
        path = self._path(receipt)
        with self._troubles():
            is_there, entry = self.site.is_readable(path), self.site.entry_at(path)
            is_marked = entry is not None and entry.is_marked
            if entry is None or not entry.is_shown:
                is_same, missing = None, []
            else:
                is_same, missing = self.site.shows(entry), self.site.missing_beside(entry)
        problems = [Text("The file {name} of the page is missing.", name=name) for name in missing]
        if not self._checks_address or entry is None:
            is_marked = is_marked and bool(is_same)
            return Sighting(is_there, {"path": path}, is_unchanged=is_same, is_marked=is_marked, problems=problems)
        seen = address.look(self.options.base_url + path, entry.page_sha256, timeout_s=self.options.timeout_s)
        # Where readers still get another page than the notice, the item may be seen.
        is_seen = is_there if seen.is_same else seen.status == HTTPStatus.OK
        is_same = seen.is_same if entry.is_shown else None
        raw: Json = {"path": path, "status": seen.status}
        is_marked = is_marked and bool(is_same)
        return Sighting(is_seen, raw, is_unchanged=is_same, is_marked=is_marked, problems=problems)

    def keep_up(self, *, seconds: float) -> int:
        """Pages take on what the office says around them by now: its name, numbers, columns, links, archive."""
        with self._troubles():
            return self.site.renew(seconds)

    def find(self, product: Product, steps: Steps) -> Receipt | None:  # noqa: ARG002 - the site itself remembers
        """The receipt, where the page of this product is there; a change that was broken off is completed then."""
        with self._troubles():
            entry = self._standing(product)
            if entry is None:
                return None
            self.site.put(self._publication(product, entry))
            # Completing may have written a mark or a link into this very page.
            entry = self._standing(product) or entry
            receipt = self._receipt(entry, product)
        if self._checks_address:
            self._require_at_address(entry)
        return receipt

    def probe(self) -> list[Probe]:
        lines = [try_folder(self.site.folder), try_folder(self.site.records_path.parent)]
        return lines if self.site.mirror is None else [*lines, _try_mirror(self.site.mirror)]

    def _put(self, entry: Entry, product: Product, steps: Steps) -> Receipt:
        def put() -> Json:
            with self._troubles(changes=True):
                self.site.put(self._publication(product, entry))
            return {"path": entry.path}

        # Repeating it would do no harm, but a worker that has lost its lease must not put a cancelled item out.
        steps.irreversible("put", put)
        with self._troubles(is_out=True):
            standing = self._standing(product)
            if standing is None:
                raise OutcomeUnknown("The page was written but cannot be read back: it will be looked for again.")
            return self._receipt(standing, product)

    def _aim(self, path: str) -> Json:
        entry = self.site.entry_at(path)
        return {"at": _now(), "digest": entry.digest if entry else ""}

    def _recall(self, path: str, aim: Json, why: Withdrawal) -> Json:
        at, digest = datetime.fromisoformat(str(aim["at"])), str(aim["digest"])
        with self._troubles(changes=True):
            self.site.recall(path, digest=digest, at=at, why=why)
        return {"path": path}

    def _mark(self, path: str, aim: Json, why: Withdrawal) -> Json:
        at, digest = datetime.fromisoformat(str(aim["at"])), str(aim["digest"])
        with self._troubles(changes=True):
            self.site.mark(path, digest=digest, at=at, why=why)
        return {"path": path}

    def _path(self, receipt: Receipt) -> str:
        """Where the page stands below the site's address; a person's word may hold the address only."""
        for path in (receipt.remote_id, receipt.url.removeprefix(self.options.base_url)):
            if PAGE.fullmatch(path):
                return path
        raise self._no_page(receipt)

    def _no_page(self, receipt: Receipt) -> PersonNeeded:
        return PersonNeeded(
            "{address} is no page of the website {name}: change or remove it by hand, then confirm this delivery.",
            address=receipt.url or receipt.remote_id or "?",
            name=self.name,
        )

    @property
    def _checks_address(self) -> bool:
        wished = self.options.check_address
        return bool(self.options.sftp) if wished is None else wished

    def _require_at_address(self, entry: Entry) -> None:
        """Raises OutcomeUnknown: readers get something else. Raises ChannelUnavailable: nobody could look."""
        url = self.options.base_url + entry.path
        seen = address.look(url, entry.page_sha256, timeout_s=self.options.timeout_s)
        if not seen.is_same:
            raise OutcomeUnknown(
                "The page is written, but {url} shows something else (status {status}): look whether the web server "
                "reads the right folder, and whether something before it keeps old pages.",
                url=url,
                status=seen.status,
            )

    def _publication(self, product: Product, entry: Entry) -> Publication:
        return Publication(
            entry=entry,
            column=product_column(product.fields),
            draw=lambda kept, about: self.site.pages.article(product, kept, about),
            files=_files(product),
            text=found_by(product),
            documents=[int(item) for item in product.fields.get("interprets", "").split(",") if item],
            links=frozenset(pages_linked(product.body, self.options.base_url, PAGE)),
        )

    def _standing(self, product: Product) -> Entry | None:
        """This very product as it stands on the site; None where it does not."""
        entry = self.site.entry(int(product.fields["item"]))
        if entry is None or not entry.is_shown or entry.digest != product.digest or not self.site.shows(entry):
            return None
        return entry

    def _receipt(self, entry: Entry, product: Product) -> Receipt:
        """The proof, read back from the disk. Raises OutcomeUnknown: what is there is not what was written."""
        if not self.site.has_files(entry, _files(product)):
            raise OutcomeUnknown("The page was written but cannot be read back: it will be looked for again.")
        self.site.require_mirrored(entry, _files(product))
        return Receipt(
            remote_id=entry.path,
            published_at=entry.last_at,
            url=self.options.base_url + entry.path,
            evidence=Evidence.READ_BACK,
            raw={"path": entry.path, "page_sha256": entry.page_sha256, "product_sha256": entry.digest},
        )

    @contextmanager
    def _troubles(self, *, changes: bool = False, is_out: bool = False) -> Iterator[None]:
        """Give every trouble of disk and records its name; what is decided may not be called unchanged.

        Args:
            changes: what is done within changes the site, so that a change left unfinished may be this one.
            is_out: the change has been made already.
        """
        try:
            yield
        except Timeout:
            if is_out:
                raise self._unfinished("Timeout") from None
            raise NeverSent(
                "Another process is writing the website {name} just now. It will be tried again.", name=self.name
            ) from None
        except Unfinished as unfinished:
            if changes or is_out:
                raise self._unfinished(type(unfinished.cause).__name__) from unfinished
            raise self._trouble(unfinished.cause) from unfinished
        except NeverSent as error:
            if is_out:
                raise self._unfinished(type(error).__name__) from error
            raise
        except (OSError, sqlite3.Error) as error:
            if is_out:
                raise self._unfinished(type(error).__name__) from error
            raise self._trouble(error) from error

    def _trouble(self, error: OSError | sqlite3.Error | ChannelError) -> ChannelError:
        if isinstance(error, ChannelError):
            return error
        if isinstance(error, sqlite3.Error):
            return records_error(error, self.site.records_path)
        return folder_error(error, self.site.folder)

    def _unfinished(self, reason: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            "The page is decided, but not every file of the website could take its place yet ({reason}).", reason=reason
        )


def _mirror(options: StaticOptions) -> Mirror | None:
    """The second place of the site; the library that goes there is loaded only where there is one."""
    if not options.sftp:
        return None
    made: Mirror = import_module("channels.website.static.sftp").SftpMirror(
        options.sftp,
        host_key=options.sftp_host_key,
        password=options.sftp_password,
        private_key=options.sftp_key,
        timeout_s=options.timeout_s,
    )
    return made


def _try_mirror(mirror: Mirror) -> Probe:
    name = Text("Write on the web server by SFTP")
    try:
        with mirror.session() as remote:
            remote.write(f"{STAGE}trial/trial", b"trial")
            remote.clear(f"{STAGE}trial")
    except ChannelError as error:
        return Probe(name, ok=False, detail=error.text)
    return Probe(name, ok=True, detail=Text("{place} can be written.", place=mirror.name))


def product_column(fields: Mapping[str, str]) -> Column:
    """The column a product was approved for, as it was then."""
    return Column(
        fields["column_key"],
        fields["column_name"],
        fields["column_class"],
        description=fields["column_description"],
        keywords=fields["column_keywords"],
    )


def found_by(product: Product) -> str:
    """What an item is found by beside its title."""
    number = product.fields.get("document_number", "")
    return "\n".join(
        part for part in (number, plain_text(product.body), *(m.name for m in attachments(product))) if part
    )


def pages_linked(html: str, base_url: str, page: re.Pattern[str]) -> Iterator[str]:
    """Paths of the pages of this site that the text links to."""
    for link in parse(html).iter("a"):
        path = str(link.get("href", "")).partition("#")[0].removeprefix(base_url)
        if page.fullmatch(path):
            yield path


def _entry(product: Product, published_at: datetime) -> Entry:
    fields = product.fields
    pictures = shown_pictures(product)
    details = {
        "organ": fields["source"],
        "class": fields["column_class"],
        "made_on": fields["made_on"],
        "document_number": fields.get("document_number", ""),
        "in_force_until": fields.get("in_force_until", ""),
    }
    folder = fields["path"].partition("/")[0]
    return Entry(
        item=int(fields["item"]),
        revision=int(fields["revision"]),
        digest=product.digest,
        title=product.title,
        summary=fields["summary"],
        column_key=fields["column_key"],
        path=fields["path"],
        published_at=published_at,
        page_sha256="",
        image=f"{folder}/{file_name(pictures[0])}" if pictures else "",
        details={name: value for name, value in details.items() if value},
    )


def _files(product: Product) -> dict[str, bytes]:
    return {file_name(medium): medium.content for medium in product.media}


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def _begun_at(steps: Steps) -> datetime:
    """The time of this delivery, kept with it, so that a repeated attempt writes the same page."""
    return datetime.fromisoformat(str(steps.repeatable("time", lambda: {"at": _now()})["at"]))
