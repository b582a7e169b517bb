"""What is out and must be looked at: one row for each item on each channel that can look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from publisher.office import ChannelEntry, Office
from publisher.queue.models import Action, Delivery, Sighted
from publisher.queue.states import Sight, State

AT_ONCE = 500
FIRST = timedelta(days=1)
"""After publication, which was read back itself, to the first look."""
ABOUT = (Action.PUBLISH, Action.CORRECT, Action.RECALL, Action.MARK)


def able(office: Office) -> list[ChannelEntry]:
    """The channels that can be looked at; what somebody else prints is fetched, and not to be missed."""
    able = {key: entry.channel.capabilities for key, entry in office.channels.items()}
    return [
        office.channels[key] for key, can in able.items() if (can.look or can.recall) and can.outcome == "published"
    ]


def enrol(office: Office, *, now: datetime) -> int:
    """Take up what was published, corrected or taken back since the last time; returns how many rows changed."""
    channels = [entry.key for entry in able(office)]
    known = Sighted.objects.filter(item=OuterRef("item"), channel=OuterRef("channel"), delivery__gte=OuterRef("pk"))
    done = Delivery.objects.filter(office=office.slug, state=State.DONE, channel__in=channels, action__in=ABOUT)
    found = (
        done.filter(~Exists(known)).order_by("pk").only("office", "item", "channel", "action", "published_at", "since")
    )
    newest = {(one.item_id, one.channel): one for one in found.iterator(AT_ONCE)}
    rows = [_row(delivery, now) for delivery in newest.values()]
    _keep(rows)
    return len(rows)


def _keep(rows: Iterable[Sighted]) -> None:
    rows = list(rows)
    for begin in range(0, len(rows), AT_ONCE):
        with transaction.atomic():
            Sighted.objects.bulk_create(
                rows[begin : begin + AT_ONCE],
                update_conflicts=True,
                unique_fields=["item", "channel"],
                update_fields=["delivery", "state", "since", "due_at", "failures", "is_well", "problems", "error"],
            )


def _row(delivery: Delivery, now: datetime) -> Sighted:
    is_over = delivery.action == Action.RECALL
    return Sighted(
        office=delivery.office,
        channel=delivery.channel,
        item_id=delivery.item_id,
        delivery=delivery,
        state=Sight.ENDED if is_over else Sight.UNSEEN,
        since=now,
        due_at=None if is_over else max(now, (delivery.published_at or delivery.since) + FIRST),
    )
