"""Taking in what staff submit: once, whole, with its pictures, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from channels.base import Medium
from publisher.items import variants
from publisher.items.captions import captioned
from publisher.items.likeness import Comparable
from publisher.items.models import Item, ItemState, Origin, Revision, RevisionAsset, Variant
from publisher.items.readers import Manuscript
from publisher.items.similar import remember
from publisher.items.store import Store
from publisher.items.wishes import BadSubmission, Wish, completed, require_disclosure
from publisher.log import actions as log
from publisher.log.chain import canonical
from publisher.log.events import Event
from publisher.office import Office

__all__ = ["BadSubmission", "Wish", "asset_store", "revise", "revision_digest", "subject", "submit"]


def submit(office: Office, manuscript: Manuscript, wish: Wish, *, by: str) -> Revision:
    """Store a new item with its first revision and write it to the log.

    Raises BadSubmission: unknown column, channel or disclosure, no title, or one of the other fields will not do.
    """
    column = _column(office, wish.column)
    wish = completed(office, manuscript, wish)
    require_disclosure(wish.disclosure, wish.disclosure_reason)
    manuscript = captioned(manuscript)
    variants.require_usable(manuscript, wish.channels)
    bands = Comparable(wish.title, manuscript.html).bands(office.slug)
    _keep(manuscript)
    with transaction.atomic():
        item = Item.objects.create(
            office=office.slug,
            column=column,
            section=wish.section,
            title=wish.title,
            disclosure=wish.disclosure,
            in_force_until=wish.in_force_until,
            created_at=timezone.now(),
            created_by=by,
        )
        revision = _revision(item, 1, manuscript, wish, at=item.created_at, by=by)
        remember(revision, bands)
        log.record(office, Event.SUBMITTED, subject(office, revision), actor=by)
    return revision


def revise(office: Office, item: Item, manuscript: Manuscript, wish: Wish, *, by: str) -> Revision:
    """Store the next revision of an item, which then waits for its release; column and disclosure stay what they are.

    What ``wish`` leaves empty is taken from the revision before, unless it is whole. What single channels said
    differently is not: it was written for the text before.
    Raises BadSubmission: unknown channel, no title, or one of the other fields will not do.
    """
    before = item.revisions.order_by("-number")[0]
    wish = completed(office, manuscript, wish if wish.is_whole else _as_before(before, wish))
    require_disclosure(item.disclosure, wish.disclosure_reason)
    manuscript = captioned(manuscript)
    variants.require_usable(manuscript, wish.channels)
    bands = Comparable(wish.title, manuscript.html).bands(office.slug)
    _keep(manuscript)
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=item.pk)
        number = item.revisions.order_by("-number")[0].number + 1
        revision = _revision(item, number, manuscript, wish, at=timezone.now(), by=by)
        remember(revision, bands)
        item.title, item.state, item.in_force_until = revision.title, ItemState.SUBMITTED, revision.in_force_until
        item.save(update_fields=["title", "state", "in_force_until"])
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


def revision_digest(revision: Revision, assets: Sequence[RevisionAsset], own: Iterable[Variant] = ()) -> str:
    """SHA-256 over everything that makes up a revision, its pictures' bytes included by their digests.

    What came later than the first revisions counts only where it is filled, so that their digests hold.

    Args:
        own: what is different on single channels.
    """
    later = {
        "origin": revision.origin if revision.origin != Origin.OWN else "",
        "source_url": revision.source_url,
        "document_number": revision.document_number,
        "in_force_until": revision.in_force_until.isoformat() if revision.in_force_until else "",
        "interprets": revision.interprets,
        "disclosure_reason": revision.disclosure_reason,
        "captions": {str(a.position): a.caption for a in assets if a.caption},
        "variants": variants.as_json(own),
    }
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
        | {name: value for name, value in later.items() if value}
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _as_before(before: Revision, wish: Wish) -> Wish:
    """The wish, with what it leaves empty as it was. A source belongs to its origin: with another one it goes."""
    origin = wish.origin or (Origin.REPOSTED if wish.source_url else before.origin)
    names = ["channels", "author", "summary", "document_number", "in_force_until", "interprets", "disclosure_reason"]
    if origin == before.origin:
        names += ["source", "source_url"]
    kept = [name for name in names if name not in wish.cleared]
    return replace(wish, origin=origin, **{name: getattr(wish, name) or getattr(before, name) for name in kept})


def _keep(manuscript: Manuscript) -> None:
    store = asset_store()
    for medium in (*manuscript.media, *manuscript.attachments, *manuscript.extra):
        store.put(medium.content)


def _revision(item: Item, number: int, manuscript: Manuscript, wish: Wish, *, at: datetime, by: str) -> Revision:
    revision = Revision(
        item=item,
        number=number,
        title=wish.title,
        html=manuscript.html,
        author=wish.author,
        source=wish.source,
        summary=wish.summary,
        origin=wish.origin,
        source_url=wish.source_url,
        document_number=wish.document_number,
        in_force_until=wish.in_force_until,
        interprets=wish.interprets,
        disclosure_reason=wish.disclosure_reason,
        channels=list(wish.channels),
        publish_at=wish.publish_at,
        created_at=at,
        created_by=by,
    )
    media = [(RevisionAsset.Role.PICTURE, medium) for medium in manuscript.media]
    media += [(RevisionAsset.Role.ATTACHMENT, medium) for medium in manuscript.attachments]
    media += [(RevisionAsset.Role.VARIANT, medium) for medium in manuscript.extra]
    assets = [_asset(revision, place, role, medium) for place, (role, medium) in enumerate(media)]
    own = variants.rows(revision, manuscript.variants)
    revision.digest = revision_digest(revision, assets, own)
    revision.save(force_insert=True)
    RevisionAsset.objects.bulk_create(assets)
    Variant.objects.bulk_create(own)
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
        caption=medium.caption,
    )


def _column(office: Office, key: str) -> str:
    if not key:
        return next(iter(office.columns))
    if key not in office.columns:
        raise BadSubmission("There is no column {key}: use one of {known}.", key=key, known=", ".join(office.columns))
    return key
