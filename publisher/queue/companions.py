"""Deliveries that go out by one call: one leads, and those it carries follow its every move.

Only the leader is ever visited. From the claim on a companion's state is its leader's, so that nobody can stop or
change by itself what may be out with the others; it is free again as soon as the leader waits anew. A leader leads
itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from channels.base import Accepted, Receipt
from publisher.office import ChannelEntry
from publisher.queue.literal import is_waiting
from publisher.queue.models import Action, Delivery, Issue, IssueItem
from publisher.queue.states import OPEN, State

VISITED = Q(leader=None) | Q(leader=F("pk"))
"""What is visited by itself."""

IN_ORDER = (F("place").asc(nulls_last=True), "pk")
"""How what is in one issue stands: as somebody has put it, else as it came."""

SHARED = (
    *("state", "since", "due_at", "valid_until", "lease_until", "owner", "rung_at", "looks", "slots"),
    *("tries", "error", "evidence", "published_at", "leader"),
)
"""Of what a move of the leader writes, what holds for its companions too."""


def go_together(entry: ChannelEntry | None) -> bool:
    """Whether all that is in an issue of this channel goes out by one call."""
    plan = entry.channel.issues if entry is not None else None
    return plan is not None and plan.together


def is_carried(delivery: Delivery) -> bool:
    """Whether it goes out with another one, which leads."""
    return delivery.leader_id not in (None, delivery.pk)


def lead(delivery: Delivery) -> Delivery:
    """The one whose moves it follows now; itself where it goes alone, leads, or has come to its end."""
    if delivery.leader_id in (None, delivery.pk) or delivery.state not in OPEN:
        return delivery
    return Delivery.objects.select_related("revision__item", "product", "waits_for").get(pk=delivery.leader_id)


def together(delivery: Delivery) -> tuple[Delivery, list[Delivery]]:
    """Its leader and what that carries, locked in this order until the end of the transaction."""
    leader = lead(delivery)
    if leader.leader_id is not None:
        Delivery.objects.select_for_update().get(pk=leader.pk)
    return leader, locked(leader)


def carried(leader: Delivery) -> list[Delivery]:
    """The companions of a delivery under way, in the order of their issue; nobody is asked where it has none."""
    return list(_carried(leader)) if leader.leader_id == leader.pk else []


def locked(leader: Delivery) -> list[Delivery]:
    """The same, and nobody else moves one before this transaction ends."""
    return list(_carried(leader).select_for_update(of=("self",))) if leader.leader_id == leader.pk else []


def bind(leader: Delivery, at: datetime) -> bool:
    """Take in hand, with a delivery that was just claimed, what else of its issue is ready; the account is locked.

    False where it is not the first that is ready: it must not go without the one before it.
    """
    issue = Issue.objects.filter(members__delivery=leader, members__part=1).first()
    if issue is None:
        return True
    ready = _ready(issue, at)
    together = [pk for pk in _in_order(issue) if pk == leader.pk or pk in ready]
    if together[0] != leader.pk:
        return False
    companions = together[1 : issue.room_items or None]
    if not companions:
        return True
    fresh = Delivery.objects.filter(is_waiting(), pk__in=companions)
    taken = fresh.update(state=State.SENDING, since=at, leader=leader, rung_at=None, attempt=F("attempt") + 1)
    Delivery.objects.filter(pk=leader.pk).update(leader=leader)
    leader.leader_id = leader.pk
    return taken == len(companions)


def check(answer: Receipt | Accepted | None, companions: Sequence[Delivery]) -> None:
    """Raises ValueError: the channel has not proven each of them by itself."""
    if isinstance(answer, Receipt) and len(answer.companions) != len(companions):
        raise ValueError(f"{len(answer.companions)} proofs for {len(companions)} companions")


def part(leader: Delivery) -> None:
    """Let the companions of a delivery that is given up by itself follow the first of them instead."""
    following = [companion.pk for companion in locked(leader)]
    if following:
        Delivery.objects.filter(pk__in=following).update(leader=following[0])


def shared(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a companion's row is written with when its leader's is written with ``changes``."""
    return {name: changes[name] for name in SHARED if name in changes}


def _carried(leader: Delivery) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(leader=leader, state=leader.state).exclude(pk=leader.pk)
    found = found.filter(issues__part=1).select_related("revision__item", "product", "waits_for")
    return found.order_by(F("issues__place").asc(nulls_last=True), "issues__pk")


def _in_order(issue: Issue) -> list[int | None]:
    members = IssueItem.objects.filter(issue=issue, part=1, delivery__isnull=False)
    return list(members.order_by(*IN_ORDER).values_list("delivery", flat=True))


def _ready(issue: Issue, at: datetime) -> set[int]:
    """What of an issue could be claimed now."""
    recalls = Delivery.objects.filter(
        item=OuterRef("item"), channel=OuterRef("channel"), state=State.PLANNED, action=Action.RECALL
    )
    in_time = Q(valid_until=None) | Q(valid_until__gte=at)
    unblocked = Q(waits_for=None) | Q(waits_for__state=State.DONE)
    waiting = Delivery.objects.filter(
        ~Exists(recalls), is_waiting(), in_time, unblocked, due_at__lte=at, action=Action.PUBLISH
    )
    return set(waiting.filter(issues__issue=issue, issues__part=1).values_list("pk", flat=True))
