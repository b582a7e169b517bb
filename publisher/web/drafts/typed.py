"""What somebody typed into the form of a draft, as the content it makes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.http import QueryDict
from django.urls import reverse

from channels.base import ASSET
from channels.errors import Text
from publisher.items.drafts.content import PICTURE, Content, File
from publisher.items.drafts.saving import Hand
from publisher.items.drafts.texts import take
from publisher.items.inline import without_forbidden
from publisher.items.models import Disclosure, Draft, Origin
from publisher.office import Office

TEXTS = (
    "title",
    "summary",
    "section",
    "author",
    "source",
    "source_url",
    "document_number",
    "interprets",
    "disclosure_reason",
    "note",
)
FIXED = ("column", "section", "disclosure")
"""Fields of the item, which its revisions do not change."""

CHANNELS_THERE = "channels-there"
"""A hidden field beside the channels: browsers say nothing of a box that is not ticked."""


@dataclass(frozen=True, slots=True)
class Typed:
    content: Content
    notes: tuple[Text, ...] = ()


def typed(office: Office, draft: Draft, before: Content, post: QueryDict) -> Typed:
    """``before`` with what the form says; fields the form does not have stay as they are.

    Raises UnreadableManuscript: the text cannot be kept as it is.
    """
    texts = {name: without_forbidden(_said(post, name)) for name in TEXTS if name in post}
    content = replace(before, **texts, files=_described(before.files, post))  # type: ignore[arg-type]
    content = _chosen(office, content, post)
    if draft.item_id:
        content = replace(content, **{name: getattr(before, name) for name in FIXED})
    html = from_page(draft, _said(post, "html")) if "html" in post else before.html
    taken = take(html, content.files)
    return Typed(replace(content, html=taken.html, files=taken.files), taken.notes)


def hand(post: QueryDict, draft: Draft, *, by: str, is_kept: bool = False) -> Hand:
    """Who sends a form, from which page, and what that page knows."""
    base = post.get("version", "")
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else draft.version
    return Hand(by, number, post.get("window", "")[:40], is_kept=is_kept)


_STYLED = re.compile(r'<((?:p|h[2-4]|t[dh])(?: [a-z]+="[0-9]+")*) style="text-align:(right|center)"')
_MARKED = re.compile(r'<((?:p|h[2-4]|t[dh])(?: [a-z]+="[0-9]+")*) data-align="(right|center)"')


def to_page(draft: Draft, html: str) -> str:
    """Clean HTML for an editor: with addresses at which the browser gets the pictures, and without style attributes,
    which the rules of the desk forbid even where a script only reads them."""
    html = _STYLED.sub(r'<\1 data-align="\2"', html)
    return re.sub(rf'src="{ASSET}([0-9a-f]{{64}})"', lambda found: f'src="{picture_address(draft, found[1])}"', html)


def from_page(draft: Draft, html: str) -> str:
    """The HTML of an editor as the house writes it."""
    html = _MARKED.sub(r'<\1 style="text-align:\2"', html)
    folder = re.escape(picture_address(draft, "0" * 64).removesuffix("0" * 64))
    return re.sub(rf'src="(?:https?://[^/"]+)?{folder}([0-9a-f]{{64}})"', rf'src="{ASSET}\1"', html)


def picture_address(draft: Draft, sha256: str) -> str:
    return reverse("draft-asset", args=[draft.pk, sha256])


def _described(files: Sequence[File], post: QueryDict) -> tuple[File, ...]:
    return tuple(_with_words(file, post) if file.role == PICTURE else file for file in files)


def _with_words(file: File, post: QueryDict) -> File:
    alt = without_forbidden(post.get(f"alt-{file.sha256}", file.alt))
    return replace(file, alt=alt, caption=without_forbidden(post.get(f"caption-{file.sha256}", file.caption)))


def _chosen(office: Office, content: Content, post: QueryDict) -> Content:
    """What is chosen from lists; what is none of the choices stays as it was."""
    if post.get("column") in office.columns:
        content = replace(content, column=_said(post, "column"))
    if post.get("origin") in Origin.values:
        content = replace(content, origin=_said(post, "origin"))
    if post.get("disclosure") in Disclosure.values:
        content = replace(content, disclosure=_said(post, "disclosure"))
    if CHANNELS_THERE in post:
        ticked = post.getlist("channels")
        content = replace(content, channels=tuple(key for key in office.channels if key in ticked))
    if "publish_at" in post:
        content = replace(content, publish_at=_moment(office, _said(post, "publish_at"), content.publish_at))
    if "in_force_until" in post:
        content = replace(content, in_force_until=_day(_said(post, "in_force_until"), content.in_force_until))
    return content


def _day(text: str, before: date | None) -> date | None:
    """A day as browsers write it; half a date changes nothing."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return before


def _moment(office: Office, text: str, before: datetime | None) -> datetime | None:
    """Local time of the office as browsers write it; half a date changes nothing."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=office.timezone)
    except ValueError:
        return before


def _said(post: QueryDict, name: str) -> str:
    return str(post.get(name, ""))
