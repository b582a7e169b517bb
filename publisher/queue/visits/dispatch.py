"""One delivery, one visit to its channel: claim it, ask the channel, and move it by what came back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from channels.base import Accepted, Channel, Evidence, Product, Receipt, Sighting
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    Text,
    message_id,
)
from publisher.items.queries import DamagedRevision
from publisher.items.store import DamagedAsset
from publisher.log import actions as log
from publisher.office import ChannelEntry, get_office
from publisher.queue import SYSTEM, accounts, clock, companions, delays, notices, outage, row, slots
from publisher.queue.clock import Clock
from publisher.queue.issues.deadlines import is_in_time, is_late
from publisher.queue.issues.queries import label_of
from publisher.queue.models import Action, Delivery
from publisher.queue.moves import error_json, move, plain, proven
from publisher.queue.states import State, Verb
from publisher.queue.visits.claims import claim
from publisher.queue.visits.grounds import withdrawal
from publisher.queue.visits.steps import DurableSteps, LeaseLost
from publisher.review.products import NotWhatWasSigned, signed_product
from publisher.wording import error_sentence

logger = logging.getLogger(__name__)

ONE_REFUSED = message_id(
    "Nothing of the issue has gone out, since one item in it is not taken: {reason} Give that item up, then take up "
    "one of the others: all of them go out without it."
)


def work(delivery_id: int, *, clock: Clock = clock.now) -> Delivery | None:
    """Do what is due for a delivery; None where it was not ours to do. Never raises what a channel raises."""
    claimed = claim(delivery_id, now=clock())
    if claimed is None:
        return None
    delivery, before = claimed
    entry = get_office().channels.get(delivery.channel)
    if entry is None:
        text = Text("Channel {name} is no longer configured: configure it again or cancel.", name=delivery.channel)
        move(delivery, Verb.HOLD, now=clock(), actor=SYSTEM, error=error_json(text))
        return delivery
    steps = DurableSteps(delivery, timeout_s=entry.timeout_s, clock=clock)
    carried = companions.carried(delivery)
    Visit(delivery, before, entry, steps, clock, asked_at=clock(), carried=carried).run()
    return delivery


@dataclass(frozen=True, slots=True)
class Visit:
    """One claimed delivery at its channel, with what it carries. ``before`` is the state it was claimed from."""

    delivery: Delivery
    before: State
    entry: ChannelEntry
    steps: DurableSteps
    clock: Clock
    asked_at: datetime
    carried: Sequence[Delivery] = ()

    def run(self) -> None:
        try:
            answer = self._ask(self.entry.channel)
            companions.check(answer, self.carried)
        except LeaseLost:
            logger.info("delivery %s was taken over by another worker", self.delivery.pk)
        except (NotWhatWasSigned, DamagedAsset, DamagedRevision) as error:
            logger.error("delivery %s: %s", self.delivery.pk, error)
            text = Text("What is stored is not what was signed, so nothing is sent: restore it from a backup.")
            self._hold(error_json(text, kind=type(error).__name__))
        except ChannelError as error:
            self._settle_error(error)
        except outage.LOST:
            # Nothing can be written now; the open intent says enough when the database is back.
            raise
        except Exception as error:
            logger.exception("delivery %s: unexpected error", self.delivery.pk)
            self._settle_bug(error)
        else:
            self._settle(answer)

    def _ask(self, channel: Channel) -> Receipt | Accepted | None:
        if self.delivery.action == Action.RECALL:
            return self._ask_back(channel)
        if self.delivery.action == Action.MARK:
            return self._ask_mark(channel)
        product = to_send(self.entry, self.delivery, self.carried)
        if self.before == State.UNCERTAIN:
            return channel.find(product, self.steps)
        if self.before == State.ACCEPTED:
            taken = self.delivery.accepted or {}
            data = taken["data"] | notices.about(self.delivery)
            return channel.confirm(product, Accepted(taken["remote_id"], data), self.steps)
        if self.delivery.action == Action.CORRECT:
            self._require_in_time(ProductRefused)
            return channel.correct(self._standing(), product, self.steps)
        return channel.publish(product, self.steps)

    def _ask_back(self, channel: Channel) -> Receipt | None:
        """Take back what is out, or after doubt look whether it still is."""
        standing = self._standing()
        if not channel.capabilities.recall:
            raise PersonNeeded(
                "What is out on {name} cannot be taken back by the program: take it back there by hand, then confirm "
                "it here.",
                name=self.entry.name,
            )
        if self.before == State.WAITING:
            self._require_in_time(PersonNeeded)
            return channel.withdraw(standing, self.steps, withdrawal(self.delivery))
        found = channel.find_recall(standing, self.steps)
        return found and replace(found, published_at=self.clock())

    def _ask_mark(self, channel: Channel) -> Receipt | None:
        """Mark what is out as withdrawn, or after doubt look whether it is."""
        standing = self._standing()
        if not channel.capabilities.mark:
            raise PersonNeeded(
                "What is out on {name} cannot be marked by the program: mark it there by hand, then confirm it here.",
                name=self.entry.name,
            )
        if self.before == State.WAITING:
            return channel.mark(standing, self.steps, withdrawal(self.delivery))
        seen = channel.look(standing)
        return self._seen(standing, seen) if seen.is_there and seen.is_marked else None

    def _seen(self, standing: Receipt, seen: Sighting) -> Receipt:
        return replace(standing, published_at=self.clock(), evidence=Evidence.READ_BACK, raw=seen.raw)

    def _require_in_time(self, error: type[ProductRefused | PersonNeeded]) -> None:
        """Raises ``error``: what was handed over can be neither replaced nor withdrawn any more."""
        about = self.delivery.about
        if about is not None and not is_in_time(self.entry, about, now=self.clock()):
            raise error.from_text(is_late(self.entry, about))

    def _standing(self) -> Receipt:
        """The proof of what is out. Raises PersonNeeded: only a person has said so, without the platform's number."""
        about = self.delivery.about
        if about is None or not (about.remote_id or about.url) or about.published_at is None:
            raise PersonNeeded(
                "It was confirmed by hand and its number on {name} is not known: change it there by hand, then confirm "
                "it here.",
                name=self.entry.name,
            )
        return Receipt(about.remote_id, about.published_at, about.url, Evidence(about.evidence), about.receipt or {})

    def _settle(self, answer: Receipt | Accepted | None) -> None:
        if isinstance(answer, Receipt):
            self._done(answer)
        elif answer is None:
            self._not_seen()
        elif self.before == State.ACCEPTED:
            self._ask_again(self.entry.channel.capabilities.confirm_after_s, accepted=_taken(answer))
        else:
            self._accepted(answer)

    def _done(self, receipt: Receipt) -> None:
        found = self.before == State.UNCERTAIN
        self._move(Verb.CONFIRM, **proven(self.delivery, self.entry, receipt, found=found))

    def _accepted(self, accepted: Accepted) -> None:
        now = self.clock()
        self._move(
            Verb.ACCEPT,
            proof=log.Proof(remote_id=accepted.remote_id, evidence=Evidence.ACCEPTED),
            now=now,
            due_at=delays.after(now, self.entry.channel.capabilities.confirm_after_s[0]),
            accepted=_taken(accepted),
            tries=0,
            error=None,
        )

    def _not_seen(self) -> None:
        """Nothing was found.

        Where the platform itself had said no, one look that agrees with it is enough to believe it. Before anything is
        sent again, absence must be proven: by a look late enough, under the channel's own rule. What was refused is
        not sent again, but what was to go out with it is.
        """
        capabilities = self.entry.channel.capabilities
        intent = self._in_doubt
        verdict = self.delivery.verdict or {}
        now = self.clock()
        if verdict.get("kind") == ProductRefused.__name__ and self._is_believed(intent):
            self._refuse(verdict, proof=_looked(self.delivery, verdict))
        elif verdict.get("kind") in (CredentialsRefused.__name__, PersonNeeded.__name__):
            self._hold(verdict)
        elif intent is None:
            self._move(Verb.POSTPONE, proof=_looked(self.delivery), error=None)
        elif capabilities.absence_after_s is None:
            self._ask_again(capabilities.look_after_s)
        elif self.asked_at >= _last_moment(intent, self.entry, capabilities.absence_after_s):
            self._send_again(now, verdict)
        else:
            self._look_later(now)

    def _is_believed(self, intent: datetime | None) -> bool:
        """Whether a look that agrees with a refusal comes late enough, where others may go out after it."""
        wait = self.entry.channel.capabilities.absence_after_s
        if not self.carried or intent is None or wait is None:
            return True
        return self.asked_at >= _last_moment(intent, self.entry, wait)

    def _send_again(self, now: datetime, verdict: Mapping[str, Any]) -> None:
        due_at = delays.after(now, verdict.get("retry_after_s") or 0)
        self.steps.withdraw()
        self._move(Verb.POSTPONE, now=now, due_at=due_at, proof=_looked(self.delivery), error=None, verdict=None)

    def _settle_error(self, error: ChannelError) -> None:
        report = error_json(error.text, code=error.code, kind=type(error).__name__)
        if isinstance(error, ChannelUnavailable):
            report["retry_after_s"] = None if error.retry_after_s is None else round(error.retry_after_s)
            self._keep_off(error.retry_after_s)
        if self.before != State.WAITING:
            self._settle_question(error, report)
        elif self._in_doubt:
            # The call left. Whatever was answered, what the platform shows decides.
            self._move(Verb.DOUBT, error=report, verdict=None if isinstance(error, OutcomeUnknown) else report)
        elif isinstance(error, ProductRefused):
            self._refuse(report)
        elif isinstance(error, CredentialsRefused | PersonNeeded):
            self._hold(report)
        else:
            self._postpone(report, report.get("retry_after_s"), most=delays.MAX_TRIES)

    def _settle_question(self, error: ChannelError, report: dict[str, Any]) -> None:
        """A ``confirm`` or ``find`` that raised."""
        if isinstance(error, ProductRefused) and self.before == State.ACCEPTED:
            self._refuse(report)
        elif isinstance(error, ProductRefused | CredentialsRefused | PersonNeeded):
            self._hold(report)
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
        elif self._in_doubt:
            self._move(Verb.DOUBT, error=report)
        else:
            self._postpone(report, None, most=delays.MAX_BUGS)

    def _postpone(self, report: dict[str, Any], retry_after_s: float | None, *, most: int) -> None:
        tries = self.delivery.tries
        if tries + 1 >= most:
            self._hold(report)
            return
        now = self.clock()
        due_at = delays.retry_at(now, tries, retry_after_s)
        self._move(Verb.POSTPONE, now=now, due_at=due_at, tries=tries + 1, error=report)

    def _look_later(self, now: datetime, report: dict[str, Any] | None = None) -> None:
        wait = delays.nth(self.entry.channel.capabilities.look_after_s, self.delivery.looks)
        wait = max(wait, (report or {}).get("retry_after_s") or 0)
        self._stay(due_at=delays.after(now, wait), looks=self.delivery.looks + 1, error=report)

    def _put_off(self, report: dict[str, Any]) -> None:
        """A question that got no answer changes nothing but the time of the next one, and is no question asked."""
        now, tries = self.clock(), self.delivery.tries
        if self.before == State.UNCERTAIN:
            self._look_later(now, report)
        elif tries + 1 >= delays.MAX_TRIES:
            self._hold(report)
        else:
            due_at = delays.retry_at(now, tries, report.get("retry_after_s"))
            self._stay(due_at=due_at, tries=tries + 1, error=report)

    def _ask_again(self, waits: tuple[float, ...], **changes: Any) -> None:
        looks = self.delivery.looks + 1
        if looks >= len(waits):
            text = Text("The platform has given no proof for a long time: look there and confirm or deny.")
            self._hold(error_json(text))
            return
        due_at = delays.after(self.clock(), waits[looks])
        self._stay(due_at=due_at, looks=looks, tries=0, error=None, **changes)

    def _keep_off(self, retry_after_s: float | None) -> None:
        """What the platform asks of one delivery it means for the account."""
        if retry_after_s and slots.visit_of(self.delivery) in slots.SENDING:
            accounts.keep_off(self.delivery, delays.after(self.clock(), retry_after_s))

    def _refuse(self, report: Mapping[str, Any], proof: log.Proof | None = None) -> None:
        """Nothing has gone out. Where it carries others, they are not refused because of one: a person sorts it out."""
        if not self.carried:
            self._move(Verb.REFUSE, error=report, proof=proof)
            return
        if self.before == State.UNCERTAIN:
            self.steps.withdraw()
        held = error_json(Text(ONE_REFUSED, reason=error_sentence(report)), code=report["code"], kind=report["kind"])
        self._move(Verb.HOLD, error=held, proof=proof, accepted=None, verdict=None)

    def _hold(self, report: dict[str, Any]) -> None:
        """Leave it to a person; where the credentials failed, the channel stops before every delivery fails."""
        with transaction.atomic():
            held = self._move(Verb.HOLD, error=report)
            if held and report["kind"] == CredentialsRefused.__name__:
                accounts.pause(self.entry, by=SYSTEM, report=report, now=self.clock())

    def _move(self, verb: Verb, *, now: datetime | None = None, **changes: Any) -> bool:
        """Move on, and write what was learned with it; neither where the delivery is another worker's by now."""
        changes |= self.steps.unsaved()
        return move(self.delivery, verb, now=now or self.clock(), actor=SYSTEM, **changes)

    def _stay(self, **changes: Any) -> None:
        """Give the delivery back in the state it is in, to be asked about later."""
        free = {"lease_until": None, "owner": "", "rung_at": None, "slots": None}
        changes = {**free, **self.steps.unsaved(), **changes}
        if row.write(self.delivery, changes, "state = %s", [self.delivery.state]):
            row.follow(self.delivery, changes)

    @property
    def _in_doubt(self) -> datetime | None:
        """When an irreversible call was intended that may or may not have happened."""
        return self.steps.open_intent


def to_send(entry: ChannelEntry, delivery: Delivery, carried: Sequence[Delivery]) -> Product:
    """What was signed, knowing what is known only now. Raises NotWhatWasSigned, DamagedAsset."""
    product = _one_to_send(entry, delivery)
    return product.with_companions([_one_to_send(entry, companion) for companion in carried])


def _one_to_send(entry: ChannelEntry, delivery: Delivery) -> Product:
    product = signed_product(delivery.product)
    if entry.channel.issues is not None:
        product = product.in_issue(label_of(delivery))
    giver = delivery.waits_for
    return product.with_link(giver.url) if giver is not None else product


def _taken(accepted: Accepted) -> dict[str, Any]:
    return {"remote_id": accepted.remote_id, "data": plain(accepted.data)}


def _looked(delivery: Delivery, error: Mapping[str, Any] | None = None) -> log.Proof:
    detail = {"looks": delivery.looks + 1} | ({"error": dict(error)} if error else {})
    return log.Proof(evidence=Evidence.READ_BACK, detail=detail)


def _last_moment(intended_at: datetime, entry: ChannelEntry, absence_after_s: float) -> datetime:
    """From when on a look that sees nothing proves absence: call over, and the platform had its time to show it."""
    return delays.after(intended_at + timedelta(seconds=entry.timeout_s), absence_after_s)
