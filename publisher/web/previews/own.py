"""The form in which a channel is given its own words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from channels.preview import OWN_FIELDS
from publisher.items.drafts import saving
from publisher.items.drafts.content import PICTURE, Content, File, content_of
from publisher.items.drafts.texts import take
from publisher.items.drafts.trial import wordings_of_draft
from publisher.items.inline import without_forbidden
from publisher.items.manuscript import Wording
from publisher.items.models import Draft
from publisher.items.variants import given
from publisher.items.wishes import LONGEST, one_line
from publisher.web.drafts.typed import from_page, picture_address, to_page


class ChangedMeanwhile(Exception):
    """Somebody else gave the channel other words since the page was opened; ``there`` is what they wrote."""

    def __init__(self, there: Wording) -> None:
        self.there = there
        super().__init__("changed meanwhile")


@dataclass(frozen=True, slots=True)
class Cover:
    """One picture that may stand for the item."""

    file: File
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What the form shows: what is there or was typed, and beside it the item's own.

    ``state`` tells what the channel said when the page was made; ``html`` is as editors read it.
    """

    wording: Wording
    state: str
    own: Content
    html: str
    own_html: str
    covers: Sequence[Cover]
    longest: int = LONGEST["title"][1]

    @property
    def has_own(self) -> bool:
        return bool(given(self.wording))


def form(draft: Draft, channel: str, typed: Wording | None = None) -> Form:
    """The form as it is there, or with what was ``typed`` and could not be kept."""
    content = content_of(draft)
    kept = wordings_of_draft(draft).get(channel, Wording())
    wording = typed or kept
    covers = [Cover(f, picture_address(draft, f.sha256), f.sha256 == wording.cover) for f in content.pictures]
    own = to_page(draft, content.html)
    return Form(wording, state_of(kept), content, to_page(draft, wording.html), own, covers)


def state_of(wording: Wording) -> str:
    """A name for exactly these words."""
    return hashlib.sha256(json.dumps(asdict(wording), sort_keys=True).encode()).hexdigest()[:16]


def save(draft: Draft, channel: str, post: QueryDict, *, by: str) -> None:
    """Keep what was typed for the channel.

    Raises ChangedMeanwhile; NotWrittenIn, UnreadableManuscript: nothing was kept.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        before = wordings_of_draft(locked).get(channel, Wording())
        wording, files = typed(locked, before, post)
        if post.get("state", "") != state_of(before) and wording != before:
            raise ChangedMeanwhile(before)
        variants = {key: dict(values) for key, values in locked.variants.items() if key != channel}
        said = {name: text for name, text in asdict(wording).items() if text}
        saving.amend(locked, {"variants": variants | ({channel: said} if said else {}), "files": files}, by=by, now=now)


def typed(draft: Draft, before: Wording, post: QueryDict) -> tuple[Wording, tuple[File, ...]]:
    """What the form says, cleaned, and the draft's pictures with those the text brought along.

    Fields it does not have stay as they were; a field whose own words were taken away with its button is empty.
    Raises UnreadableManuscript.
    """
    content = content_of(draft)
    said = {name: str(post.get(name, getattr(before, name))) for name in OWN_FIELDS}
    if (emptied := post.get("own")) in OWN_FIELDS:
        said[emptied] = ""
    taken = take(from_page(draft, said["html"]), content.files)
    pictures = {file.sha256 for file in taken.files if file.role == PICTURE}
    wording = Wording(
        title=without_forbidden(one_line(said["title"])),
        summary=without_forbidden(one_line(said["summary"])),
        html="" if taken.html == content.html else taken.html,
        cover=said["cover"] if said["cover"] in pictures else "",
    )
    return wording, taken.files
