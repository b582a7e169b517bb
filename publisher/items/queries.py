"""Questions about items."""

from __future__ import annotations

from channels.base import Article, Medium
from publisher.items.actions import asset_store, revision_digest
from publisher.items.models import Origin, Revision, RevisionAsset
from publisher.items.variants import Source, source_of
from publisher.office import Office


class DamagedRevision(Exception):
    """A revision does not match its digest: the database or the asset store was changed behind the program."""


def article(office: Office, revision: Revision) -> Article:
    """The text of a frozen revision itself, with the bytes of its pictures and attachments.

    Raises DamagedRevision, DamagedAsset: what is stored is not what was submitted.
    """
    return source(office, revision).article


def source(office: Office, revision: Revision) -> Source:
    """A frozen revision with what it says differently on single channels.

    Raises DamagedRevision, DamagedAsset: what is stored is not what was submitted.
    """
    assets = list(revision.assets.all())
    if revision_digest(revision, assets, revision.variants.all()) != revision.digest:
        raise DamagedRevision(f"revision {revision.key} does not match its digest")
    pictures = _media(assets, RevisionAsset.Role.PICTURE)
    extra = _media(assets, RevisionAsset.Role.VARIANT)
    attachments = _media(assets, RevisionAsset.Role.ATTACHMENT)
    return source_of(revision, _article(office, revision, pictures, attachments), (*extra, *pictures))


def attachments_of(revision: Revision) -> tuple[Medium, ...]:
    """Its attachments with their bytes. Raises DamagedAsset."""
    return _media(list(revision.assets.all()), RevisionAsset.Role.ATTACHMENT)


def _article(
    office: Office, revision: Revision, pictures: tuple[Medium, ...], attachments: tuple[Medium, ...]
) -> Article:
    item = revision.item
    return Article(
        key=revision.key,
        item=item.pk,
        revision=revision.number,
        title=revision.title,
        html=revision.html,
        column=office.column(item.column),
        created_on=item.created_at.astimezone(office.timezone),
        office_name=office.name,
        summary=revision.summary,
        author=revision.author,
        source=revision.source or office.name,
        is_reposted=revision.origin == Origin.REPOSTED,
        source_url=revision.source_url,
        document_number=revision.document_number,
        in_force_until=revision.in_force_until,
        interprets=revision.interpreted,
        section=item.section,
        media=pictures,
        attachments=attachments,
    )


def _media(assets: list[RevisionAsset], role: RevisionAsset.Role) -> tuple[Medium, ...]:
    store = asset_store()
    return tuple(Medium(a.name, a.media_type, store.read(a.sha256), a.alt, a.caption) for a in assets if a.role == role)
