"""The health of the queue: stuck means that something due does not move, and nothing else does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from publisher.items.models import Item
from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue import SYSTEM, accounts
from publisher.queue.diagnosis.database import WRITTEN
from publisher.queue.diagnosis.health import Health, health
from publisher.queue.models import Delivery, Pulse
from publisher.queue.moves import error_json, move
from publisher.queue.states import State, Verb
from publisher.queue.sweep import PULSE
from publisher.review.actions import release_directly
from publisher.review.models import Release
from publisher.web import health as web_health
from tests.desk_samples import REASON, age, put, released, submitted

LONG = 600.0


@pytest.fixture(autouse=True)
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has asked yet whether the database can be written."""
    monkeypatch.setattr(web_health, "_watch", web_health._Watch())


def sweep_ran(seconds: float = 0) -> datetime:
    """Leave the sign of a sweep that many seconds ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    Pulse.objects.update_or_create(name=PULSE, defaults={"at": at})
    return at


def ask() -> Health:
    return health(get_office())


def pause(channel: str, by: str = SYSTEM) -> None:
    """Pause a channel, as a worker or a person does."""
    report = error_json(REASON, kind="CredentialsRefused" if by == SYSTEM else "")
    accounts.pause(get_office().channels[channel], by=by, report=report, now=timezone.now())


def settle(item: Item, *but: str) -> None:
    """Take every delivery of ``item`` out of the way, except those of the channels named."""
    Delivery.objects.filter(item=item).exclude(channel__in=but).update(state=State.CANCELLED)


def one(state: State = State.WAITING, channel: str = "daily", **columns: Any) -> Delivery:
    """The only open delivery of a new item."""
    item = released()
    settle(item, channel)
    return put(item, channel, state, **columns)


@pytest.mark.usefixtures("committed")
def test_empty_queue_is_well(client: Client) -> None:
    swept_at = sweep_ran()
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "oldest_due_s": 0,
        "since": None,
        "sweep_at": swept_at.isoformat(),
        "stuck": [],
        "paused": [],
        "planned": 0,
        "waiting": 0,
        "sending": 0,
        "accepted": 0,
        "uncertain": 0,
        "held": 0,
    }


@pytest.mark.usefixtures("committed")
def test_due_for_long_without_any_move_is_stuck(client: Client) -> None:
    sweep_ran()
    delivery = one()
    age(delivery, LONG)
    response = client.get("/health")
    document = response.json()
    delivery.refresh_from_db()
    assert (response.status_code, document["status"]) == (503, "stuck")
    assert document["oldest_due_s"] == pytest.approx(LONG, abs=30)
    assert document["since"] == delivery.due_at.isoformat()
    assert (document["waiting"], document["stuck"]) == (1, ["daily"])


@pytest.mark.django_db
def test_due_for_a_moment_is_well() -> None:
    age(one(), 60)
    found = ask()
    assert not found.is_stuck
    assert found.oldest_due_s == pytest.approx(60, abs=30)


def _uncertain() -> None:
    age(one(State.UNCERTAIN), LONG, attempt=1)


def _accepted() -> None:
    age(one(State.ACCEPTED), LONG, attempt=1)


def _lost_worker() -> None:
    gone = timezone.now() - timedelta(seconds=LONG)
    age(one(State.SENDING), LONG, attempt=1, lease_until=gone)


def _released_and_not_collected() -> None:
    item = submitted()
    release_directly(get_office(), item.revisions.get(), by="zhangwei")
    Release.objects.update(released_at=timezone.now() - timedelta(seconds=LONG))


def _only_other_channels_move() -> None:
    item = released()
    settle(item, "daily")
    put(item, "portal", State.DONE, attempt=1, since=timezone.now())
    age(Delivery.objects.get(item=item, channel="daily"), LONG)


def _new_ones_come_in() -> None:
    age(one(), LONG)
    one()


STUCK: list[Callable[[], None]] = [
    _uncertain,
    _accepted,
    _lost_worker,
    _released_and_not_collected,
    _only_other_channels_move,
    _new_ones_come_in,
]


@pytest.mark.django_db
@pytest.mark.parametrize("make", STUCK, ids=[make.__name__.strip("_") for make in STUCK])
def test_stuck(make: Callable[[], None]) -> None:
    make()
    assert ask().is_stuck
    assert ask().oldest_due_s > LONG - 60


def _scheduled() -> None:
    age(one(), -LONG)


def _planned() -> None:
    age(one(State.PLANNED), LONG)


def _paused() -> None:
    pause("daily")
    age(one(), LONG)


def _held() -> None:
    age(one(State.HELD, kind="CredentialsRefused"), LONG)


def _refused() -> None:
    age(one(State.REFUSED, kind="ProductRefused"), LONG)


def _follows_another() -> None:
    item = released()
    settle(item, "portal", "weibo")
    age(put(item, "portal", State.HELD), LONG)
    age(put(item, "weibo", State.WAITING), LONG)


def _next_in_turn() -> None:
    busy = released()
    settle(busy, "weibo")
    age(put(busy, "weibo", State.UNCERTAIN), LONG, due_at=timezone.now() + timedelta(seconds=LONG))
    item = released()
    settle(item, "weibo")
    age(put(item, "weibo", State.WAITING, waits_for=None), LONG)


def _under_way() -> None:
    age(one(State.SENDING), LONG, attempt=1, lease_until=timezone.now() + timedelta(seconds=30))


def _just_asked() -> None:
    age(one(State.ACCEPTED), LONG, attempt=1, lease_until=timezone.now() + timedelta(seconds=30))


NOT_DUE: list[Callable[[], None]] = [
    _scheduled,
    _planned,
    _paused,
    _held,
    _refused,
    _follows_another,
    _next_in_turn,
    _under_way,
    _just_asked,
]


@pytest.mark.django_db
@pytest.mark.parametrize("make", NOT_DUE, ids=[make.__name__.strip("_") for make in NOT_DUE])
def test_not_due(make: Callable[[], None]) -> None:
    make()
    found = ask()
    assert (found.is_stuck, found.oldest_due_s, found.since) == (False, 0, None)


@pytest.mark.django_db
def test_long_queue_that_moves_is_not_stuck() -> None:
    age(one(), LONG)
    move(one(State.SENDING), Verb.CONFIRM, now=timezone.now(), actor=SYSTEM, event=Event.HANDED_OVER)
    found = ask()
    assert not found.is_stuck
    assert found.oldest_due_s > LONG - 60


@pytest.mark.django_db
def test_a_person_who_settles_another_delivery_moves_nothing() -> None:
    age(one(), LONG)
    move(one(State.HELD), Verb.CONFIRM, now=timezone.now(), actor="zhangwei", event=Event.HANDED_OVER)
    assert ask().stuck == ["daily"]


@pytest.mark.django_db
def test_what_went_through_a_paused_channel_is_still_asked_for() -> None:
    pause("daily")
    age(one(State.ACCEPTED), LONG, attempt=1)
    assert ask().stuck == ["daily"]


@pytest.mark.django_db
def test_other_offices_are_none_of_our_business() -> None:
    age(one(), LONG)
    Delivery.objects.update(office="other")
    found = ask()
    assert not found.is_stuck
    assert set(found.counts.values()) == {0}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scale", "waited", "is_stuck"),
    [(1, 100, False), (1, 140, True), (10, 600, False), (10, 1300, True), (0.1, 25, False), (0.1, 35, True)],
)
def test_patience_follows_the_time_scale(settings: Settings, scale: float, waited: float, is_stuck: bool) -> None:
    get_office()
    settings.PUBLISHER_TIME_SCALE = scale
    delivery = one()
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(due_at=now - timedelta(seconds=waited))
    assert health(get_office(), now=now).is_stuck is is_stuck


@pytest.mark.django_db
def test_counts_are_by_state() -> None:
    for state in (State.WAITING, State.WAITING, State.HELD, State.UNCERTAIN, State.DONE):
        one(state)
    counts = ask().counts
    assert (counts[State.WAITING], counts[State.HELD], counts[State.UNCERTAIN], counts[State.SENDING]) == (2, 1, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_swept"), [(0, True), (150, True), (200, False)])
def test_sweeps_that_stopped_are_seen(seconds: float, is_swept: bool) -> None:
    at = sweep_ran(seconds)
    found = ask()
    assert (found.swept_at, found.is_swept) == (at, is_swept)
    assert found.idle_since == (None if is_swept else at)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_swept"), [(0, True), (LONG, False)])
def test_sweeps_that_never_began_are_missed_once_something_waits(seconds: float, is_swept: bool) -> None:
    assert ask().is_swept
    Delivery.objects.filter(pk=one().pk).update(created_at=timezone.now() - timedelta(seconds=seconds))
    assert ask().is_swept is is_swept


@pytest.mark.usefixtures("committed")
def test_nothing_is_well_where_nobody_sweeps(client: Client) -> None:
    sweep_ran(LONG)
    response = client.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "unswept")
    page = client.get("/health", headers={"accept": "text/html", "accept-language": "en"})
    assert "Nobody looks for due deliveries" in page.content.decode()


@pytest.mark.usefixtures("committed")
def test_paused_channels_are_named(client: Client) -> None:
    sweep_ran()
    pause("daily")
    age(one(), LONG)
    response = client.get("/health")
    assert (response.status_code, response.json()["paused"]) == (200, ["daily"])
    assert response.json()["waiting"] == 1
    page = client.get("/health", headers={"accept": "text/html", "accept-language": "en"})
    assert "Paused channels" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plans of SQLite")
def test_no_question_reads_finished_deliveries() -> None:
    """A plan that scans the table costs seconds once there are a million rows."""
    age(one(), LONG)
    sweep_ran()
    with CaptureQueriesContext(connection) as asked:
        ask()
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = [step for *_, step in cursor.fetchall()]
            scans = [step for step in plan if step.startswith("SCAN") and "USING" not in step]
            assert not scans, (query["sql"], plan)


ACCEPTS = [
    ("", "application/json"),
    ("*/*", "application/json"),
    ("application/json", "application/json"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
]


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(("accept", "content_type"), ACCEPTS)
def test_machines_get_json_and_browsers_a_page(client: Client, accept: str, content_type: str) -> None:
    response = client.get("/health", headers={"accept": accept} if accept else {})
    assert response["Content-Type"] == content_type
    assert "Accept" in response["Vary"].split(", ")


@pytest.mark.usefixtures("committed")
def test_page_says_when_nothing_moves(client: Client) -> None:
    sweep_ran()
    age(one(), LONG)
    response = client.get("/health", headers={"accept": "text/html", "accept-language": "en"})
    assert response.status_code == 503
    assert "nothing moves" in response.content.decode()


@pytest.fixture(params=["unreachable", "empty"])
def broken_database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database that cannot be opened, or has no tables."""
    names = {"unreachable": tmp_path / "missing" / "db.sqlite3", "empty": tmp_path / "db.sqlite3"}
    with django_db_blocker.unblock(), monkeypatch.context() as bent:
        bent.setitem(connections.settings["default"], "NAME", str(names[request.param]))
        yield


@pytest.mark.usefixtures("broken_database")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="bends the settings of SQLite")
def test_database_without_an_answer_is_said(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.cookies["sessionid"] = "somebody"
    response = client.get("/health", headers={"accept-language": "en"})
    assert response.status_code == 503
    assert response.json()["status"] == "unreachable"
    assert response.json()["reason"].startswith("The database gives no answer")
    page = client.get("/health", headers={"accept": "text/html", "accept-language": "en"})
    assert page.status_code == 503
    assert "The database gives no answer" in page.content.decode()
    assert "database gives no answer" in caplog.text


def _made_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    options = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "init_command", f"{options['init_command']} PRAGMA query_only=1;")


@pytest.mark.usefixtures("committed")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="bends the settings of SQLite")
def test_database_that_takes_nothing_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep_ran()
    _made_read_only(monkeypatch)
    response = client.get("/health", headers={"accept-language": "en"})
    assert (response.status_code, response.json()["status"]) == (503, "unwritable")
    assert response.json()["reason"].startswith("Nothing can be written into the database")


@pytest.mark.usefixtures("committed")
def test_however_often_it_is_asked_little_is_written(client: Client) -> None:
    client.get("/health")
    first = Pulse.objects.get(name=WRITTEN).at
    client.get("/health")
    assert Pulse.objects.get(name=WRITTEN).at == first


@pytest.mark.usefixtures("committed")
def test_a_database_that_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = threading.Event()
    monkeypatch.setattr(web_health, "LIMIT_S", 0.1)
    with monkeypatch.context() as patched:
        patched.setattr(web_health.database, "hurry", frozen.wait)
        for _ in range(3):
            response = client.get("/health")
            assert (response.status_code, response.json()["status"]) == (503, "unreachable")
    frozen.set()
    monkeypatch.setattr(web_health, "LIMIT_S", 5)
    assert client.get("/health").json()["status"] == "ok"
