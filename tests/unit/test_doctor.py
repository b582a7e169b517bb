"""What the doctor finds: each finding with the rows, servers and disks that call for it."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.db import OperationalError, connection
from django.utils import timezone, translation
from pytest_django import Settings
from redis import Redis

from channels.base import Limits, Quota, Visit
from channels.sandbox.server import Sandbox
from publisher.cli.doctor import examine
from publisher.items.models import Item
from publisher.log import guard
from publisher.log.models import LogEntry
from publisher.office import get_office
from publisher.people.roles import Role
from publisher.queue import SYSTEM, accounts, clock
from publisher.queue.diagnosis import database, deliveries, surroundings
from publisher.queue.diagnosis.findings import Finding, Severity, Who, well
from publisher.queue.diagnosis.health import health
from publisher.queue.models import Account, Delivery, Pulse, Usage
from publisher.queue.moves import error_json
from publisher.queue.slots import window_start
from publisher.queue.states import State
from publisher.queue.sweep import PULSE
from publisher.review.actions import release_directly
from publisher.review.models import Release
from tests.desk_samples import REASON, age, put, released, submitted
from tests.services import REDIS, postgresql_programs, running_postgresql, running_redis
from tests.staff import person
from tests.world import World, free_port, wait_until

LONG = 7200.0

sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="bends SQLite")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def found() -> list[Finding]:
    """Everything that is said of deliveries."""
    office, now = get_office(), clock.now()
    whole = health(office, now=now)
    return [
        *deliveries.sweeping(office, whole),
        *deliveries.moving(office, whole),
        *deliveries.leases(office, now),
        *deliveries.pauses(office),
        *deliveries.held(office),
        *deliveries.uncertain(office, now),
        *deliveries.behind(office),
        *deliveries.quotas(office, now),
        *deliveries.log_end(office),
    ]


def only(item: Item, channel: str, state: State = State.WAITING, **columns: Any) -> Delivery:
    """Put the delivery on ``channel`` into a state and the others of its item out of the way."""
    Delivery.objects.filter(item=item).exclude(channel=channel).update(state=State.CANCELLED)
    return put(item, channel, state, **columns)


def swept(seconds: float = 0) -> None:
    Pulse.objects.update_or_create(name=PULSE, defaults={"at": ago(seconds)})


def pause(by: str) -> None:
    report = error_json(REASON, kind="CredentialsRefused")
    accounts.pause(get_office().channels["weibo"], by=by, report=report, now=ago(LONG))
    only(released(), "weibo", waits_for=None)


def hold(kind: str) -> None:
    age(only(released(), "daily", State.HELD, kind=kind), LONG)


def never_swept() -> None:
    Pulse.objects.all().delete()
    only(released(), "daily")


def never_started() -> None:
    Pulse.objects.all().delete()


def stuck() -> None:
    age(only(released(), "daily"), LONG)


def not_collected() -> None:
    release_directly(get_office(), submitted().revisions.get(), by="zhangwei")
    Release.objects.update(released_at=ago(LONG))


def dead_worker() -> None:
    age(only(released(), "daily", State.SENDING), LONG, attempt=1, lease_until=ago(LONG))


def planned_behind_held() -> None:
    item = released()
    age(only(item, "daily", State.HELD), LONG)
    held = Delivery.objects.get(item=item, channel="daily")
    Delivery.objects.create(
        **{
            field.attname: getattr(held, field.attname)
            for field in Delivery._meta.concrete_fields
            if field.attname not in ("id", "key", "state", "since")
        },
        key=f"{held.key}-again",
        state=State.PLANNED,
        since=ago(60),
    )


def linked_behind_held() -> None:
    item = released()
    put(item, "portal", State.HELD)
    Delivery.objects.filter(item=item).exclude(channel__in=("portal", "weibo")).update(state=State.CANCELLED)


def doubt(seconds: float) -> None:
    later = timezone.now() + timedelta(seconds=60)
    age(only(released(), "weibo", State.UNCERTAIN), seconds, attempt=1, due_at=later, waits_for=None)


def asked_to_wait() -> None:
    Account.objects.create(office="kzj", channel="weibo", not_before=timezone.now() + timedelta(hours=1))


def log_changed() -> None:
    released()
    guard.remove(connection)
    LogEntry.objects.filter(pk=LogEntry.objects.earliest("seq").pk).update(title="另一个标题")


Row = tuple[Callable[[], None], str, Severity, Who, str]
P, W, OK = Severity.PROBLEM, Severity.WARNING, Severity.OK
ADMINISTRATOR, EDITOR, CLERK, NOBODY = Who.ADMINISTRATOR, Who.EDITOR, Who.CLERK, Who.NOBODY

ROWS: dict[str, Row] = {
    "sweeps stopped": (lambda: swept(LONG), "sweep", P, ADMINISTRATOR, "publisher beat"),
    "sweeps never began and something waits": (never_swept, "sweep", P, ADMINISTRATOR, "publisher up"),
    "sweeps never began and nothing waits": (never_started, "sweep", W, ADMINISTRATOR, "publisher up"),
    "something due does not move": (stuck, "deliveries", P, ADMINISTRATOR, "攀枝花日报"),
    "a release without deliveries": (not_collected, "releases", P, ADMINISTRATOR, "have no deliveries"),
    "a dead worker's delivery": (dead_worker, "leases", P, ADMINISTRATOR, ": 1."),
    "a channel that paused itself": (lambda: pause(SYSTEM), "paused", P, ADMINISTRATOR, "channel resume weibo"),
    "a channel a person paused": (lambda: pause("zhangwei"), "paused", W, ADMINISTRATOR, "by zhangwei"),
    "held for the account": (lambda: hold("CredentialsRefused"), "held", P, ADMINISTRATOR, "publisher retry"),
    "held for a bug": (lambda: hold("Bug"), "held", P, ADMINISTRATOR, "publisher retry"),
    "held for damage": (lambda: hold("DamagedAsset"), "held", P, ADMINISTRATOR, "publisher retry"),
    "held for the text": (lambda: hold("ProductRefused"), "held", W, EDITOR, "publisher correct"),
    "held for a person": (lambda: hold("PersonNeeded"), "held", W, CLERK, "`confirm` or `deny`"),
    "held without a reason": (lambda: hold(""), "held", W, CLERK, "`confirm` or `deny`"),
    "overdue": (lambda: hold("Overdue"), "held", W, CLERK, "retry --overdue"),
    "in doubt for a minute": (lambda: doubt(60), "uncertain", OK, NOBODY, "looks again at"),
    "in doubt for two hours": (lambda: doubt(LONG), "uncertain", W, CLERK, "publisher confirm"),
    "planned behind one that is held": (planned_behind_held, "behind", W, CLERK, ": 1."),
    "waits for the address of one that is held": (linked_behind_held, "behind", W, CLERK, ": 1."),
    "the platform asked to wait": (asked_to_wait, "quotas", OK, NOBODY, "asked to wait until"),
    "the log was changed": (log_changed, "log", P, ADMINISTRATOR, "log verify"),
}


def said(finding: Finding) -> str:
    return f"{finding.text} {finding.remedy or ''}"


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "check", "severity", "who", "words"), ROWS.values(), ids=ROWS)
def test_each_trouble_is_named_with_who_must_act(
    make: Callable[[], None], check: str, severity: Severity, who: Who, words: str
) -> None:
    swept()
    make()
    (finding,) = [finding for finding in found() if finding.check == check]
    assert (finding.severity, finding.who) == (severity, who)
    assert words in said(finding)
    assert finding.severity == OK or finding.remedy


@pytest.mark.django_db
@pytest.mark.parametrize("check", ["paused", "held", "uncertain", "deliveries", "leases"])
def test_since_when_is_said(check: str) -> None:
    swept()
    {
        "paused": lambda: pause(SYSTEM),
        "held": lambda: hold("Bug"),
        "uncertain": lambda: doubt(LONG),
        "deliveries": stuck,
        "leases": dead_worker,
    }[check]()
    (finding,) = [finding for finding in found() if finding.check == check]
    assert finding.since is not None
    assert (timezone.now() - finding.since).total_seconds() == pytest.approx(LONG, abs=60)


@pytest.mark.django_db
def test_a_queue_at_rest_is_well() -> None:
    swept()
    assert {finding.severity for finding in found()} == {OK}


@pytest.mark.django_db
def test_what_waits_on_a_paused_channel_is_said_and_not_stuck() -> None:
    swept()
    pause("zhangwei")
    age(Delivery.objects.get(channel="weibo"), LONG)
    findings = {finding.check: finding for finding in found()}
    assert findings["deliveries"].severity == OK
    assert "waiting there: 1." in str(findings["paused"].text)


@pytest.mark.django_db
def test_held_deliveries_of_one_sort_are_one_finding() -> None:
    for kind in ("Bug", "NeverSent", "PersonNeeded"):
        hold(kind)
    counts = {finding.who: str(finding.text) for finding in deliveries.held(get_office())}
    assert "2." in counts[ADMINISTRATOR]
    assert "1." in counts[CLERK]


LIMITS = Limits(quotas=(Quota("posts_per_hour", 30, "hour", reserve=5),), costs={Visit.PUBLISH: {"posts_per_hour": 1}})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("used", "waiting", "severity"), [(24, False, None), (25, False, OK), (25, True, W)], ids=["room", "rest", "waits"]
)
def test_used_up_accounts_are_named(
    monkeypatch: pytest.MonkeyPatch, used: int, waiting: bool, severity: Severity | None
) -> None:
    entry = get_office().channels["weibo"]
    monkeypatch.setattr(type(entry.channel), "limits", LIMITS)
    account = Account.objects.create(office="kzj", channel="weibo")
    begins_at = window_start(LIMITS.quotas[0], timezone.now())
    Usage.objects.create(account=account, quota="posts_per_hour", begins_at=begins_at, used=used)
    if waiting:
        only(released(), "weibo", waits_for=None, kind="QuotaUsedUp")
    (finding,) = deliveries.quotas(get_office(), clock.now())
    if severity is None:
        assert "No account has used up" in str(finding.text)
        return
    assert finding.severity == severity
    assert "posts_per_hour is used up (25 of 30)" in str(finding.text)


@pytest.mark.django_db
def test_the_end_of_the_log_is_missed() -> None:
    released()
    guard.remove(connection)
    LogEntry.objects.latest("seq").delete()
    (finding,) = deliveries.log_end(get_office())
    assert "missing at the end" in str(finding.text)


@pytest.mark.django_db
def test_only_the_newest_entries_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    log_changed()
    for _ in range(3):
        released()
    assert deliveries.log_end(get_office())[0].severity == P
    monkeypatch.setattr(deliveries, "NEWEST", 2)
    assert deliveries.log_end(get_office())[0].severity == OK


def test_missing_secrets_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIBO_ACCESS_TOKEN", raising=False)
    texts = [said(finding) for finding in surroundings.configuration()]
    assert any("channels.weibo.access_token" in text and "WEIBO_ACCESS_TOKEN" in text for text in texts)


def test_configuration_with_mistakes_is_a_problem(home: Path, settings: Settings) -> None:
    settings.PUBLISHER_CONFIG = home / "nowhere.toml"
    (finding,) = surroundings.configuration()
    assert (finding.severity, finding.who) == (P, ADMINISTRATOR)


@pytest.mark.django_db
def test_an_office_without_an_administrator_is_told() -> None:
    office = get_office()
    assert [finding.severity for finding in surroundings.people(office)] == [Severity.OK]
    lina = person("lina", Role.DRAFTER)
    assert [finding.severity for finding in surroundings.people(office)] == [Severity.WARNING]
    lina.memberships.update(roles=[Role.ADMINISTRATOR])
    assert [finding.severity for finding in surroundings.people(office)] == [Severity.OK]


def test_a_drill_is_called_one(settings: Settings) -> None:
    assert surroundings.time_scale() == []
    settings.PUBLISHER_TIME_SCALE = 0.1
    assert surroundings.time_scale()[0].severity == W


def test_home_that_cannot_be_written_is_a_problem(home: Path, settings: Settings) -> None:
    assert surroundings.home()[0].severity == OK
    settings.PUBLISHER_HOME = home / "gone"
    assert "the folder does not exist" in said(surroundings.home()[0])


@pytest.mark.parametrize(("name", "most"), [("LOW_BYTES", 2**60), ("LOW_SHARE", 1.01)])
def test_a_disk_that_fills_is_said_in_time(monkeypatch: pytest.MonkeyPatch, name: str, most: float) -> None:
    monkeypatch.setattr(surroundings, name, most)
    assert surroundings.home()[0].severity == W


def test_dead_brokers_are_a_problem_and_passwords_stay_secret(settings: Settings) -> None:
    for scheme in ("redis", "amqp"):
        settings.BROKER_URL = f"{scheme}://somebody:hush-hush@127.0.0.1:{free_port()}/0"
        (finding,) = surroundings.broker()
        assert finding.severity == P
        assert "hush-hush" not in said(finding)


@pytest.mark.redis
@pytest.mark.skipif(not REDIS.exists(), reason="Redis is not installed")
def test_redis_is_asked(settings: Settings) -> None:
    with running_redis() as url, Redis.from_url(url) as redis:
        settings.BROKER_URL = url
        assert "Redis " in str(surroundings.broker()[0].text)
        redis.config_set("maxmemory-policy", "allkeys-lru")
        (finding,) = surroundings.broker()
        assert (finding.severity, "noeviction" in said(finding)) == (W, True)
        process = int(redis.info("server")["process_id"])
        os.kill(process, signal.SIGSTOP)
        try:
            assert surroundings.broker()[0].severity == P
        finally:
            os.kill(process, signal.SIGCONT)


@pytest.fixture
def bent() -> Iterator[Callable[[str], None]]:
    """Gives the database of this test another setting, and afterwards a new connection."""

    def is_bent(statement: str) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        except OperationalError:
            # The last connection of an earlier test may just be closing.
            return False
        return True

    def bend(statement: str) -> None:
        assert wait_until(lambda: is_bent(statement), 20)

    yield bend
    connection.close()


@pytest.fixture
def own_file(committed: None, tmp_path: Path) -> Iterator[None]:
    """A database file nobody else has open: what leaves the journal may not be shared."""
    shared = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(tmp_path / "own.sqlite3")
    yield
    connection.close()
    connection.settings_dict["NAME"] = shared


@pytest.mark.usefixtures("committed", "bent")
def test_a_sound_database_is_well() -> None:
    checks = (database.presence, database.durability, database.writing, database.time)
    assert {finding.severity for check in checks for finding in check()} == {OK}


@sqlite_only
@pytest.mark.usefixtures("own_file")
@pytest.mark.parametrize("statement", ["PRAGMA synchronous=NORMAL", "PRAGMA journal_mode=DELETE"])
def test_a_forgetful_database_is_a_problem(bent: Callable[[str], None], statement: str) -> None:
    bent(statement)
    (finding,) = database.durability()
    assert (finding.severity, finding.who) == (P, ADMINISTRATOR)
    assert statement.removeprefix("PRAGMA ").partition("=")[0] in said(finding)


@sqlite_only
@pytest.mark.usefixtures("committed")
def test_a_read_only_database_is_a_problem(bent: Callable[[str], None]) -> None:
    bent("PRAGMA query_only=1")
    assert "it is read-only" in said(database.writing()[0])


@sqlite_only
@pytest.mark.usefixtures("committed")
def test_a_locked_database_is_no_broken_one(bent: Callable[[str], None]) -> None:
    bent("PRAGMA busy_timeout=50")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert database.writing()[0].severity == W
        database.prove_writable(timezone.now())


def test_checks_that_fail_or_hang_are_findings_themselves() -> None:
    frozen = threading.Event()

    def hang() -> list[Finding]:
        frozen.wait(10)
        return []

    def fail() -> list[Finding]:
        raise ZeroDivisionError

    def work() -> list[Finding]:
        return [well("third", REASON)]

    answered = examine(({"first": fail, "third": work}, {"second": hang, "fourth": work}), limit_s=0.2)
    frozen.set()
    assert [(finding.check, finding.severity) for finding in answered] == [("first", P), ("third", OK), ("second", P)]
    assert "ZeroDivisionError" in said(answered[0])
    assert "second, fourth" in said(answered[2])


def findings(world: World) -> list[dict[str, Any]]:
    """What the command prints."""
    done = world.publisher("doctor", "--json", LC_ALL="en_US.UTF-8")
    is_well = all(finding["severity"] != "problem" for finding in done.json["findings"])
    assert (done.json["ok"], done.status) == (is_well, 0 if is_well else 1)
    listed: list[dict[str, Any]] = done.json["findings"]
    return listed


def checked(world: World) -> dict[str, dict[str, Any]]:
    """The worst finding of each check."""
    order = ["ok", "warning", "problem"]
    worst_last = sorted(findings(world), key=lambda finding: order.index(finding["severity"]))
    return {finding["check"]: finding for finding in worst_last}


def test_a_fresh_home_is_no_problem(home: Path, sandbox: Sandbox) -> None:
    world = World.make(home, sandbox)
    assert checked(world)["database"]["severity"] == "warning"
    assert not (home / "publisher.sqlite3").exists()


def grow_old(world: World) -> None:
    """Let the last sign of a sweep be old."""
    with closing(sqlite3.connect(world.home / "publisher.sqlite3", timeout=20)) as rows, rows:
        rows.execute("UPDATE queue_pulse SET at = datetime('now', '-1 day') WHERE name = 'sweep'")


@pytest.mark.redis
@pytest.mark.skipif(not REDIS.exists(), reason="Redis is not installed")
def test_without_worker_and_beat_nothing_is_called_well(home: Path, sandbox: Sandbox) -> None:
    with running_redis() as broker:
        world = World.make(home, sandbox, BROKER_URL=broker, DATABASE_URL="", PUBLISHER_TIME_SCALE="0.01")
        try:
            _kill_the_engine(world)
        finally:
            world.stop()


def _kill_the_engine(world: World) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/health"
    world.publisher("status")
    world.start("web", "--port", str(port), log="web.log")
    engine = [world.start("worker", log="worker.log"), world.start("beat", log="beat.log")]
    assert wait_until(lambda: _health(url).get("sweep_at"), 30)
    grow_old(world)
    assert wait_until(lambda: _health(url)["status"] == "ok", 30), "a living engine leaves a new sign"
    for process in engine:
        process.kill()
        process.wait(10)
    grow_old(world)
    assert _health(url)["status"] == "unswept"
    finding = checked(world)["sweep"]
    assert (finding["severity"], finding["who"]) == ("problem", "administrator")
    assert "publisher worker" in finding["remedy"]


def _health(url: str) -> dict[str, Any]:
    """The answer for machines; empty where nobody answers yet."""
    try:
        answer = requests.get(url, timeout=10)
    except requests.ConnectionError:
        return {}
    document: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if document["status"] == "ok" else 503)
    return document


@pytest.mark.postgresql
@pytest.mark.skipif(postgresql_programs() is None, reason="PostgreSQL is not installed")
def test_settings_of_postgresql_are_seen(home: Path, sandbox: Sandbox) -> None:
    with running_postgresql() as url:
        world = World.make(home, sandbox, DATABASE_URL=url)
        world.publisher("status")
        sound = checked(world)
        assert {sound[check]["severity"] for check in ("database", "durability", "writing", "clock")} == {"ok"}
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("ALTER SYSTEM SET fsync = off")
            session.execute("SELECT pg_reload_conf()")
            session.execute("ALTER DATABASE publisher SET default_transaction_read_only = on")
        world.environment["DATABASE_URL"] = f"{url}?options=-c%20synchronous_commit%3Doff"
        bad = findings(world)
        forgotten = [finding["remedy"] for finding in bad if finding["check"] == "durability"]
        assert forgotten == ["Set fsync to on.", "Set synchronous_commit to on."]
        (writing,) = [finding for finding in bad if finding["check"] == "writing"]
        assert (writing["severity"], "it is read-only" in writing["message"]) == ("problem", True)
    assert checked(world)["database"]["severity"] == "problem"
