"""Whose turn it is with a delivery, asked of one that was read and of the database alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from publisher.queue import delays
from publisher.queue.diagnosis.deliveries import ADMINISTRATORS, LONG_IN_DOUBT_S
from publisher.queue.diagnosis.findings import Who
from publisher.queue.literal import IS_UNDONE, Literal, one_of
from publisher.queue.models import Delivery
from publisher.queue.states import FINAL, OPEN, State

REFUSED_TEXT = "ProductRefused"


def turn(delivery: Delivery, paused: Collection[str], *, now: datetime) -> Who:
    """Who must act about a delivery; ``paused`` are the channels on which nothing new is sent."""
    kind = (delivery.error or {}).get("kind", "")
    match State(delivery.state):
        case State.WAITING if delivery.channel in paused:
            return Who.ADMINISTRATOR
        case State.HELD if kind in ADMINISTRATORS:
            return Who.ADMINISTRATOR
        case State.HELD if kind == REFUSED_TEXT:
            return Who.EDITOR
        case State.REFUSED:
            return Who.EDITOR
        case State.HELD | State.FAILED:
            return Who.CLERK
        case State.UNCERTAIN if delivery.since <= delays.before(now, LONG_IN_DOUBT_S):
            return Who.CLERK
    return Who.NOBODY


def whose(who: Who, paused: Collection[str], *, now: datetime) -> Q:
    """The same as a condition over deliveries that count, see ``counts``. Nobody has to act where it goes by itself."""
    for_administrator = one_of(State.HELD) & Q(error__kind__in=ADMINISTRATORS)
    for_administrator |= one_of(State.WAITING) & Q(channel__in=paused)
    for_editor = one_of(State.HELD) & Q(error__kind=REFUSED_TEXT)
    for_editor |= is_undone(State.REFUSED)
    others = Q(error__kind=None) | ~Q(error__kind__in=[*ADMINISTRATORS, REFUSED_TEXT])
    for_clerk = (one_of(State.HELD) & others) | is_undone(State.FAILED)
    for_clerk |= one_of(State.UNCERTAIN) & Q(since__lte=delays.before(now, LONG_IN_DOUBT_S))
    by_itself = one_of(State.SENDING, State.ACCEPTED) | (one_of(State.WAITING) & ~Q(channel__in=paused))
    by_itself |= one_of(State.UNCERTAIN) & Q(since__gt=delays.before(now, LONG_IN_DOUBT_S))
    return {
        Who.ADMINISTRATOR: for_administrator,
        Who.EDITOR: for_editor,
        Who.CLERK: for_clerk,
        Who.NOBODY: by_itself,
    }[who]


def is_undone(*states: State) -> Q:
    """Whether a delivery ended in one of these ways and nothing came after it, in words by which the index is found."""
    return Q(state__in=tuple(Literal(state.value) for state in states)) & IS_UNDONE & IS_LAST


IS_LAST = ~Q(Exists(Delivery.objects.filter(item=OuterRef("item"), channel=OuterRef("channel"), pk__gt=OuterRef("pk"))))
"""Whether it is the newest of its item and channel."""


def counts(deliveries: Collection[Delivery]) -> list[Delivery]:
    """Of all deliveries of one item, oldest first, those that say how it stands: what is open, and the last of each
    channel. What was replaced by a later one is history."""
    last = {delivery.channel: delivery.pk for delivery in deliveries}
    return [found for found in deliveries if found.state in OPEN or last[found.channel] == found.pk]


def matching(state: State) -> Q:
    """Whether a delivery that counts is in that state."""
    if state in OPEN:
        return one_of(state)
    if state in FINAL and state is not State.DONE:
        return is_undone(state)
    return Q(state=Literal(state.value)) & IS_LAST


IS_RED = one_of(State.HELD, State.UNCERTAIN)
"""Open and in trouble: somebody decides, or it is not known whether it is out."""
