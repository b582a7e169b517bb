"""What asking for an item to be taken back, or correcting it, will do on each channel: said before anybody decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from channels.base import Channel
from channels.errors import Text
from publisher.items.models import Item
from publisher.office import ChannelEntry, Office
from publisher.queue import clock
from publisher.queue.issues.deadlines import is_in_time, is_late
from publisher.queue.models import TAKING_BACK, Action, Delivery
from publisher.queue.orders import may_be_out
from publisher.queue.recalls.asking import channels_of
from publisher.queue.states import OPEN, State

Tell = Callable[[ChannelEntry | None, Sequence[Delivery]], tuple[bool, Text]]
"""Whether a channel is concerned, and what will happen there, by its deliveries."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One channel: where it stands there now, and a sentence of what will happen."""

    channel: str
    url: str
    is_concerned: bool
    text: Text


def of_recall(office: Office, item: Item) -> list[Outlook]:
    """What taking back would do, for every channel the item was ever meant for."""
    return [_look(office, item, key, _if_recalled) for key in channels_of(office, item)]


def of_correction(office: Office, item: Item) -> list[Outlook]:
    """What the release of a new revision would do."""
    return [_look(office, item, key, _if_corrected) for key in channels_of(office, item)]


def _look(office: Office, item: Item, key: str, tell: Tell) -> Outlook:
    found = Delivery.objects.filter(item=item, channel=key).defer("receipt")
    deliveries = list(found.order_by("pk"))
    is_concerned, text = tell(office.channels.get(key), deliveries)
    out = _out(deliveries)
    return Outlook(key, out.url if out else "", is_concerned, text)


def _if_recalled(entry: ChannelEntry | None, deliveries: Sequence[Delivery]) -> tuple[bool, Text]:
    under_way = [d for d in deliveries if d.state in (State.PLANNED, *OPEN)]
    if any(delivery.action in TAKING_BACK for delivery in under_way):
        return True, Text("It is being taken back already.")
    begun = [d for d in under_way if d.state not in (State.PLANNED, State.WAITING, State.HELD) or may_be_out(d)]
    if begun:
        return True, Text("It is on its way just now: what becomes of that is settled first, then it is taken back.")
    if (out := _out(deliveries)) is not None:
        return True, _about(entry, out, lambda channel: channel.taking_back())
    if under_way:
        return True, Text("It has not gone out there yet: it is stopped.")
    if _is_doubtful(deliveries):
        return True, Text("Nobody knows whether it is out there: a person must look, with a deadline.")
    return False, Text("It is not out there: nothing to do.")


def _if_corrected(entry: ChannelEntry | None, deliveries: Sequence[Delivery]) -> tuple[bool, Text]:
    under_way = [d for d in deliveries if d.state in (State.PLANNED, *OPEN)]
    if (out := _out(deliveries)) is not None:
        return True, _about(entry, out, lambda channel: channel.correcting())
    if under_way and any(d.state not in (State.PLANNED, State.WAITING) for d in under_way):
        return True, Text("It is on its way just now: the correction follows when that is settled.")
    return True, Text("It is not out there: the new text is published instead of the old one.")


def _about(entry: ChannelEntry | None, out: Delivery, say: Callable[[Channel], Text]) -> Text:
    """What its channel says of what is out there, or why nothing can be done to it any more."""
    if entry is None:
        return Text("The channel is no longer configured here: a person must act where it is run now.")
    return say(entry.channel) if is_in_time(entry, out, now=clock.now()) else is_late(entry, out)


def _out(deliveries: Sequence[Delivery]) -> Delivery | None:
    done = [delivery for delivery in deliveries if delivery.state == State.DONE]
    return done[-1] if done and done[-1].action != Action.RECALL else None


def _is_doubtful(deliveries: Sequence[Delivery]) -> bool:
    ended = sorted((d for d in deliveries if d.state in (State.DONE, State.FAILED)), key=lambda d: (d.since, d.pk))
    return bool(ended) and ended[-1].state == State.FAILED
