"""Schedules, delays and windows: time is passed in, nobody sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from channels.sandbox.server import Sandbox
from publisher.office import Office
from publisher.queue import actions, delays, orders
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.queue.sweep import due, sweep
from publisher.queue.visits import claims, dispatch
from publisher.queue.visits.claims import OVERDUE
from tests.clocks import HandClock, run
from tests.queued import events, one, released

pytestmark = pytest.mark.django_db

WINDOW = timedelta(hours=72)


def test_a_scheduled_item_goes_out_at_its_time_and_not_before(office: Office) -> None:
    clock = HandClock()
    tomorrow = clock() + timedelta(days=1)
    item = released(office, "portal", publish_at=tomorrow)
    sweep(now=clock())
    assert due(clock()) == []
    assert dispatch.work(one(item, "portal").pk, clock=clock) is None
    clock.reach(tomorrow)
    assert [delivery.item_id for delivery in due(clock())] == [item.pk]
    assert dispatch.work(one(item, "portal").pk, clock=clock) is not None
    assert one(item, "portal").state == State.DONE


def test_the_window_of_a_scheduled_item_begins_at_its_time(office: Office) -> None:
    in_a_month = timezone.now() + timedelta(days=30)
    item = released(office, "portal", publish_at=in_a_month)
    assert one(item, "portal").valid_until == in_a_month + WINDOW


def test_what_could_not_be_sent_in_time_waits_for_a_person(office: Office, sandbox: Sandbox) -> None:
    clock = HandClock()
    item = released(office, "portal", "wechat")
    clock.advance(hours=73)
    assert sweep(now=clock()).held == 2
    for channel in ("portal", "wechat"):
        assert (one(item, channel).state, (one(item, channel).error or {})["kind"]) == (State.HELD, OVERDUE)
        assert events(item, channel) == ["held"]
    assert sandbox.wechat.submitted == []


def test_a_bell_that_rings_after_the_window_sends_nothing(office: Office) -> None:
    clock = HandClock()
    item = released(office, "portal")
    clock.advance(hours=73)
    assert dispatch.work(one(item, "portal").pk, clock=clock) is None
    assert one(item, "portal").state == State.HELD


def test_overdue_ones_are_decided_all_together_and_then_have_their_time_anew(office: Office) -> None:
    clock = HandClock()
    items = [released(office, "portal", title=f"第{number}号") for number in range(3)]
    clock.advance(days=30)
    sweep(now=clock())
    late = actions.overdue()
    assert [delivery.item_id for delivery in late] == [item.pk for item in items]
    actions.cancel(late[0], by="manager", now=clock())
    for delivery in late[1:]:
        actions.retry(delivery, by="manager", now=clock())
    assert [run(item, clock=clock)["portal"].state for item in items] == [State.CANCELLED, State.DONE, State.DONE]
    assert events(items[1], "portal") == ["held", "resumed", "published"]


def test_what_is_under_way_or_in_doubt_is_not_overdue(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    clock = HandClock()
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    assert one(item, "weibo").state == State.UNCERTAIN
    clock.advance(days=10)
    assert run(item, clock=clock)["weibo"].state == State.DONE


def test_a_retry_waits_longer_each_time_and_never_exactly_as_long(office: Office) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    waits = [[(delays.retry_at(now, tries, None) - now).total_seconds() for _ in range(20)] for tries in range(8)]
    for earlier, later in pairwise(waits[:6]):
        assert max(earlier) < min(later)
    assert max(waits[7]) == pytest.approx(delays.scaled(1800 * 1.2), rel=0.2)
    assert all(len(set(some)) > 1 for some in waits)


def test_the_platforms_own_waiting_time_counts_for_the_whole_account(office: Office, sandbox: Sandbox) -> None:
    """Two items; the first is told to wait until the full hour, so the second does not even ask."""
    sandbox.misbehave("/2/statuses/share.json", "rate_limited", times=1)
    clock = HandClock(datetime(2026, 11, 22, 7, 10, tzinfo=UTC))
    items = [released(office, "portal", "weibo", title=f"第{number}号") for number in range(2)]
    Delivery.objects.update(due_at=clock(), valid_until=clock() + WINDOW)
    for item in items:
        dispatch.work(one(item, "portal").pk, clock=clock)
    dispatch.work(one(items[0], "weibo").pk, clock=clock)
    run(items[0], clock=clock, rounds=3)
    calls = [call.path for call in sandbox.weibo.calls].count("/2/statuses/share.json")
    assert claims.claim(one(items[1], "weibo").pk, now=clock()) is None
    assert [call.path for call in sandbox.weibo.calls].count("/2/statuses/share.json") == calls
    for item in items:
        assert run(item, clock=clock)["weibo"].state == State.DONE
    assert len(sandbox.weibo.posts) == 2


def test_taking_back_never_grows_old(office: Office) -> None:
    item = released(office, "portal")
    run(item)
    orders.recall(item, ["portal"], by="manager", reason="内容有误")
    assert one(item, "portal").valid_until is None
