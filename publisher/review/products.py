"""Making, keeping and re-reading the products that are signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from channels.base import Article, Problem, Product
from channels.errors import ProductRefused, Text, message_id
from channels.preview import OWN_FIELDS, OwnField
from publisher.items.actions import asset_store
from publisher.items.manuscript import Wording
from publisher.items.models import Revision
from publisher.items.queries import source
from publisher.items.variants import Source, given
from publisher.office import ChannelEntry, Office
from publisher.review.models import ChannelProduct, Release, ReviewedProduct

Row = TypeVar("Row", ChannelProduct, ReviewedProduct)

USELESS: dict[OwnField, str] = {
    "title": message_id("{channel} has no title: the one given for it is not used."),
    "summary": message_id("{channel} has no summary: the one given for it is not used."),
    "html": message_id("{channel} shows no text but the title and the summary: the text given for it is not used."),
    "cover": message_id("{channel} shows no cover: the picture chosen for it is not used."),
}
"""What is said where something was given that the channel cannot show."""


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
    return made_of(office, source(office, revision), revision.channels)


def made_of(office: Office, source: Source, channels: Sequence[str]) -> list[Draft]:
    """The product of each of these channels as it would be signed; nothing is kept anywhere."""
    entries = [office.channels[key] for key in channels]
    full = replace(source, article=with_page(office, source.article, channels))
    return [made_for(entry, full) for entry in entries]


def with_page(office: Office, article: Article, channels: Sequence[str]) -> Article:
    """The article with the address where readers will find it, if it goes to these channels."""
    return replace(article, page_url=_page_url(office, article, [office.channels[key] for key in channels]))


def made_for(entry: ChannelEntry, source: Source) -> Draft:
    """The product of one channel, with what it says differently there; what the channel has no use for is said."""
    takes = entry.channel.capabilities.takes
    draft = _draft(entry, source.for_channel(entry.key, takes))
    useless = given(source.wordings.get(entry.key, Wording())) - takes
    templates = [USELESS[name] for name in OWN_FIELDS if name in useless]
    told = [Problem("warning", Text(template, channel=entry.name)) for template in templates]
    return replace(draft, problems=[*draft.problems, *told])


def sign(release: Release, draft: Draft) -> ChannelProduct:
    """Keep a draft as what was approved; one with errors is kept as refused, without a digest."""
    return keep(ChannelProduct(release=release, channel=draft.entry.key), draft)


def keep(row: Row, draft: Draft) -> Row:
    """Fill a row with a draft and save it, and put what its product carries into the store."""
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


def signed_product(row: ChannelProduct | ReviewedProduct) -> Product:
    """The product exactly as it was signed.

    Raises NotWhatWasSigned: the stored product has another digest, or was never signed.
    Raises DamagedAsset: the bytes of a picture are gone or changed.
    """
    if not row.digest:
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
