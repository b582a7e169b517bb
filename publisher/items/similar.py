"""Finding what was submitted before in nearly the same words, however many items there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from channels.errors import Text
from publisher.items.likeness import Comparable, likeness
from publisher.items.models import Item, Revision, TextBand
from publisher.office import Office

YEAR = timedelta(days=400)
"""Long enough for what comes back at the same season."""

PER_BAND = 200
COMPARED = 12
"""Of those that share most bands. An item written down twice shares nearly all of them."""


@dataclass(frozen=True, slots=True)
class Similar:
    """An item in nearly the same words; ``score`` is the share of the text that is the same, from 0 to 1."""

    item: Item
    title: str
    score: float
    why: Text


def similar(
    office: Office, title: str, html: str, *, within: timedelta = YEAR, apart_from: int | None = None
) -> list[Similar]:
    """The office's items whose newest text is nearly this one, most alike first.

    Args:
        html: clean HTML, as in a manuscript.
        within: how long ago they may have been submitted.
        apart_from: number of the item itself, where this is its next revision.
    """
    wording = Comparable(title, html)
    candidates = _candidates(wording.bands(office.slug), apart_from)
    items = Item.objects.filter(pk__in=candidates, office=office.slug, created_at__gte=timezone.now() - within)
    newest = {r.item_id: r for r in Revision.objects.filter(item__in=items).select_related("item").order_by("number")}
    compared = (
        (revision, likeness(wording, Comparable(revision.title, revision.html))) for revision in newest.values()
    )
    found = [
        Similar(revision.item, revision.title, score, _why(revision, score)) for revision, score in compared if score
    ]
    return sorted(found, key=lambda each: (-each.score, -each.item.pk))


def remember(revision: Revision, bands: list[int]) -> None:
    """Let the text of the newest revision be found; in the transaction that makes it."""
    if revision.number > 1:
        TextBand.objects.filter(item=revision.item_id).delete()
    TextBand.objects.bulk_create(TextBand(item_id=revision.item_id, band=band) for band in set(bands))


def _candidates(bands: list[int], apart_from: int | None) -> list[int]:
    """Items that share most bands. Each band is read by its index and no further than ``PER_BAND``."""
    shared: Counter[int] = Counter()
    for band in set(bands):
        found = TextBand.objects.filter(band=band).order_by("-item_id").values_list("item_id", flat=True)
        shared.update(found[:PER_BAND])
    shared.pop(apart_from or 0, None)
    ranked = sorted(shared.items(), key=lambda each: (each[1], each[0]), reverse=True)
    return [pk for pk, _count in ranked[:COMPARED]]


def _why(revision: Revision, score: float) -> Text:
    if score == 1:
        return Text("Item {item}, {title}, has the same text.", item=revision.item_id, title=revision.title)
    return Text(
        "Item {item}, {title}, has nearly the same text: {percent} of 100 characters.",
        item=revision.item_id,
        title=revision.title,
        percent=min(99, round(100 * score)),
    )
