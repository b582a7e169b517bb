"""What the daily looks have shown of an item, channel by channel, as its page tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.items.models import Item
from publisher.office import Office
from publisher.queue.models import Sighted
from publisher.queue.sightings import links, queries
from publisher.queue.states import Sight
from publisher.reports import metrics
from publisher.web import words
from publisher.web.rows import Chip

LOOKS = {Sight.UNSEEN: "calm", Sight.THERE: "good", Sight.ENDED: "off"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One channel: what the last look showed, what is the matter, and what the platform has counted up to then."""

    channel: str
    chip: Chip
    looked_at: datetime | None
    problems: Sequence[str]
    counted: Sequence[tuple[str, int]]


def seen(office: Office, item: Item) -> list[Seen]:
    """In the order of the office; three questions, however many channels there are."""
    rows = list(Sighted.objects.filter(item=item).order_by("pk"))
    counted = queries.newest_metrics([row.delivery_id for row in rows])
    dead = links.bad_of(rows)
    places = {key: place for place, key in enumerate(office.channels)}
    rows.sort(key=lambda row: places.get(row.channel, len(places)))
    return [
        Seen(
            words.channel_name(office, row.channel),
            Chip(LOOKS.get(Sight(row.state), "bad"), str(Sight(row.state).label)),
            row.looked_at,
            [*queries.reasons(row), *map(queries.trouble, dead.get(row.pk, ()))],
            _counted(counted.get(row.delivery_id, {})),
        )
        for row in rows
    ]


def _counted(values: dict[str, int]) -> list[tuple[str, int]]:
    return [(metrics.word(name), values[name]) for name in metrics.in_order(values)]
