"""A draft as its channels would be served from it, if it were sent up as it stands. Nothing is kept anywhere."""

from __future__ import annotations

from datetime import datetime

from channels.base import Article
from publisher.items.captions import captioned
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.sending import manuscript_of
from publisher.items.drafts.texts import media_of
from publisher.items.interpreted import documents
from publisher.items.manuscript import Manuscript, Wording
from publisher.items.models import Draft, Origin
from publisher.items.variants import Source, with_variants
from publisher.items.wishes import one_line
from publisher.office import Office


def source_of_draft(office: Office, draft: Draft, *, now: datetime) -> Source:
    """The draft as it stands. An item has no number before it is submitted: until then it has the number 0.

    Raises DamagedAsset: a picture or attachment is gone.
    """
    content = content_of(draft)
    pictures = media_of(content.pictures)
    manuscript = captioned(with_variants(manuscript_of(content), content.variants, pictures))
    pool = {medium.sha256: medium for medium in (*pictures, *manuscript.extra, *manuscript.media)}
    return Source(_article(office, draft, content, manuscript, now), manuscript.variants, pool)


def wordings_of_draft(draft: Draft) -> dict[str, Wording]:
    """What the draft says differently, by channel."""
    known = Wording.__dataclass_fields__
    return {
        channel: Wording(**{name: text for name, text in values.items() if name in known})
        for channel, values in draft.variants.items()
    }


def _article(office: Office, draft: Draft, content: Content, manuscript: Manuscript, now: datetime) -> Article:
    item = draft.item
    number = (item.revisions.order_by("-number")[0].number if item else 0) + 1
    return Article(
        key=f"{office.slug}-{item.pk if item else 0}-r{number}",
        item=item.pk if item else 0,
        revision=number,
        title=one_line(content.title),
        html=manuscript.html,
        column=office.column(content.column or next(iter(office.columns))),
        created_on=(item.created_at if item else now).astimezone(office.timezone),
        office_name=office.name,
        summary=one_line(content.summary),
        author=one_line(content.author),
        source=one_line(content.source) or office.name,
        is_reposted=content.origin == Origin.REPOSTED,
        source_url=content.source_url if content.origin == Origin.REPOSTED else "",
        document_number=content.document_number,
        in_force_until=content.in_force_until,
        interprets=tuple(documents(office, content.interprets)[0]),
        section=one_line(content.section),
        media=manuscript.media,
        attachments=manuscript.attachments,
    )
