"""A WordPress site: the item becomes a post, its files go into the site's library first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from channels.base import (
    Accepted,
    Article,
    Capabilities,
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
from channels.errors import ChannelError, OutcomeUnknown, PersonNeeded, ProductRefused, Text
from channels.preview import Preview
from channels.website import render as website
from channels.website.handed_preview import preview
from channels.website.handing import addresses, place_files, render
from channels.website.site import Website
from channels.website.wordpress import library
from channels.website.wordpress.api import MAY, Api
from channels.website.wordpress.options import WordpressOptions
from channels.website.wordpress.posts import META, PATH, Post, Posts, mark_of, marked, title_of

POST, RECALL = "post", "recall"
"""Names of steps."""

FILES = 30
"""Of a post: how many of its pictures and links on the site itself one look opens."""

WAITING = frozenset({"future", "pending"})
"""States of a post that WordPress or a person there will put out."""


class WordpressWebsite(Website):
    """One site through one account."""

    Options = WordpressOptions

    def __init__(self, key: str, options: WordpressOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self._api = Api(options.base_url, options.username, options.app_password, timeout_s=options.timeout_s)
        self._posts = Posts(self._api)

    @property
    def capabilities(self) -> Capabilities:
        # A minute: a site that makes thumbnails may still be at work on a call whose answer is lost.
        return Capabilities(
            gives_address=True,
            absence_after_s=60,
            look_after_s=(5, 30, 60, 120),
            correct=True,
            recall=True,
            past=self.options.past is not None,
        )

    def render(self, article: Article) -> Product:
        """Make the product; it names the category, so that a changed setting changes what is signed."""
        product = render(article)
        category = self.options.categories.get(article.column.key, "")
        return replace(product, fields={**product.fields, "category": category})

    def check(self, product: Product) -> list[Problem]:
        problems = website.check(product)
        if not product.fields["category"]:
            text = Text(
                "The column {name} has no category on the site {site}: the post will stand in the site's default "
                "category. Name one under categories in the configuration.",
                name=product.fields["column_name"],
                site=self.name,
            )
            problems.append(Problem("warning", text))
        return problems

    def preview(self, product: Product, *, at: datetime) -> Preview:
        return preview(product, at.astimezone(ZoneInfo(self.place.timezone)), self.name)

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Put the files into the library, then the post on the site. What stands there already is not made again."""
        standing = self._posts.named(product)
        if standing is not None:
            _refuse_older(standing, product)
            if standing.shows(product) and (standing.is_out or standing.status in WAITING):
                return self._proof(product, standing)
        path = f"{PATH}/{standing.number}" if standing else PATH
        content = self._content(product, steps) | self._outset(steps)
        return self._put(path, content, product, steps)

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:  # noqa: ARG002
        """Whether it is out by now. Raises PersonNeeded: somebody there decided otherwise."""
        standing = self._posts.named(product)
        if standing is None:
            raise PersonNeeded("The post is no longer on the site: somebody deleted it before it came out.")
        return self._proof(product, standing)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        """Write the new text into the post that is there: address and day of publication stay.

        Raises PersonNeeded: the post is gone.
        """
        standing = self._posts.one(self._number(receipt))
        if standing is None or standing.status == "trash":
            raise PersonNeeded(
                "The post {number} is no longer on the site: publish the item anew, or cancel this correction.",
                number=self._number(receipt),
            )
        _refuse_older(standing, product)
        if standing.shows(product):
            return self._proof(product, standing)
        return self._put(f"{PATH}/{standing.number}", self._content(product, steps), product, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Put the post into the trash. Raises PersonNeeded: the receipt names no post of this site."""
        number, has_begun = self._number(receipt), steps.begun_at(RECALL) is not None
        seen = self.look(receipt)
        if not seen.is_there and not has_begun and receipt.evidence is Evidence.DECLARED:
            raise PersonNeeded(
                "The site has no post {number}, which was entered by hand: look for it there and delete it, then "
                "confirm this delivery.",
                number=number,
            )
        if seen.is_there:
            steps.irreversible(RECALL, partial(self._api.delete, f"{PATH}/{number}"))
            seen = self.look(receipt)
        if seen.is_there:
            raise OutcomeUnknown("The site says that the post is in the trash but still shows it. It is looked up.")
        return Receipt(receipt.remote_id, datetime.now(UTC), receipt.url, Evidence.READ_BACK, seen.raw)

    def taking_back(self) -> Text:
        return Text("The post goes into the trash of WordPress: its address opens no more.")

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """The post that shows this very product. Raises PersonNeeded: it was there, and somebody has removed it."""
        standing = self._posts.named(product)
        if standing is None or not standing.shows(product) or (steps.begun_at(POST) is None and not standing.is_out):
            return None
        return self._proof(product, standing)

    def look(self, receipt: Receipt) -> Sighting:
        """Whether the post is out, still what went out, and opens for readers."""
        standing = self._posts.one(self._number(receipt))
        if standing is None or not standing.is_out:
            return Sighting(False, {"status": standing.status if standing else "gone"})
        kept = receipt.raw.get("content_sha256")
        raw = {
            "status": standing.status,
            "modified": standing.changed_at.isoformat(),
            "content_sha256": _sha256(standing),
        }
        return Sighting(
            True,
            raw,
            is_unchanged=None if kept is None else kept == raw["content_sha256"],
            problems=tuple(self._page_problems(standing)),
        )

    def probe(self) -> list[Probe]:
        """Reachable, may write, has the categories."""
        name = Text("Account and its rights")
        try:
            account = self._api.me()
            lines = [_rights(name, account)]
            lines += [self._try_category(column, slug) for column, slug in self.options.categories.items()]
        except ChannelError as error:
            return [Probe(name, ok=False, detail=error.text)]
        return lines

    def _content(self, product: Product, steps: Steps) -> dict[str, object]:
        """What the post holds, its files being in the library."""
        files = {
            medium.sha256: steps.repeatable(f"file-{medium.sha256[:16]}", partial(library.put, self._api, medium))
            for medium in product.media
        }
        fields = product.fields
        content: dict[str, object] = {
            "slug": fields["name"],
            "title": title_of(product),
            "content": marked(place_files(product.body, lambda sha256: str(files[sha256]["url"])), product),
            "excerpt": fields["summary"],
            "featured_media": files[fields["cover"]]["id"] if fields["cover"] else 0,
            "meta": {META: " ".join(mark_of(product))},
        }
        if slug := fields["category"]:
            make = partial(library.category, self._api, slug, fields["column_name"])
            content["categories"] = [steps.repeatable("category", make)["id"]]
        return content

    def _outset(self, steps: Steps) -> dict[str, object]:
        """With what a post begins: its state and, where WordPress is to wait, its time."""
        if self.options.status == "pending":
            return {"status": "pending"}
        if not self.options.delay_minutes:
            return {"status": "publish"}
        delay = timedelta(minutes=self.options.delay_minutes)
        stored = steps.repeatable("time", lambda: {"at": (datetime.now(UTC) + delay).isoformat(timespec="seconds")})
        # The time alone does not do it: on a post that is there WordPress would publish at once.
        return {"status": "future", "date_gmt": str(stored["at"])}

    def _put(self, path: str, content: Mapping[str, object], product: Product, steps: Steps) -> Receipt | Accepted:
        def put() -> Json:
            made = self._api.send(path, content)
            return {name: made.get(name) for name in ("id", "slug", "status", "link")}

        made = steps.irreversible(POST, put)
        standing = self._posts.named(product)
        if standing is None or not standing.shows(product):
            raise OutcomeUnknown("The site says that it has the post but does not show it. It will be looked up.")
        if path == PATH and made["id"] != standing.number:
            # Two workers made it at once; readers keep the earlier one. What was made here is nobody else's.
            self._api.delete(f"{PATH}/{made['id']}", {"force": "true"})
        return self._proof(product, standing)

    def _proof(self, product: Product, standing: Post) -> Receipt | Accepted:
        """What the site shows of the product. Raises PersonNeeded: somebody there has taken it out of sight."""
        if standing.is_out:
            return Receipt(
                str(standing.number),
                standing.changed_at,
                standing.link,
                Evidence.READ_BACK,
                {"slug": standing.slug, "content_sha256": _sha256(standing), "product_sha256": product.digest},
            )
        if standing.status in WAITING:
            return Accepted(str(standing.number), {"status": standing.status, "slug": standing.slug})
        raise PersonNeeded(
            "The post {number} is on the site and readers do not see it (state {status}): somebody there has put it "
            "into the trash or back among the drafts. Publish it there, or cancel this delivery.",
            number=standing.number,
            status=standing.status,
        )

    def _number(self, receipt: Receipt) -> int:
        if receipt.remote_id.isascii() and receipt.remote_id.isdigit():
            return int(receipt.remote_id)
        raise PersonNeeded(
            "The number of the post on {name} is not known: change or delete it there by hand, then confirm this "
            "delivery.",
            name=self.name,
        )

    def _page_problems(self, standing: Post) -> Iterator[Text]:
        """Only where the page lies below the site's own address: nothing else is asked from here."""
        site = self.options.base_url.rstrip("/")
        for url in (standing.link, *addresses(standing.content)[:FILES]):
            if url.startswith(f"{site}/") and not self._api.is_shown(url.removeprefix(site)):
                yield Text("The page or file {url} does not open for readers.", url=url)
        if urlsplit(standing.link).scheme == "http" and self.options.base_url.startswith("https"):
            yield Text("The site gives the page an address without https: {url}.", url=standing.link)

    def _try_category(self, column: str, slug: str) -> Probe:
        name = Text("Category {slug}", slug=slug)
        if library.has_category(self._api, slug):
            return Probe(name, ok=True, detail=Text("Works."))
        known = {one.key: one.name for one in self.place.columns}
        detail = Text(
            "The site has no such category yet: it is made as “{name}” with the first post.",
            name=known.get(column, slug),
        )
        return Probe(name, ok=True, detail=detail)


def _rights(name: Text, account: Mapping[str, object]) -> Probe:
    rights = account.get("capabilities")
    missing = [right for right in MAY if not isinstance(rights, dict) or not rights.get(right)]
    if missing:
        detail = Text(
            "The account {name} lacks the rights {rights}: give it the role editor in WordPress.",
            name=str(account.get("slug", "")),
            rights=", ".join(missing),
        )
        return Probe(name, ok=False, detail=detail)
    return Probe(name, ok=True, detail=Text("Works."))


def _refuse_older(standing: Post, product: Product) -> None:
    """Raises ProductRefused: a later revision stands there."""
    if standing.revision > int(product.fields["revision"]):
        raise ProductRefused(
            "A later revision of {title} stands on the site already: submit it again if the earlier text is wanted.",
            title=product.title,
        )


def _sha256(standing: Post) -> str:
    return hashlib.sha256(f"{standing.title}\n{standing.content}".encode()).hexdigest()
