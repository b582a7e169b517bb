"""Questions about deliveries: what goes where, how far it is, and who must act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from channels.errors import Text
from publisher.items.models import Item, Revision
from publisher.office import Office
from publisher.queue.accounts import paused
from publisher.queue.literal import one_of
from publisher.queue.models import Account, Delivery
from publisher.queue.states import FINAL, State
from publisher.review.queries import emergencies_of, verdict_on
from publisher.wording import error_sentence, sentence


def deliveries(item: Item) -> list[Delivery]:
    """All deliveries of an item, oldest first."""
    return list(Delivery.objects.filter(item=item).select_related("waits_for").order_by("pk"))


def held(office: Office) -> list[Delivery]:
    """What waits for a person's decision, longest first."""
    waiting = Delivery.objects.filter(one_of(State.HELD), office=office.slug)
    return list(waiting.select_related("revision__item", "product", "waits_for").order_by("since", "pk"))


def item_json(item: Item) -> dict[str, Any]:
    """An item with its newest revision and its deliveries, as the commands and the HTTP API show it."""
    return items_json(item.office, [item])[0]


def items_json(office: str, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Items of one office as ``item_json`` shows each; the number of queries does not depend on how many there are."""
    stopped = paused(office)
    revisions = Revision.objects.filter(item__in=items).defer("html").order_by("number")
    newest = {revision.item_id: revision for revision in revisions}
    sent: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(item__in=items).select_related("waits_for").order_by("pk"):
        sent[delivery.item_id].append(delivery)
    urgent = emergencies_of(items)
    return [
        {
            "item": item.pk,
            "revision": newest[item.pk].number,
            "title": newest[item.pk].title,
            "column": item.column,
            "digest": newest[item.pk].digest,
            "state": item.state,
            "in_force_until": item.in_force_until.isoformat() if item.in_force_until else None,
            "emergency": verdict_on(urgent[item.pk]) if item.pk in urgent else None,
            "deliveries": [delivery_json(delivery, stopped) for delivery in sent[item.pk]],
        }
        for item in items
    ]


def delivery_json(delivery: Delivery, stopped: Mapping[str, Account] | None = None) -> dict[str, Any]:
    """A delivery as the commands show it; ``stopped`` are the office's paused accounts."""
    accounts = paused(delivery.office) if stopped is None else stopped
    return {
        "id": delivery.pk,
        "channel": delivery.channel,
        "action": delivery.action,
        "state": delivery.state,
        "remote_id": delivery.remote_id,
        "url": delivery.url,
        "evidence": delivery.evidence,
        "published_at": _stamp(delivery.published_at),
        "waits_for": delivery.waits_for.channel if delivery.waits_for else None,
        "due_at": _stamp(delivery.due_at if delivery.state not in FINAL else None),
        "valid_until": _stamp(delivery.valid_until if delivery.state == State.WAITING else None),
        "error": error_sentence(delivery.error) or _why_it_waits(delivery, accounts) or None,
    }


def _why_it_waits(delivery: Delivery, stopped: Mapping[str, Account]) -> str:
    account = stopped.get(delivery.channel)
    if delivery.state != State.WAITING or account is None:
        return ""
    text = Text(
        "The channel is paused ({reason}): once that is mended, `publisher channel resume {name}` goes on.",
        reason=error_sentence(account.pause) or account.paused_by,
        name=delivery.channel,
    )
    return sentence(text)


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def is_settled(item: Item) -> bool:
    """Whether nothing more happens to the item without a person; false while its deliveries are not even made."""
    found = deliveries(item)
    stopped = paused(item.office)
    return bool(found) and all(_rests(d) or _waits_for_a_person(d, stopped) for d in found)


def _rests(delivery: Delivery) -> bool:
    return delivery.state in (*FINAL, State.HELD)


def _waits_for_a_person(delivery: Delivery, stopped: Mapping[str, Account]) -> bool:
    """Whether its channel is paused, or it waits for a delivery that waits for a person itself."""
    if delivery.state == State.WAITING and delivery.channel in stopped:
        return True
    if delivery.state == State.PLANNED:
        return Delivery.objects.filter(item=delivery.item_id, channel=delivery.channel, state=State.HELD).exists()
    giver = delivery.waits_for
    return giver is not None and (giver.state == State.HELD or _waits_for_a_person(giver, stopped))


def is_done(item: Item) -> bool:
    """Whether the newest delivery of each channel has done what it was for."""
    return all(delivery.state == State.DONE for delivery in _newest(item))


def has_stopped(item: Item) -> bool:
    """Whether the newest delivery of a channel ended without success or waits for a person."""
    stopped = paused(item.office)
    ended = (State.HELD, State.REFUSED, State.FAILED, State.CANCELLED)
    return any(d.state in ended or _waits_for_a_person(d, stopped) for d in _newest(item))


def _newest(item: Item) -> list[Delivery]:
    return list({delivery.channel: delivery for delivery in deliveries(item)}.values())
