"""Items and deliveries as the pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from publisher.items.models import Item, ItemState, Revision
from publisher.log import queries as log
from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.office import Office
from publisher.queue.models import Delivery
from publisher.queue.states import MACHINE, State
from publisher.web import words
from publisher.wording import error_sentence

PAGE_LENGTH = 50

LOOKS = {
    State.PLANNED: "calm",
    State.WAITING: "calm",
    State.SENDING: "active",
    State.ACCEPTED: "active",
    State.UNCERTAIN: "doubt",
    State.HELD: "person",
    State.DONE: "good",
    State.REFUSED: "bad",
    State.FAILED: "bad",
    State.CANCELLED: "off",
}
"""Colour of a state; the word always stands with it."""

TROUBLED = frozenset(LOOKS[state] for state in (State.UNCERTAIN, State.HELD, State.REFUSED, State.FAILED))

DECISIONS = {State.UNCERTAIN: ("confirm", "deny", "cancel"), State.HELD: ("retry", "confirm", "deny", "cancel")}
"""Commands by which a person decides."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A state as a coloured word."""

    look: str
    word: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of the log."""

    at: datetime
    word: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery: ``reason`` is what is wrong, ``next_step`` who must act, ``next_at`` when the program does."""

    delivery: Delivery
    channel: str
    chip: Chip
    address: str
    evidence: str
    reason: str
    next_step: str
    next_at: datetime | None
    decisions: Sequence[str]
    history: Sequence[HistoryRow]

    @property
    def needs_words(self) -> bool:
        """Whether the list must say more of it than its state: something is wrong or in doubt."""
        return bool(self.reason) or self.chip.look in TROUBLED


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item; ``chip`` stands for the item itself while it has no deliveries."""

    item: Item
    title: str
    column: str
    submitter: str
    chip: Chip
    deliveries: Sequence[DeliveryRow]


def page_of_items(office: Office, number: str | None) -> tuple[Page[Item], list[ItemRow]]:
    """A page of the office's items, newest first; the number of queries does not depend on how many there are."""
    items = Item.objects.filter(office=office.slug).order_by("-pk")
    items = items.prefetch_related(
        Prefetch("revisions", Revision.objects.defer("html").order_by("number")),
        Prefetch("deliveries", _deliveries()),
    )
    page = Paginator(items, PAGE_LENGTH).get_page(number)
    return page, [_listed(office, item) for item in page]


def item_with_history(office: Office, item: Item, revision: Revision) -> tuple[ItemRow, list[HistoryRow]]:
    """An item with all its deliveries and their history, and what the log says of the item itself."""
    entries: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in log.rows(office.slug, item=item.pk):
        entries[entry.delivery].append(entry)
    found = _in_order(office, _deliveries().filter(item=item))
    deliveries = [_delivery_row(office, delivery, entries[delivery.pk]) for delivery in found]
    return _item_row(office, item, revision, deliveries), [_history_row(entry) for entry in entries[None]]


def _deliveries() -> QuerySet[Delivery]:
    found = Delivery.objects.select_related("revision", "waits_for").order_by("pk")
    return found.defer("receipt", "revision__html", "waits_for__receipt")


def _listed(office: Office, item: Item) -> ItemRow:
    """An item with the newest delivery of each channel, in the order of the office."""
    newest = {delivery.channel: delivery for delivery in item.deliveries.all()}
    shown = [_delivery_row(office, delivery) for delivery in _in_order(office, newest.values())]
    return _item_row(office, item, list(item.revisions.all())[-1], shown)


def _in_order(office: Office, deliveries: Iterable[Delivery]) -> list[Delivery]:
    """By channel as the office lists them; what is no longer configured comes last."""
    place = {key: number for number, key in enumerate(office.channels)}
    return sorted(deliveries, key=lambda delivery: (place.get(delivery.channel, len(place)), delivery.pk))


def _item_row(office: Office, item: Item, revision: Revision, deliveries: Sequence[DeliveryRow]) -> ItemRow:
    state = ItemState(item.state)
    return ItemRow(
        item=item,
        title=revision.title,
        column=words.column_name(office, item.column),
        submitter=words.actor_name(item.created_by),
        chip=Chip("active" if state is ItemState.APPROVED else "calm", str(state.label)),
        deliveries=deliveries,
    )


def _delivery_row(office: Office, delivery: Delivery, entries: Iterable[Entry] = ()) -> DeliveryRow:
    state = State(delivery.state)
    is_planned = state in MACHINE and delivery.due_at > timezone.now()
    return DeliveryRow(
        delivery=delivery,
        channel=words.channel_name(office, delivery.channel),
        chip=Chip(LOOKS[state], words.state_word(office, delivery)),
        address=words.web_address(delivery.url),
        evidence=words.evidence_word(delivery.evidence),
        reason=error_sentence(delivery.error),
        next_step=words.next_step(office, delivery),
        next_at=delivery.due_at if is_planned else None,
        decisions=DECISIONS.get(state, ()),
        history=[_history_row(entry) for entry in entries],
    )


def _history_row(entry: Entry) -> HistoryRow:
    return HistoryRow(
        at=entry.at,
        word=str(Event(entry.event).label),
        actor=words.actor_name(entry.actor),
        reason=entry.detail.get("reason", "") or error_sentence(entry.detail.get("error")),
    )
