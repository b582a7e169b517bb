"""At which step of the approval items are that go nowhere yet, and which went out before theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy

from publisher.items.models import Item, ItemState
from publisher.review.models import Review, ReviewStep
from publisher.review.places import Standing
from publisher.review.queries import emergencies_of, verdict_on
from publisher.web.rows import Chip


def steps_of(items: Iterable[Item]) -> Mapping[int, str]:
    """Item → name of the step it waits at; three questions where any of them is in approval, else none."""
    numbers = [item.pk for item in items if item.state == ItemState.IN_REVIEW]
    if not numbers:
        return {}
    opened = Review.objects.filter(item__in=numbers, state=Review.State.OPEN).prefetch_related("steps", "decisions")
    return {review.item_id: step.name for review in opened if (step := _current(review))}


VERDICTS = {
    "unconfirmed": ("bad", gettext_lazy("emergency release, not confirmed yet")),
    "confirmed": ("calm", gettext_lazy("emergency release, confirmed")),
    "objected": ("bad", gettext_lazy("emergency release, objected to")),
}


def emergency_chips(items: Iterable[Item]) -> Mapping[int, Chip]:
    """Item → how it went out before its approval; one question, two where any of them did."""
    found = emergencies_of(items)
    looks = {item: VERDICTS[verdict_on(emergency)] for item, emergency in found.items()}
    return {item: Chip(look, str(word)) for item, (look, word) in looks.items()}


def _current(review: Review) -> ReviewStep | None:
    return Standing(review, list(review.steps.all()), list(review.decisions.all()), ()).current
