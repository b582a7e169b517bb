"""Questions about approvals: what waits for whom, what is late, and what was approved before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import Prefetch, QuerySet

from publisher.items.models import Item, Revision
from publisher.office import Office
from publisher.people.models import Membership
from publisher.review.models import Decision, Emergency, Release, Review, ReviewStep
from publisher.review.places import Standing, waits_for
from publisher.review.working_days import days_left, due_after

MOST_OPEN = 1000
"""So many open approvals are looked through, oldest first; an office with more has other troubles."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something is to be decided; ``left`` in working days, below 0 when it is late. None: nobody knows."""

    due_on: date | None
    left: int | None

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left < 0


@dataclass(frozen=True, slots=True)
class Open:
    """An approval that has not ended: what it waits for, and until when."""

    standing: Standing
    step: ReviewStep
    since: datetime
    of_step: Deadline
    of_review: Deadline

    @property
    def review(self) -> Review:
        return self.standing.review

    @property
    def is_late(self) -> bool:
        return self.of_step.is_over or self.of_review.is_over


def open_reviews(office: Office, *, today: date) -> list[Open]:
    """Every approval that has not ended, most urgent first; the number of questions does not depend on how many."""
    found = _with_all(Review.objects.filter(office=office.slug, state=Review.State.OPEN)).order_by("pk")[:MOST_OPEN]
    shown = [one for review in found if (one := _open(office, review, today))]
    return sorted(shown, key=lambda one: (one.of_review.left is None, one.of_review.left or 0, one.review.pk))


def waiting_for(office: Office, member: Membership, *, today: date) -> list[Open]:
    """The approvals that wait for somebody's decision now, most urgent first."""
    return [one for one in open_reviews(office, today=today) if waits_for(one.standing, member)]


def sent_back_to(office: Office, username: str) -> list[Review]:
    """Approvals that ended with their item sent back to somebody who wrote it, and are the newest of it."""
    back = Review.objects.filter(office=office.slug, state=Review.State.SENT_BACK, item__state=Review.State.SENT_BACK)
    mine = back.filter(opened_by__in=(username, f"cli:{username}"))
    newest: dict[int, Review] = {review.item_id: review for review in mine.select_related("revision").order_by("pk")}
    return list(newest.values())


def reviews(office: Office) -> QuerySet[Review]:
    """All approvals, newest first, with what a list shows of them."""
    found = Review.objects.filter(office=office.slug).select_related("item")
    return found.prefetch_related(Prefetch("revision", Revision.objects.defer("html"))).order_by("-pk")


def review_of(office: Office, pk: int) -> Review | None:
    """One approval of the office with everything its page shows."""
    return _with_all(Review.objects.filter(office=office.slug, pk=pk)).first()


def newest_review(item: Item) -> Review | None:
    return Review.objects.filter(item=item).order_by("-pk").first()


def last_released(review: Review) -> Revision | None:
    """The revision of the item that went out last before this one, which readers know; None where none did."""
    earlier = Release.objects.filter(revision__item=review.item_id, revision__number__lt=review.revision.number)
    found = earlier.select_related("revision").order_by("-revision__number").first()
    return found.revision if found else None


def last_decided(review: Review) -> Revision | None:
    """The revision of the item that somebody decided on last before this one; None where nobody did."""
    earlier = Decision.objects.filter(review__item=review.item_id, review__revision__number__lt=review.revision.number)
    found = earlier.exclude(verdict=Decision.Verdict.STANDS).select_related("review__revision").order_by("-pk").first()
    return found.review.revision if found else None


def deadline(office: Office, review: Review, *, today: date) -> Deadline:
    """When the whole approval is to be decided; asked anew where the holidays were not known when it was opened."""
    opened = review.opened_at.astimezone(office.timezone).date()
    due = review.due_on or due_after(office, opened, office.workflow.working_days)
    return Deadline(due, days_left(office, today, due))


def emergencies(office: Office) -> QuerySet[Emergency]:
    """Releases before approval, newest first."""
    found = Emergency.objects.filter(office=office.slug).select_related(
        "release__revision__item", "review__revision", "review__item", "confirmation"
    )
    return found.order_by("-pk")


def unconfirmed(office: Office) -> list[Emergency]:
    """Releases before approval that nobody has confirmed or objected to, oldest first."""
    return list(emergencies(office).filter(confirmation=None).order_by("pk"))


def objected(office: Office) -> list[Emergency]:
    """Releases before approval that somebody objected to."""
    return list(emergencies(office).filter(confirmation__agrees=False))


def emergency_of(item: Item) -> Emergency | None:
    """How an item went out before its approval, if its newest release did."""
    release = Release.objects.filter(revision__item=item).order_by("-pk").first()
    if release is None or release.kind != Release.Kind.EMERGENCY:
        return None
    return Emergency.objects.select_related("release", "confirmation").filter(release=release).first()


def emergencies_of(items: Iterable[Item]) -> dict[int, Emergency]:
    """By item, how it went out before its approval; only items whose newest release was one. Two questions at most."""
    found = Release.objects.filter(revision__item__in=[item.pk for item in items]).order_by("pk")
    newest = {item: (pk, kind) for item, pk, kind in found.values_list("revision__item", "pk", "kind")}
    urgent = {pk: item for item, (pk, kind) in newest.items() if kind == Release.Kind.EMERGENCY}
    if not urgent:
        return {}
    told = Emergency.objects.filter(release__in=urgent).select_related("confirmation")
    return {urgent[emergency.release_id]: emergency for emergency in told}


def verdict_on(emergency: Emergency) -> Literal["unconfirmed", "confirmed", "objected"]:
    """What a second person said of it afterwards."""
    said = getattr(emergency, "confirmation", None)
    if said is None:
        return "unconfirmed"
    return "confirmed" if said.agrees else "objected"


def _with_all(found: QuerySet[Review]) -> QuerySet[Review]:
    return found.select_related("revision", "item").prefetch_related(
        "steps", Prefetch("decisions", Decision.objects.select_related("step")), _authors()
    )


def _authors() -> Prefetch[str]:
    """Who wrote the revisions, without their texts."""
    return Prefetch("item__revisions", Revision.objects.only("item", "number", "created_by"))


def _open(office: Office, review: Review, today: date) -> Open | None:
    standing = Standing.of(review)
    step = standing.current
    if step is None:
        return None
    since = _since(standing, step, review.decisions.all())
    due = due_after(office, since.astimezone(office.timezone).date(), step.working_days)
    of_step = Deadline(due, days_left(office, today, due))
    return Open(standing, step, since, of_step, deadline(office, review, today=today))


def _since(standing: Standing, step: ReviewStep, decisions: Iterable[Decision]) -> datetime:
    """When it was that step's turn: after the last approval of the steps before it."""
    before = {found.pk for found in standing.steps if found.position < step.position}
    times = [decision.at for decision in decisions if decision.step_id in before]
    return max([standing.review.opened_at, *times])
