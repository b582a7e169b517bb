"""Verbs of the queue: collect what was released, claim, sweep, and what a person decides."""

from __future__ import annotations

import logging
import os
import socket
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import psutil
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from channels.base import Evidence
from channels.errors import Text
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import ChannelEntry, Office, get_office
from publisher.queue.delays import LEASE_GRACE_S, lease_s
from publisher.queue.models import Account, Action, Delivery
from publisher.queue.moves import move, subject
from publisher.queue.states import FINAL, MACHINE, State, Verb
from publisher.queue.steps import open_intent, withdraw_intents
from publisher.review import actions as review
from publisher.review.models import ChannelProduct, Release

logger = logging.getLogger(__name__)

SYSTEM = "system"
BATCH = 500


class NotPossible(Exception):
    """What a person asked for cannot be done to this delivery now; ``text`` says why."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@cache
def process_identity(pid: int) -> str:
    """Names this process so that another one on the same machine can tell whether it still lives."""
    return f"{socket.gethostname()}|{pid}|{psutil.Process(pid).create_time()}"


def collect(*, now: datetime | None = None) -> list[Delivery]:
    """Make the deliveries of every release that has none yet; each release once, whoever calls."""
    made: list[Delivery] = []
    for release in Release.objects.filter(collected_at=None).order_by("pk")[:BATCH]:
        at = now or timezone.now()
        try:
            with transaction.atomic():
                if review.mark_collected(release, now=at):
                    made += _deliveries(get_office(), release, at)
        except Exception:
            # One release that cannot be collected must not keep the others from going out.
            logger.exception("release %s cannot be collected; it is tried again", release.pk)
    return made


def claim(delivery_id: int, *, now: datetime | None = None) -> tuple[Delivery, State] | None:
    """Take a due delivery for this process; None where it is not due, not ours or must wait its turn.

    Returns the delivery as it is now, and the state it was in: what is to be done depends on that.
    """
    at = now or timezone.now()
    delivery = Delivery.objects.select_related("revision__item", "product", "waits_for").get(pk=delivery_id)
    before = State(delivery.state)
    if before not in MACHINE or (delivery.waits_for and delivery.waits_for.state != State.DONE):
        return None
    entry = get_office().channels.get(delivery.channel)
    changes: dict[str, object] = {"state": State.SENDING, "since": at} if before == State.WAITING else {}
    with transaction.atomic():
        if before == State.WAITING and entry and not _has_turn(delivery, entry):
            return None
        # No joins here: PostgreSQL would not look at them again after waiting for another claim of the same row.
        free = Q(lease_until=None) | Q(lease_until__lt=at)
        claimed = Delivery.objects.filter(
            free, pk=delivery.pk, state=before, attempt=delivery.attempt, due_at__lte=at
        ).update(
            attempt=F("attempt") + 1,
            owner=process_identity(os.getpid()),
            lease_until=at + timedelta(seconds=lease_s(entry.timeout_s if entry else 0)),
            rung_at=None,
            **changes,
        )
    if not claimed:
        return None
    delivery.refresh_from_db(fields=["state", "attempt", "owner", "lease_until", "since", "rung_at"])
    return delivery, before


def recover(*, now: datetime | None = None) -> int:
    """Take deliveries from workers that died or lost their lease; returns how many."""
    at = now or timezone.now()
    expired = Delivery.objects.filter(lease_until__lt=at - timedelta(seconds=LEASE_GRACE_S))
    here = f"{socket.gethostname()}|"
    ours = Delivery.objects.filter(lease_until__isnull=False, owner__startswith=here)
    lost = list(expired.select_related("revision__item", "product").order_by("lease_until")[:BATCH])
    lost += [d for d in ours.select_related("revision__item", "product")[:BATCH] if not _is_alive(d.owner)]
    return sum(_take_back(delivery, at) for delivery in {d.pk: d for d in lost}.values())


def hold_orphans(*, now: datetime | None = None) -> int:
    """Hold what waits for the address of a delivery that ended without one."""
    at = now or timezone.now()
    dead = [state for state in FINAL if state is not State.DONE]
    orphans = Delivery.objects.filter(state=State.WAITING, waits_for__state__in=dead)
    text = Text("It waits for the address of another channel, and that one did not go out: settle that one first.")
    return sum(
        move(delivery, Verb.HOLD, now=at, actor=SYSTEM, error=error_json(text))
        for delivery in orphans.select_related("revision__item", "product")[:BATCH]
    )


def retry(delivery: Delivery, *, by: str) -> None:
    """Take up a held delivery where it stopped. Raises NotPossible: it is not held, or another hand was first."""
    if delivery.state != State.HELD:
        raise NotPossible(
            "Delivery {id} cannot be taken up again: it does not wait for a person, its state is: {state}.",
            **_names(delivery),
        )
    verb = Verb.RELEASE
    if delivery.accepted is not None:
        verb = Verb.ACCEPT
    elif open_intent(delivery):
        verb = Verb.DOUBT
    _decide(delivery, verb, by=by, tries=0, error=None, verdict=None)


def cancel(delivery: Delivery, *, by: str) -> None:
    """Give a delivery up. Where it may be out already it becomes ``failed``, not ``cancelled``: nobody knows.

    Raises NotPossible: it is under way, or ended.
    """
    maybe_out = delivery.accepted is not None or open_intent(delivery) is not None
    if delivery.state == State.UNCERTAIN or (delivery.state == State.HELD and maybe_out):
        verb = Verb.GIVE_UP
    elif delivery.state in (State.WAITING, State.HELD):
        verb = Verb.CANCEL
    else:
        raise NotPossible("Delivery {id} cannot be cancelled now, its state is: {state}.", **_names(delivery))
    _decide(delivery, verb, by=by)


def confirm(delivery: Delivery, *, by: str, url: str, reason: str) -> None:
    """A named person says that it is out. Raises NotPossible: nothing is in doubt."""
    if delivery.state not in (State.UNCERTAIN, State.HELD):
        raise NotPossible("There is nothing to confirm about delivery {id}, its state is: {state}.", **_names(delivery))
    now = timezone.now()
    outcome = get_office().channels[delivery.channel].channel.capabilities.outcome
    proof = log.Proof(url=url, evidence=Evidence.DECLARED, detail={"reason": reason})
    _decide(
        delivery,
        Verb.CONFIRM,
        by=by,
        event=Event(outcome),
        proof=proof,
        url=url,
        evidence=Evidence.DECLARED,
        published_at=now,
        error=None,
    )


def deny(delivery: Delivery, *, by: str, reason: str) -> None:
    """A named person says that it is not out: it will be sent again. Raises NotPossible: nothing is in doubt."""
    if delivery.state not in (State.UNCERTAIN, State.HELD):
        raise NotPossible("There is nothing to deny about delivery {id}, its state is: {state}.", **_names(delivery))
    with transaction.atomic():
        _decide(
            delivery,
            Verb.DENY,
            by=by,
            proof=log.Proof(detail={"reason": reason}),
            accepted=None,
            verdict=None,
            tries=0,
            error=None,
        )
        withdraw_intents(delivery)


def error_json(text: Text, *, code: str = "", kind: str = "") -> dict[str, Any]:
    """An error as a delivery keeps it: translatable, without secrets."""
    return {"template": text.template, "values": text.values, "code": code, "kind": kind}


def _decide(delivery: Delivery, verb: Verb, *, by: str, **changes: object) -> None:
    if not move(delivery, verb, now=timezone.now(), actor=by, **changes):  # type: ignore[arg-type]
        raise NotPossible("Delivery {id} has just changed: look again and decide then.", id=delivery.pk)


def _names(delivery: Delivery) -> dict[str, object]:
    return {"id": delivery.pk, "state": State(delivery.state).label}


def _deliveries(office: Office, release: Release, now: datetime) -> list[Delivery]:
    """One delivery for each product of a release; givers of addresses before those who wait for them."""

    def waits(product: ChannelProduct) -> bool:
        return product.channel in office.channels and bool(office.channels[product.channel].link_from)

    products = sorted(release.products.order_by("pk"), key=waits)
    return [_deliver(office, release, product, now) for product in products]


def _deliver(office: Office, release: Release, product: ChannelProduct, now: datetime) -> Delivery:
    revision = release.revision
    entry = office.channels.get(product.channel)
    delivery = Delivery(
        office=office.slug,
        item=revision.item,
        revision=revision,
        product=product,
        channel=product.channel,
        channel_kind=entry.kind if entry else "",
        action=Action.PUBLISH,
        key=f"{revision.key}/{product.channel}/{Action.PUBLISH}",
        state=State.WAITING,
        since=now,
        due_at=max(now, revision.publish_at or now),
        created_at=now,
    )
    refusal = _refusal(product)
    if entry and product.is_signed and product.wants_link:
        delivery.waits_for = _giver(delivery, entry.link_from)
        if delivery.waits_for is None:
            text = Text("It must carry the address on channel {name}: send the item there too.", name=entry.link_from)
            refusal = error_json(text)
    if refusal is not None:
        delivery.state, delivery.error = State.REFUSED, refusal
    delivery.save(force_insert=True)
    if refusal is not None:
        proof = log.Proof(detail={"error": refusal})
        log.record(office, Event.REFUSED, subject(delivery), actor=SYSTEM, proof=proof)
    return delivery


def _refusal(product: ChannelProduct) -> dict[str, object] | None:
    """Why a product was not signed: the first error the checks found; None where it was signed."""
    if product.is_signed:
        return None
    template, values = next((t, v) for severity, t, v in product.problems if severity == "error")
    return error_json(Text(template, **values), kind="ProductRefused")


def _giver(delivery: Delivery, channel: str) -> Delivery | None:
    givers = Delivery.objects.filter(item=delivery.item, channel=channel, action=Action.PUBLISH)
    return givers.exclude(state__in=[s for s in FINAL if s is not State.DONE]).order_by("-pk").first()


def _has_turn(delivery: Delivery, entry: ChannelEntry) -> bool:
    """Whether a new one may start on this account; where they go one at a time, locks it for this transaction."""
    if not entry.channel.capabilities.one_at_a_time:
        return True
    Account.objects.get_or_create(office=delivery.office, channel=delivery.channel)
    Account.objects.select_for_update().get(office=delivery.office, channel=delivery.channel)
    busy = Delivery.objects.filter(
        office=delivery.office, channel=delivery.channel, state__in=(State.SENDING, State.UNCERTAIN)
    )
    return not busy.exclude(pk=delivery.pk).exists()


def _is_alive(owner: str) -> bool:
    _, pid, created = owner.split("|")
    try:
        return str(psutil.Process(int(pid)).create_time()) == created
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _take_back(delivery: Delivery, now: datetime) -> bool:
    if delivery.state == State.SENDING:
        verb = Verb.DOUBT if open_intent(delivery) else Verb.POSTPONE
        text = Text("The worker that was sending it disappeared.")
        return move(delivery, verb, now=now, actor=SYSTEM, error=error_json(text, kind="LeaseLost"))
    unheld = Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, lease_until=delivery.lease_until)
    return unheld.update(lease_until=None, owner="", attempt=F("attempt") + 1, rung_at=None) == 1
