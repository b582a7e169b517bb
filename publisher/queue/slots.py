"""Quotas and gaps of an account: what a visit may use is reserved before it begins, else it gets the next free slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from channels.base import Limits, Quota, Visit
from channels.errors import Text, message_id
from publisher.log import sql
from publisher.office import get_office
from publisher.queue import delays
from publisher.queue.models import Account, Delivery, Usage
from publisher.queue.states import State

BEIJING = ZoneInfo("Asia/Shanghai")
"""By its clock the platforms count their hours, days and months."""

SENDING = frozenset({Visit.PUBLISH, Visit.CORRECT, Visit.RECALL, Visit.MARK})
"""Visits that change something; they leave the reserve of a quota alone."""

FARTHEST = 10_000
"""Windows that are looked through for a free slot."""

USED_UP = {
    "hour": message_id("The account may do this {limit} times an hour, and that is used up: it goes on at {time}."),
    "day": message_id("The account may do this {limit} times a day, and that is used up: it goes on at {time}."),
    "month": message_id("The account may do this {limit} times a month, and that is used up: it goes on at {time}."),
}

Windows = dict[str, datetime]
"""Begin of a window by the name of its quota."""

Used = dict[tuple[str, datetime], int]
"""By quota and begin of its window."""

CHARGE = """
    INSERT INTO queue_usage (account_id, quota, begins_at, used) VALUES {}
    ON CONFLICT (account_id, quota, begins_at) DO UPDATE SET used = queue_usage.used + excluded.used
    RETURNING quota, used
"""
CHARGED = "(%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: the next time at which there is room, and why. ``windows`` are reserved then."""

    until: datetime
    text: Text
    windows: Windows


def visit_of(delivery: Delivery) -> Visit:
    """What the channel is or will be asked for, as the delivery stands."""
    if delivery.state == State.UNCERTAIN:
        return Visit.FIND
    return Visit.CONFIRM if delivery.state == State.ACCEPTED else Visit(delivery.action)


def reserve(
    account: Account, delivery: Delivery, limits: Limits, visit: Visit, *, now: datetime
) -> tuple[Windows, Wait | None]:
    """Reserve what ``visit`` may use; the account's row must be locked by this transaction.

    Returns the windows that are charged for going now, or when there is room instead.
    """
    if visit in SENDING and (pause := _gap(account, limits, now)):
        return {}, replace(pause, windows=_windows(delivery))
    costs = limits.costs.get(visit, {})
    charged = [quota for quota in limits.quotas if costs.get(quota.name)]
    held = _windows(delivery)
    if charged and all(held.get(quota.name) == window_start(quota, now) for quota in charged):
        return held, None
    if held:
        give_back(delivery, limits)
    windows, full = _charge_if_room(account, charged, costs, visit, now)
    if full is None:
        return windows, None
    at, busy = _next_room(_used(account, now), charged, costs, visit, (window_end(full, now), full))
    windows = {quota.name: window_start(quota, at) for quota in charged}
    _charge(account, windows, costs)
    template = USED_UP[busy.window]
    return {}, Wait(at, Text(template, limit=_cap(busy, costs, visit), time=_local(at)), windows)


def take(account: Account, limits: Limits, visit: Visit, *, now: datetime) -> datetime | None:
    """Charge one visit without a delivery, or say when there will be room for it.

    The account's row must be locked by this transaction. What the platform asked for is kept to as well.
    """
    if account.not_before and account.not_before > now:
        return account.not_before
    costs = limits.costs.get(visit, {})
    charged = [quota for quota in limits.quotas if costs.get(quota.name)]
    _, full = _charge_if_room(account, charged, costs, visit, now)
    if full is None:
        return None
    at, _ = _next_room(_used(account, now), charged, costs, visit, (window_end(full, now), full))
    return at


def give_back(delivery: Delivery, limits: Limits) -> None:
    """Free what ``delivery`` has reserved and will not use."""
    here = Usage.objects.filter(account__office=delivery.office, account__channel=delivery.channel)
    _take_off(here, _windows(delivery), limits.costs.get(visit_of(delivery), {}))


def written(windows: Mapping[str, datetime]) -> dict[str, str] | None:
    """Windows as a delivery keeps them."""
    return {name: begins_at.isoformat() for name, begins_at in windows.items()} or None


def window_start(quota: Quota, at: datetime) -> datetime:
    local = at.astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
    if quota.window == "hour":
        return local
    return local.replace(hour=0) if quota.window == "day" else local.replace(hour=0, day=1)


def window_end(quota: Quota, at: datetime) -> datetime:
    start = window_start(quota, at)
    if quota.window == "hour":
        return start + timedelta(hours=1)
    if quota.window == "day":
        return start + timedelta(days=1)
    return (start + timedelta(days=32)).replace(day=1)


def _gap(account: Account, limits: Limits, now: datetime) -> Wait | None:
    """The wait that the platform asked for, or that must lie between two sendings."""
    asked = account.not_before
    if asked and asked > now:
        return Wait(asked, Text("The platform asked to wait: it goes on at {time}.", time=_local(asked)), {})
    if not (limits.min_gap_s and account.last_at):
        return None
    free = delays.after(account.last_at, limits.min_gap_s)
    if free <= now:
        return None
    text = Text(
        "The account keeps {gap} s between two sendings: it goes on at {time}.",
        gap=f"{limits.min_gap_s:g}",
        time=_local(free),
    )
    return Wait(free, text, {})


def _charge_if_room(
    account: Account, quotas: list[Quota], costs: Mapping[str, int], visit: Visit, now: datetime
) -> tuple[Windows, Quota | None]:
    """Charge the windows of ``now``; where a quota has no room nothing is charged, and it is returned."""
    windows = {quota.name: window_start(quota, now) for quota in quotas}
    used = _charge(account, windows, costs)
    full = next((quota for quota in quotas if used[quota.name] > _cap(quota, costs, visit)), None)
    if full is not None:
        _take_off(Usage.objects.filter(account=account), windows, costs)
    return windows, full


def _charge(account: Account, windows: Windows, costs: Mapping[str, int]) -> dict[str, int]:
    """Add the costs to what is used in these windows; returns what is used then, by quota."""
    if not windows:
        return {}
    # Whoever changes several of these rows does so in the order of their names, so that two never wait for each other.
    charges = [(account.pk, name, windows[name], costs[name]) for name in sorted(windows)]
    return dict(sql.rows(CHARGE.format(", ".join([CHARGED] * len(charges))), [*chain.from_iterable(charges)]))


def _take_off(usages: QuerySet[Usage], windows: Windows, costs: Mapping[str, int]) -> None:
    for name in sorted(windows):
        cost = costs.get(name, 0)
        usages.filter(quota=name, begins_at=windows[name], used__gte=cost).update(used=F("used") - cost)


def _next_room(
    used: Used, quotas: list[Quota], costs: Mapping[str, int], visit: Visit, begin: tuple[datetime, Quota]
) -> tuple[datetime, Quota]:
    """The first time from ``begin`` on at which every quota has room; and the last quota that had none before."""

    def is_full(quota: Quota) -> bool:
        already = used.get((quota.name, window_start(quota, at)), 0)
        return already + costs[quota.name] > _cap(quota, costs, visit)

    at, busy = begin
    for _ in range(FARTHEST):
        full = next(filter(is_full, quotas), None)
        if full is None:
            break
        at, busy = window_end(full, at), full
    return at, busy


def _cap(quota: Quota, costs: Mapping[str, int], visit: Visit) -> int:
    """How much of a quota such a visit may use up; never less than one visit needs, or nothing would ever move."""
    most = quota.limit - quota.reserve if visit in SENDING else quota.limit
    if visit in (Visit.PAST, Visit.LOOK, Visit.STANDING):
        # The other half is for what goes out today.
        most = quota.limit // 2
    return max(most, costs[quota.name])


def _used(account: Account, now: datetime) -> Used:
    """What is used and reserved, from the current month on."""
    since = window_start(Quota("", 0, "month"), now)
    rows = Usage.objects.filter(account=account, begins_at__gte=since)
    return {(row.quota, row.begins_at.astimezone(BEIJING)): row.used for row in rows}


def _windows(delivery: Delivery) -> Windows:
    return {name: datetime.fromisoformat(begin).astimezone(BEIJING) for name, begin in (delivery.slots or {}).items()}


def _local(at: datetime) -> str:
    return at.astimezone(get_office().timezone).strftime("%Y-%m-%d %H:%M:%S")
