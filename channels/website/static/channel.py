"""The office's own website as a folder of finished pages, served by any web server."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

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
)
from channels.errors import ConfigurationError, NeverSent, OutcomeUnknown, PersonNeeded, Text
from channels.files import folder_error, try_folder
from channels.preview import Preview
from channels.website.render import COLUMN_KEY, check, file_name, page_path, render
from channels.website.site import Website
from channels.website.static.options import StaticOptions, site_facts
from channels.website.static.pages import Pages
from channels.website.static.preview import preview
from channels.website.static.records import Entry, records_error
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
        self.site = Site(folder, records, Pages(site_facts(options, place)), lock_timeout_s=options.timeout_s / 2)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            gives_address=True,
            absence_after_s=0,
            look_after_s=(1,),
            correct=True,
            recall=True,
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
        publication = _publication(self.site.pages, product, _entry(product, at.astimezone(UTC).replace(microsecond=0)))
        return preview(product, publication, self.site.pages.assets)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Write the page and all that leads to it. Raises as the base says; a second time changes nothing."""
        published_at = _begun_at(steps)
        with self._troubles(lambda: self._is_out(product)):
            publication = self._standing(product) or _publication(
                self.site.pages, product, _entry(product, published_at)
            )
        return self._put(publication, product, steps)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """Write the page anew where it stands; the day of its first publication stays, the lists follow the title.

        Raises PersonNeeded: the receipt names no page of this site.
        """
        path, corrected_at = self._path(receipt), _begun_at(steps)
        with self._troubles(lambda: self._is_out(product)):
            publication = self._standing(product)
            if publication is None:
                before = self.site.entry(int(product.fields["item"]))
                published_at = before.published_at if before else receipt.published_at.astimezone(UTC)
                entry = replace(_entry(product, published_at), path=path, changed_at=corrected_at)
                publication = _publication(self.site.pages, product, entry)
        return self._put(publication, product, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Put a notice in the place of the page and take it out of every list. What is gone already stays gone.

        Raises PersonNeeded: the receipt names no page of this site, or something else stands there by now.
        """
        path = self._path(receipt)
        with self._troubles(lambda: False):
            aim = steps.repeatable("aim", lambda: self._aim(path))
        if not aim["digest"] and receipt.evidence is Evidence.DECLARED:
            raise self._no_page(receipt)
        steps.irreversible("recall", lambda: self._recall(path, aim))
        with self._troubles(lambda: True):
            if self.site.is_readable(path):
                raise OutcomeUnknown("The page was taken back but can still be read: it will be looked for again.")
            entry = self.site.entry_at(path)
        recalled_at = (entry and entry.changed_at) or datetime.fromisoformat(str(aim["at"]))
        url = self.options.base_url + path
        return Receipt(path, recalled_at, url, Evidence.READ_BACK, {"path": path, "product_sha256": aim["digest"]})

    def taking_back(self) -> Text:
        return Text("A notice takes the place of the page and says that it was withdrawn; it leaves every list.")

    def correcting(self) -> Text:
        return Text("The page keeps its address and its first day; the new text stands there, marked as corrected.")

    def look(self, receipt: Receipt) -> Sighting:
        """Whether the page is there; after a recall that was broken off, the lists are completed first."""
        path = self._path(receipt)
        with self._troubles(lambda: False):
            return Sighting(self.site.is_readable(path), {"path": path})

    def find(self, product: Product, steps: Steps) -> Receipt | None:  # noqa: ARG002 - the site itself remembers
        """The receipt, where the page of this product is there; the lists that lead to it are completed then."""
        with self._troubles(lambda: self._is_out(product)):
            publication = self._standing(product)
            if publication is None:
                return None
            self.site.put(publication)
            return self._receipt(publication)

    def probe(self) -> list[Probe]:
        return [try_folder(self.site.folder), try_folder(self.site.records_path.parent)]

    def _put(self, publication: Publication, product: Product, steps: Steps) -> Receipt:
        def put() -> Json:
            with self._troubles(lambda: self._is_out(product)):
                self.site.put(publication)
            return {"path": publication.entry.path}

        # Repeating it would do no harm, but a worker that has lost its lease must not put a cancelled item out.
        steps.irreversible("put", put)
        with self._troubles(lambda: True):
            return self._receipt(publication)

    def _aim(self, path: str) -> Json:
        entry = self.site.entry_at(path)
        return {"at": _now(), "digest": entry.digest if entry else ""}

    def _recall(self, path: str, aim: Json) -> Json:
        with self._troubles(lambda: self._is_recalled(path)):
            self.site.recall(path, digest=str(aim["digest"]), at=datetime.fromisoformat(str(aim["at"])))
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

    def _standing(self, product: Product) -> Publication | None:
        """This very product as it stands on the site, with the page it was given then; None where it does not."""
        entry = self.site.entry(int(product.fields["item"]))
        if entry is None or not entry.is_shown or entry.digest != product.digest or not self.site.shows(entry):
            return None
        return replace(_publication(self.site.pages, product, entry), entry=entry)

    def _receipt(self, publication: Publication) -> Receipt:
        """The proof, read back from the disk. Raises OutcomeUnknown: what is there is not what was written."""
        if not self.site.has_files(publication):
            raise OutcomeUnknown("The page was written but cannot be read back: it will be looked for again.")
        entry = publication.entry
        return Receipt(
            remote_id=entry.path,
            published_at=entry.last_at,
            url=self.options.base_url + entry.path,
            evidence=Evidence.READ_BACK,
            raw={"path": entry.path, "page_sha256": entry.page_sha256, "product_sha256": entry.digest},
        )

    @contextmanager
    def _troubles(self, is_done: Callable[[], bool]) -> Iterator[None]:
        """Give every trouble of disk and records its name; once the page has changed, it may not be called unchanged.

        Args:
            is_done: tells after trouble whether it has; may stumble over the same trouble.
        """
        try:
            yield
        except Timeout:
            raise NeverSent(
                "Another process is writing the website {name} just now. It will be tried again.", name=self.name
            ) from None
        except (OSError, sqlite3.Error) as error:
            if _holds(is_done):
                raise OutcomeUnknown(
                    "The page has changed, but not every list of the website could be written ({reason}).",
                    reason=type(error).__name__,
                ) from error
            if isinstance(error, sqlite3.Error):
                raise records_error(error, self.site.records_path) from error
            raise folder_error(error, self.site.folder) from error

    def _is_out(self, product: Product) -> bool:
        return self._standing(product) is not None

    def _is_recalled(self, path: str) -> bool:
        entry = self.site.entry_at(path)
        return entry is not None and not entry.is_shown and self.site.shows(entry)


def product_column(fields: Mapping[str, str]) -> Column:
    """The column a product was approved for, as it was then."""
    return Column(
        fields["column_key"],
        fields["column_name"],
        fields["column_class"],
        description=fields["column_description"],
        keywords=fields["column_keywords"],
    )


def _entry(product: Product, published_at: datetime) -> Entry:
    fields = product.fields
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
    )


def _publication(pages: Pages, product: Product, entry: Entry) -> Publication:
    page = pages.article(product, entry)
    files = {file_name(medium): medium.content for medium in product.media}
    entry = replace(entry, page_sha256=hashlib.sha256(page).hexdigest())
    return Publication(entry, product_column(product.fields), page, files)


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def _begun_at(steps: Steps) -> datetime:
    """The time of this delivery, kept with it, so that a repeated attempt writes the same page."""
    return datetime.fromisoformat(str(steps.repeatable("time", lambda: {"at": _now()})["at"]))


def _holds(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except (OSError, sqlite3.Error):
        return False
