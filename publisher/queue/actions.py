"""What a person decides about deliveries: take up again, hold, cancel, confirm, deny."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from channels.base import Evidence
from channels.errors import CredentialsRefused, Text
from publisher.log import actions as log
from publisher.office import ChannelEntry, get_office
from publisher.queue import accounts, clock, companions, orders
from publisher.queue.issues.queries import collecting
from publisher.queue.literal import one_of
from publisher.queue.models import Action, Delivery
from publisher.queue.moves import NotPossible, Proven, error_json, move, outcome
from publisher.queue.states import State, Verb
from publisher.queue.visits.claims import OVERDUE
from publisher.queue.visits.steps import open_intent, withdraw_intents

HELD_BACK = "HeldBack"
"""Class of the error of what a person holds back."""


def retry(delivery: Delivery, *, by: str, now: datetime | None = None) -> None:
    """Take up a held delivery where it stopped; its time begins anew.

    A channel that was paused because of this delivery's credentials is tried again too. Raises NotPossible: it is not
    held, or another hand was first.
    """
    if delivery.state != State.HELD:
        raise NotPossible(
            "Delivery {id} cannot be taken up again: it does not wait for a person, its state is: {state}.",
            **_names(delivery),
        )
    if companions.is_carried(delivery):
        _through_its_leader(delivery, partial(retry, by=by, now=now))
        return
    at = now or clock.now()
    entry = get_office().channels.get(delivery.channel)
    verb = Verb.RELEASE
    if delivery.accepted is not None:
        verb = Verb.ACCEPT
    elif open_intent(delivery):
        verb = Verb.DOUBT
    # Held before its time had come, it still waits for that.
    due_at = max(at, delivery.revision.publish_at or at)
    if entry and entry.channel.issues is not None and (issue := collecting(delivery)) is not None:
        due_at = max(due_at, issue.closes_at)
    with transaction.atomic():
        if entry and _is_about_credentials(delivery):
            accounts.resume(entry, by=by)
        _decide(
            delivery,
            verb,
            by=by,
            now=at,
            tries=0,
            error=None,
            verdict=None,
            due_at=due_at,
            valid_until=orders.valid_until(entry, delivery.action, due_at),
        )


def resume(entry: ChannelEntry, *, by: str, now: datetime | None = None) -> list[Delivery]:
    """Let a paused channel send again, and take up what its credentials had stopped; returns those deliveries.

    Raises NotPossible: it is not paused and nothing waits for it.
    """
    office = get_office()
    # What goes out with another is taken up with it.
    visited = accounts.held_for_credentials(office.slug, entry.key).filter(companions.VISITED)
    held = list(visited.select_related("revision__item", "product"))
    if not accounts.resume(entry, by=by) and not held:
        raise NotPossible("Channel {name} is not paused.", name=entry.name)
    for delivery in held:
        retry(delivery, by=by, now=now)
    return held


def hold(delivery: Delivery, *, by: str, reason: str, now: datetime | None = None) -> None:
    """Keep a delivery from being begun until somebody takes it up again.

    Raises NotPossible: it is under way, held already, or ended.
    """
    if delivery.state != State.WAITING:
        raise NotPossible("Delivery {id} cannot be held back now, its state is: {state}.", **_names(delivery))
    text = Text("{name} holds it back: {reason}", name=by, reason=reason)
    error = error_json(text, kind=HELD_BACK)
    proof = log.Proof(detail={"error": error, "reason": reason})
    _decide(delivery, Verb.HOLD, by=by, now=now, error=error, proof=proof)


def cancel(delivery: Delivery, *, by: str, reason: str = "", now: datetime | None = None) -> None:
    """Give a delivery up. Where it may be out already it becomes ``failed``, not ``cancelled``: nobody knows.

    What may be out together with others is given up with them. Raises NotPossible: it is under way, or ended.
    """
    if companions.is_carried(delivery) and (delivery.state == State.UNCERTAIN or orders.may_be_out(delivery)):
        _through_its_leader(delivery, partial(cancel, by=by, reason=reason, now=now))
        return
    if delivery.state == State.UNCERTAIN or (delivery.state == State.HELD and orders.may_be_out(delivery)):
        verb = Verb.GIVE_UP
    elif delivery.state in (State.PLANNED, State.WAITING, State.HELD):
        verb = Verb.CANCEL
    else:
        raise NotPossible("Delivery {id} cannot be cancelled now, its state is: {state}.", **_names(delivery))
    proof = log.Proof(detail={"reason": reason}) if reason else None
    _decide(delivery, verb, by=by, now=now, proof=proof)


def confirm(
    delivery: Delivery,
    *,
    by: str,
    url: str,
    reason: str,
    file: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> None:
    """A named person says that it was done, and perhaps shows a ``file``: its name and the SHA-256 of its bytes.

    Raises NotPossible: nothing is in doubt, or its channel is gone.
    """
    if delivery.state not in (State.UNCERTAIN, State.HELD):
        raise NotPossible("There is nothing to confirm about delivery {id}, its state is: {state}.", **_names(delivery))
    entry = get_office().channels.get(delivery.channel)
    if entry is None:
        raise NotPossible("Channel {name} is no longer configured: configure it again first.", name=delivery.channel)
    at = now or clock.now()
    there = log.Proof(url=url, evidence=Evidence.DECLARED, detail=_told(reason, file))
    somewhere = replace(there, url="")
    with transaction.atomic():
        leader, carried = companions.together(delivery)
        is_leader = leader.pk == delivery.pk
        _decide(
            leader,
            Verb.CONFIRM,
            by=by,
            now=at,
            event=outcome(delivery, entry),
            proof=there if is_leader else somewhere,
            carried=[_declared(there if one.pk == delivery.pk else somewhere) for one in carried],
            **_place(leader, url if is_leader else ""),
            evidence=Evidence.DECLARED,
            published_at=at,
            error=None,
        )
    if not is_leader:
        delivery.refresh_from_db()


def _declared(proof: log.Proof) -> Proven:
    return Proven(proof, {"url": proof.url})


def _place(delivery: Delivery, url: str) -> dict[str, Any]:
    """Where it is out by a person's word; what was corrected stays where and what it was, whatever was added to it."""
    about = delivery.about
    if delivery.action != Action.CORRECT or about is None:
        return {"url": url}
    return {"url": about.url or url, "remote_id": about.remote_id, "receipt": about.receipt}


def deny(
    delivery: Delivery, *, by: str, reason: str, file: Mapping[str, str] | None = None, now: datetime | None = None
) -> None:
    """A named person says that it was not done: it will be sent again. Raises NotPossible: nothing is in doubt."""
    if delivery.state not in (State.UNCERTAIN, State.HELD):
        raise NotPossible("There is nothing to deny about delivery {id}, its state is: {state}.", **_names(delivery))
    if companions.is_carried(delivery):
        _through_its_leader(delivery, partial(deny, by=by, reason=reason, file=file, now=now))
        return
    at = now or clock.now()
    entry = get_office().channels.get(delivery.channel)
    with transaction.atomic():
        _decide(
            delivery,
            Verb.DENY,
            by=by,
            now=at,
            proof=log.Proof(detail=_told(reason, file)),
            accepted=None,
            verdict=None,
            tries=0,
            error=None,
            valid_until=orders.valid_until(entry, delivery.action, at),
        )
        withdraw_intents(delivery)


def overdue() -> list[Delivery]:
    """What could not be sent in time and waits for a person's decision, oldest first."""
    held = Delivery.objects.filter(one_of(State.HELD), office=get_office().slug, error__kind=OVERDUE)
    return list(held.select_related("revision__item", "product").order_by("pk"))


def _told(reason: str, file: Mapping[str, str] | None) -> dict[str, Any]:
    """What somebody says and shows, as the log keeps it."""
    return {"reason": reason, **({"file": dict(file)} if file else {})}


def _is_about_credentials(delivery: Delivery) -> bool:
    return (delivery.error or {}).get("kind") == CredentialsRefused.__name__


def _decide(delivery: Delivery, verb: Verb, *, by: str, now: datetime | None = None, **changes: Any) -> None:
    if not move(delivery, verb, now=now or clock.now(), actor=by, **changes):
        raise NotPossible("Delivery {id} has just changed: look again and decide then.", id=delivery.pk)


def _through_its_leader(delivery: Delivery, decide: Callable[[Delivery], None]) -> None:
    """What is decided about something that went out with others holds for all of them."""
    decide(companions.lead(delivery))
    delivery.refresh_from_db()


def _names(delivery: Delivery) -> dict[str, object]:
    return {"id": delivery.pk, "state": State(delivery.state).label}
