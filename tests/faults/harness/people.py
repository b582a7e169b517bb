"""A truthful person: looks at what is really out, and says so."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.queue import actions
from publisher.queue.models import Action, Delivery
from publisher.queue.orders import may_be_out
from publisher.queue.states import State
from tests.faults.harness.judge import Thing, Wish, number_in

NAME = "harness"


def decide(delivery: Delivery, things: Mapping[Wish, list[Thing]]) -> str:
    """Settle a delivery that waits for a person; returns the verb."""
    out = things.get((delivery.channel, number_in(delivery.revision.title)), [])
    is_doubtful = delivery.state == State.UNCERTAIN or may_be_out(delivery)
    if _is_done(delivery, out):
        url = out[0].url if out else delivery.url
        actions.confirm(delivery, by=NAME, url=url, reason="seen in the books")
        return "confirm"
    if is_doubtful:
        actions.deny(delivery, by=NAME, reason="not in the books")
        return "deny"
    actions.retry(delivery, by=NAME)
    return "retry"


def _is_done(delivery: Delivery, out: list[Thing]) -> bool:
    if delivery.action == Action.RECALL:
        return not out
    return any(thing.is_revised for thing in out) if delivery.action == Action.CORRECT else bool(out)
