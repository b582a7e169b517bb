"""What each account may still do, and what of later windows is reserved already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from channels.base import Quota
from publisher.office import ChannelEntry
from publisher.queue.models import Usage
from publisher.queue.slots import window_end, window_start
from publisher.web.rows import Scene

LATER = 6
"""Later windows of a quota that are shown."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One quota of one account in the window that is open now."""

    channel: str
    quota: str
    window: str
    used: int
    limit: int
    left: int
    until: datetime
    later: Sequence[tuple[datetime, int]]


def allowances(around: Scene) -> list[Allowance]:
    """Of every channel with quotas; one question."""
    entries = [entry for entry in around.office.channels.values() if entry.channel.limits.quotas]
    since = window_start(Quota("", 0, "month"), around.now)
    rows = Usage.objects.filter(account__office=around.office.slug, begins_at__gte=since, used__gt=0)
    used = {
        (channel, name, begin): number
        for channel, name, begin, number in rows.values_list("account__channel", "quota", "begins_at", "used")
    }
    return [_allowance(around, entry, quota, used) for entry in entries for quota in entry.channel.limits.quotas]


def _allowance(
    around: Scene, entry: ChannelEntry, quota: Quota, used: dict[tuple[str, str, datetime], int]
) -> Allowance:
    here = {
        begin: number for (channel, name, begin), number in used.items() if (channel, name) == (entry.key, quota.name)
    }
    number = here.get(window_start(quota, around.now), 0)
    later = sorted((begin, reserved) for begin, reserved in here.items() if begin > around.now)
    return Allowance(
        channel=entry.name,
        quota=_words(quota.name),
        window={"hour": _("an hour"), "day": _("a day"), "month": _("a month")}[quota.window],
        used=number,
        limit=quota.limit,
        left=max(0, quota.limit - number),
        until=window_end(quota, around.now),
        later=later[:LATER],
    )


def _words(name: str) -> str:
    """What people call a quota; a new one keeps the name it has in the configuration."""
    words = {
        "submits_per_day": _("submissions"),
        "confirms_per_day": _("questions for the proof"),
        "lookups_per_day": _("looks at what is out"),
        "deletes_per_day": _("removals"),
        "posts_per_hour": _("posts"),
        "calls_per_day": _("calls"),
        "articles_per_day": _("looks at single articles"),
        "sends_per_day": _("mass sends"),
        "sends_per_month": _("mass sends"),
    }
    return words.get(name, name)
