"""What became of a recall on one channel, read from the deliveries there and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.base import Evidence
from channels.errors import Text
from publisher.office import ChannelEntry
from publisher.queue.models import TAKING_BACK, Action, Delivery, RecallLine
from publisher.queue.moves import error_json
from publisher.queue.orders import SUPERSEDED
from publisher.queue.recalls.rules import person_state
from publisher.queue.states import OPEN, LineState, State

READ_BACK = (Evidence.READ_BACK, Evidence.KEPT_COPY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line's state, the delivery it stands on, its grade of evidence, and what is the matter as it is stored."""

    state: LineState
    delivery: Delivery | None = None
    evidence: str = ""
    why: dict[str, Any] | None = None


def verdict(line: RecallLine, entry: ChannelEntry | None, deliveries: Sequence[Delivery]) -> Verdict | None:
    """What became of it; None: it is out, nothing is under way and nobody decided so, thus it must be ordered again.

    Args:
        deliveries: all of the item on the channel, oldest first.
    """
    ours = [delivery for delivery in deliveries if delivery.pk >= line.first]
    if (settled := _settled(ours)) is not None:
        return settled
    if under_way := [d for d in deliveries if d.state in (State.PLANNED, *OPEN)]:
        return _under_way(entry, under_way)
    return _at_rest(entry, deliveries, ours)


def _settled(ours: Sequence[Delivery]) -> Verdict | None:
    """Taken back, marked, or replaced by a revision that was released later."""
    for delivery in ours:
        is_said_only = delivery.action != Action.PUBLISH and delivery.evidence == Evidence.ACCEPTED
        if delivery.state != State.DONE or is_said_only:
            continue
        if delivery.action == Action.RECALL:
            state = LineState.REMOVED if delivery.evidence in READ_BACK else LineState.DECLARED
        elif delivery.action == Action.MARK:
            state = LineState.MARKED
        else:
            state = LineState.REPLACED
        return Verdict(state, delivery, delivery.evidence)
    return None


def _under_way(entry: ChannelEntry | None, under_way: Sequence[Delivery]) -> Verdict:
    held = next((delivery for delivery in under_way if delivery.state == State.HELD), None)
    taking_back = next((delivery for delivery in under_way if delivery.action in TAKING_BACK), None)
    if held is None:
        return Verdict(LineState.UNDER_WAY, taking_back or under_way[-1])
    if held.action in TAKING_BACK:
        return Verdict(_by_person(entry), held, why=held.error)
    text = Text("Something waits for a person's decision there and must be settled first: decide about it.")
    return Verdict(LineState.BY_HAND, held, why=error_json(text))


def _at_rest(entry: ChannelEntry | None, deliveries: Sequence[Delivery], ours: Sequence[Delivery]) -> Verdict | None:
    """Nothing moves there any more, and nothing of it settled the recall."""
    last = deliveries[-1] if deliveries else None
    ended = sorted((d for d in deliveries if d.state in (State.DONE, State.FAILED)), key=lambda d: (d.since, d.pk))
    doubtful = ended[-1] if ended and ended[-1].state == State.FAILED else None
    out = next((d for d in reversed(deliveries) if d.state == State.DONE), None)
    if doubtful is not None:
        text = Text("Nobody knows whether it is out there: look on the channel, and remove it if it is.")
        return Verdict(_by_person(entry), doubtful, why=error_json(text))
    if out is not None and out in ours:
        text = Text("The platform said that it is done, and nobody has looked: look there yourself.")
        return Verdict(_by_person(entry), out, why=error_json(text))
    if out is None or out.action == Action.RECALL:
        return Verdict(LineState.ABSENT, last, why=_why_absent(last, out))
    taking_back = next((d for d in reversed(ours) if d.action in TAKING_BACK), None)
    if taking_back is None or (taking_back.error or {}).get("kind") == SUPERSEDED:
        return None
    text = Text("The program no longer tries to take it back: it was stopped by a person or refused.")
    return Verdict(_by_person(entry), taking_back, why=error_json(text))


def _by_person(entry: ChannelEntry | None) -> LineState:
    return person_state(entry.channel.capabilities) if entry is not None else LineState.BY_HAND


def _why_absent(last: Delivery | None, out: Delivery | None) -> dict[str, Any]:
    if out is not None:
        return error_json(Text("It had been taken back there before."))
    if last is not None and last.state == State.CANCELLED:
        return error_json(Text("It had not gone out there: it was stopped before."))
    return error_json(Text("It never went out there."))
