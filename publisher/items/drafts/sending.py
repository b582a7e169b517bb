"""From a draft to an item or its next revision, once; and from an item back to a draft of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from channels.errors import Text
from publisher.items.actions import revise, submit
from publisher.items.drafts.checks import mistakes
from publisher.items.drafts.content import ATTACHMENT, PICTURE, Content, File, content_of
from publisher.items.drafts.saving import NotWrittenIn, begin_of, continue_as
from publisher.items.drafts.texts import media_of, named, with_words
from publisher.items.manuscript import Manuscript
from publisher.items.models import WRITTEN_IN, Draft, DraftState, Item, Revision
from publisher.items.similar import Similar, similar
from publisher.items.variants import as_json, with_variants
from publisher.items.wishes import Wish
from publisher.office import Office

NEWER = "newer"
"""Name of the mistake that somebody has submitted another revision of the item meanwhile."""

SIMILAR = "similar"
"""Name of the mistake that an item in nearly the same words is there already."""


class NotReady(Exception):
    """The draft cannot be sent up yet; ``mistakes`` says by field what to do, the empty field means the whole."""

    def __init__(self, found: Mapping[str, Sequence[Text]]) -> None:
        self.mistakes = found
        super().__init__("; ".join(f"{name}: {text}" for name, texts in found.items() for text in texts))


def send_up(office: Office, draft: Draft, *, by: str, now: datetime, despite: Collection[str] = ()) -> Revision:
    """Submit what stands in the draft. A second time gives what the first one gave.

    Args:
        despite: ``newer`` and ``similar``, where somebody has looked at what is there and sends this up nevertheless.
    Raises NotReady, NotWrittenIn, BadSubmission, DamagedAsset, UnreadableManuscript: nothing was submitted.
    """
    if before := Revision.objects.filter(draft=draft.pk).first():
        return before
    content = content_of(draft)
    if draft.is_written_in and (found := hindrances(office, draft, now=now, despite=despite)):
        raise NotReady(found)
    manuscript, wish = manuscript_of(content), _wish(office, content)
    with transaction.atomic():
        if draft.item_id:
            # Before the draft, as everything that decides about an item does.
            Item.objects.select_for_update().get(pk=draft.item_id)
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        if locked.state == DraftState.SENT_UP and locked.revision:
            return locked.revision
        _require_unchanged(locked, draft)
        if locked.item is None:
            revision = submit(office, manuscript, wish, by=by)
        else:
            if NEWER not in despite and (newer := _overtaken(locked)):
                raise NotReady(newer)
            revision = revise(office, locked.item, manuscript, wish, by=by)
        locked.state, locked.revision, locked.item = DraftState.SENT_UP, revision, revision.item
        locked.changed_at, locked.changed_by = now, by
        locked.save()
    return revision


def hindrances(
    office: Office, draft: Draft, *, now: datetime, despite: Collection[str] = ()
) -> dict[str, Sequence[Text]]:
    """Why the draft cannot be sent up as it is, by field."""
    content = content_of(draft)
    found = {**mistakes(office, content, now=now), **_overtaken(draft)}
    if alike := alike_items(office, draft, content):
        found[SIMILAR] = [one.why for one in alike]
    return {name: texts for name, texts in found.items() if name not in despite}


def alike_items(office: Office, draft: Draft, content: Content) -> list[Similar]:
    """Items in nearly the same words; none for the revision of an item, which is alike by its nature."""
    if draft.item_id or not content.html:
        return []
    return similar(office, content.title, content.html)


def join(draft: Draft, item: Item, *, by: str, now: datetime) -> Draft:
    """Let what is written become the next revision of an item that is there already.

    Raises NotWrittenIn: the item has a draft of its own, or this one is no longer written in.
    """
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=item.pk)
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        if Draft.objects.filter(item=item, state__in=WRITTEN_IN).exclude(pk=draft.pk).exists():
            raise NotWrittenIn("Another draft of the same item is being written: go on with that one.")
        if not locked.is_written_in or locked.item_id not in (None, item.pk):
            raise NotWrittenIn("This draft was sent up or discarded meanwhile.")
        newest = item.revisions.order_by("-number")[0]
        locked.item, locked.begun_at_revision = item, newest.number
        locked.column, locked.section, locked.disclosure = item.column, item.section, item.disclosure
        locked.version += 1
        locked.changed_at, locked.changed_by, locked.window = now, by, ""
        locked.save()
    return locked


def draft_of(item: Item, *, by: str, now: datetime) -> Draft:
    """The draft in which an item is revised: the one that is being written, else a new one of its newest revision."""
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=item.pk)
        if there := Draft.objects.filter(item=item, state__in=WRITTEN_IN).first():
            return there
        revision = item.revisions.order_by("-number")[0]
        return begin_of(revision, content_of_revision(revision), by=by, now=now)


def give_back(revision: Revision, *, reason: str, by: str, now: datetime) -> Draft:
    """Let whoever sent a revision up go on writing it, and say why.

    What came by another way gets a draft that belongs to who submitted it.
    """
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=revision.item_id)
        draft = Draft.objects.filter(item=revision.item_id, state__in=WRITTEN_IN).first()
        draft = draft or Draft.objects.filter(revision=revision).first()
        if draft is None:
            owner = revision.created_by.removeprefix("cli:")
            draft = begin_of(revision, content_of_revision(revision), by=owner, now=now)
        continue_as(draft, DraftState.GIVEN_BACK, reason, by=by, now=now)
    return draft


def content_of_revision(revision: Revision) -> Content:
    """What a revision says, as one may write on in it."""
    item = revision.item
    files = tuple(
        File(ATTACHMENT if a.role == ATTACHMENT else PICTURE, a.sha256, a.name, a.media_type, a.alt, a.caption)
        for a in revision.assets.all()
    )
    return Content(
        title=revision.title,
        html=with_words(revision.html, files),
        summary=revision.summary,
        column=item.column,
        section=item.section,
        author=revision.author,
        source=revision.source,
        origin=revision.origin,
        source_url=revision.source_url,
        document_number=revision.document_number,
        interprets=revision.interprets,
        in_force_until=revision.in_force_until,
        disclosure=item.disclosure,
        disclosure_reason=revision.disclosure_reason,
        channels=tuple(revision.channels),
        publish_at=revision.publish_at,
        variants=as_json(revision.variants.all()),
        files=files,
    )


def manuscript_of(content: Content) -> Manuscript:
    """What the verbs for items take: the text, its pictures in reading order, attachments, what single channels say.

    Raises DamagedAsset. Raises UnreadableManuscript: the text for a single channel cannot be read.
    """
    shown = named(content.html)
    media = media_of([file for file in content.files if file.role == PICTURE and file.sha256 in shown], shown)
    manuscript = Manuscript(content.title, content.html, media, media_of(content.attachments))
    # Of a channel that is no longer ticked the draft keeps its own words, but they go nowhere.
    own = {channel: dict(said) for channel, said in content.variants.items() if channel in content.channels}
    return with_variants(manuscript, own, media_of(content.pictures)) if own else manuscript


def _wish(office: Office, content: Content) -> Wish:
    is_reposted = content.origin == "reposted"
    return Wish(
        column=content.column,
        disclosure=content.disclosure,
        channels=[key for key in office.channels if key in content.channels],
        section=content.section,
        author=content.author,
        source=content.source,
        title=content.title,
        summary=content.summary,
        origin=content.origin,
        source_url=content.source_url if is_reposted else "",
        document_number=content.document_number,
        interprets=content.interprets,
        in_force_until=content.in_force_until,
        disclosure_reason=content.disclosure_reason,
        publish_at=content.publish_at,
        is_whole=True,
    )


def _require_unchanged(locked: Draft, draft: Draft) -> None:
    if not locked.is_written_in:
        raise NotWrittenIn("This draft was sent up or discarded meanwhile.")
    if (locked.version, locked.variants) != (draft.version, draft.variants):
        raise NotWrittenIn("Somebody changed this draft at this very moment: look at it, and send it up again.")


def _overtaken(draft: Draft) -> dict[str, Sequence[Text]]:
    """Whether its item has got another revision since; then what to say, as the mistake ``newer``."""
    newest = draft.item.revisions.order_by("-number")[0] if draft.item else None
    if newest is None or newest.number == draft.begun_at_revision:
        return {}
    text = Text(
        "{name} has submitted revision {number} of this item since this draft was begun. What stands here would "
        "replace it.",
        name=newest.created_by,
        number=newest.number,
    )
    return {NEWER: [text]}
