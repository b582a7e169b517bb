"""Plain statements write and read what Django itself would, on either database, whoever else writes meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.base import Visit
from channels.sandbox.server import Sandbox
from publisher.log import sql, verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import accounts, bells, row
from publisher.queue.models import Account, Delivery, Usage
from publisher.queue.running import tasks
from publisher.queue.states import State
from publisher.queue.visits import claims, dispatch, steps
from tests.clocks import HandClock
from tests.queued import intend, one, released
from tests.unit.test_quotas import with_quotas

pytestmark = pytest.mark.django_db

AWKWARD = "100 % \\ 'a' \"b\" %s %(x)s 钒钛 😀"
WRITERS, EACH = 6, 5
PATIENCE_S = 10
STATEMENTS = 9 if connection.vendor == "postgresql" else 10
"""Of one visit that publishes: one to read, four for the claim with a quota and a gap, one for the intent with what
the look beforehand found, four for result, log entry and chain; on PostgreSQL entry and chain are one."""


def test_an_entry_is_read_as_it_was_given(office: Office) -> None:
    subject = Subject(item=-3, title=AWKWARD, channel="portal", column="dynamics", issue=AWKWARD[:20])
    proof = Proof(remote_id=AWKWARD, url=AWKWARD, evidence="E2", detail={"said": AWKWARD, AWKWARD: [1, None, True]})
    given = record(office, Event.BACKFILLED, subject, actor="tester", proof=proof, happened_on=date(2001, 2, 3))
    stored = LogEntry.objects.get(office=office.slug, seq=given.seq)
    names = [field.attname for field in LogEntry._meta.concrete_fields if not field.primary_key]
    assert {name: getattr(given, name) for name in names} == {name: getattr(stored, name) for name in names}
    assert LogEntry.objects.filter(at=given.at, happened_on=date(2001, 2, 3), detail__said=AWKWARD).exists()
    assert verify.verify_database(office.slug).is_sound


@pytest.mark.usefixtures("committed")
def test_many_who_write_into_an_empty_log_at_once_leave_one_chain_without_gaps(office: Office) -> None:
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        try:
            for _ in range(EACH):
                with transaction.atomic():
                    subject = Subject(title=AWKWARD, channel=("portal", "weibo", "")[writer % 3])
                    record(office, Event.PUBLISHED, subject, actor="tester")
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert verify.verify_database(office.slug).entries == WRITERS * EACH
    for channel in ("portal", "weibo"):
        numbers = LogEntry.objects.filter(channel=channel).order_by("seq").values_list("channel_seq", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))
    assert set(LogEntry.objects.filter(channel="").values_list("channel_seq", flat=True)) == {None}


def test_a_delivery_is_read_as_django_reads_it(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo", title=AWKWARD)
    dispatch.work(one(item, "portal").pk)
    delivery = one(item, "weibo")
    intend(delivery, timezone.now(), AWKWARD)
    error = {"template": AWKWARD, "values": {"a": None, "b": [1]}, "code": "", "kind": ""}
    Delivery.objects.filter(pk=delivery.pk).update(error=error, reason=AWKWARD, rung_at=timezone.now())
    stored, found = one(item, "weibo"), row.read(delivery.pk)
    for field in Delivery._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(stored, field.attname), field.attname
    assert (found.waits_for.url, found.waits_for.state) == (one(item, "portal").url, State.DONE)
    with pytest.raises(Delivery.DoesNotExist):
        row.read(delivery.pk + 1)


def test_a_row_is_written_as_django_writes_it(office: Office) -> None:
    delivery, other = (one(released(office, "portal", title=title), "portal") for title in ("一", "二"))
    at = timezone.now().replace(microsecond=0)
    changes = {"error": {AWKWARD: [None, True]}, "reason": AWKWARD, "due_at": at, "about": other, "state": State.HELD}
    assert row.write(delivery, changes, "state = %s", [State.WAITING])
    row.follow(delivery, changes)
    stored = one(delivery.item, "portal")
    for name in (*changes, "about_id"):
        assert getattr(stored, name) == getattr(delivery, name), name
    assert Delivery.objects.get(due_at=at, about=other, state=State.HELD, accepted__isnull=True) == delivery
    assert row.write(delivery, {"error": None, "about": None})
    assert Delivery.objects.filter(pk=delivery.pk, error__isnull=True, about__isnull=True).exists()


@pytest.mark.parametrize("newer", [{"attempt": 1}, {"state": State.CANCELLED}], ids=["attempt", "state"])
def test_a_row_that_went_on_is_not_written(office: Office, newer: dict[str, object]) -> None:
    delivery = one(released(office, "portal"), "portal")
    Delivery.objects.filter(pk=delivery.pk).update(**newer)
    assert not row.write(delivery, {"reason": "late"}, "state = %s", [State.WAITING])
    assert one(delivery.item, "portal").reason == ""


def test_a_step_written_after_the_row_was_read_is_not_lost_in_a_claim(
    office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that looks for a post slept past its lease; it wakes just when another one takes over."""
    clock = HandClock()
    item = released(office, "portal", "weibo")
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    sleeper, _ = claims.claim(one(item, "weibo").pk, now=clock()) or pytest.fail("not due")
    clock.advance(hours=1)
    read = row.read

    def wakes_meanwhile(number: int) -> Delivery:
        found = read(number)
        awake = steps.DurableSteps(sleeper, timeout_s=1, clock=clock)
        for name in ("found", "next"):
            awake.repeatable(name, lambda: {"a": 1})
        return found

    monkeypatch.setattr(row, "read", wakes_meanwhile)
    assert claims.claim(sleeper.pk, now=clock.advance(minutes=1)) is None
    assert one(item, "weibo").steps["found"]["result"] == {"a": 1}


def test_a_publication_takes_few_statements(office: Office, sandbox: Sandbox) -> None:
    """The first one finds no account and no windows of its quotas yet, and makes them."""
    clock = HandClock()
    items = [released(office, "portal", "weibo", title=title) for title in ("一", "二")]
    for item in items:
        dispatch.work(one(item, "portal").pk)
    dispatch.work(one(items[0], "weibo").pk, clock=clock)
    clock.advance(minutes=1)
    with CaptureQueriesContext(connection) as captured:
        dispatch.work(one(items[1], "weibo").pk, clock=clock)
    assert one(items[1], "weibo").state == State.DONE
    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", 'SELECT "queue_delivery')
    # Django does not show those whose values stand beside them.
    told = [query["sql"] or "a plain statement" for query in captured]
    counted = [statement for statement in told if not statement.startswith(frame)]
    assert len(counted) == STATEMENTS, "\n".join(counted)


def on_weibo(office: Office, count: int) -> list[int]:
    """Deliveries whose turn it is as soon as the account is free."""
    items = [released(office, "portal", "weibo", title=f"第{number}号") for number in range(count)]
    for item in items:
        dispatch.work(one(item, "portal").pk)
    return [one(item, "weibo").pk for item in items]


def claimed_at_once(deliveries: list[int]) -> list[int]:
    """Which of them are got by workers that claim them at the same moment, each one."""
    together = threading.Barrier(len(deliveries))

    def claim(number: int) -> bool:
        together.wait()
        try:
            return claims.claim(number) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deliveries)) as pool:
        got = list(pool.map(claim, deliveries))
    return [number for number, is_ours in zip(deliveries, got, strict=True) if is_ours]


def used_on(channel: str) -> dict[str, int]:
    return dict(Usage.objects.filter(account__channel=channel).values_list("quota", "used"))


@pytest.mark.usefixtures("committed")
def test_of_many_who_begin_at_once_on_an_account_one_has_its_turn(office: Office) -> None:
    deliveries = on_weibo(office, WRITERS)
    assert len(claimed_at_once(deliveries)) == 1
    assert Delivery.objects.filter(channel="weibo", state=State.SENDING).count() == 1
    assert used_on("weibo") == office.channels["weibo"].channel.limits.costs[Visit.PUBLISH]


@pytest.mark.usefixtures("committed")
def test_many_who_begin_at_once_stay_within_the_quota(office: Office, home: Path) -> None:
    office = with_quotas(home, "wechat", submits_per_day=4)
    deliveries = [one(released(office, "wechat", title=f"第{n}号"), "wechat").pk for n in range(WRITERS)]
    got = claimed_at_once(deliveries)
    limits = office.channels["wechat"].channel.limits
    cost = limits.costs[Visit.PUBLISH]["submits_per_day"]
    assert len(got) == 4 // cost
    today, tomorrow = Usage.objects.filter(quota="submits_per_day").order_by("begins_at")
    assert (today.used, tomorrow.used) == (len(got) * cost, (WRITERS - len(got)) * cost)
    assert Delivery.objects.filter(pk__in=deliveries, due_at__gte=tomorrow.begins_at).count() == WRITERS - len(got)


@pytest.mark.usefixtures("committed")
def test_one_delivery_claimed_by_many_at_once_is_charged_once(office: Office) -> None:
    (delivery,) = on_weibo(office, 1)
    assert claimed_at_once([delivery] * WRITERS) == [delivery]
    assert used_on("weibo") == office.channels["weibo"].channel.limits.costs[Visit.PUBLISH]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the table, here nothing")
@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (accounts.LOCKED, ["kzj", "weibo"], "delivery_account"),
        (bells.NEXT, ["kzj", "weibo", "2026-01-01"], "delivery_due"),
    ],
    ids=["whether an account is busy", "whose turn is next"],
)
def test_a_long_backlog_is_not_read_through(statement: str, values: list[object], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.usefixtures("committed")
def test_the_next_in_turn_is_the_first_one_that_may_begin(office: Office, sandbox: Sandbox) -> None:
    waits = one(released(office, "portal", "weibo", title="等地址"), "weibo")
    first, second, later = on_weibo(office, 3)
    now = timezone.now()
    for number, due_at in ((first, 3), (second, 2), (later, -3600)):
        Delivery.objects.filter(pk=number).update(due_at=now - timedelta(seconds=due_at))
    Delivery.objects.filter(pk=waits.pk).update(due_at=now - timedelta(days=1))
    assert tasks.visit(first) == second
    Account.objects.update(last_at=None)
    assert tasks.visit(second) is None
    assert [post.state for post in Delivery.objects.filter(pk__in=(first, second))] == [State.DONE] * 2
    assert tasks.visit(one(waits.item, "portal").pk) is None


@pytest.mark.usefixtures("committed")
def test_where_several_go_at_a_time_nobody_has_to_be_told_of_the_next(office: Office) -> None:
    first, _ = (one(released(office, "portal", title=title), "portal").pk for title in ("一", "二"))
    assert tasks.visit(first) is None


@pytest.mark.usefixtures("committed")
def test_in_a_transaction_nobody_waits_for_a_turn_to_write(office: Office) -> None:
    """Who has the database's own lock would wait for the turn of one who waits for that lock."""
    has_turn, is_done = threading.Event(), threading.Event()

    def keep_turn() -> None:
        with sql.turn():
            has_turn.set()
            is_done.wait(PATIENCE_S)
        connection.close()

    keeper = threading.Thread(target=keep_turn)
    keeper.start()
    assert has_turn.wait(PATIENCE_S)
    with transaction.atomic(), sql.turn():
        record(office, Event.PUBLISHED, Subject(), actor="tester")
    assert keeper.is_alive()
    is_done.set()
    keeper.join()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a better way of waiting")
@pytest.mark.usefixtures("committed")
def test_on_sqlite_threads_have_their_turns_to_write_one_after_the_other() -> None:
    inside: list[int] = []

    def write(number: int) -> None:
        with sql.turn():
            inside.append(number)
            assert len(inside) == 1
            inside.remove(number)
        connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS * 20)))
