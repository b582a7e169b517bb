"""Asking for an item to be taken back everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from publisher.items.actions import subject
from publisher.items.models import Item
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office, get_office
from publisher.queue import clock, orders
from publisher.queue.models import TAKING_BACK, Delivery, Recall, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import following, rules
from publisher.queue.states import OPEN_LINES, STAYING, LineState, RecallKind, State


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants taken back and why. Without ``channels``: from wherever it was ever meant for.

    ``replaced_by`` is the address of what takes its place, ``note`` what readers are told where it stays, marked.
    """

    reason: str
    kind: str = RecallKind.ERROR
    channels: Sequence[str] = ()
    replaced_by: str = ""
    note: str = ""


def ask(item: Item, wish: Wish, *, by: str, now: datetime | None = None) -> tuple[Recall, list[Delivery]]:
    """Take an item back everywhere, as one thing with a reason; whoever asks while it is open gets the same one.

    What was to stay, marked, and must go after all goes by the same recall, for the new reason.

    Returns the recall, and the deliveries that were made, cancelled, or found under way: for the bells.

    Raises NotPossible: no reason is given, there is no such kind, an address is none, a channel is not one of the
        item's, or it is nowhere, nor on its way anywhere.
    """
    require(wish)
    at = now or clock.now()
    office = get_office()
    with transaction.atomic():
        orders.lock(item)
        known = channels_of(office, item)
        channels = _wanted(item, wish, known)
        recall = open_recall(item)
        must_go = recall is not None and following.may_stay(recall) and wish.kind not in STAYING
        there = _settled_as(recall, must_go=must_go)
        new = [channel for channel in channels if channel not in there]
        if recall is not None and not new:
            return recall, []
        if recall is None or must_go:
            recall = _write(recall or Recall(office=office.slug, item=item), wish, by, at)
        _record(office, recall, new, by=by)
        taken = orders.take_back(item, new, by=by, reason=wish.reason, now=at, may_stay=following.may_stay(recall))
        lines = [_line(recall, channel, taken[channel]) for channel in new]
        following.follow(recall, now=at)
        changed = [delivery for deliveries in taken.values() for delivery in deliveries]
        if not there and not changed and not _is_anywhere(lines):
            raise NotPossible("Item {item} is on none of these channels, nor on its way there.", item=item.pk)
    recall.refresh_from_db()
    return recall, changed


def require(wish: Wish) -> None:
    """Raises NotPossible: something of the wish cannot be."""
    if not wish.reason.strip():
        raise NotPossible("Taking back needs a reason: write one.")
    if wish.kind not in RecallKind.values:
        raise NotPossible(
            "There is no kind of recall {kind}: use one of {known}.", kind=wish.kind, known=", ".join(RecallKind.values)
        )
    if wish.replaced_by and not wish.replaced_by.startswith(("https://", "http://")):
        raise NotPossible("What takes its place needs a web address, beginning with https://: correct it.")
    if wish.replaced_by and wish.kind not in {RecallKind.SUPERSEDED, *STAYING}:
        raise NotPossible("Only what is superseded or repealed has an address that takes its place: choose that kind.")
    if wish.note and wish.kind not in STAYING:
        raise NotPossible("Readers are told why only where it stays, marked: choose that kind, or leave the note out.")


def channels_of(office: Office, item: Item) -> list[str]:
    """Every channel the item was ever meant for, in the order of the office; those no longer configured come last."""
    meant = {key for channels in item.revisions.values_list("channels", flat=True) for key in channels}
    meant |= set(Delivery.objects.filter(item=item).values_list("channel", flat=True))
    return [*(key for key in office.channels if key in meant), *sorted(meant - set(office.channels))]


def open_recall(item: Item) -> Recall | None:
    return Recall.objects.filter(item=item, closed_at=None).first()


def _wanted(item: Item, wish: Wish, known: Sequence[str]) -> list[str]:
    for key in wish.channels:
        if key not in known:
            raise NotPossible("Item {item} was never meant for channel {key}.", item=item.pk, key=key)
    return [key for key in known if not wish.channels or key in wish.channels]


def _settled_as(recall: Recall | None, *, must_go: bool) -> set[str]:
    """Channels about which nothing more is to be ordered; what stays there, or was to stay, is where it must go."""
    if recall is None:
        return set()
    lines = recall.lines.exclude(state__in=(LineState.MARKED, *OPEN_LINES)) if must_go else recall.lines.all()
    return set(lines.values_list("channel", flat=True))


def _write(recall: Recall, wish: Wish, by: str, at: datetime) -> Recall:
    recall.asked_by, recall.asked_at = by, at
    recall.kind, recall.reason = wish.kind, wish.reason.strip()
    recall.replaced_by, recall.note = wish.replaced_by, wish.note.strip()
    recall.due_at = rules.due_at(wish.kind, LineState.UNDER_WAY, at)
    recall.save()
    return recall


def _line(recall: Recall, channel: str, taken: Sequence[Delivery]) -> RecallLine:
    """The line of one channel, before anybody looked what became of it."""
    ours = [d for d in taken if d.action in TAKING_BACK and d.state != State.CANCELLED]
    deliveries = Delivery.objects.filter(item=recall.item_id, channel=channel)
    newest = deliveries.aggregate(newest=Max("pk"))["newest"] or 0
    last_out = deliveries.filter(state=State.DONE).exclude(url="").order_by("-pk").first()
    entry = get_office().channels.get(channel)
    line = {
        "channel_kind": entry.kind if entry else "",
        "state": LineState.UNDER_WAY,
        "since": recall.asked_at,
        "due_at": rules.due_at(recall.kind, LineState.UNDER_WAY, recall.asked_at),
        "first": ours[0].pk if ours else newest + 1,
        "delivery": ours[0] if ours else None,
        "address": last_out.url if last_out else "",
    }
    return RecallLine.objects.update_or_create(recall=recall, channel=channel, defaults=line)[0]


def _record(office: Office, recall: Recall, channels: Sequence[str], *, by: str) -> None:
    detail = {
        "recall": recall.pk,
        "kind": recall.kind,
        "reason": recall.reason,
        "channels": list(channels),
    }
    if recall.note:
        detail["note"] = recall.note
    if recall.replaced_by:
        detail["replaced_by"] = recall.replaced_by
    about = subject(office, recall.item.revisions.order_by("-number")[0])
    log.record(office, Event.RECALL_ASKED, about, actor=by, proof=log.Proof(detail=detail))


def _is_anywhere(lines: Sequence[RecallLine]) -> bool:
    """Whether there is anything to do for one of them."""
    found = RecallLine.objects.filter(pk__in=[line.pk for line in lines])
    return found.exclude(state=LineState.ABSENT).exists()
