"""The one hand that moves a delivery: one conditional update and its log entry, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels.base import Receipt
from channels.errors import Text
from publisher.items.actions import subject as item_subject
from publisher.log import actions as log
from publisher.log import sql
from publisher.log.events import Event
from publisher.office import ChannelEntry, get_office
from publisher.queue import companions, row, slots
from publisher.queue.models import Action, Delivery, IssueItem
from publisher.queue.states import EVENTS, MOVES, Outcome, State, Verb

DEEDS = {
    Action.CORRECT: Event.CORRECTED,
    Action.RECALL: Event.RECALLED,
    Action.MARK: Event.MARKED_WITHDRAWN,
    Action.NOTICE: Event.NOTICE_HANDED_OVER,
}
"""What the log says of a finished delivery, where the channel has no word of its own for it."""


FREE = (State.WAITING, State.CANCELLED)
"""States in which nothing goes out with another: only what was begun does."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the log says of a move."""

    event: Event | None
    actor: str
    proof: log.Proof | None


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of one delivery: for the log, and for its row."""

    proof: log.Proof | None
    changes: Mapping[str, Any]


class NotPossible(Exception):
    """What a person asked for cannot be done to this delivery now; ``text`` says why."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


def move(
    delivery: Delivery,
    verb: Verb,
    *,
    now: datetime,
    actor: str,
    event: Event | None = None,
    proof: log.Proof | None = None,
    **changes: Any,
) -> bool:
    """Move ``delivery`` by ``verb``, and with it what it carries; False where another worker was first or the attempt
    is no longer ours.

    Every move raises the fence, so whoever held the delivery before can write nothing any more.

    Args:
        event: what the log says; by default what the table of events says of this move, which may be nothing.
        changes: further columns to set; as ``carried`` what is proven of each companion, in their order: without it
            they share what is known of their leader.
    Raises KeyError: the table of moves has no such move.
    Raises ValueError: it follows another one, and can only be cancelled by itself.
    """
    if companions.is_carried(delivery) and verb != Verb.CANCEL:
        raise ValueError(f"delivery {delivery.pk} follows {delivery.leader_id}")
    old = State(delivery.state)
    new = MOVES[old, verb]
    carried = changes.pop("carried", ())
    changes = {
        "state": new,
        "since": now,
        "attempt": delivery.attempt + 1,
        "due_at": now,
        "lease_until": None,
        "owner": "",
        "rung_at": None,
        "looks": 0,
        "slots": None,
        **({"leader": None} if new in FREE else {}),
        **changes,
    }
    with sql.turn(), transaction.atomic(savepoint=False):
        if not row.write(delivery, changes, "state = %s", [old]):
            return False
        if verb == Verb.CANCEL:
            companions.part(delivery)
        if new == State.DONE and delivery.action in (Action.CORRECT, Action.RECALL):
            _exchange_in_issue(delivery)
        following = companions.locked(delivery)
        if delivery.slots and _is_unused(delivery, verb):
            _give_back(delivery)
        said = Said(event or EVENTS.get((old, verb)), actor, proof)
        _record(delivery, changes, said)
        _take_along(following, changes, said, carried)
    row.follow(delivery, changes)
    return True


def _take_along(
    following: Sequence[Delivery], changes: Mapping[str, Any], said: Said, carried: Sequence[Proven]
) -> None:
    """Move the companions as their leader was moved. Raises ValueError: not exactly one proof for each."""
    own = carried or [_nothing_of_its_own(said)] * len(following)
    for companion, known in zip(following, own, strict=True):
        told = {**companions.shared(changes), "attempt": companion.attempt + 1, **known.changes}
        if not row.write(companion, told):
            raise ValueError(f"delivery {companion.pk} is no longer as it was locked")
        _record(companion, told, Said(said.event, said.actor, known.proof))


def _nothing_of_its_own(said: Said) -> Proven:
    """Numbers and addresses are the leader's; all else that is said of it holds for its companions."""
    return Proven(replace(said.proof, remote_id="", url="") if said.proof else None, {})


def _record(delivery: Delivery, changes: Mapping[str, Any], said: Said) -> None:
    if said.event is not None:
        proof = said.proof or _detail(delivery, changes)
        log.record(get_office(), said.event, subject(delivery), actor=said.actor, proof=proof)


def outcome(delivery: Delivery, entry: ChannelEntry) -> Event:
    """What the log says when the delivery is done."""
    return DEEDS.get(Action(delivery.action)) or Event(entry.channel.capabilities.outcome)


def proven(delivery: Delivery, entry: ChannelEntry, receipt: Receipt, *, found: bool) -> dict[str, Any]:
    """What a move to ``done`` says and writes. ``found``: it was seen there, and not answered to the call itself.

    Where a channel can put something out in several ways, the log says in which it was.
    """
    known = _proven(delivery, receipt, found=found)
    carried = [_proven(delivery, one, found=found) for one in receipt.companions]
    return {"event": outcome(delivery, entry), "proof": known.proof, "carried": carried, "error": None, **known.changes}


def _proven(delivery: Delivery, receipt: Receipt, *, found: bool) -> Proven:
    detail: dict[str, Any] = {"found": found}
    if delivery.reason:
        detail["reason"] = delivery.reason
    if mode := receipt.raw.get("mode"):
        detail["mode"] = str(mode)
    written = {
        "remote_id": receipt.remote_id,
        "url": receipt.url,
        "evidence": receipt.evidence,
        "published_at": receipt.published_at,
        "receipt": plain(receipt.raw),
    }
    return Proven(log.Proof(receipt.remote_id, receipt.url, receipt.evidence, detail), written)


def plain(data: Any) -> Any:
    """Platform data as every database can keep it: JSON without NUL characters or lone surrogates."""
    if isinstance(data, Mapping):
        return {plain(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    if isinstance(data, str):
        return data.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return data


def subject(delivery: Delivery) -> log.Subject:
    """What a log entry about ``delivery`` says of it."""
    office = get_office()
    return replace(
        item_subject(office, delivery.revision),
        channel=delivery.channel,
        channel_kind=delivery.channel_kind,
        delivery=delivery.pk,
        action=delivery.action,
        digest=delivery.product.digest,
        issue=_issue(office.channels.get(delivery.channel), delivery),
    )


def _issue(entry: ChannelEntry | None, delivery: Delivery) -> str:
    """What the log calls the issue it goes into today; asked for only where there are issues."""
    if entry is None or entry.channel.issues is None:
        return ""
    places = IssueItem.objects.filter(delivery__in=[delivery.pk, delivery.about_id]).order_by("part")
    member = places.select_related("issue").first()
    return member.issue.named_in(timezone.localdate(timezone=get_office().timezone).year) if member else ""


def _exchange_in_issue(delivery: Delivery) -> None:
    """Let a correction have the places of what it replaced, and what was taken back none; what is printed stays so."""
    entry = get_office().channels.get(delivery.channel)
    if entry is None or not entry.channel.capabilities.until_deadline:
        return
    places = IssueItem.objects.filter(delivery=delivery.about_id, outcome="")
    if delivery.action == Action.RECALL:
        places.update(outcome=Outcome.WITHDRAWN, reason=delivery.reason)
        return
    size = entry.channel.size(json.loads(delivery.product.canonical)["fields"])
    places.filter(part=1).update(characters=size.characters, pictures=size.pictures)
    places.update(delivery=delivery)


def error_json(text: Text, *, code: str = "", kind: str = "") -> dict[str, Any]:
    """An error as a delivery keeps it: translatable, without secrets."""
    return {"template": text.template, "values": text.values, "code": code, "kind": kind}


def _is_unused(delivery: Delivery, verb: Verb) -> bool:
    """Whether what it has reserved was not used: nobody holds it, or its holder sent nothing."""
    return delivery.lease_until is None or (delivery.state, verb) == (State.SENDING, Verb.POSTPONE)


def _give_back(delivery: Delivery) -> None:
    entry = get_office().channels.get(delivery.channel)
    if entry is not None:
        slots.give_back(delivery, entry.channel.limits)


def _detail(delivery: Delivery, changes: Mapping[str, Any]) -> log.Proof:
    """What a log entry says where nothing better is known: the error, and what a person gave as the reason."""
    found = {"error": changes.get("error"), "reason": delivery.reason}
    return log.Proof(detail={name: value for name, value in found.items() if value})
