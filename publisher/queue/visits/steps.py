"""The durable memory of a delivery under way: what was begun, what came of it, and who may write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channels import deadline
from channels.base import Json
from channels.errors import ChannelUnavailable, NeverSent, OutcomeUnknown
from publisher.log import sql
from publisher.queue import clock, row
from publisher.queue.delays import lease_s
from publisher.queue.models import Delivery


class LeaseLost(Exception):
    """Another worker has taken the delivery over; this one must stop and write nothing."""


@dataclass
class Step:
    """One durable stage of a delivery: begun before the call, with its result after it.

    ``intended_at`` is the open intent of an irreversible call; it is empty again once it is known that the call did
    nothing. ``begun_at`` stays what it was at the first attempt. ``attempt`` is the one whose claim intended it.
    """

    begun_at: datetime
    is_irreversible: bool = False
    intended_at: datetime | None = None
    result: Json | None = None
    attempt: int = 0

    def withdraw(self) -> None:
        """Nothing irreversible has happened, so it may be done again."""
        if self.is_irreversible:
            self.intended_at = self.result = None


Steps = dict[str, Step]
"""By name."""


class DurableSteps:
    """The steps of one attempt. Implements ``channels.base.Steps`` on the delivery's row.

    The result of a call is ``unsaved`` until the next write of the row, be it the next step, which never begins before
    that, or the state that follows from it. Until then the open intent stands for an irreversible call, and a
    repeatable one is repeated.

    Args:
        delivery: as claimed; its ``attempt`` is the fence of every write.
        timeout_s: how long one call of the channel may take.
        clock: by which leases and intents are dated.
    """

    def __init__(self, delivery: Delivery, *, timeout_s: float, clock: clock.Clock = clock.now) -> None:
        self._delivery = delivery
        self._timeout_s = timeout_s
        self._clock = clock
        # Read once: only the holder of the delivery writes them.
        self._steps = read(delivery.steps)
        # What our own claim intended has not begun yet, and need not come to anything.
        self._ready = {name: step for name, step in self._steps.items() if step.attempt == delivery.attempt}
        for name in self._ready:
            del self._steps[name]
        self._is_saved = not self._ready

    def repeatable(
        self, name: str, call: Callable[[], Json], *, recover: Callable[[], Json | None] | None = None
    ) -> Json:
        step = self._steps.get(name)
        if step is not None and step.result is not None:
            return dict(step.result)
        now = self._clock()
        if recover is not None and step is None:
            self._note(name, Step(now))
        if not self._is_saved or self._lease_left_s(now) < lease_s(self._timeout_s) - self._timeout_s / 2:
            self._save(now)
        try:
            found = recover() if recover is not None and step is not None else None
            result = found if found is not None else call()
        except OutcomeUnknown as error:
            # Repeating this step does no harm, so its lost answer is no doubt about the publication.
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error
        step = self._steps.get(name) or Step(self._clock())
        step.result = dict(result)
        self._note(name, step)
        return result

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:
        step = self._steps.get(name)
        if step is not None and step.result is not None:
            return dict(step.result)
        if step is not None and step.intended_at is not None:
            raise OutcomeUnknown("An earlier attempt began this step and its outcome is not known.")
        elapsed, now = deadline.elapsed(), self._clock()
        step = self._intended(name, now)
        try:
            # A process that is stopped between the commit and here must let nothing leave when it goes on.
            with deadline.not_after(elapsed + self._lease_left_s(now) - self._timeout_s):
                deadline.check()
                result = call()
        except NeverSent:
            step.withdraw()
            self._note(name, step)
            self._save(self._clock())
            raise
        step.result = dict(result)
        self._note(name, step)
        return result

    def result(self, name: str) -> Json | None:
        step = self._steps.get(name)
        return None if step is None or step.result is None else dict(step.result)

    def begun_at(self, name: str) -> datetime | None:
        step = self._steps.get(name)
        return None if step is None else step.begun_at

    @property
    def open_intent(self) -> datetime | None:
        """When the irreversible call was intended that may or may not have happened; None where none is in doubt."""
        return _open_intent(self._steps)

    def withdraw(self) -> None:
        """Note that nothing irreversible has happened."""
        for name, step in self._steps.items():
            step.withdraw()
            self._note(name, step)

    def unsaved(self) -> dict[str, Any]:
        """What whoever writes the row next must write with it."""
        return {} if self._is_saved else {"steps": written(self._steps)}

    def _intended(self, name: str, now: datetime) -> Step:
        """The step with its intent committed: by our claim, or now."""
        if name in self._ready:
            self._steps |= self._ready
            self._ready, self._is_saved = {}, True
            return self._steps[name]
        step = self._steps.get(name) or Step(now, is_irreversible=True)
        step.intended_at = now
        self._note(name, step)
        self._save(now)
        return step

    def _lease_left_s(self, now: datetime) -> float:
        until = self._delivery.lease_until
        return min((until - now).total_seconds(), lease_s(self._timeout_s)) if until else 0

    def _note(self, name: str, step: Step) -> None:
        self._steps[name] = step
        self._is_saved = False

    def _save(self, now: datetime) -> None:
        """Commit what is not saved and a fresh lease. Raises LeaseLost: the attempt is no longer ours."""
        changes = {"lease_until": now + timedelta(seconds=lease_s(self._timeout_s)), **self.unsaved()}
        with sql.turn():
            is_ours = row.write(self._delivery, changes, "lease_until IS NOT NULL")
        if not is_ours:
            raise LeaseLost
        row.follow(self._delivery, changes)
        self._ready, self._is_saved = {}, True


def read(stored: Mapping[str, Mapping[str, Any]]) -> Steps:
    """Steps as a delivery keeps them."""
    return {name: Step(**{**step, **_moments(step, datetime.fromisoformat)}) for name, step in stored.items()}


def written(steps: Steps) -> dict[str, dict[str, Any]]:
    """Steps for a delivery to keep."""
    return {name: {**vars(step), **_moments(vars(step), datetime.isoformat)} for name, step in steps.items()}


def intended(name: str, delivery: Delivery, at: datetime) -> dict[str, dict[str, Any]]:
    """Steps for ``delivery`` to keep when its next attempt begins with an irreversible call."""
    return written({name: Step(at, is_irreversible=True, intended_at=at, attempt=delivery.attempt + 1)})


def open_intent(delivery: Delivery) -> datetime | None:
    """When the irreversible call was intended that may or may not have happened; None where none is in doubt."""
    return _open_intent(read(delivery.steps))


def withdraw_intents(delivery: Delivery) -> None:
    """Say that nothing irreversible has happened, so that it may be done again; when it first began stays known.

    For who has raised the fence in the same transaction: nobody else writes the steps any more.
    """
    delivery.refresh_from_db(fields=["steps"])
    steps = read(delivery.steps)
    for step in steps.values():
        step.withdraw()
    row.write(delivery, {"steps": written(steps)})


def _open_intent(steps: Steps) -> datetime | None:
    return max((step.intended_at for step in steps.values() if step.intended_at and step.result is None), default=None)


def _moments(step: Mapping[str, Any], convert: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: convert(step[name]) for name in ("begun_at", "intended_at") if step[name]}
