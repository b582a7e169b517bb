"""Looking at what is due, oldest first, within what each account may ask; nothing is sent, and nothing waits for it.

What a look shows goes into the log when it changes: seen, no longer what went out, gone, its files in order or not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from channels.base import Evidence, Receipt, Sighting, Visit
from channels.errors import ChannelError, ChannelUnavailable, CredentialsRefused, Text
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import ChannelEntry, Office
from publisher.queue import SYSTEM, accounts, outage, slots
from publisher.queue.models import Action, Delivery, Metric, Sighted
from publisher.queue.moves import error_json, subject
from publisher.queue.sightings import links
from publisher.queue.sightings.enrolling import able
from publisher.queue.states import Sight

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
CLAIM = timedelta(minutes=10)
"""So long nobody else looks at a row that somebody looks at."""
PATIENCE = 3
"""Looks in a row that showed nothing, before people are told."""
SLOWER: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(days=365), timedelta(days=30)),
    (timedelta(days=30), timedelta(days=7)),
)
"""Where looks cost something of a quota: from which age on they are how far apart."""

EVENTS = {Sight.THERE: Event.SEEN, Sight.ALTERED: Event.ALTERED, Sight.MISSING: Event.MISSING}


@dataclass(frozen=True, slots=True)
class Looked:
    """One look; ``seen`` is None where it showed nothing, and ``row`` says why."""

    row: Sighted
    seen: Sighting | None


def look(
    office: Office, *, now: datetime, channels: Sequence[str] = (), most: int, until_s: float = float("inf")
) -> Iterator[Looked]:
    """Look at what is due, channel by channel.

    Args:
        channels: only these; none: all that can be looked at.
        most: how much on each channel; ``until_s``: by ``time.monotonic()``, nothing is begun after it.
    """
    stopped = accounts.paused(office.slug)
    for entry in able(office):
        if entry.key in stopped or (channels and entry.key not in channels):
            continue
        for row in _due(office, entry, now)[:most]:
            if time.monotonic() > until_s:
                return
            looked = _look_at(office, entry, row, now)
            if looked is not None:
                yield looked
            if looked is None or _stops(looked):
                break


def _due(office: Office, entry: ChannelEntry, now: datetime) -> QuerySet[Sighted]:
    rows = Sighted.objects.filter(office=office.slug, channel=entry.key, due_at__lte=now)
    return rows.select_related("delivery__revision", "delivery__product", "item").order_by("due_at", "pk")


def _look_at(office: Office, entry: ChannelEntry, row: Sighted, now: datetime) -> Looked | None:
    """None: the account has no room for more, or somebody else looks here."""
    if not Sighted.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=now + CLAIM):
        return None
    until = _reserve(office, entry, now)
    if until is not None:
        Sighted.objects.filter(pk=row.pk).update(due_at=until)
        return None
    delivery = row.delivery
    receipt = Receipt(
        delivery.remote_id,
        delivery.published_at or delivery.since,
        delivery.url,
        Evidence(delivery.evidence or Evidence.DECLARED),
        delivery.receipt or {},
    )
    try:
        seen = entry.channel.look(receipt)
    except ChannelError as error:
        return _nothing(row, error_json(error.text, code=error.code, kind=type(error).__name__), error, now)
    except outage.LOST:
        raise
    except Exception as error:
        logger.exception("delivery %s cannot be looked at", delivery.pk)
        text = Text(
            "The program made a mistake ({name}): tell the administrator; its log has the details.",
            name=type(error).__name__,
        )
        return _nothing(row, error_json(text, kind="Bug"), error, now)
    return _keep(office, entry, row, seen, now)


def _reserve(office: Office, entry: ChannelEntry, now: datetime) -> datetime | None:
    if not entry.channel.limits.costs.get(Visit.LOOK):
        return None
    with transaction.atomic():
        account = accounts.locked(office.slug, entry.key)
        return slots.take(account, entry.channel.limits, Visit.LOOK, now=now)


def _stops(looked: Looked) -> bool:
    """Whether the others of the channel would fare the same."""
    kind = (looked.row.error or {}).get("kind")
    return looked.seen is None and kind in {CredentialsRefused.__name__, ChannelUnavailable.__name__, "NeverSent"}


def _nothing(row: Sighted, report: Mapping[str, object], error: Exception, now: datetime) -> Looked:
    """The look showed nothing: tried again within hours, and told to people when that goes on."""
    row.failures += 1
    row.error = dict(report)
    told = getattr(error, "retry_after_s", None) or 0
    wait = max(timedelta(seconds=told), min(timedelta(hours=2 ** min(row.failures - 1, 5)), DAY))
    row.due_at = now + wait
    row.is_well = row.is_well and row.failures < PATIENCE
    row.save(update_fields=["failures", "error", "due_at", "is_well"])
    return Looked(row, None)


def _keep(office: Office, entry: ChannelEntry, row: Sighted, seen: Sighting, now: datetime) -> Looked:
    state = _sight(seen, row.delivery)
    before, row.state = row.state, state
    row.since = row.since if state == before else now
    known, row.problems = row.problems, [{"template": one.template, "values": one.values} for one in seen.problems]
    row.looked_at, row.failures, row.error = now, 0, None
    row.is_well = state == Sight.THERE and not row.problems
    row.due_at = now + _apart(entry, row, now)
    with transaction.atomic():
        # One that was corrected or taken back meanwhile is no more about this delivery.
        is_ours = Sighted.objects.filter(pk=row.pk, delivery=row.delivery_id).update(
            **{name: getattr(row, name) for name in ("state", "since", "looked_at", "failures", "error", "problems")},
            is_well=row.is_well,
            due_at=row.due_at,
        )
        if is_ours:
            has_new_address = _keep_address(row.delivery, seen.url)
            _keep_metrics(row, seen.metrics, now.astimezone(office.timezone).date())
            links.take_up(office, row, now)
            if state != before or row.problems != known or has_new_address:
                _record(office, row, seen, state)
    return Looked(row, seen)


def _keep_address(delivery: Delivery, url: str) -> bool:
    """Where readers find it, where that was not known before; whether it was not."""
    is_new = bool(url) and not delivery.url and Delivery.objects.filter(pk=delivery.pk, url="").update(url=url) == 1
    if is_new:
        delivery.url = url
    return is_new


def _sight(seen: Sighting, delivery: Delivery) -> Sight:
    if not seen.is_there:
        return Sight.MISSING
    is_unmarked = delivery.action == Action.MARK and not seen.is_marked
    return Sight.ALTERED if is_unmarked or seen.is_unchanged is False else Sight.THERE


def _apart(entry: ChannelEntry, row: Sighted, now: datetime) -> timedelta:
    """A day; on platforms that count calls, what is older is looked at less often."""
    if not entry.channel.limits.costs.get(Visit.LOOK):
        return DAY
    age = now - (row.delivery.published_at or row.delivery.since)
    return next((apart for older, apart in SLOWER if age > older), DAY)


def _keep_metrics(row: Sighted, metrics: Mapping[str, int], day: date) -> None:
    """One value a day: the last."""
    place = {"office": row.office, "channel": row.channel, "item_id": row.item_id, "delivery_id": row.delivery_id}
    kept = [Metric(**place, day=day, name=name, value=value) for name, value in sorted(metrics.items()) if value >= 0]
    Metric.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["delivery", "name", "day"], update_fields=["value"]
    )


def _record(office: Office, row: Sighted, seen: Sighting, state: Sight) -> None:
    delivery = row.delivery
    detail: dict[str, object] = {"metrics": dict(seen.metrics)} if seen.metrics else {}
    if seen.problems:
        detail["problems"] = [str(text) for text in seen.problems]
    proof = log.Proof(delivery.remote_id, delivery.url, Evidence.READ_BACK, detail)
    log.record(office, EVENTS[state], subject(delivery), actor=SYSTEM, proof=proof)
