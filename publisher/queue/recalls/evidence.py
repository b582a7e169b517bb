"""What a person did on a channel, and how they show it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from channels.base import Evidence, Medium
from channels.errors import Text
from publisher.items.actions import asset_store
from publisher.log import actions as log
from publisher.log.chain import canonical
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue import actions, clock, orders
from publisher.queue.models import TAKING_BACK, Action, Delivery, Recall, RecallEvidence, RecallLine
from publisher.queue.moves import NotPossible, error_json, move
from publisher.queue.recalls import following
from publisher.queue.recalls.verdicts import Verdict
from publisher.queue.states import OPEN, OPEN_LINES, LineState, State, Verb

OUTCOMES = (
    LineState.DECLARED,
    LineState.MARKED,
    LineState.REPLACED,
    LineState.ANSWERED,
    LineState.ABSENT,
    LineState.KEPT,
)
"""What a person may say became of it. That it was read back only the program says."""

LARGEST_FILE = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says and shows: at least one of an address, a text and a file."""

    outcome: LineState
    text: str = ""
    address: str = ""
    file: Medium | None = None


def give(line: RecallLine, given: Given, *, by: str, now: datetime | None = None) -> RecallEvidence:
    """Settle one channel of a recall by a person's own evidence, which is kept with its digest.

    Raises NotPossible: there is nothing to show for it, the channel is settled, or the program is at work there.
    """
    _require(line, given)
    if given.file is not None:
        asset_store().put(given.file.content)
    at = now or clock.now()
    with transaction.atomic():
        recall = line.recall
        orders.lock(recall.item)
        line = recall.lines.get(pk=line.pk)
        if line.state not in OPEN_LINES:
            raise NotPossible("This channel has its evidence already, and it stays as it is.")
        proof = _keep(line, given, by, at)
        delivery = _end(recall, line, given, by, at)
        # What was just done about the deliveries is this verdict's own doing.
        found = Verdict(given.outcome, delivery or line.delivery, Evidence.DECLARED)
        detail = {"recall": recall.pk, "outcome": given.outcome.value, "reason": given.text, "digest": proof.digest}
        shown = log.Proof(url=given.address, evidence=Evidence.DECLARED, detail=detail)
        log.record(get_office(), Event.RECALL_EVIDENCE, following.about(recall, line), actor=by, proof=shown)
        following.settle(recall, line, found, by=by, now=at, digest=proof.digest)
        following.close_if_settled(recall, at)
    return proof


def has_notice(line: RecallLine) -> bool:
    """Whether the newspaper has the correction notice, which may then be printed."""
    return line.notice_id is not None and orders.standing(line.notice_id, line.channel) is not None


def digest_of(proof: RecallEvidence) -> str:
    """SHA-256 over all that was given, the file by its own digest."""
    parts = {
        "recall": proof.line.recall_id,
        "channel": proof.line.channel,
        "outcome": str(proof.outcome),
        "given_by": proof.given_by,
        "given_at": proof.given_at.isoformat(),
        "text": proof.text,
        "address": proof.address,
        "file": [proof.sha256, proof.name, proof.media_type],
    }
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def _require(line: RecallLine, given: Given) -> None:
    if given.outcome not in OUTCOMES:
        raise NotPossible("Only what a person can know may be said here, not that the program has read it back.")
    if not (given.text.strip() or given.address or given.file):
        raise NotPossible("Evidence is an address, a text or a file: give at least one of them.")
    if given.outcome == LineState.KEPT and not given.text.strip():
        raise NotPossible("That it stays is somebody's decision: write whose, and why.")
    if given.address and not given.address.startswith(("https://", "http://")):
        raise NotPossible("An address begins with https:// or http://: correct it.")
    if given.file and len(given.file.content) > LARGEST_FILE:
        raise NotPossible("The file is larger than {limit} MB: make it smaller.", limit=LARGEST_FILE // 1024**2)
    if given.outcome == LineState.ANSWERED and not has_notice(line):
        raise NotPossible("No correction notice has been handed over to this newspaper yet: do that first.")


def _keep(line: RecallLine, given: Given, by: str, at: datetime) -> RecallEvidence:
    proof = RecallEvidence(
        line=line, outcome=given.outcome, given_by=by, given_at=at, text=given.text.strip(), address=given.address
    )
    if given.file is not None:
        proof.sha256, proof.name = given.file.sha256, given.file.name
        proof.media_type = given.file.media_type
    proof.digest = digest_of(proof)
    proof.save(force_insert=True)
    return proof


def _end(recall: Recall, line: RecallLine, given: Given, by: str, at: datetime) -> Delivery | None:
    """End what was to take it back there; a removal goes into the log as such. Raises NotPossible: it is under way."""
    open_ones = Delivery.objects.filter(item=recall.item, channel=line.channel, state__in=(State.PLANNED, *OPEN))
    found = list(open_ones.select_related("revision__item", "product").order_by("pk"))
    if any(delivery.action not in TAKING_BACK or delivery.state == State.SENDING for delivery in found):
        raise NotPossible("Something is under way on this channel: wait for its end, or decide about it first.")
    done = {LineState.DECLARED: Action.RECALL, LineState.MARKED: Action.MARK}.get(given.outcome)
    for delivery in found:
        if delivery.action != done:
            actions.cancel(delivery, by=by, now=at)
    found = [delivery for delivery in found if delivery.action == done]
    if not found and done == Action.RECALL and orders.standing(recall.item_id, line.channel) is not None:
        # It has to be known as taken back, or it would count as out for ever.
        taken = orders.take_back(recall.item, [line.channel], by=by, reason=recall.reason, now=at)
        found = taken[line.channel]
    for delivery in found:
        if delivery.state in (State.PLANNED, State.WAITING):
            text = Text("A person has done it by hand.")
            move(delivery, Verb.HOLD, now=at, actor=by, error=error_json(text))
        actions.confirm(delivery, by=by, url=given.address, reason=given.text, now=at)
    return found[-1] if found else None
