"""Questions about approvals: what waits for whom, what is late, and what was approved before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from typing import Literal

from django.db.models import F, Prefetch, QuerySet

from publisher.items.models import Item, Revision
from publisher.office import Office
from publisher.people.models import Membership
from publisher.review.models import Decision, Emergency, Release, Review, ReviewStep
from publisher.review.places import Standing, waits_for
from publisher.review.working_days import days_left, due_after, unknown_year

MOST_OPEN = 1000
"""So many open approvals are looked through, oldest first; an office with more has other troubles."""

PRESSING = 100
"""Of so many the first are shown without a look at the others."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something is to be decided; ``left`` in working days, below 0 when it is late. None: nobody knows.

    ``unknown_year``: that it is not known because the holidays of this year are not.
    """

    due_on: date | None
    left: int | None
    unknown_year: int | None = None

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left < 0


@dataclass(frozen=True, slots=True)
class Open:
    """An approval that has not ended: what it waits for, and until when. ``standing`` knows no step but that one."""

    standing: Standing
    step: ReviewStep
    since: datetime
    of_step: Deadline
    of_review: Deadline

    @property
    def review(self) -> Review:
        return self.standing.review

    @property
    def nearest(self) -> Deadline:
        """The one a reader is told: the step's, unless the whole approval is late or is all that has one."""
        has_none = self.of_step.due_on is None and self.of_step.unknown_year is None
        return self.of_review if self.of_review.is_over or has_none else self.of_step

    @property
    def is_late(self) -> bool:
        return self.of_step.is_over or self.of_review.is_over


def open_reviews(office: Office, *, today: date) -> list[Open]:
    """Every approval that has not ended, most urgent first; the number of questions does not depend on how many.

    Their texts are not fetched.
    """
    return _by_urgency(_opened(office, _oldest(office), today))


def waiting_for(office: Office, member: Membership, *, today: date, most: int = MOST_OPEN) -> list[Open]:
    """The approvals that wait for somebody's decision now, most urgent first.

    Args:
        most: so many are enough: where the most pressing hundred holds them, no others are looked through.
    """
    numbers = _oldest(office)
    urgent = Review.objects.filter(pk__in=numbers).order_by(F("due_on").asc(nulls_last=True), "pk")
    first = list(urgent.values_list("pk", flat=True)[:PRESSING]) if most < PRESSING < len(numbers) else numbers
    found = _theirs(_opened(office, first, today), member)
    if len(found) < most and len(first) < len(numbers):
        found += _theirs(_opened(office, set(numbers) - set(first), today), member)
    return _by_urgency(found)[:most]


def _oldest(office: Office) -> list[int]:
    opened = Review.objects.filter(office=office.slug, state=Review.State.OPEN).order_by("pk")
    return list(opened.values_list("pk", flat=True)[:MOST_OPEN])


def _opened(office: Office, numbers: Collection[int], today: date) -> list[Open]:
    found = Review.objects.filter(pk__in=numbers, state=Review.State.OPEN).select_related("revision", "item")
    found = found.defer("revision__html", "revision__summary")
    stages = _stages(numbers)
    until = _Deadlines(office, today)
    return [_open(review, stages[review.pk], until) for review in found if stages[review.pk].current]


def _theirs(opened: Iterable[Open], member: Membership) -> list[Open]:
    return [one for one in opened if waits_for(one.standing, member)]


def _by_urgency(opened: Iterable[Open]) -> list[Open]:
    return sorted(opened, key=lambda one: (one.of_review.left is None, one.of_review.left or 0, one.review.pk))


def sent_back_to(office: Office, username: str) -> list[Review]:
    """Approvals that ended with their item sent back to somebody who wrote it, and are the newest of it."""
    back = Review.objects.filter(office=office.slug, state=Review.State.SENT_BACK, item__state=Review.State.SENT_BACK)
    mine = back.filter(opened_by__in=(username, f"cli:{username}"))
    newest: dict[int, Review] = {review.item_id: review for review in mine.select_related("revision").order_by("pk")}
    return list(newest.values())


def ended(office: Office) -> QuerySet[Review, int]:
    """The numbers of approvals that have ended, newest first."""
    found = Review.objects.filter(office=office.slug).exclude(state=Review.State.OPEN)
    return found.order_by("-pk").values_list("pk", flat=True)


def reviews(numbers: Iterable[int]) -> list[Review]:
    """These approvals, newest first, with what a list shows of them."""
    found = Review.objects.filter(pk__in=list(numbers)).select_related("item")
    return list(found.prefetch_related(Prefetch("revision", Revision.objects.defer("html"))).order_by("-pk"))


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
    return _Deadlines(office, today).of_review(review)


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


class _Deadlines:
    """Deadlines as they are seen on one day; the calendar is asked once for each beginning and length."""

    def __init__(self, office: Office, today: date) -> None:
        self._office = office
        self._today = today
        self._after = cache(partial(due_after, office))
        self._unknown = cache(partial(unknown_year, office))
        self._left = cache(partial(days_left, office, today))

    def of_review(self, review: Review) -> Deadline:
        if review.due_on:
            return Deadline(review.due_on, self._left(review.due_on))
        return self.of(review.opened_at, self._office.workflow.working_days)

    def of(self, begin: datetime, count: int | None) -> Deadline:
        day = begin.astimezone(self._office.timezone).date()
        due = self._after(day, count)
        return Deadline(due, self._left(due), None if due else self._unknown(day, count))


@dataclass
class _Stage:
    """How far a review is: its decisions, who wrote its item, and the step it is at."""

    steps: list[tuple[int, int]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    current: ReviewStep | None = None

    def next_step(self) -> int | None:
        """The first step that lacks approvals."""
        given = Counter(decision.step_id for decision in self.decisions if decision.is_approval)
        return next((pk for pk, places in self.steps if given[pk] < places), None)


def _stages(numbers: Collection[int]) -> dict[int, _Stage]:
    """By review, for these open ones: of their steps only those they are at are fetched whole."""
    stages: dict[int, _Stage] = defaultdict(_Stage)
    for review, pk, places in ReviewStep.objects.filter(review__in=numbers).values_list("review", "pk", "places"):
        stages[review].steps.append((pk, places))
    for decision in Decision.objects.filter(review__in=numbers):
        stages[decision.review_id].decisions.append(decision)
    authors = Review.objects.filter(pk__in=numbers, item__revisions__number__lte=F("revision__number"))
    for review, author in authors.values_list("pk", "item__revisions__created_by"):
        stages[review].authors.append(author)
    at = [number for stage in stages.values() if (number := stage.next_step()) is not None]
    for step in ReviewStep.objects.filter(pk__in=at):
        stages[step.review_id].current = step
    return stages


def _open(review: Review, stage: _Stage, until: _Deadlines) -> Open:
    step = stage.current
    assert step is not None  # noqa: S101 - asked before
    before = [pk for pk, _places in stage.steps]
    before = before[: before.index(step.pk)]
    since = max([review.opened_at, *(decision.at for decision in stage.decisions if decision.step_id in before)])
    standing = Standing(review, [step], stage.decisions, stage.authors)
    return Open(standing, step, since, until.of(since, step.working_days), until.of_review(review))
