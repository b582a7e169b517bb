"""What somebody wants to see of the board, read from the address, and the items that match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from publisher.items.models import Item, ItemState
from publisher.queue.diagnosis.findings import Who
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.queue.turns import matching, whose
from publisher.web.rows import Scene

NOT_RELEASED = tuple(state for state in ItemState if state is not ItemState.APPROVED)
"""States of an item, or of its newest revision, before it goes anywhere; they stand among those of deliveries."""

LONGEST = 100
"""Characters of a text that is looked for."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty fields ask for nothing. ``state`` is one of a delivery, or of an item."""

    state: str = ""
    turn: str = ""
    channel: str = ""
    column: str = ""
    section: str = ""
    text: str = ""

    @property
    def is_any(self) -> bool:
        return self != Filters()

    @property
    def query(self) -> str:
        """The same as part of an address."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})


def read(data: Mapping[str, str], around: Scene) -> Filters:
    """What the address asks for; what makes no sense is left out."""
    known = {
        "state": {*State.values, *NOT_RELEASED},
        "turn": set(Who.values),
        "column": set(around.office.columns),
    }
    given = {field.name: data.get(field.name, "").strip()[:LONGEST] for field in fields(Filters)}
    return Filters(**{name: value for name, value in given.items() if value in known.get(name, {value})})


def items(around: Scene, filters: Filters) -> QuerySet[Item]:
    """The office's items that match, in no order."""
    found = Item.objects.filter(office=around.office.slug)
    if filters.column:
        found = found.filter(column=filters.column)
    if filters.section:
        found = found.filter(section__icontains=filters.section)
    for word in filters.text.split():
        found = found.filter(_says(word))
    if filters.state in NOT_RELEASED:
        found, filters = found.filter(state=filters.state), replace(filters, state="")
    return _on_channels(around, filters, found)


def _says(word: str) -> Q:
    """Whether the title has the word, or it is the item's number."""
    named = Q(title__icontains=word)
    return named | Q(pk=int(word)) if word.isdecimal() and len(word) < 19 else named


def _on_channels(around: Scene, filters: Filters, found: QuerySet[Item]) -> QuerySet[Item]:
    """Those of which a delivery that counts is as wanted."""
    if not (filters.state or filters.turn or filters.channel):
        return found
    deliveries = Delivery.objects.filter(office=around.office.slug)
    if filters.channel:
        deliveries = deliveries.filter(channel=filters.channel)
    if filters.turn:
        deliveries = deliveries.filter(whose(Who(filters.turn), around.paused, now=around.now))
    if filters.state:
        deliveries = deliveries.filter(matching(State(filters.state)))
    if filters.turn or filters.state not in ("", State.DONE):
        # Few among many: found by the indexes over what is open, and over what ended without success.
        return found.filter(pk__in=deliveries.order_by().values("item"))
    return found.filter(Exists(deliveries.filter(item=OuterRef("pk"))))
