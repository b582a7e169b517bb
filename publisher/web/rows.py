"""Items and deliveries as the pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from publisher.items.models import Item, ItemState
from publisher.log import queries as log
from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.office import Office, get_office
from publisher.queue.accounts import paused
from publisher.queue.deeds import Deed, possible
from publisher.queue.diagnosis.findings import Who
from publisher.queue.models import Account, Action, Delivery
from publisher.queue.states import MACHINE, State
from publisher.queue.turns import counts, turn
from publisher.web import words
from publisher.web.names import Names
from publisher.wording import error_sentence

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

ITEM_LOOKS = {
    ItemState.SUBMITTED: "calm",
    ItemState.IN_REVIEW: "active",
    ItemState.SENT_BACK: "person",
    ItemState.WITHDRAWN: "off",
    ItemState.REJECTED: "bad",
    ItemState.APPROVED: "good",
}

KEPT = "_publisher_scene"

TROUBLED = frozenset(LOOKS[state] for state in (State.UNCERTAIN, State.HELD, State.REFUSED, State.FAILED))


@dataclass(frozen=True, slots=True)
class Chip:
    """A state as a coloured word."""

    look: str
    word: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of the log; ``file`` is the name of what somebody showed with it."""

    seq: int
    at: datetime
    word: str
    actor: str
    reason: str
    file: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What rows are seen against: the office and its people, its paused channels, and the time."""

    office: Office
    names: Names
    paused: Mapping[str, Account]
    now: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery: ``reason`` is what is wrong, ``next_step`` who must act, ``next_at`` when the program does.

    ``address`` is where readers find it now, even where a later delivery of its channel is on its way.
    """

    delivery: Delivery
    channel: str
    chip: Chip
    since: datetime
    address: str
    evidence: str
    reason: str
    who: Who
    next_step: str
    next_at: datetime | None
    deeds: Sequence[Deed]
    history: Sequence[HistoryRow]

    @property
    def needs_words(self) -> bool:
        """Whether the list must say more of it than its state: something is wrong or in doubt."""
        return bool(self.reason) or self.chip.look in TROUBLED


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item; ``chip`` stands for the item itself, or its newest revision, while that goes nowhere yet;
    ``waits_at`` is the step of the approval it is at, ``emergency`` says that it went out before one.
    """

    item: Item
    title: str
    column: str
    submitter: str
    chip: Chip
    deliveries: Sequence[DeliveryRow]
    waits_at: str = ""
    emergency: Chip | None = None

    @property
    def is_unreleased(self) -> bool:
        return self.item.state != ItemState.APPROVED

    @property
    def fingerprint(self) -> str:
        """Changes when anything does that the row shows."""
        today = timezone.localdate(timezone=get_office().timezone)
        chips = self.chip, self.emergency
        shown = [today, self.title, self.column, chips, self.waits_at, [_shown(row) for row in self.deliveries]]
        return blake2b(repr(shown).encode(), digest_size=6).hexdigest()


def _shown(row: DeliveryRow) -> tuple[object, ...]:
    delivery = row.delivery
    return (delivery.pk, delivery.attempt, row.chip, row.since, row.address, row.reason, row.next_step, row.next_at)


def scene(request: HttpRequest) -> Scene:
    """The scene as it is now; two questions for a request, however often it is asked."""
    kept = vars(request)
    if KEPT not in kept:
        office = get_office()
        kept[KEPT] = Scene(office, Names.of_office(office), paused(office.slug), timezone.now())
    found: Scene = kept[KEPT]
    return found


def item_rows(around: Scene, items: QuerySet[Item]) -> list[ItemRow]:
    """Items with what counts of their deliveries; the number of queries does not depend on how many there are."""
    found = Delivery.objects.select_related("revision", "waits_for").order_by("pk")
    found = found.defer("receipt", "revision__html", "waits_for__receipt", "waits_for__steps")
    return [_listed(around, item) for item in items.prefetch_related(Prefetch("deliveries", found))]


def item_with_history(around: Scene, item: Item) -> tuple[ItemRow, list[HistoryRow]]:
    """An item with all its deliveries and their history, and what the log says of the item itself."""
    entries: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in log.rows(around.office.slug, item=item.pk):
        entries[entry.delivery].append(entry)
    found = list(Delivery.objects.filter(item=item).select_related("revision", "waits_for").order_by("pk"))
    out, standing = _addresses(found), {delivery.pk for delivery in counts(found)}
    rows = [delivery_row(around, one, out, entries[one.pk]) for one in _in_order(around.office, found)]
    deliveries = [row if row.delivery.pk in standing else _as_history(row) for row in rows]
    return _item_row(around, item, deliveries), [_history_row(around, entry) for entry in entries[None]]


def _listed(around: Scene, item: Item) -> ItemRow:
    """An item with the deliveries that say how it stands, in the order of the office."""
    every = list(item.deliveries.all())
    out = _addresses(every)
    shown = [delivery_row(around, delivery, out) for delivery in _in_order(around.office, counts(every))]
    return _item_row(around, item, shown)


def _addresses(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """Channel → where readers find the item there now."""
    done = {d.channel: d for d in deliveries if d.state == State.DONE and d.action != Action.NOTICE}
    return {channel: last.url for channel, last in done.items() if last.action != Action.RECALL}


def _in_order(office: Office, deliveries: Iterable[Delivery]) -> list[Delivery]:
    """By channel as the office lists them; what is no longer configured comes last."""
    place = {key: number for number, key in enumerate(office.channels)}
    return sorted(deliveries, key=lambda delivery: (place.get(delivery.channel, len(place)), delivery.pk))


def _as_history(row: DeliveryRow) -> DeliveryRow:
    """A delivery that a later one of its channel followed: its colour says nothing of how the item stands."""
    return replace(row, chip=Chip("off", _("{state}, replaced since").format(state=row.chip.word)))


def _item_row(around: Scene, item: Item, deliveries: Sequence[DeliveryRow]) -> ItemRow:
    state = ItemState(item.state)
    return ItemRow(
        item=item,
        title=item.title,
        column=words.column_name(around.office, item.column),
        submitter=around.names[item.created_by],
        chip=Chip(ITEM_LOOKS[state], str(state.label)),
        deliveries=deliveries,
    )


def delivery_row(
    around: Scene, delivery: Delivery, addresses: Mapping[str, str], entries: Iterable[Entry] = ()
) -> DeliveryRow:
    state = State(delivery.state)
    office, stopped = around.office, around.paused.get(delivery.channel)
    is_planned = state in MACHINE and delivery.due_at > around.now
    is_stopped = state is State.WAITING and stopped is not None
    who = turn(delivery, around.paused, now=around.now)
    return DeliveryRow(
        delivery=delivery,
        channel=words.channel_name(office, delivery.channel),
        chip=Chip(LOOKS[state], words.state_word(office, delivery)),
        since=delivery.since,
        address=words.web_address(addresses.get(delivery.channel, "")),
        evidence=words.evidence_word(delivery.evidence),
        reason=words.pause_reason(stopped) if is_stopped and stopped else error_sentence(delivery.error),
        who=who,
        next_step=_next_step(office, delivery, who, is_stopped=is_stopped),
        next_at=delivery.due_at if is_planned and not is_stopped else None,
        deeds=possible(delivery),
        history=[_history_row(around, entry) for entry in entries],
    )


def _next_step(office: Office, delivery: Delivery, who: Who, *, is_stopped: bool) -> str:
    if is_stopped:
        return words.paused_step()
    is_doubtful = delivery.state == State.UNCERTAIN and who is Who.CLERK
    return words.doubtful_step() if is_doubtful else words.next_step(office, delivery)


def _history_row(around: Scene, entry: Entry) -> HistoryRow:
    return HistoryRow(
        seq=entry.seq,
        at=entry.at,
        word=str(Event(entry.event).label),
        actor=around.names[entry.actor],
        reason=entry.detail.get("reason", "") or error_sentence(entry.detail.get("error")),
        file=entry.detail.get("file", {}).get("name", ""),
    )
