"""The durable memory of a delivery under way: what was begun, what came of it, and who may write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, partial

from django.db import transaction
from django.db.models import Max

from channels import deadline
from channels.base import Json
from channels.errors import ChannelUnavailable, NeverSent, OutcomeUnknown
from publisher.queue import clock
from publisher.queue.delays import lease_s
from publisher.queue.models import Delivery, Step


class LeaseLost(Exception):
    """Another worker has taken the delivery over; this one must stop and write nothing."""


class DurableSteps:
    """The steps of one attempt. Implements ``channels.base.Steps`` on the database.

    The result of an irreversible call is kept until ``flush``, which belongs into the transaction of whatever is
    written next: the next step, or the state that follows from it. Until then the open intent stands for it.

    Args:
        delivery: as claimed; its ``attempt`` is the fence of every write.
        timeout_s: how long one call of the channel may take.
        clock: by which leases and intents are dated.
    """

    def __init__(self, delivery: Delivery, *, timeout_s: float, clock: clock.Clock = clock.now) -> None:
        self._delivery = delivery
        self._timeout_s = timeout_s
        self._clock = clock
        self._unsaved: list[Step] = []

    def repeatable(
        self, name: str, call: Callable[[], Json], *, recover: Callable[[], Json | None] | None = None
    ) -> Json:
        row = self._rows.get(name)
        if row is not None and row.result is not None:
            return dict(row.result)
        self._renew_lease(partial(self._begin, name) if recover is not None and row is None else None)
        try:
            found = recover() if recover is not None and row is not None else None
            result = found if found is not None else call()
        except OutcomeUnknown as error:
            # Repeating this step does no harm, so its lost answer is no doubt about the publication.
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error
        with transaction.atomic():
            self._fence()
            row = self._rows.get(name) or self._begin(name, self._clock())
            row.result = dict(result)
            row.save(update_fields=["result"])
        return result

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:
        row = self._rows.get(name)
        if row is not None and row.result is not None:
            return dict(row.result)
        if row is not None and row.intended_at is not None:
            raise OutcomeUnknown("An earlier attempt began this step and its outcome is not known.")
        latest = self._renew_lease(partial(self._intend, name))
        try:
            # A process that is stopped between the commit and here must let nothing leave when it goes on.
            with deadline.not_after(latest):
                deadline.check()
                result = call()
        except NeverSent:
            self._withdraw(name)
            raise
        self._rows[name].result = dict(result)
        self._unsaved.append(self._rows[name])
        return result

    def result(self, name: str) -> Json | None:
        row = self._rows.get(name)
        return None if row is None or row.result is None else dict(row.result)

    def begun_at(self, name: str) -> datetime | None:
        row = self._rows.get(name)
        return None if row is None else row.begun_at

    @property
    def open_intent(self) -> datetime | None:
        """When the irreversible call was intended that may or may not have happened; None where none is in doubt."""
        return max((row.intended_at for row in self._rows.values() if row.intended_at and not row.result), default=None)

    def flush(self) -> None:
        """Write the results that are not written yet. The caller's transaction must fail where the fence does."""
        while self._unsaved:
            self._unsaved.pop().save(update_fields=["result"])

    @cached_property
    def _rows(self) -> dict[str, Step]:
        """What is written of each step. Read once: only the holder of the delivery writes them."""
        return {row.name: row for row in Step.objects.filter(delivery_id=self._delivery.pk)}

    def _renew_lease(self, mark: Callable[[datetime], object] | None) -> float:
        """Commit a fresh lease together with ``mark``; returns the latest time the call may start."""
        lease = lease_s(self._timeout_s)
        latest = deadline.elapsed() + lease - self._timeout_s
        now = self._clock()
        with transaction.atomic():
            self._fence(now + timedelta(seconds=lease))
            if mark is not None:
                mark(now)
        return latest

    def _begin(self, name: str, now: datetime) -> Step:
        row = Step(delivery_id=self._delivery.pk, name=name, is_irreversible=False, begun_at=now)
        return self._add(row)

    def _intend(self, name: str, now: datetime) -> None:
        row = self._rows.get(name)
        if row is None:
            new = Step(delivery_id=self._delivery.pk, name=name, is_irreversible=True, begun_at=now, intended_at=now)
            self._add(new)
        else:
            row.intended_at = now
            row.save(update_fields=["intended_at"])

    def _add(self, row: Step) -> Step:
        row.save(force_insert=True)
        self._rows[row.name] = row
        return row

    def _withdraw(self, name: str) -> None:
        with transaction.atomic():
            self._fence()
            row = self._rows[name]
            row.intended_at = None
            row.save(update_fields=["intended_at"])

    def _fence(self, lease_until: datetime | None = None) -> None:
        """Take the delivery's row for this transaction. Raises LeaseLost: the attempt is no longer ours."""
        until = lease_until or self._clock() + timedelta(seconds=lease_s(self._timeout_s))
        ours = Delivery.objects.filter(pk=self._delivery.pk, attempt=self._delivery.attempt, lease_until__isnull=False)
        if not ours.update(lease_until=until):
            raise LeaseLost
        self.flush()


def open_intent(delivery: Delivery) -> datetime | None:
    """When the irreversible call was intended that may or may not have happened; None where none is in doubt."""
    intended = Step.objects.filter(delivery=delivery, intended_at__isnull=False, result__isnull=True)
    latest: datetime | None = intended.aggregate(latest=Max("intended_at"))["latest"]
    return latest


def withdraw_intents(delivery: Delivery) -> None:
    """Say that nothing irreversible has happened, so that it may be done again; when it first began stays known."""
    Step.objects.filter(delivery=delivery, is_irreversible=True).update(intended_at=None, result=None)
