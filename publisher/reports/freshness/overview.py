"""How fresh everything is that inspectors look at: home page, columns, accounts; when each turns red; the verdict.

Days are whole days of the office's calendar, and limits are counted from the day of the newest publication that still
stands there: what was taken back is no update readers can see. On the last day of a limit somebody who counts by the
hour may already find it too old, so from that day on it is red.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.base import Column
from channels.errors import Text
from publisher.log.columns import history
from publisher.log.models import LogEntry
from publisher.office import ChannelEntry, Office
from publisher.reports.freshness.loading import standard
from publisher.reports.freshness.minima import MonthRow, monthly_rows
from publisher.reports.freshness.newest import DAYS, Spot, newest
from publisher.reports.freshness.standard import Light, Limit, Of, Standard, Veto

ENOUGH_GAPS = 2
"""From so many gaps between days on they are called a rhythm."""

NOTES = (
    Text("Days are whole days of the calendar, counted from the newest publication; on the day given it is overdue."),
    Text("What was taken back does not count, and a correction is no update."),
    Text("The next publication is expected after the gap usual between the last days on which something came out."),
)
"""How it was reckoned: to stand under every table."""


class Outcome(TextChoices):
    """What an inspection would say."""

    CLEAR = "clear", _("no veto")
    NEAR = "near", _("close to a veto")
    HIT = "hit", _("veto")


Newest = Mapping[Spot, Sequence[LogEntry]]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the next publication is to be expected: as long after the last one as it usually took lately.

    ``next_on`` is today where it would be past already. ``is_late``: it comes when it is too late.
    """

    every_days: int
    next_on: date
    is_late: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One home page, column or account. Without anything published it has no ``last`` and no days."""

    of: Of
    channel: ChannelEntry
    column: Column | None
    limit: Limit | None
    light: Light
    last: LogEntry | None = None
    days: int | None = None
    warn_on: date | None = None
    red_on: date | None = None
    forecast: Forecast | None = None

    @property
    def column_class(self) -> str:
        """What the limit of a column hangs on; empty for the rest."""
        return self.column.column_class if self.column else ""

    @property
    def name(self) -> str:
        """What people call it; the channel says the rest."""
        if self.column is not None:
            return self.column.name
        return gettext("Home page") if self.of == "home" else self.channel.name


@dataclass(frozen=True, slots=True)
class Verdict:
    """One veto on one site or account: ``counted`` are the rows that count, ``close`` those that soon will."""

    veto: Veto
    channel: ChannelEntry
    counted: Sequence[Row]
    close: Sequence[Row]

    @property
    def outcome(self) -> Outcome:
        if len(self.counted) >= self.veto.at_least:
            return Outcome.HIT
        is_near = self.close and len(self.counted) + len(self.close) >= self.veto.at_least
        return Outcome.NEAR if is_near else Outcome.CLEAR


@dataclass(frozen=True, slots=True)
class Freshness:
    """How it stands on one day, by the office's standard."""

    office: Office
    on: date
    standard: Standard
    rows: Sequence[Row]
    verdicts: Sequence[Verdict]
    months: Sequence[MonthRow]

    @property
    def outcome(self) -> Outcome:
        """The worst of all verdicts."""
        return max((verdict.outcome for verdict in self.verdicts), key=list(Outcome).index, default=Outcome.CLEAR)


def freshness(office: Office, *, now: datetime) -> Freshness:
    """How it stands at ``now``: two questions to the database, and one for each minimum of the standard.

    Raises BadConfiguration: the standard's file has mistakes.
    """
    rules, today = standard(office), now.astimezone(office.timezone).date()
    found = newest(office, _spots(office, rules), until=today)
    rows = [row for entry in office.channels.values() for row in _rows(office, entry, rules, found, today)]
    return Freshness(
        office=office,
        on=today,
        standard=rules,
        rows=rows,
        verdicts=list(_verdicts(office, rules, rows, today)),
        months=monthly_rows(office, rules, today=today),
    )


def _spots(office: Office, rules: Standard) -> list[Spot]:
    """Where to look. A site shows the columns it has now; an account keeps what came from columns that are gone.

    What was backfilled may have no column: it is new on the home page and on the account all the same.
    """
    now = [*office.columns, ""]
    ever = dict.fromkeys([*now, *(entry.column for entry in history(office.slug))])
    return [
        Spot(entry.key, column)
        for entry in office.channels.values()
        for column in (now if rules.has_columns(entry) else ever)
    ]


def _rows(office: Office, entry: ChannelEntry, rules: Standard, found: Newest, today: date) -> Iterator[Row]:
    together = _together(days for spot, days in found.items() if spot.channel == entry.key)
    if not rules.has_columns(entry):
        yield _row("channel", entry, None, rules.limit("channel", entry, None, day=today), together, today)
        return
    yield _row("home", entry, None, rules.limit("home", entry, None, day=today), together, today)
    for column in office.columns.values():
        limit = rules.limit("column", entry, column, day=today)
        yield _row("column", entry, column, limit, found.get(Spot(entry.key, column.key), ()), today)


def _together(several: Iterable[Sequence[LogEntry]]) -> Sequence[LogEntry]:
    """The last entry of each of the newest days of all."""
    entries = sorted((entry for days in several for entry in days), key=lambda entry: (_day(entry), entry.seq))
    return list(reversed({_day(entry): entry for entry in entries}.values()))[:DAYS]


def _row(
    of: Of,
    entry: ChannelEntry,
    column: Column | None,
    limit: Limit | None,
    entries: Sequence[LogEntry],
    today: date,
) -> Row:
    if not entries:
        is_missed = limit is not None or of == "column"
        return Row(of, entry, column, limit, Light.EMPTY if is_missed else Light.UNLIMITED)
    last = _day(entries[0])
    return Row(
        of=of,
        channel=entry,
        column=column,
        limit=limit,
        light=_light(limit, last, today),
        last=entries[0],
        days=(today - last).days,
        warn_on=limit.warn_on(last) if limit else None,
        red_on=limit.red_on(last) if limit else None,
        forecast=_forecast([_day(entry) for entry in entries], limit, today),
    )


def _light(limit: Limit | None, last: date, today: date) -> Light:
    if limit is None:
        return Light.UNLIMITED
    if today >= limit.red_on(last):
        return Light.RED
    return Light.WARN if today >= limit.warn_on(last) else Light.GREEN


def _forecast(days: Sequence[date], limit: Limit | None, today: date) -> Forecast | None:
    """By the gap that was longer than half of the last ones and shorter than the other half."""
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    if len(gaps) < ENOUGH_GAPS:
        return None
    every = math.ceil(median(gaps))
    next_on = max(today, days[0] + timedelta(days=every))
    return Forecast(every, next_on, limit is not None and next_on >= limit.red_on(days[0]))


def _verdicts(office: Office, rules: Standard, rows: Sequence[Row], today: date) -> Iterator[Verdict]:
    for veto in (veto for veto in rules.vetoes if veto.since <= today):
        for entry in office.channels.values():
            concerned = [row for row in rows if row.channel.key == entry.key and _concerns(veto, row)]
            if concerned:
                counted = [row for row in concerned if row.light in veto.lights]
                close = [row for row in concerned if row.light == Light.WARN and "red" in veto.lights]
                yield Verdict(veto, entry, counted, close)


def _concerns(veto: Veto, row: Row) -> bool:
    if row.of != veto.of:
        return False
    return not veto.limits or (row.limit is not None and row.limit.key in veto.limits)


def _day(entry: LogEntry) -> date:
    assert entry.happened_on is not None  # noqa: S101 - it was found by its day
    return entry.happened_on
