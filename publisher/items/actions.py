"""Taking in what staff submit: once, whole, with its pictures, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from channels.base import Medium
from channels.errors import Text
from publisher.items.models import Disclosure, Item, ItemState, Revision, RevisionAsset
from publisher.items.readers import Manuscript
from publisher.items.store import Store
from publisher.log import actions as log
from publisher.log.chain import canonical
from publisher.log.events import Event
from publisher.office import Office


class BadSubmission(Exception):
    """Something the submitter must correct; ``text`` says what and how."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the submitter wants done with a manuscript. Empty ``channels`` means all of the office's channels."""

    column: str = ""
    disclosure: str = Disclosure.PROACTIVE
    channels: Sequence[str] = ()
    section: str = ""
    author: str = ""
    source: str = ""
    title: str = ""
    publish_at: datetime | None = None


def submit(office: Office, manuscript: Manuscript, wish: Wish, *, by: str) -> Revision:
    """Store a new item with its first revision and write it to the log.

    Raises BadSubmission: unknown column, channel or disclosure, or no title.
    """
    column = _column(office, wish.column)
    _require_disclosure(wish.disclosure)
    wish = _completed(office, manuscript, wish)
    _keep(manuscript)
    with transaction.atomic():
        item = Item.objects.create(
            office=office.slug,
            column=column,
            section=wish.section,
            disclosure=wish.disclosure,
            created_at=timezone.now(),
            created_by=by,
        )
        revision = _revision(item, 1, manuscript, wish, at=item.created_at, by=by)
        log.record(office, Event.SUBMITTED, subject(office, revision), actor=by)
    return revision


def revise(office: Office, item: Item, manuscript: Manuscript, wish: Wish, *, by: str) -> Revision:
    """Store the next revision of an item, which then waits for its release; column and disclosure stay what they are.

    What ``wish`` leaves empty is taken from the revision before. Raises BadSubmission: unknown channel, or no title.
    """
    before = item.revisions.order_by("-number")[0]
    wish = replace(
        wish,
        channels=wish.channels or before.channels,
        author=wish.author or before.author,
        source=wish.source or before.source,
    )
    wish = _completed(office, manuscript, wish)
    _keep(manuscript)
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=item.pk)
        number = item.revisions.order_by("-number")[0].number + 1
        revision = _revision(item, number, manuscript, wish, at=timezone.now(), by=by)
        item.state = ItemState.SUBMITTED
        item.save(update_fields=["state"])
        log.record(office, Event.SUBMITTED, subject(office, revision), actor=by)
    return revision


def subject(office: Office, revision: Revision) -> log.Subject:
    """What a log entry about ``revision`` says of it."""
    item = revision.item
    column = office.column(item.column)
    return log.Subject(
        item=item.pk,
        revision=revision.number,
        title=revision.title,
        section=item.section,
        person=item.created_by,
        source=revision.source,
        disclosure=item.disclosure,
        column=column.key,
        column_name=column.name,
        column_class=column.column_class,
        digest=revision.digest,
    )


def asset_store() -> Store:
    """Where the bytes of pictures and attachments lie."""
    return Store(settings.PUBLISHER_HOME / "assets")


def revision_digest(revision: Revision, assets: Sequence[RevisionAsset]) -> str:
    """SHA-256 over everything that makes up a revision, its pictures' bytes included by their digests."""
    text = canonical(
        {
            "key": revision.key,
            "title": revision.title,
            "html": revision.html,
            "summary": revision.summary,
            "author": revision.author,
            "source": revision.source,
            "channels": list(revision.channels),
            "assets": [[a.role, a.sha256, a.name, a.media_type, a.alt] for a in assets],
        }
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _completed(office: Office, manuscript: Manuscript, wish: Wish) -> Wish:
    """The wish with its title and channels filled in. Raises BadSubmission: no title, or an unknown channel."""
    title = " ".join((wish.title or manuscript.title).split())
    if not title:
        raise BadSubmission("The item has no title: give it one.")
    return replace(wish, title=title, channels=_channels(office, wish.channels))


def _require_disclosure(name: str) -> None:
    if name not in Disclosure.values:
        raise BadSubmission(
            "{name} is not a disclosure attribute: use one of {known}.", name=name, known=", ".join(Disclosure.values)
        )


def _keep(manuscript: Manuscript) -> None:
    store = asset_store()
    for medium in (*manuscript.media, *manuscript.attachments):
        store.put(medium.content)


def _revision(item: Item, number: int, manuscript: Manuscript, wish: Wish, *, at: datetime, by: str) -> Revision:
    revision = Revision(
        item=item,
        number=number,
        title=wish.title,
        html=manuscript.html,
        author=wish.author,
        source=wish.source,
        channels=list(wish.channels),
        publish_at=wish.publish_at,
        created_at=at,
        created_by=by,
    )
    media = [(RevisionAsset.Role.PICTURE, medium) for medium in manuscript.media]
    media += [(RevisionAsset.Role.ATTACHMENT, medium) for medium in manuscript.attachments]
    assets = [_asset(revision, place, role, medium) for place, (role, medium) in enumerate(media)]
    revision.digest = revision_digest(revision, assets)
    revision.save(force_insert=True)
    RevisionAsset.objects.bulk_create(assets)
    return revision


def _asset(revision: Revision, position: int, role: RevisionAsset.Role, medium: Medium) -> RevisionAsset:
    return RevisionAsset(
        revision=revision,
        position=position,
        role=role,
        sha256=medium.sha256,
        name=medium.name,
        media_type=medium.media_type,
        alt=medium.alt,
    )


def _column(office: Office, key: str) -> str:
    if not key:
        return next(iter(office.columns))
    if key not in office.columns:
        raise BadSubmission("There is no column {key}: use one of {known}.", key=key, known=", ".join(office.columns))
    return key


def _channels(office: Office, keys: Sequence[str]) -> list[str]:
    for key in keys:
        if key not in office.channels:
            raise BadSubmission(
                "There is no channel {key}: use one of {known}.", key=key, known=", ".join(office.channels)
            )
    return [key for key in office.channels if not keys or key in keys]
