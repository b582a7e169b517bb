"""Variants: what an item says differently on single channels, from what was given to what the channels get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from channels.base import Article, Medium
from channels.errors import Text
from channels.preview import OWN_FIELDS, OwnField
from publisher.items.cleaning import clean
from publisher.items.manuscript import Manuscript, Wording
from publisher.items.models import Revision, Variant
from publisher.items.pictures import NAMED, Pictures
from publisher.items.wishes import LONGEST, BadSubmission, one_line


@dataclass(frozen=True)
class Source:
    """An item as its channels are served from it: its own article, and what is different on which channel.

    ``pictures`` are all there are, by SHA-256, also those that only a variant shows.
    """

    article: Article
    wordings: Mapping[str, Wording]
    pictures: Mapping[str, Medium]

    def for_channel(self, channel: str, takes: Iterable[OwnField] = OWN_FIELDS) -> Article:
        """The article as it is meant for ``channel``, which has a use for what is named in ``takes`` only."""
        own = {name: getattr(self.wordings.get(channel, Wording()), name) for name in takes}
        html = own.get("html") or self.article.html
        return replace(
            self.article,
            title=own.get("title") or self.article.title,
            summary=own.get("summary") or self.article.summary,
            html=html,
            media=_named(html, self.pictures) if own.get("html") else self.article.media,
            cover=self.pictures.get(own.get("cover", "")),
        )


def given(wording: Wording) -> frozenset[OwnField]:
    """What of the item is different there."""
    return frozenset(name for name in OWN_FIELDS if getattr(wording, name))


def with_variants(
    manuscript: Manuscript, variants: Mapping[str, Mapping[str, str]], pictures: Sequence[Medium] = ()
) -> Manuscript:
    """The manuscript with what single channels shall say, cleaned; what is empty there is the item's own.

    Args:
        variants: by channel: title, summary, html and cover, the SHA-256 of a picture.
        pictures: which may be shown besides those of the manuscript.
    Raises UnreadableManuscript: a picture within a text is broken, or the HTML is nested beyond reason.
    """
    pool = {medium.sha256: medium for medium in (*pictures, *manuscript.media)}
    read = [(channel, *_read(values, pool)) for channel, values in variants.items()]
    wordings = {channel: wording for channel, wording, _ in read if given(wording)}
    own = {medium.sha256 for medium in manuscript.media}
    extra = dict.fromkeys(sha256 for wording in wordings.values() for sha256 in _shown(wording) if sha256 not in own)
    notes = dict.fromkeys((*manuscript.notes, *(note for _, _, some in read for note in some)))
    shown = tuple(pool[sha256] for sha256 in extra if sha256 in pool)
    return replace(manuscript, variants=wordings, extra=shown, notes=tuple(notes))


def require_usable(manuscript: Manuscript, channels: Sequence[str]) -> None:
    """Raises BadSubmission: a variant is for a channel the item does not go to, or names a picture that is not there.

    Args:
        channels: keys of those the item goes to.
    """
    known = {medium.sha256 for medium in (*manuscript.media, *manuscript.extra)}
    for channel, wording in manuscript.variants.items():
        if channel not in channels:
            raise BadSubmission(
                "Something of its own is given for the channel {key}, to which this item does not go: leave it out, or "
                "choose that channel too.",
                key=channel,
            )
        if set(_shown(wording)) - known:
            raise BadSubmission(
                "The text or cover for the channel {key} names a picture that is not there: put it in again.",
                key=channel,
            )
        _require_lengths(channel, wording)


def rows(revision: Revision, wordings: Mapping[str, Wording]) -> list[Variant]:
    """The variants as they are kept with ``revision``."""
    return [Variant(revision=revision, channel=key, **asdict(wording)) for key, wording in sorted(wordings.items())]


def as_json(variants: Iterable[Variant]) -> dict[str, dict[str, str]]:
    """What is different where, as drafts keep it and as digests count it."""
    return {v.channel: {name: text for name in OWN_FIELDS if (text := getattr(v, name))} for v in variants}


def wordings_of(revision: Revision) -> dict[str, Wording]:
    """What a stored revision says differently, by channel; asked for unless it was fetched along with the revision."""
    return {key: Wording(**values) for key, values in as_json(revision.variants.all()).items()}


def source_of(revision: Revision, article: Article, pictures: Iterable[Medium]) -> Source:
    """A stored revision as its channels are served from it."""
    return Source(article, wordings_of(revision), {medium.sha256: medium for medium in pictures})


def _read(values: Mapping[str, str], pool: dict[str, Medium]) -> tuple[Wording, tuple[Text, ...]]:
    """One wording, cleaned; pictures within its text are added to ``pool``."""
    pictures = Pictures(known=pool)
    cleaned = clean(values.get("html", ""), pictures)
    pool.update((medium.sha256, medium) for medium in cleaned.media)
    title, summary = one_line(values.get("title", "")), one_line(values.get("summary", ""))
    return Wording(title, summary, cleaned.html, values.get("cover", "")), cleaned.notes


def _shown(wording: Wording) -> Iterator[str]:
    """SHA-256 of the pictures it shows."""
    yield from NAMED.findall(wording.html)
    if wording.cover:
        yield wording.cover


def _named(html: str, pictures: Mapping[str, Medium]) -> tuple[Medium, ...]:
    return tuple(pictures[sha256] for sha256 in dict.fromkeys(NAMED.findall(html)) if sha256 in pictures)


def _require_lengths(channel: str, wording: Wording) -> None:
    for name, text in (("title", wording.title), ("summary", wording.summary)):
        label, limit = LONGEST[name]
        if len(text) > limit:
            raise BadSubmission(
                "The {field} for the channel {key} has {length} characters, and {limit} at most: shorten it.",
                field=label,
                key=channel,
                length=len(text),
                limit=limit,
            )
