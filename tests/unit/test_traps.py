"""No state is a trap: the sweep finds every delivery that needs something, and nothing keeps the others waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from channels.sandbox.server import Sandbox
from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import actions, orders
from publisher.queue.models import Account, Delivery, Pulse
from publisher.queue.states import FINAL, MOVES, OPEN, State, Verb
from publisher.queue.sweep import due, sweep
from publisher.queue.visits import claims, dispatch
from tests.clocks import HandClock, run
from tests.queued import corrected, events, intend, one, released

pytestmark = pytest.mark.django_db

SHARE = "/2/statuses/share.json"
ZOMBIES = 100_000


def waiting(office: Office, _sandbox: Sandbox, _clock: HandClock) -> Delivery:
    return one(released(office, "portal", "weibo"), "weibo")


def planned(office: Office, _sandbox: Sandbox, clock: HandClock) -> Delivery:
    item = released(office, "portal")
    assert claims.claim(one(item, "portal").pk, now=clock())
    (delivery,) = corrected(office, item)
    return delivery


def sending(office: Office, _sandbox: Sandbox, clock: HandClock) -> Delivery:
    """Claimed by a worker that will never be heard of again."""
    item = released(office, "portal", "weibo")
    dispatch.work(one(item, "portal").pk, clock=clock)
    assert claims.claim(one(item, "weibo").pk, now=clock())
    return one(item, "weibo")


def sending_with_intent(office: Office, sandbox: Sandbox, clock: HandClock) -> Delivery:
    delivery = sending(office, sandbox, clock)
    intend(delivery, clock(), "share")
    return delivery


def accepted(office: Office, sandbox: Sandbox, clock: HandClock) -> Delivery:
    item = released(office, "wechat")
    sandbox.wechat.settings.publish_takes_s = 0.01
    dispatch.work(one(item, "wechat").pk, clock=clock)
    return one(item, "wechat")


def uncertain(office: Office, sandbox: Sandbox, clock: HandClock) -> Delivery:
    sandbox.misbehave(SHARE, "reset_after", times=1)
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    return one(item, "weibo")


def looked_for_by_a_worker_that_died(office: Office, sandbox: Sandbox, clock: HandClock) -> Delivery:
    delivery = uncertain(office, sandbox, clock)
    assert claims.claim(delivery.pk, now=clock())
    return one(delivery.item, "weibo")


BY_THE_PROGRAM = {
    "waiting": (waiting, State.WAITING),
    "planned": (planned, State.PLANNED),
    "sending": (sending, State.SENDING),
    "sending with an open intent": (sending_with_intent, State.SENDING),
    "accepted": (accepted, State.ACCEPTED),
    "uncertain": (uncertain, State.UNCERTAIN),
    "uncertain and claimed": (looked_for_by_a_worker_that_died, State.UNCERTAIN),
}

BY_A_PERSON: dict[str, tuple[Callable[[Delivery, datetime], None], set[State]]] = {
    "retry": (lambda d, at: actions.retry(d, by="p", now=at), {State.DONE}),
    "cancel": (lambda d, at: actions.cancel(d, by="p", now=at), {State.CANCELLED}),
    "confirm": (lambda d, at: actions.confirm(d, by="p", url="", reason="x", now=at), {State.DONE}),
    "deny": (lambda d, at: actions.deny(d, by="p", reason="x", now=at), {State.DONE}),
}


def test_every_state_is_proven_below() -> None:
    assert {state for _, state in BY_THE_PROGRAM.values()} | {State.HELD} == {State.PLANNED, *OPEN}
    left_by = {verb for (state, verb) in MOVES if state == State.HELD}
    assert {Verb.RELEASE, Verb.CANCEL, Verb.CONFIRM, Verb.DENY} <= left_by


@pytest.mark.parametrize(("make", "state"), BY_THE_PROGRAM.values(), ids=BY_THE_PROGRAM)
def test_the_program_alone_leads_out_of(
    office: Office, sandbox: Sandbox, make: Callable[[Office, Sandbox, HandClock], Delivery], state: State
) -> None:
    clock = HandClock()
    delivery = make(office, sandbox, clock)
    assert delivery.state == state
    # Every worker is gone, every message is lost, an hour has passed: only the sweep is left.
    clock.advance(hours=1)
    run(delivery.item, clock=clock)
    delivery.refresh_from_db()
    assert delivery.state in FINAL
    told = LogEntry.objects.filter(delivery=delivery.pk, event__in=("published", "corrected", "cancelled"))
    assert told.count() == 1
    assert len(sandbox.weibo.posts) <= 1


@pytest.mark.parametrize(("decide", "ends"), BY_A_PERSON.values(), ids=BY_A_PERSON)
def test_a_person_leads_out_of_held_by(
    office: Office,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    decide: Callable[[Delivery, datetime], None],
    ends: set[State],
) -> None:
    clock = HandClock()
    monkeypatch.setenv("WECHAT_APP_SECRET", "")
    item = released(office, "wechat")
    dispatch.work(one(item, "wechat").pk, clock=clock)
    held = one(item, "wechat")
    assert held.state == State.HELD
    monkeypatch.setenv("WECHAT_APP_SECRET", sandbox.wechat.settings.app_secret)
    decide(held, clock())
    actions_left = Account.objects.filter(channel="wechat", paused_at__isnull=False).exists()
    if actions_left:
        actions.resume(office.channels["wechat"], by="p", now=clock())
    assert run(item, clock=clock)["wechat"].state in ends


def copies(delivery: Delivery, number: int) -> None:
    """Many more like it, each of an item of its own; made by the database itself, which is quick."""
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {number})"
    with connection.cursor() as cursor:
        for model, own in ((Item, {}), (Delivery, {"key": "'zombie-' || n", "item_id": "item_id + n"})):
            first = delivery.item_id if model is Item else delivery.pk
            columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
            quoted = [connection.ops.quote_name(column) for column in columns]
            values = ", ".join(own.get(column, name) for column, name in zip(columns, quoted, strict=True))
            table = model._meta.db_table
            cursor.execute(
                f"INSERT INTO {table} (id, {', '.join(quoted)}) "
                f"{series} SELECT id + n, {values} FROM {table}, series WHERE id = {first}"
            )
            # What autovacuum does by and by: with numbers from an empty table PostgreSQL joins row by row.
            cursor.execute(f"ANALYZE {table}")


@pytest.mark.parametrize("channel", ["wechat", "portal"], ids=["another channel", "the same channel"])
@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.UNCERTAIN])
def test_a_hundred_thousand_zombies_do_not_starve_a_fresh_delivery(
    office: Office, sandbox: Sandbox, state: State, channel: str
) -> None:
    """The zombies are older and nothing helps them on. On another channel the fresh one is told of by the next sweep,
    on the same one it has its turn by its own bell."""
    clock = HandClock()
    fresh, model = released(office, "portal", title="新稿"), released(office, channel, title="僵尸")
    long_ago = clock() - timedelta(days=1)
    leased = {"lease_until": long_ago, "owner": "elsewhere|1|1.0"} if state == State.SENDING else {}
    Delivery.objects.filter(item=model).update(state=state, due_at=long_ago, since=long_ago, **leased)
    copies(one(model, channel), ZOMBIES)
    assert Delivery.objects.filter(state=state, due_at=long_ago).count() == ZOMBIES + 1
    sweep(now=clock())
    if channel != "portal" or state == State.SENDING:
        assert one(fresh, "portal").rung_at == clock()
    assert dispatch.work(one(fresh, "portal").pk, clock=clock) is not None
    assert one(fresh, "portal").state == State.DONE


def test_zombies_on_the_same_channel_only_go_before_in_line(office: Office) -> None:
    """Those never rung for come first: whatever is stuck, each one has its turn."""
    clock = HandClock()
    items = [released(office, "portal", title=f"第{number}号") for number in range(3)]
    Delivery.objects.filter(item=items[0]).update(
        rung_at=clock() - timedelta(minutes=10), due_at=clock() - timedelta(days=9)
    )
    order = [delivery.item_id for delivery in due(clock())]
    assert order == [items[1].pk, items[2].pk, items[0].pk]


def test_one_that_cannot_be_taken_back_does_not_strand_the_others(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock()
    broken, sound = (released(office, "portal", title=f"第{number}号") for number in range(2))
    for item in (broken, sound):
        assert claims.claim(one(item, "portal").pk, now=clock())
    Delivery.objects.filter(item=broken).update(owner="not an owner", action="nonsense")
    clock.advance(hours=1)
    sweep(now=clock())
    assert one(sound, "portal").state == State.WAITING


def test_a_paused_channel_sends_nothing_new_and_goes_on_afterwards(
    office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    monkeypatch.setenv("WECHAT_APP_SECRET", "wrong")
    first, second = (released(office, "wechat", title=f"第{number}号") for number in range(2))
    dispatch.work(one(first, "wechat").pk, clock=clock)
    account = Account.objects.get(channel="wechat")
    assert (account.paused_by, one(first, "wechat").state) == ("system", State.HELD)
    assert (account.pause or {})["kind"] == "CredentialsRefused"
    asked = len(sandbox.wechat.calls)
    assert due(clock()) == []
    assert dispatch.work(one(second, "wechat").pk, clock=clock) is None
    assert len(sandbox.wechat.calls) == asked
    monkeypatch.setenv("WECHAT_APP_SECRET", sandbox.wechat.settings.app_secret)
    taken_up = actions.resume(office.channels["wechat"], by="administrator", now=clock())
    assert [delivery.item_id for delivery in taken_up] == [first.pk]
    for item in (first, second):
        assert run(item, clock=clock)["wechat"].state == State.DONE
    log = list(LogEntry.objects.filter(channel="wechat", item=None).order_by("seq").values_list("event", "actor"))
    assert log == [("channel_paused", "system"), ("channel_resumed", "administrator")]


def test_what_is_in_doubt_is_looked_for_on_a_paused_channel_too(office: Office, sandbox: Sandbox) -> None:
    clock = HandClock()
    delivery = uncertain(office, sandbox, clock)
    from_person = {"template": "x", "values": {}, "code": "", "kind": ""}
    assert claims.accounts.pause(office.channels["weibo"], by="leader", report=from_person, now=clock())
    assert not claims.accounts.pause(office.channels["weibo"], by="leader", report=from_person, now=clock())
    assert run(delivery.item, clock=clock)["weibo"].state == State.DONE
    assert events(delivery.item, "weibo") == ["doubted", "published"]


def test_with_credentials_refused_one_delivery_fails_and_not_fifty(
    office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_APP_SECRET", "wrong")
    clock = HandClock()
    items = [released(office, "wechat", title=f"第{number}号") for number in range(10)]
    for item in items:
        dispatch.work(one(item, "wechat").pk, clock=clock)
    assert [one(item, "wechat").state for item in items] == [State.HELD, *[State.WAITING] * 9]


def test_the_sweep_leaves_a_sign_of_life_but_not_each_time(office: Office) -> None:
    clock = HandClock()
    sweep(now=clock())
    first = Pulse.objects.get(name="sweep").at
    sweep(now=clock.advance(seconds=0.1))
    assert Pulse.objects.get(name="sweep").at == first
    sweep(now=clock.advance(seconds=60))
    assert Pulse.objects.get(name="sweep").at == clock()


def test_planned_ones_behind_an_open_one_cost_the_sweep_nothing(office: Office) -> None:
    clock = HandClock()
    item = released(office, "portal")
    assert claims.claim(one(item, "portal").pk, now=clock())
    corrected(office, item)
    assert orders.begin_planned(now=clock()) == []
