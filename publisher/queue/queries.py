"""Questions about deliveries: what goes where, how far it is, and who must act."""

from __future__ import annotations

from typing import Any

from publisher.items.models import Item
from publisher.queue.models import Delivery
from publisher.queue.states import FINAL, State
from publisher.wording import error_sentence


def deliveries(item: Item) -> list[Delivery]:
    return list(Delivery.objects.filter(item=item).select_related("waits_for").order_by("pk"))


def item_json(item: Item) -> dict[str, Any]:
    """An item with its newest revision and its deliveries, as the commands and the HTTP API show it."""
    revision = item.revisions.order_by("-number")[0]
    return {
        "item": item.pk,
        "revision": revision.number,
        "title": revision.title,
        "column": item.column,
        "digest": revision.digest,
        "state": item.state,
        "deliveries": [delivery_json(delivery) for delivery in deliveries(item)],
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "channel": delivery.channel,
        "action": delivery.action,
        "state": delivery.state,
        "remote_id": delivery.remote_id,
        "url": delivery.url,
        "evidence": delivery.evidence,
        "published_at": delivery.published_at.isoformat() if delivery.published_at else None,
        "waits_for": delivery.waits_for.channel if delivery.waits_for else None,
        "due_at": delivery.due_at.isoformat() if delivery.state not in FINAL else None,
        "error": error_sentence(delivery.error) or None,
    }


def is_settled(item: Item) -> bool:
    """Whether nothing more happens to the item without a person; false while its deliveries are not even made."""
    found = deliveries(item)
    return bool(found) and all(_rests(delivery) or _waits_for_a_person(delivery) for delivery in found)


def _rests(delivery: Delivery) -> bool:
    return delivery.state in (*FINAL, State.HELD)


def _waits_for_a_person(delivery: Delivery) -> bool:
    """Whether it waits for the address of a delivery that is held."""
    return delivery.waits_for is not None and delivery.waits_for.state == State.HELD


def is_done(item: Item) -> bool:
    return all(delivery.state == State.DONE for delivery in deliveries(item))


def has_stopped(item: Item) -> bool:
    """Whether a delivery ended without success or waits for a person."""
    stopped = (State.HELD, State.REFUSED, State.FAILED, State.CANCELLED)
    return any(delivery.state in stopped for delivery in deliveries(item))
