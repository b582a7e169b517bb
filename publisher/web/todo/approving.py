"""Things to do about approvals: what waits for somebody's decision, and emergency releases to be confirmed."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.items.models import WRITTEN_IN, Draft
from publisher.people.roles import Permission
from publisher.review import queries
from publisher.review.models import Emergency, Review
from publisher.review.opening import has_steps
from publisher.review.queries import Open
from publisher.web.reviews.rows import deadline_words
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import ENOUGH, MOST, Entry, Source

DECIDERS = (Permission.REVIEW, Permission.PROOFREAD, Permission.REVIEW_SECRECY, Permission.SIGN)


def _waiting(who: Person, most: int = queries.MOST_OPEN) -> list[Open]:
    if not has_steps(who.around.office):
        return []
    return queries.waiting_for(who.around.office, who.member, today=who.today, most=most)


def _count(who: Person) -> int:
    """Whose turn it is with each of them is not looked up where there are very many."""
    if not has_steps(who.around.office):
        return 0
    opened = Review.objects.filter(office=who.around.office.slug, state=Review.State.OPEN)
    return ENOUGH if opened[:ENOUGH].count() == ENOUGH else len(_waiting(who))


def approvals(who: Person) -> list[Entry]:
    return [_approval(one) for one in _waiting(who, MOST)]


def _approval(one: Open) -> Entry:
    until = one.nearest
    notes = [_("Until {time}.").format(time=until.due_on.isoformat()) if until.due_on else deadline_words(until)]
    chip = Chip("bad", _("late")) if one.is_late else Chip("active", one.step.name)
    return Entry(one.review.revision.title, reverse("review", args=[one.review.pk]), chip, notes, one.since)


def _sent_back(who: Person) -> list[Review]:
    """What came back to whoever wrote it, and has not been taken up again."""
    if not has_steps(who.around.office):
        return []
    found = queries.sent_back_to(who.around.office, who.name)
    taken_up = Draft.objects.filter(item__in=[review.item_id for review in found], state__in=WRITTEN_IN)
    items = set(taken_up.values_list("item", flat=True)) if found else set()
    return [review for review in found if review.item_id not in items]


def sent_back(who: Person) -> list[Entry]:
    chip = Chip("person", str(Review.State.SENT_BACK.label))
    return [
        Entry(review.revision.title, reverse("review", args=[review.pk]), chip, since=review.closed_at)
        for review in _sent_back(who)[:MOST]
    ]


def emergencies(who: Person) -> list[Entry]:
    return [
        Entry(
            found.review.revision.title,
            reverse("review", args=[found.review_id]),
            Chip("bad", _("not confirmed")),
            [found.reason],
            found.release.released_at,
        )
        for found in queries.unconfirmed(who.around.office)[:MOST]
    ]


APPROVING: tuple[Source, ...] = (
    Source(
        "approvals",
        gettext_lazy("Approvals that wait for you"),
        DECIDERS,
        approvals,
        count=_count,
        more=lambda _who: reverse("reviews"),
    ),
    Source(
        "sent-back",
        gettext_lazy("Items sent back to you"),
        (Permission.SUBMIT,),
        sent_back,
        count=lambda who: len(_sent_back(who)),
    ),
    Source(
        "emergencies",
        gettext_lazy("Emergency releases to be confirmed"),
        (Permission.SIGN,),
        emergencies,
        count=lambda who: Emergency.objects.filter(office=who.around.office.slug, confirmation=None)[:ENOUGH].count(),
        more=lambda _who: reverse("reviews"),
    ),
)
