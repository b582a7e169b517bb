"""Quotas and gaps: reserved before the call, shared by all workers, and said aloud."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Quota, Visit
from channels.sandbox.server import Sandbox
from publisher.items.models import Item
from publisher.office import Office, get_office
from publisher.queue import actions, slots
from publisher.queue.models import Delivery, Usage
from publisher.queue.queries import delivery_json
from publisher.queue.states import State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from tests.clocks import HandClock, run
from tests.queued import one, released

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 1, 20, tzinfo=UTC)
"""9:20 in Beijing."""


def with_quotas(home: Path, channel: str, **quotas: float) -> Office:
    """The office with other numbers in the quotas of a channel."""
    path = home / "office.toml"
    head, table, rest = path.read_text(encoding="utf-8").partition(f"[channels.{channel}]")
    for name, number in quotas.items():
        rest, found = re.subn(rf"{name} = [\d.]+", f"{name} = {number:g}", rest, count=1)
        assert found
    path.write_text(head + table + rest, encoding="utf-8")
    get_office.cache_clear()
    return get_office()


def on_weibo(office: Office, count: int, at: datetime) -> list[Item]:
    """Items whose portal page is out and whose posts are due."""
    items = [released(office, "portal", "weibo", title=f"第{number}号公告") for number in range(count)]
    Delivery.objects.update(due_at=at, valid_until=at + timedelta(days=300))
    for item in items:
        dispatch.work(one(item, "portal").pk, clock=lambda: at)
    return items


def test_the_posts_of_an_hour_are_not_exceeded_and_the_rest_get_the_next_hours(
    office: Office, home: Path, sandbox: Sandbox
) -> None:
    office = with_quotas(home, "weibo", posts_per_hour=2, min_gap_s=0)
    sandbox.weibo.settings.repeat_window = 0
    clock = HandClock(MORNING)
    items = on_weibo(office, 5, clock())
    for item in items:
        dispatch.work(one(item, "weibo").pk, clock=clock)
    assert len(sandbox.weibo.posts) == 2
    full_hour = MORNING.replace(minute=0)
    expected = [full_hour + timedelta(hours=hours) for hours in (1, 1, 2)]
    assert [one(item, "weibo").due_at for item in items[2:]] == expected
    told = delivery_json(one(items[4], "weibo"))
    assert told["due_at"] == (full_hour + timedelta(hours=2)).isoformat()
    assert "11:00:00" in told["error"]
    clock.reach(expected[0])
    for item in items:
        dispatch.work(one(item, "weibo").pk, clock=clock)
    assert len(sandbox.weibo.posts) == 4
    assert run(items[4], clock=clock)["weibo"].state == State.DONE
    assert clock() >= expected[2]


def test_looking_after_doubt_may_use_what_posting_may_not(office: Office, home: Path, sandbox: Sandbox) -> None:
    office = with_quotas(home, "weibo", calls_per_day=20, min_gap_s=0)
    limits = office.channels["weibo"].channel.limits
    (calls,) = [quota for quota in limits.quotas if quota.name == "calls_per_day"]
    assert 0 < calls.reserve < calls.limit
    sandbox.weibo.settings.repeat_window = 0
    clock = HandClock(MORNING)
    cost = limits.costs[Visit.PUBLISH]["calls_per_day"]
    number = (calls.limit - calls.reserve) // cost
    items = on_weibo(office, number + 1, clock())
    sandbox.misbehave("/2/statuses/share.json", "ok", times=number - 1)
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    for item in items:
        dispatch.work(one(item, "weibo").pk, clock=clock)
    states = [one(item, "weibo").state for item in items]
    assert states == [State.DONE] * (number - 1) + [State.UNCERTAIN, State.WAITING]
    dispatch.work(one(items[-2], "weibo").pk, clock=clock)
    assert one(items[-2], "weibo").state == State.DONE
    dispatch.work(one(items[-1], "weibo").pk, clock=clock)
    midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert one(items[-1], "weibo").due_at == midnight


def test_two_sendings_keep_their_gap(office: Office, home: Path, sandbox: Sandbox) -> None:
    office = with_quotas(home, "weibo", min_gap_s=6000)  # a minute, in the tests' time
    clock = HandClock(MORNING)
    first, second = on_weibo(office, 2, clock())
    dispatch.work(one(first, "weibo").pk, clock=clock)
    assert dispatch.work(one(second, "weibo").pk, clock=clock) is None
    assert one(second, "weibo").due_at == clock() + timedelta(seconds=60)
    clock.advance(seconds=60)
    dispatch.work(one(second, "weibo").pk, clock=clock)
    assert len(sandbox.weibo.posts) == 2


def test_a_reserved_slot_is_given_back_when_the_delivery_is_cancelled(office: Office, home: Path) -> None:
    office = with_quotas(home, "weibo", posts_per_hour=1, min_gap_s=0)
    clock = HandClock(MORNING)
    first, second, third = on_weibo(office, 3, clock())
    for item in (first, second):
        dispatch.work(one(item, "weibo").pk, clock=clock)
    assert one(second, "weibo").due_at == MORNING.replace(minute=0) + timedelta(hours=1)
    actions.cancel(one(second, "weibo"), by="manager", now=clock())
    dispatch.work(one(third, "weibo").pk, clock=clock)
    assert one(third, "weibo").due_at == MORNING.replace(minute=0) + timedelta(hours=1)


def test_an_attempt_that_sent_nothing_uses_nothing_up(office: Office, home: Path, sandbox: Sandbox) -> None:
    office = with_quotas(home, "weibo", posts_per_hour=1, min_gap_s=0)
    clock = HandClock(MORNING)
    (item,) = on_weibo(office, 1, clock())
    url = sandbox.url
    path = home / "office.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(url, "http://127.0.0.1:9"), encoding="utf-8")
    get_office.cache_clear()
    for _ in range(3):
        dispatch.work(one(item, "weibo").pk, clock=clock)
        clock.reach(one(item, "weibo").due_at)
    assert one(item, "weibo").tries == 3
    assert set(Usage.objects.values_list("used", flat=True)) == {0}


def test_a_slot_that_was_missed_is_looked_for_anew(office: Office, home: Path, sandbox: Sandbox) -> None:
    office = with_quotas(home, "weibo", posts_per_hour=1, min_gap_s=0)
    clock = HandClock(MORNING)
    items = on_weibo(office, 3, clock())
    for item in items:
        dispatch.work(one(item, "weibo").pk, clock=clock)
    clock.advance(hours=5)
    for item in items:
        dispatch.work(one(item, "weibo").pk, clock=clock)
    assert len(sandbox.weibo.posts) == 2
    assert one(items[2], "weibo").due_at == MORNING.replace(minute=0) + timedelta(hours=6)


def test_what_waits_for_its_slot_is_not_rung_for(office: Office, home: Path) -> None:
    office = with_quotas(home, "weibo", posts_per_hour=1, min_gap_s=0)
    clock = HandClock(MORNING)
    first, second = on_weibo(office, 2, clock())
    for item in (first, second):
        dispatch.work(one(item, "weibo").pk, clock=clock)
    assert sweep(now=clock()).rung == 0
    assert claims.claim(one(second, "weibo").pk, now=clock()) is None


moments = st.integers(1_600_000_000, 2_200_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(at=moments, window=st.sampled_from(["hour", "day", "month"]))
def test_windows_join_without_gap_and_hold_their_moments(at: datetime, window: str) -> None:
    quota = Quota("x", 1, window)  # type: ignore[arg-type]
    start, end = slots.window_start(quota, at), slots.window_end(quota, at)
    assert start <= at < end
    assert slots.window_start(quota, end) == end
    assert slots.window_start(quota, start) == start
    assert start.astimezone(slots.BEIJING).minute == 0
