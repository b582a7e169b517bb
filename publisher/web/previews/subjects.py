"""What is previewed: a revision of an item, or a draft."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial

from django.urls import reverse
from django.utils import timezone

from channels.preview import Preview
from publisher.items.drafts.trial import source_of_draft, wordings_of_draft
from publisher.items.manuscript import Wording
from publisher.items.models import Draft, Item, Revision
from publisher.items.queries import source
from publisher.items.variants import Source, wordings_of
from publisher.office import ChannelEntry, Office
from publisher.queue.models import Delivery
from publisher.review.models import ChannelProduct, Review, ReviewedProduct
from publisher.review.products import with_page
from publisher.web.previews.making import Made, as_it_would_be, as_kept
from publisher.web.previews.workshop import Key, workshop

PATIENCE_S = 60
"""Whoever asks for a page or picture of a preview waits until it is made."""


class Subject(ABC):
    """What is previewed.

    Attributes:
        name: beginning of the names of its addresses; ``pk``: its number in them.
        title: what it is called; ``channels``: keys of those it goes to and the office still has.
        wordings: what is different on which channel.
        has_number: its item has one, which is part of every product.
    """

    name: str
    has_number = True

    def __init__(self, office: Office, pk: int, title: str, channels: Sequence[str]) -> None:
        self.office = office
        self.pk = pk
        self.title = title
        self.channels = [key for key in channels if key in office.channels]

    @property
    @abstractmethod
    def wordings(self) -> Mapping[str, Wording]: ...

    @abstractmethod
    def at(self, channel: str) -> datetime:
        """When it is published there, as far as that is known; else now."""

    @cached_property
    def source(self) -> Source:
        """The texts and the bytes of all pictures, the address of its page in place. Raises DamagedAsset."""
        found = self._source()
        return replace(found, article=with_page(self.office, found.article, self.channels))

    def entry(self, channel: str) -> ChannelEntry:
        """One of its channels. Raises KeyError: it does not go there."""
        if channel not in self.channels:
            raise KeyError(channel)
        return self.office.channels[channel]

    def begin(self, first: str) -> None:
        """Have the products of all channels made, that of ``first`` before the others."""
        for channel in sorted(self.channels, key=lambda key: key != first):
            self._begin(channel)

    def made(self, channel: str, *, wait_s: float = PATIENCE_S) -> Made | None:
        """The product and what is to be said of it; None where making it takes longer than ``wait_s`` seconds."""
        return workshop.finished(self._key(channel), self._begin(channel), wait_s=wait_s)

    def preview(self, channel: str) -> Preview | None:
        """The files that show the product; None where there is none."""
        made = self.made(channel)
        if made is None or made.product is None:
            return None
        return self.entry(channel).channel.preview(made.product, at=self.at(channel))

    def address(self, channel: str) -> str:
        """Of the page that shows this channel."""
        return reverse(f"{self.name}-preview", args=[self.pk, channel])

    def file_address(self, channel: str, path: str) -> str:
        """Of one file of a preview."""
        return reverse(f"{self.name}-preview-file", args=[self.pk, channel, path])

    @abstractmethod
    def _source(self) -> Source: ...

    @abstractmethod
    def _state(self) -> Key:
        """What tells this text with its pictures from any other."""

    def _work(self, channel: str) -> Callable[[], Made]:
        return partial(as_it_would_be, self.entry(channel), self.source)

    def _begin(self, channel: str) -> Future[Made]:
        key = self._key(channel)
        return workshop.begun(key) or workshop.begin(key, self._work(channel))

    def _key(self, channel: str) -> Key:
        # With the office's file changed, a channel makes something else of the same text.
        return (*self._state(), channel, str(self.office.path), self.office.changed_at)


class RevisionSubject(Subject):
    """A frozen revision: for its channels what was released or is being decided on, where it has come that far."""

    name = "item"

    def __init__(self, office: Office, item: Item, revision: Revision) -> None:
        super().__init__(office, item.pk, revision.title, revision.channels)
        self.revision = revision
        self._kept: Mapping[str, ChannelProduct | ReviewedProduct] = _kept_products(revision)

    @cached_property
    def wordings(self) -> Mapping[str, Wording]:
        return wordings_of(self.revision)

    @cached_property
    def _times(self) -> dict[str, datetime | None]:
        found = Delivery.objects.filter(revision=self.revision).exclude(published_at=None)
        return dict(found.values_list("channel", "published_at"))

    def at(self, channel: str) -> datetime:
        return self._times.get(channel) or self.revision.publish_at or timezone.now()

    def _source(self) -> Source:
        return source(self.office, self.revision)

    def _state(self) -> Key:
        kept = (type(row).__name__ + str(row.pk) for row in self._kept.values())
        return ("revision", self.revision.pk, self.revision.digest, *kept)

    def _work(self, channel: str) -> Callable[[], Made]:
        if row := self._kept.get(channel):
            return partial(as_kept, self.entry(channel), self.source, row)
        return super()._work(channel)


def _kept_products(revision: Revision) -> Mapping[str, ChannelProduct | ReviewedProduct]:
    """The products of a revision by channel, of its release or else of its approval; none where nothing was made."""
    released = ChannelProduct.objects.filter(release__revision=revision).exclude(digest="")
    if found := {row.channel: row for row in released}:
        return found
    under_way = ReviewedProduct.objects.filter(review__revision=revision, review__state=Review.State.OPEN)
    return {row.channel: row for row in under_way.exclude(digest="")}


class DraftSubject(Subject):
    """What somebody is writing. What it would become is shown, and changes with every word."""

    name = "draft"

    def __init__(self, office: Office, draft: Draft) -> None:
        super().__init__(office, draft.pk, draft.title, draft.channels)
        self.draft = draft
        self.has_number = draft.item_id is not None

    @cached_property
    def wordings(self) -> Mapping[str, Wording]:
        return wordings_of_draft(self.draft)

    def at(self, channel: str) -> datetime:  # noqa: ARG002 - all channels have the same time before they are released
        return self.draft.publish_at or timezone.now()

    def _source(self) -> Source:
        return source_of_draft(self.office, self.draft, now=timezone.now())

    def _state(self) -> Key:
        return ("draft", self.draft.pk, self.draft.version, self.draft.changed_at)
