"""One delivery, one visit to its channel: claim it, ask the channel, and move it by what came back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels.base import Accepted, Channel, Evidence, Product, Receipt
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    Text,
)
from publisher.items.queries import DamagedRevision
from publisher.items.store import DamagedAsset
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import ChannelEntry, get_office
from publisher.queue import delays
from publisher.queue.actions import SYSTEM, claim, error_json
from publisher.queue.models import Delivery
from publisher.queue.moves import move
from publisher.queue.states import State, Verb
from publisher.queue.steps import DurableSteps, LeaseLost, open_intent, withdraw_intents
from publisher.review.products import NotWhatWasSigned, signed_product

logger = logging.getLogger(__name__)


def work(delivery_id: int) -> Delivery | None:
    """Do what is due for a delivery; None where it was not ours to do. Never raises what a channel raises."""
    claimed = claim(delivery_id)
    if claimed is None:
        return None
    delivery, before = claimed
    entry = get_office().channels.get(delivery.channel)
    if entry is None:
        text = Text("Channel {name} is no longer configured: configure it again or cancel.", name=delivery.channel)
        _hold(delivery, error_json(text))
        return delivery
    _Visit(delivery, before, entry, asked_at=timezone.now()).run()
    return delivery


@dataclass(frozen=True, slots=True)
class _Visit:
    """One claimed delivery at its channel. ``before`` is the state it was claimed from."""

    delivery: Delivery
    before: State
    entry: ChannelEntry
    asked_at: datetime

    def run(self) -> None:
        steps = DurableSteps(self.delivery, timeout_s=self.entry.timeout_s)
        try:
            outcome = self._ask(self.entry.channel, self._product(), steps)
        except LeaseLost:
            logger.info("delivery %s was taken over by another worker", self.delivery.pk)
        except (NotWhatWasSigned, DamagedAsset, DamagedRevision) as error:
            logger.error("delivery %s: %s", self.delivery.pk, error)
            text = Text("What is stored is not what was signed, so nothing is sent: restore it from a backup.")
            _hold(self.delivery, error_json(text, kind=type(error).__name__))
        except ChannelError as error:
            self._settle_error(error)
        except Exception as error:
            logger.exception("delivery %s: unexpected error", self.delivery.pk)
            self._settle_bug(error)
        else:
            self._settle(outcome)

    def _product(self) -> Product:
        product = signed_product(self.delivery.product)
        giver = self.delivery.waits_for
        return product.with_link(giver.url) if giver is not None else product

    def _ask(self, channel: Channel, product: Product, steps: DurableSteps) -> Receipt | Accepted | None:
        if self.before == State.WAITING:
            return channel.publish(product, steps)
        if self.before == State.UNCERTAIN:
            return channel.find(product, steps)
        taken = self.delivery.accepted or {}
        return channel.confirm(product, Accepted(taken["remote_id"], taken["data"]), steps)

    def _settle(self, outcome: Receipt | Accepted | None) -> None:
        if isinstance(outcome, Receipt):
            self._done(outcome)
        elif outcome is None:
            self._not_seen()
        elif self.before == State.ACCEPTED:
            self._ask_again(self.entry.channel.capabilities.confirm_after_s, accepted=_taken(outcome))
        else:
            self._accepted(outcome)

    def _done(self, receipt: Receipt) -> None:
        outcome = Event(self.entry.channel.capabilities.outcome)
        proof = log.Proof(receipt.remote_id, receipt.url, receipt.evidence, {"found": self.before == State.UNCERTAIN})
        self._move(
            Verb.CONFIRM,
            event=outcome,
            proof=proof,
            remote_id=receipt.remote_id,
            url=receipt.url,
            evidence=receipt.evidence,
            published_at=receipt.published_at,
            receipt=_plain(receipt.raw),
            error=None,
        )

    def _accepted(self, accepted: Accepted) -> None:
        now = timezone.now()
        self._move(
            Verb.ACCEPT,
            proof=log.Proof(remote_id=accepted.remote_id, evidence=Evidence.ACCEPTED),
            now=now,
            due_at=delays.after(now, self.entry.channel.capabilities.confirm_after_s[0]),
            accepted=_taken(accepted),
            error=None,
        )

    def _not_seen(self) -> None:
        """Nothing was found.

        Where the platform itself had said no, one look that agrees with it is enough to believe it. Before anything is
        sent again, absence must be proven: by a look late enough, under the channel's own rule.
        """
        capabilities = self.entry.channel.capabilities
        intent = open_intent(self.delivery)
        verdict = self.delivery.verdict or {}
        now = timezone.now()
        if verdict.get("kind") == ProductRefused.__name__:
            self._move(Verb.REFUSE, error=verdict, proof=_looked(self.delivery, verdict))
        elif verdict.get("kind") in (CredentialsRefused.__name__, PersonNeeded.__name__):
            _hold(self.delivery, verdict)
        elif intent is None:
            self._move(Verb.POSTPONE, proof=_looked(self.delivery), error=None)
        elif capabilities.absence_after_s is None:
            self._ask_again(capabilities.look_after_s)
        elif self.asked_at >= _last_moment(intent, self.entry, capabilities.absence_after_s):
            self._send_again(now, verdict)
        else:
            self._look_later(now)

    def _send_again(self, now: datetime, verdict: Mapping[str, Any]) -> None:
        due_at = delays.after(now, verdict.get("retry_after_s") or 0)
        with transaction.atomic():
            if self._move(
                Verb.POSTPONE, now=now, due_at=due_at, proof=_looked(self.delivery), error=None, verdict=None
            ):
                withdraw_intents(self.delivery)

    def _settle_error(self, error: ChannelError) -> None:
        report = error_json(error.text, code=error.code, kind=type(error).__name__)
        if isinstance(error, ChannelUnavailable):
            report["retry_after_s"] = None if error.retry_after_s is None else round(error.retry_after_s)
        if self.before != State.WAITING:
            self._settle_question(error, report)
        elif open_intent(self.delivery):
            # The call left. Whatever was answered, what the platform shows decides.
            self._move(Verb.DOUBT, error=report, verdict=None if isinstance(error, OutcomeUnknown) else report)
        elif isinstance(error, ProductRefused):
            self._move(Verb.REFUSE, error=report)
        elif isinstance(error, CredentialsRefused | PersonNeeded):
            _hold(self.delivery, report)
        else:
            self._postpone(report, report.get("retry_after_s"), most=delays.MAX_TRIES)

    def _settle_question(self, error: ChannelError, report: dict[str, Any]) -> None:
        """A ``confirm`` or ``find`` that raised."""
        if isinstance(error, ProductRefused) and self.before == State.ACCEPTED:
            self._move(Verb.REFUSE, error=report)
        elif isinstance(error, ProductRefused | CredentialsRefused | PersonNeeded):
            _hold(self.delivery, report)
        else:
            self._put_off(report)

    def _settle_bug(self, error: Exception) -> None:
        text = Text(
            "The program made a mistake ({name}): tell the administrator; its log has the details.",
            name=type(error).__name__,
        )
        report = error_json(text, kind="Bug")
        if self.before != State.WAITING:
            self._put_off(report)
        elif open_intent(self.delivery):
            self._move(Verb.DOUBT, error=report)
        else:
            self._postpone(report, None, most=delays.MAX_BUGS)

    def _postpone(self, report: dict[str, Any], retry_after_s: float | None, *, most: int) -> None:
        tries = self.delivery.tries
        if tries + 1 >= most:
            _hold(self.delivery, report)
            return
        now = timezone.now()
        due_at = delays.retry_at(now, tries, retry_after_s)
        self._move(Verb.POSTPONE, now=now, due_at=due_at, tries=tries + 1, error=report)

    def _look_later(self, now: datetime, report: dict[str, Any] | None = None) -> None:
        wait = delays.nth(self.entry.channel.capabilities.look_after_s, self.delivery.looks)
        _stay(self.delivery, due_at=delays.after(now, wait), looks=self.delivery.looks + 1, error=report)

    def _put_off(self, report: dict[str, Any]) -> None:
        """A question that got no answer changes nothing but the time of the next one."""
        if self.before == State.UNCERTAIN:
            self._look_later(timezone.now(), report)
        else:
            self._ask_again(self.entry.channel.capabilities.confirm_after_s, report)

    def _ask_again(self, waits: tuple[float, ...], report: dict[str, Any] | None = None, **changes: Any) -> None:
        looks = self.delivery.looks + 1
        if looks >= len(waits):
            text = Text("The platform has given no proof for a long time: look there and confirm or deny.")
            _hold(self.delivery, report or error_json(text))
            return
        due_at = delays.after(timezone.now(), waits[looks])
        _stay(self.delivery, due_at=due_at, looks=looks, error=report, **changes)

    def _move(self, verb: Verb, *, now: datetime | None = None, **changes: Any) -> bool:
        return move(self.delivery, verb, now=now or timezone.now(), actor=SYSTEM, **changes)


def _hold(delivery: Delivery, report: dict[str, Any]) -> None:
    move(delivery, Verb.HOLD, now=timezone.now(), actor=SYSTEM, error=report)


def _stay(delivery: Delivery, **changes: Any) -> None:
    """Give the delivery back in the state it is in, to be asked about later."""
    held = Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, state=delivery.state)
    held.update(lease_until=None, owner="", rung_at=None, **changes)
    delivery.refresh_from_db()


def _taken(accepted: Accepted) -> dict[str, Any]:
    return {"remote_id": accepted.remote_id, "data": _plain(accepted.data)}


def _looked(delivery: Delivery, error: Mapping[str, Any] | None = None) -> log.Proof:
    detail = {"looks": delivery.looks + 1} | ({"error": dict(error)} if error else {})
    return log.Proof(evidence=Evidence.READ_BACK, detail=detail)


def _last_moment(intended_at: datetime, entry: ChannelEntry, absence_after_s: float) -> datetime:
    """From when on a look that sees nothing proves absence: call over, and the platform had its time to show it."""
    return delays.after(intended_at + timedelta(seconds=entry.timeout_s), absence_after_s)


def _plain(data: Any) -> Any:
    """Platform data as every database can keep it: JSON without NUL characters or lone surrogates."""
    if isinstance(data, Mapping):
        return {_plain(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, str):
        return data.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return data
