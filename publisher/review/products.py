"""Making, keeping and re-reading the products that are signed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from channels.base import Article, Problem, Product
from channels.errors import ProductRefused
from publisher.items.actions import asset_store
from publisher.items.models import Revision
from publisher.items.queries import article
from publisher.office import ChannelEntry, Office
from publisher.review.models import ChannelProduct, Release


class NotWhatWasSigned(Exception):
    """A stored product does not match the digest that was signed; it must not go out."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A product before it is signed, with what the checks say of it; ``product`` is None where none can be made."""

    entry: ChannelEntry
    product: Product | None
    problems: list[Problem]

    @property
    def can_be_signed(self) -> bool:
        return self.product is not None and not any(problem.is_error for problem in self.problems)


def drafts(office: Office, revision: Revision) -> list[Draft]:
    """The product of each channel the revision is meant for, checked, without touching the network."""
    base = article(office, revision)
    entries = [office.channels[key] for key in revision.channels]
    full = replace(base, page_url=_page_url(office, base, entries))
    return [_draft(entry, full) for entry in entries]


def sign(release: Release, draft: Draft) -> ChannelProduct:
    """Keep a draft as what was approved; one with errors is kept as refused, without a digest."""
    row = ChannelProduct(release=release, channel=draft.entry.key)
    row.problems = [[p.severity, p.text.template, p.text.values] for p in draft.problems]
    if draft.product is not None and draft.can_be_signed:
        store = asset_store()
        for medium in draft.product.media:
            store.put(medium.content)
        row.canonical = draft.product.canonical()
        row.digest = draft.product.digest
        row.wants_link = draft.product.wants_link
    row.save(force_insert=True)
    return row


def signed_product(row: ChannelProduct) -> Product:
    """The product exactly as it was signed.

    Raises NotWhatWasSigned: the stored product has another digest, or was never signed.
    Raises DamagedAsset: the bytes of a picture are gone or changed.
    """
    if not row.is_signed:
        raise NotWhatWasSigned(f"product {row.pk} was never signed")
    product = Product.from_canonical(row.canonical, asset_store().read)
    if product.digest != row.digest:
        raise NotWhatWasSigned(f"product {row.pk} is not the one that was signed")
    return product


def _draft(entry: ChannelEntry, article: Article) -> Draft:
    try:
        product = entry.channel.render(article)
    except ProductRefused as error:
        return Draft(entry, None, [Problem("error", error.text)])
    return Draft(entry, product, entry.channel.check(product))


def _page_url(office: Office, base: Article, entries: list[ChannelEntry]) -> str:
    """Where readers will find the item: its page where that is known beforehand, else a mark of its own on the site."""
    for entry in entries:
        if address := entry.channel.address(base):
            return address
    for entry in office.channels.values():
        if site := entry.channel.address(base):
            return f"{site.rsplit('/', 2)[0]}/#{base.key}"
    return ""
