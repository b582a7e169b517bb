"""Keeping what is written: at every change, with a history, and without overwriting what somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from channels.errors import Text
from publisher.items.drafts.content import Content, content_of, write, write_files
from publisher.items.models import WRITTEN_IN, Draft, DraftState, DraftVersion, Item, Revision
from publisher.office import Office

ONE_ROW = timedelta(minutes=10)
"""Changes of one person within this time stand in one row of the history."""

NEWEST_KEPT = 30
"""Rows of the history that stay in any case; of older ones the last of each day stays."""


class NotWrittenIn(Exception):
    """The draft was sent up or discarded, so nothing more is written in it; ``text`` says so."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes, in which open page, and the version of the draft that page knows.

    ``is_kept``: the history keeps this change by itself, e.g. because a file was read in.
    """

    by: str
    base: int
    window: str = ""
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    draft: Draft


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else has changed the draft; what was to be saved stands in ``aside`` and waits to be put together."""

    draft: Draft
    aside: DraftVersion


def begin(office: Office, content: Content, *, by: str, now: datetime) -> Draft:
    """A new draft; of a person's drafts in which nothing was written one is taken again instead of making another."""
    if content.is_empty and (blank := _blank(office, by)):
        return blank
    return _begin(Draft(office=office.slug, owner=by), content, by=by, now=now)


def begin_of(revision: Revision, content: Content, *, by: str, now: datetime) -> Draft:
    """A new draft for the next revision of an item; the caller has seen to it that there is no other."""
    item = revision.item
    draft = Draft(office=item.office, owner=by, item=item, begun_at_revision=revision.number)
    return _begin(draft, content, by=by, now=now)


def continue_as(draft: Draft, state: DraftState, reason: str, *, by: str, now: datetime) -> None:
    """Let a draft that was sent up, or is being written, be written in, and say why it is there again."""
    if draft.revision:
        draft.begun_at_revision, draft.revision = draft.revision.number, None
    draft.state, draft.reason = state, reason
    draft.changed_at, draft.changed_by = now, by
    draft.save()


def _begin(draft: Draft, content: Content, *, by: str, now: datetime) -> Draft:
    draft.created_at = draft.changed_at = now
    draft.changed_by = by
    with transaction.atomic():
        write(draft, content)
        draft.save(force_insert=True)
        write_files(draft, content.files)
        _remember(draft, content, Hand(by, 1, is_kept=True), now=now)
    return draft


def _blank(office: Office, by: str) -> Draft | None:
    mine = Draft.objects.filter(office=office.slug, owner=by, state=DraftState.OPEN, version=1, item=None)
    nothing = mine.filter(title="", html="", note="", summary="", assets=None)
    return nothing.order_by("-pk").first()


def save(draft: Draft, content: Content, hand: Hand, *, now: datetime, with_variants: bool = False) -> Saved | Conflict:
    """Make ``content`` what stands in the draft, unless somebody else changed it since ``hand.base``.

    Sending the same change again, or changing nothing, does no harm. Variants stay as they are unless they are said to
    be part of it: they are written on another page. Raises NotWrittenIn.
    """
    with transaction.atomic():
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        before = content_of(locked)
        content = content if with_variants else replace(content, variants=before.variants)
        if content == before:
            return Saved(locked)
        _require_written_in(locked)
        if not _knows(locked, hand):
            return Conflict(locked, _put_aside(locked, content, hand, now=now))
        _write(locked, content, before, hand, now=now)
        return Saved(locked)


def amend(draft: Draft, changes: Mapping[str, Any], *, by: str, now: datetime) -> Draft:
    """Change what no open page of the draft sends, such as its variants, whatever its version. Raises NotWrittenIn."""
    with transaction.atomic():
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        _require_written_in(locked)
        before = content_of(locked)
        content = replace(before, **changes)
        if content != before:
            write(locked, content)
            locked.changed_at, locked.changed_by = now, by
            locked.save()
            if content.files != before.files:
                write_files(locked, content.files)
            _remember(locked, content, Hand(by, locked.version, locked.window), now=now)
    return locked


def settle(aside: DraftVersion) -> None:
    """What was put aside has been put together with the draft; it stays in the history."""
    aside.is_aside, aside.is_kept = False, True
    aside.save(update_fields=["is_aside", "is_kept"])


def remark(draft: Draft, notes: Sequence[Text]) -> None:
    """Keep what was said of the file that was read in, until somebody has read it."""
    Draft.objects.filter(pk=draft.pk).update(remarks=[[note.template, note.values] for note in notes])


def discard(draft: Draft, *, by: str, now: datetime) -> None:
    """Put the draft away; it can be taken up again. Raises NotWrittenIn."""
    if not _move(draft, DraftState.DISCARDED, by=by, now=now):
        raise NotWrittenIn("This draft was sent up or discarded meanwhile.")


def take_up_again(draft: Draft, *, by: str, now: datetime) -> None:
    """Write on in a discarded draft. Raises NotWrittenIn: its item has another draft by now."""
    with transaction.atomic():
        if draft.item_id:
            Item.objects.select_for_update().get(pk=draft.item_id)
            if Draft.objects.filter(item=draft.item_id, state__in=WRITTEN_IN).exists():
                raise NotWrittenIn("Another draft of the same item is being written: go on with that one.")
        Draft.objects.filter(pk=draft.pk, state=DraftState.DISCARDED).update(
            state=DraftState.OPEN, changed_at=now, changed_by=by
        )


def _move(draft: Draft, state: DraftState, *, by: str, now: datetime) -> bool:
    written_in = Draft.objects.filter(pk=draft.pk, state__in=WRITTEN_IN)
    return written_in.update(state=state, changed_at=now, changed_by=by) == 1


def _require_written_in(draft: Draft) -> None:
    if draft.state == DraftState.SENT_UP:
        raise NotWrittenIn("This draft was sent up meanwhile; further changes need a new draft of the item.")
    if not draft.is_written_in:
        raise NotWrittenIn("This draft was discarded meanwhile; take it up again to go on writing.")


def _knows(draft: Draft, hand: Hand) -> bool:
    """Whether the page has seen the newest change: the version it began with is the newest, or the change is its own.

    The answer to a page's last change may have been lost on its way; what the page sends then still follows it.
    """
    return hand.base == draft.version or bool(hand.window and hand.window == draft.window)


def _write(draft: Draft, content: Content, before: Content, hand: Hand, *, now: datetime) -> None:
    write(draft, content)
    draft.version += 1
    draft.window = hand.window
    draft.changed_at, draft.changed_by = now, hand.by
    draft.save()
    if content.files != before.files:
        write_files(draft, content.files)
    _remember(draft, content, hand, now=now)


def _remember(draft: Draft, content: Content, hand: Hand, *, now: datetime) -> None:
    newest = draft.versions.filter(is_aside=False).order_by("-pk").first()
    if newest and _goes_on(newest, hand, now):
        newest.number, newest.content, newest.at = draft.version, content.as_json(), now
        newest.save(update_fields=["number", "content", "at"])
        return
    DraftVersion.objects.create(
        draft=draft,
        number=draft.version,
        content=content.as_json(),
        began_at=now,
        at=now,
        by=hand.by,
        window=hand.window,
        is_kept=hand.is_kept,
    )
    _thin_out(draft)


def _goes_on(newest: DraftVersion, hand: Hand, now: datetime) -> bool:
    is_same = (newest.by, newest.window) == (hand.by, hand.window)
    return is_same and not newest.is_kept and not hand.is_kept and now - newest.began_at < ONE_ROW


def _put_aside(draft: Draft, content: Content, hand: Hand, *, now: datetime) -> DraftVersion:
    """What an open page sends again and again while it waits to be put together stands in one row."""
    waiting = draft.versions.filter(is_aside=True, by=hand.by, window=hand.window, number=hand.base)
    aside = waiting.first() if hand.window else None
    aside = aside or DraftVersion(draft=draft, number=hand.base, began_at=now, by=hand.by, window=hand.window)
    aside.content, aside.at, aside.is_aside = content.as_json(), now, True
    aside.save()
    return aside


def _thin_out(draft: Draft) -> None:
    rows = list(draft.versions.filter(is_aside=False).order_by("-pk").values_list("pk", "at"))
    days = {at.date() for _pk, at in rows[:NEWEST_KEPT]}
    gone = []
    for pk, at in rows[NEWEST_KEPT:]:
        if at.date() in days:
            gone.append(pk)
        days.add(at.date())
    DraftVersion.objects.filter(pk__in=gone).delete()
