"""What was published last, place by place: the newest days, without reading what is older."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.reports.selection import GONE

UPDATES = (Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.BACKFILLED)
"""What readers find new. A correction is none: it changes what is there, under the day it had."""

DAYS = 11
"""How many days are looked at: ten gaps tell a rhythm."""

TERMS = 400
"""How many places are asked for at once; SQLite takes 500 terms in one statement."""


class Spot(NamedTuple):
    """Where something is published: a channel, and a column in it."""

    channel: str
    column: str


def newest(office: Office, spots: Sequence[Spot], *, until: date) -> Mapping[Spot, Sequence[LogEntry]]:
    """The last entry of each of the newest days of every spot, newest first; spots without any are left out.

    What was taken back, or not printed after all, and did not go out again is not there any more and does not count.
    """
    found: dict[Spot, list[LogEntry]] = defaultdict(list)
    for start in range(0, len(spots), TERMS):
        for entry in _entries(office, spots[start : start + TERMS], until):
            found[Spot(entry.channel, entry.column)].append(entry)
    return found


def _entries(office: Office, spots: Sequence[Spot], until: date) -> QuerySet[LogEntry]:
    parts = [_last_of_days(office, spot, until).query.sql_with_params() for spot in spots]
    # Django makes no union of parts that are cut off, because not every SQLite takes it without these brackets.
    union = " UNION ALL ".join(f"SELECT part.last FROM ({sql}) AS part" for sql, _ in parts)  # noqa: S608 - Django's
    params = [value for _sql, values in parts for value in values]
    chosen = RawSQL(union, params)  # noqa: S611 - all values are parameters
    columns = ("seq", "channel", "column", "happened_on", "item", "title", "url")
    return LogEntry.objects.filter(office=office.slug, seq__in=chosen).only(*columns).order_by("-happened_on", "-seq")


def _last_of_days(office: Office, spot: Spot, until: date) -> QuerySet[LogEntry, Any]:
    about = {name: OuterRef(name) for name in ("office", "item", "channel")}
    # The sum keeps SQLite from reading all that came later: the few entries about the item are found by its index.
    gone = LogEntry.objects.alias(place=F("seq") + 0).filter(**about, event__in=GONE, place__gt=OuterRef("seq"))
    standing = LogEntry.objects.filter(
        ~Exists(gone),
        office=office.slug,
        channel=spot.channel,
        column=spot.column,
        happened_on__lte=until,
        event__in=UPDATES,
    )
    days = standing.values("happened_on").annotate(last=Max("seq")).order_by("-happened_on")
    return days[:DAYS]
