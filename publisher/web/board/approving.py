"""At which step of the approval items are that go nowhere yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from publisher.items.models import Item, ItemState
from publisher.review.models import Review, ReviewStep
from publisher.review.places import Standing


def steps_of(items: Iterable[Item]) -> Mapping[int, str]:
    """Item → name of the step it waits at; three questions where any of them is in approval, else none."""
    numbers = [item.pk for item in items if item.state == ItemState.IN_REVIEW]
    if not numbers:
        return {}
    opened = Review.objects.filter(item__in=numbers, state=Review.State.OPEN).prefetch_related("steps", "decisions")
    return {review.item_id: step.name for review in opened if (step := _current(review))}


def _current(review: Review) -> ReviewStep | None:
    return Standing(review, list(review.steps.all()), list(review.decisions.all()), ()).current
