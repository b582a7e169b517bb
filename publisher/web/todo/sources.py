"""Where things to do come from: each source counts them cheaply for the navigation, and lists the first of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.items.models import Draft, DraftState
from publisher.people.roles import Permission
from publisher.queue.companions import VISITED
from publisher.queue.diagnosis.findings import Who
from publisher.queue.literal import one_of
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.queue.turns import is_undone, whose
from publisher.web import words
from publisher.web.rows import Chip, DeliveryRow, delivery_row
from publisher.web.todo.person import Person

MOST = 20
"""Things of one sort that are listed; the rest is one click away."""

ENOUGH = 100
"""From so many on, nobody wants to know how many they are exactly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do. ``row`` stands for a delivery, which may be marked and decided about."""

    title: str
    address: str
    chip: Chip | None = None
    notes: Sequence[str] = ()
    since: datetime | None = None
    row: DeliveryRow | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of things to do, for people who may do them.

    Attributes:
        count: how many there are, by an index; None where that costs more than a page may, so it is not counted in the
            navigation.
        entries: the first of them.
        more: where all of them are, as part of an address.
    """

    key: str
    title: Promise
    may: tuple[Permission, ...]
    entries: Callable[[Person], Sequence[Entry]]
    count: Callable[[Person], int] | None = None
    more: Callable[[Person], str] | None = None


def _given_back(who: Person) -> QuerySet[Draft]:
    return Draft.objects.filter(office=who.around.office.slug, state=DraftState.GIVEN_BACK, owner__in=who.names)


def given_back(who: Person) -> list[Entry]:
    found = _given_back(who).order_by("-changed_at").only("title", "reason", "changed_at")[:MOST]
    chip = Chip("person", str(DraftState.GIVEN_BACK.label))
    return [
        Entry(one.title or _("(no title)"), reverse("draft", args=[one.pk]), chip, [one.reason], one.changed_at)
        for one in found
    ]


def _to_decide(who: Person) -> QuerySet[Delivery]:
    """What waits for a person, and what has been in doubt for so long that one should look; of what goes out together
    the first."""
    doubtful = whose(Who.CLERK, who.around.paused, now=who.around.now) & one_of(State.UNCERTAIN)
    return Delivery.objects.filter(one_of(State.HELD) | doubtful, VISITED, office=who.around.office.slug)


def to_decide(who: Person) -> list[Entry]:
    return _deliveries(who, _to_decide(who).order_by("since", "pk"))


def _refused(who: Person) -> QuerySet[Delivery]:
    """What must be changed by whoever wrote it; whoever may edit the drafts of others sees all of it."""
    found = Delivery.objects.filter(is_undone(State.REFUSED), office=who.around.office.slug)
    if who.may(Permission.EDIT_ANY_DRAFT):
        return found
    return found.filter(revision__created_by__in=who.names)


def refused(who: Person) -> list[Entry]:
    return _deliveries(who, _refused(who).order_by("-since", "-pk"))


def _deliveries(who: Person, found: QuerySet[Delivery]) -> list[Entry]:
    whole = found.select_related("revision", "item", "waits_for").defer("receipt", "revision__html")
    rows = [delivery_row(who.around, delivery, {}) for delivery in whole[:MOST]]
    return [
        Entry(
            row.delivery.revision.title,
            reverse("item", args=[row.delivery.item_id]),
            row.chip,
            since=row.since,
            row=row,
        )
        for row in rows
    ]


def paused(who: Person) -> list[Entry]:
    office = who.around.office
    return [
        Entry(
            words.channel_name(office, channel),
            reverse("accounts"),
            Chip("bad", _("paused")),
            [words.pause_reason(account), _("Once the cause is mended, let it go on on the page of accounts.")],
            account.paused_at,
        )
        for channel, account in who.around.paused.items()
    ]


DELIVERIES_AND_DRAFTS: tuple[Source, ...] = (
    Source(
        "given-back",
        gettext_lazy("Drafts given back to you"),
        (Permission.SUBMIT, Permission.EDIT_ANY_DRAFT),
        given_back,
        count=lambda who: _given_back(who)[:ENOUGH].count(),
        more=lambda _who: reverse("drafts"),
    ),
    Source(
        "decide",
        gettext_lazy("Deliveries to decide about"),
        (Permission.DECIDE_DELIVERIES,),
        to_decide,
        count=lambda who: _to_decide(who)[:ENOUGH].count(),
        more=lambda _who: f"{reverse('board')}?state={State.HELD}",
    ),
    Source(
        "refused",
        gettext_lazy("Refused: the text must be changed"),
        (Permission.SUBMIT, Permission.EDIT_ANY_DRAFT),
        refused,
        count=lambda who: _refused(who)[:ENOUGH].count(),
        more=lambda _who: f"{reverse('board')}?state={State.REFUSED}",
    ),
    Source(
        "paused",
        gettext_lazy("Channels on which nothing is sent"),
        (Permission.MANAGE_CHANNELS,),
        paused,
        count=lambda who: len(who.around.paused),
    ),
)
