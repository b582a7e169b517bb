"""Ways to break the protocol on purpose, in the harness's own workers only, so that the proof is known to bite.

Each takes away one layer of protection; ``blind-retry`` takes away both that stand between a doubt and a second call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from channels import deadline
from channels.base import Channel, Json, Product, Steps
from channels.registry import CHANNELS, channel_class
from publisher.queue.states import MOVES, State, Verb
from publisher.queue.visits.steps import DurableSteps, LeaseLost
from tests.faults.harness.patches import replace, wrap


def _no_doubt() -> None:
    """The queue takes every lost answer for "not sent": a doubt is a wait, and a step that was begun is begun again."""
    irreversible = DurableSteps.irreversible

    def blind(self: DurableSteps, name: str, call: Callable[[], Json]) -> Json:
        step = self._steps.get(name)
        if step is not None and step.result is None:
            step.intended_at = None
        return irreversible(self, name, call)

    MOVES[State.SENDING, Verb.DOUBT] = State.WAITING
    replace(DurableSteps, "irreversible", blind)


def _no_look() -> None:
    """The adapters do not look for an earlier attempt before they send: while they send, they are told of none."""
    sending = ContextVar("sending", default=False)
    begun_at = DurableSteps.begun_at

    def blindly(publish: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Channel, product: Product, steps: Steps) -> Any:
            token = sending.set(True)
            try:
                return publish(self, product, steps)
            finally:
                sending.reset(token)

        return call

    def told(self: DurableSteps, name: str) -> datetime | None:
        return None if sending.get() else begun_at(self, name)

    replace(DurableSteps, "begun_at", told)
    for kind, drivers in CHANNELS.items():
        for driver in drivers:
            wrap(channel_class(kind, driver), "publish", blindly)


def _no_fence() -> None:
    """A worker that has lost its delivery goes on as if it had not."""

    def goes_on(save: Callable[..., None]) -> Callable[..., None]:
        def call(self: DurableSteps, now: datetime) -> None:
            with suppress(LeaseLost):
                save(self, now)

        return call

    wrap(DurableSteps, "_save", goes_on)


def _no_deadline() -> None:
    """A worker that slept past its lease sends all the same."""
    replace(deadline, "too_late", lambda: False)


BREAKS: dict[str, tuple[Callable[[], None], ...]] = {
    "blind-retry": (_no_doubt, _no_look),
    "no-doubt": (_no_doubt,),
    "no-look": (_no_look,),
    "no-fence": (_no_fence,),
    "no-deadline": (_no_deadline,),
}


def apply(names: Iterable[str]) -> None:
    """Break this process's protocol."""
    for name in names:
        for break_it in BREAKS[name]:
            break_it()
