"""The office's own website as a folder of finished pages, served by any web server."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from filelock import Timeout
from pydantic import field_validator

from channels.base import (
    Article,
    Capabilities,
    Channel,
    ChannelOptions,
    Column,
    Evidence,
    Json,
    Place,
    Probe,
    Problem,
    Product,
    Receipt,
    Steps,
)
from channels.errors import ConfigurationError, NeverSent, OutcomeUnknown, ProductRefused, SettingRefused
from channels.files import folder_error, try_folder
from channels.website.pages import Pages, SiteFacts
from channels.website.records import Entry, records_error
from channels.website.render import COLUMN_KEY, check, file_name, page_path, render
from channels.website.site import Publication, Site


class WebsiteOptions(ChannelOptions):
    """Options of a website's table.

    ``path`` is the public folder, relative to the data folder or absolute; the index stands beside it in
    ``PATH.records``. The rest from ``icp_number`` on stands in head and foot of every page.
    """

    driver: str = "static"
    base_url: str
    path: str = "site"
    icp_number: str = ""
    police_number: str = ""
    host_unit: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""

    @field_validator("driver")
    @classmethod
    def _is_known(cls, driver: str) -> str:
        if driver in {"wordpress", "http"}:
            raise SettingRefused('The driver "{driver}" comes in a later version: write "static".', driver=driver)
        if driver != "static":
            raise SettingRefused('There is no driver "{driver}": write "static".', driver=driver)
        return driver

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, base_url: str) -> str:
        parts = urlsplit(base_url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise SettingRefused("This is no address of a website: write one such as https://www.example.gov.cn/.")
        return base_url.rstrip("/") + "/"

    @field_validator("path")
    @classmethod
    def _is_folder(cls, path: str) -> str:
        if path.strip("/ ") in {"", "."} or ".." in Path(path).parts:
            raise SettingRefused('This is no folder for the website: write a name such as "site", without "..".')
        return path.rstrip("/")


class WebsiteChannel(Channel):
    """One website. Its address is known before publication, so other channels may link to it."""

    kind = "website"
    Options = WebsiteOptions

    def __init__(self, key: str, options: WebsiteOptions, place: Place) -> None:
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
        return Capabilities(gives_address=True, absence_after_s=0, look_after_s=(1,))

    def address(self, article: Article) -> str:
        return self.options.base_url + page_path(article)

    def render(self, article: Article) -> Product:
        return render(article)

    def check(self, product: Product) -> list[Problem]:
        return check(product)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Write the page and all that leads to it. Raises as the base says; a second time changes nothing."""
        # Kept with the delivery, so that a repeated attempt writes the same page.
        begun = steps.repeatable("time", lambda: {"at": datetime.now(UTC).replace(microsecond=0).isoformat()})
        published_at = datetime.fromisoformat(str(begun["at"]))
        with self._troubles(product):
            self._refuse_outdated(product)
            publication = self._standing(product) or self._publication(product, published_at)
        # Repeating it would do no harm, but a worker that has lost its lease must not put a cancelled item out.
        steps.irreversible("put", lambda: self._put(publication, product))
        with self._troubles(product):
            return self._receipt(publication)

    def find(self, product: Product, steps: Steps) -> Receipt | None:  # noqa: ARG002 - the site itself remembers
        """The receipt, where the page of this product is there; the lists that lead to it are completed then."""
        with self._troubles(product):
            publication = self._standing(product)
            if publication is None:
                return None
            self.site.put(publication)
            return self._receipt(publication)

    def probe(self) -> list[Probe]:
        return [try_folder(self.site.folder), try_folder(self.site.records_path.parent)]

    def _put(self, publication: Publication, product: Product) -> Json:
        with self._troubles(product):
            self.site.put(publication)
        return {"path": publication.entry.path}

    def _refuse_outdated(self, product: Product) -> None:
        entry = self.site.entry(int(product.fields["item"]))
        if entry is not None and entry.revision > int(product.fields["revision"]):
            raise ProductRefused(
                "The website already shows revision {shown} of this item: publish a newer revision instead.",
                shown=entry.revision,
            )

    def _standing(self, product: Product) -> Publication | None:
        """This very product as it stands on the site, with the page it was given then; None where it does not."""
        entry = self.site.entry(int(product.fields["item"]))
        if entry is None or entry.digest != product.digest or not self.site.shows(entry):
            return None
        return replace(self._publication(product, entry.published_at), entry=entry)

    def _publication(self, product: Product, published_at: datetime) -> Publication:
        fields = product.fields
        page = self.site.pages.article(product, published_at)
        entry = Entry(
            item=int(fields["item"]),
            revision=int(fields["revision"]),
            digest=product.digest,
            title=product.title,
            summary=fields["summary"],
            column_key=fields["column_key"],
            path=fields["path"],
            published_at=published_at,
            page_sha256=hashlib.sha256(page).hexdigest(),
        )
        files = {file_name(medium): medium.content for medium in product.media}
        return Publication(entry, product_column(fields), page, files)

    def _receipt(self, publication: Publication) -> Receipt:
        """The proof, read back from the disk. Raises OutcomeUnknown: what is there is not what was written."""
        if not self.site.has_files(publication):
            raise OutcomeUnknown("The page was written but cannot be read back: it will be looked for again.")
        entry = publication.entry
        return Receipt(
            remote_id=entry.path,
            published_at=entry.published_at,
            url=self.options.base_url + entry.path,
            evidence=Evidence.READ_BACK,
            raw={"path": entry.path, "page_sha256": entry.page_sha256, "product_sha256": entry.digest},
        )

    @contextmanager
    def _troubles(self, product: Product) -> Iterator[None]:
        """Give every trouble of disk and records its name; once the page is out, it may not be called absent."""
        try:
            yield
        except Timeout:
            raise NeverSent(
                "Another process is writing the website {name} just now. It will be tried again.", name=self.name
            ) from None
        except (OSError, sqlite3.Error) as error:
            if self._page_is_out(product):
                raise OutcomeUnknown(
                    "The page is out, but not every list of the website could be written ({reason}).",
                    reason=type(error).__name__,
                ) from error
            if isinstance(error, sqlite3.Error):
                raise records_error(error, self.site.records_path) from error
            raise folder_error(error, self.site.folder) from error

    def _page_is_out(self, product: Product) -> bool:
        try:
            return self._standing(product) is not None
        except (OSError, sqlite3.Error):
            return False


def site_facts(options: WebsiteOptions, place: Place) -> SiteFacts:
    """What the pages say about the site. Its official name is the office's name with the channel's name after it."""
    name = options.name if options.name.startswith(place.office_name) else place.office_name + options.name
    return SiteFacts(
        name=name,
        office_name=place.office_name or name,
        id_code=place.site_id_code,
        base_url=options.base_url,
        timezone=place.timezone,
        columns=tuple(place.columns),
        host_unit=options.host_unit or place.office_name,
        contact=options.contact,
        description=options.description,
        keywords=options.keywords,
        icp_number=options.icp_number,
        police_number=options.police_number,
    )


def product_column(fields: Mapping[str, str]) -> Column:
    """The column a product was approved for, as it was then."""
    return Column(
        fields["column_key"],
        fields["column_name"],
        fields["column_class"],
        description=fields["column_description"],
        keywords=fields["column_keywords"],
    )
