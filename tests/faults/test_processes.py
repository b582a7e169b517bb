"""The program's processes: one platform that hangs, being asked to stop, and servers that go away and come back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from channels.sandbox.server import Sandbox
from publisher.settings import database
from tests.services import Servers, servers_are_installed
from tests.starter import Started
from tests.world import World, free_port, wait_until

SHARE, TOKEN, SUBMIT = "/2/statuses/share.json", "/cgi-bin/stable_token", "/cgi-bin/freepublish/submit"
TIMEOUT_S = 2
STOP_LIMIT_S = TIMEOUT_S + 5
AWAY_S = 1.5
"""Longer than the call that is in hand meanwhile."""

QUICK = [
    ("timeout_s = 10", f"timeout_s = {TIMEOUT_S}"),
    ('\nkind = "website"', f'\nkind = "website"\ntimeout_s = {TIMEOUT_S}'),
    ('\nkind = "newspaper"', f'\nkind = "newspaper"\ntimeout_s = {TIMEOUT_S}'),
]


@pytest.fixture(scope="module")
def outside() -> Iterator[Servers]:
    """A PostgreSQL that keeps what it has committed, and a Redis; both may be broken."""
    if not servers_are_installed():
        pytest.skip("PostgreSQL and Redis are not installed")
    running = Servers()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    """An installation of the engine under test; its calls are patient."""
    sandbox.weibo.settings.repeat_window = 0
    made = World.make(home, sandbox, changes=[("timeout_s = 10", "timeout_s = 120")])
    yield made
    made.stop()


@pytest.fixture
def served(home: Path, sandbox: Sandbox, outside: Servers) -> Iterator[World]:
    """An installation on servers that the test may break; calls end after two seconds."""
    sandbox.weibo.settings.repeat_window = 0
    made = World.make(home, sandbox, changes=QUICK, **outside.environment(home))
    yield made
    made.stop()


def submit(world: World, title: str, *to: str) -> int:
    words = ("submit", "-", "--approve", "--json", *(("--to", ",".join(to)) if to else ()))
    done = world.publisher(*words, stdin=f"# {title}\n\n{title}的正文。\n".encode())
    assert done.status == 0, done.err
    return int(done.json["item"])


def states(world: World, item: int) -> dict[str, str]:
    document = world.publisher("status", str(item), "--json").json
    return {delivery["channel"]: delivery["state"] for delivery in document["deliveries"]}


def is_done(world: World, item: int) -> bool:
    return set(states(world, item).values()) == {"done"}


def start_worker(world: World, *words: str, log: str = "worker.log") -> Started:
    """Start a worker and wait until it says that it is ready."""
    said = world.log(log).count("Ctrl-C")
    process = world.start("worker", *words, log=log)
    assert wait_until(lambda: world.log(log).count("Ctrl-C") > said, 20), world.log(log)
    return process


def is_called(sandbox: Sandbox, path: str) -> bool:
    return any(call.path == path for call in (*sandbox.weibo.calls, *sandbox.wechat.calls))


def assert_quiet(world: World, log: str = "worker.log") -> None:
    """Whoever reads the log finds lines, no traces of the program's inside and nothing of Celery's own."""
    text = world.log(log)
    assert "Traceback" not in text, text
    assert "celery@" not in text, text


def test_a_platform_that_hangs_delays_no_other(sandbox: Sandbox, world: World) -> None:
    """Six deliveries wait two minutes for a WeChat that never answers; what is for the others goes out meanwhile."""
    sandbox.misbehave(TOKEN, "hang", times=1000)
    world.up()
    for number in range(6):
        submit(world, f"第{number}号 微信稿件", "wechat")
    assert wait_until(lambda: is_called(sandbox, TOKEN), 20)
    item = submit(world, "其他渠道", "portal", "daily", "weibo")
    assert wait_until(lambda: is_done(world, item), 30), world.publisher("status").out
    assert sandbox.faults.waiting()[TOKEN]
    assert not sandbox.wechat.submitted


def test_a_worker_for_some_kinds_leaves_the_others_alone(served: World) -> None:
    start_worker(served, "--kind", "website,newspaper", "--kind", "desk")
    item = submit(served, "分工", "portal", "daily", "wechat")
    assert wait_until(lambda: states(served, item) == {"portal": "done", "daily": "done", "wechat": "waiting"}, 10)
    assert not is_called(served.sandbox, TOKEN)
    start_worker(served, "--kind", "wechat")
    served.start("beat", log="beat.log")
    assert wait_until(lambda: is_done(served, item), 20)


def test_an_unknown_kind_is_named(served: World) -> None:
    done = served.publisher("worker", "--kind", "wechat,fax")
    assert done.status == 2
    assert "fax" in done.err
    assert "newspaper" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_worker_asked_to_stop_finishes_the_call_in_hand(served: World, number: signal.Signals) -> None:
    served.sandbox.slow_s = 1.5
    served.sandbox.misbehave(SHARE, "slow", times=1)
    worker = start_worker(served)
    item = submit(served, "慢", "portal", "weibo")
    assert wait_until(lambda: is_called(served.sandbox, SHARE), 20)
    worker.send_signal(number)
    assert worker.wait(STOP_LIMIT_S) == 0, served.log("worker.log")
    assert states(served, item) == {"portal": "done", "weibo": "done"}
    assert_quiet(served)


def test_a_worker_asked_to_stop_does_not_begin_what_waits(served: World) -> None:
    served.sandbox.slow_s = 1.5
    served.sandbox.misbehave(TOKEN, "slow", times=1)
    items = [submit(served, f"第{number}号", "wechat") for number in range(3)]
    worker = start_worker(served, "--concurrency", "1")
    assert wait_until(lambda: is_called(served.sandbox, TOKEN), 20)
    worker.terminate()
    assert worker.wait(STOP_LIMIT_S) == 0
    assert sorted(states(served, item)["wechat"] for item in items)[1:] == ["waiting", "waiting"]
    start_worker(served)
    served.start("beat", log="beat.log")
    assert wait_until(lambda: all(is_done(served, item) for item in items), 20), served.publisher("status").out
    assert len(served.sandbox.wechat.submitted) == len(items)


def test_a_call_that_hangs_ends_within_the_limit_and_is_looked_into(served: World) -> None:
    served.sandbox.misbehave(SUBMIT, "hang", times=1)
    worker = start_worker(served)
    item = submit(served, "悬", "wechat")
    assert wait_until(lambda: is_called(served.sandbox, SUBMIT), 20)
    worker.terminate()
    assert worker.wait(STOP_LIMIT_S + 3) == 0
    start_worker(served)
    served.start("beat", log="beat.log")
    assert wait_until(lambda: is_done(served, item), 30), served.publisher("status").out
    assert len(served.sandbox.wechat.submitted) == 1


def test_a_worker_that_cannot_finish_leaves_all_the_same(served: World, outside: Servers) -> None:
    """The database stands still while a call is in hand: nothing can be written, and the time is over."""
    served.sandbox.slow_s = 1.0
    served.sandbox.misbehave(SUBMIT, "slow", times=1)
    worker = start_worker(served)
    item = submit(served, "冻", "wechat")
    assert wait_until(lambda: is_called(served.sandbox, SUBMIT), 20)
    outside.postgresql.freeze()
    try:
        worker.terminate()
        assert worker.wait(STOP_LIMIT_S + 3) == 0
    finally:
        outside.postgresql.thaw()
    start_worker(served)
    served.start("beat", log="beat.log")
    assert wait_until(lambda: is_done(served, item), 30), served.publisher("status").out
    assert len(served.sandbox.wechat.submitted) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_second_signal_ends_a_worker_at_once(served: World, number: signal.Signals) -> None:
    served.sandbox.misbehave(SHARE, "hang", times=1)
    worker = start_worker(served)
    submit(served, "急停", "portal", "weibo")
    assert wait_until(lambda: is_called(served.sandbox, SHARE), 20)
    worker.send_signal(signal.SIGTERM)
    assert wait_until(lambda: served.log("worker.log").count("\n") > 1, 5)
    worker.send_signal(number)
    assert worker.wait(1) == -number


@pytest.mark.parametrize("words", [("beat",), ("web", "--port", str(free_port()))], ids=["beat", "web"])
def test_what_has_nothing_in_hand_stops_at_once(served: World, words: tuple[str, ...]) -> None:
    process = served.start(*words, log="part.log")
    assert wait_until(lambda: "Ctrl-C" in served.log("part.log"), 20), served.log("part.log")
    process.terminate()
    assert process.wait(3) == 0
    assert_quiet(served, "part.log")


def timed_submit(world: World, title: str) -> tuple[float, int]:
    begun = time.monotonic()
    item = submit(world, title)
    return time.monotonic() - begun, item


def test_a_frozen_broker_holds_nobody_up(served: World, outside: Servers) -> None:
    start_worker(served)
    served.start("beat", log="beat.log")
    usual_s, _ = timed_submit(served, "如常")
    outside.redis.freeze()
    try:
        took_s, item = timed_submit(served, "冻结")
    finally:
        outside.redis.thaw()
    assert took_s < usual_s + 5
    assert wait_until(lambda: is_done(served, item), 20), served.publisher("status").out
    assert_quiet(served)
    assert_quiet(served, "beat.log")


def test_every_session_has_its_limits_and_the_address_has_the_last_word(
    outside: Servers, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{outside.postgresql.url('postgres')}?options=-c%20lock_timeout=7s")
    options = database(home)["OPTIONS"]
    names = ("synchronous_commit", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with psycopg.connect(outside.postgresql.url("postgres"), **options) as connection:
        limits = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    assert limits == [("on",), ("30s",), ("7s",), ("1min",)]


def restart_redis(outside: Servers) -> None:
    outside.redis.crash()
    time.sleep(AWAY_S)
    outside.redis.start()


def flush_redis(outside: Servers) -> None:
    outside.redis.flush()


def crash_postgresql(outside: Servers) -> None:
    outside.postgresql.crash()
    time.sleep(AWAY_S)
    outside.postgresql.start()


def stop_postgresql(outside: Servers) -> None:
    outside.postgresql.end(signal.SIGQUIT)
    time.sleep(AWAY_S)
    outside.postgresql.start()


TROUBLES: dict[str, Any] = {
    "Redis restarts": restart_redis,
    "Redis forgets": flush_redis,
    "PostgreSQL crashes": crash_postgresql,
    "PostgreSQL is stopped at once": stop_postgresql,
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_servers_may_go_away_and_come_back(served: World, outside: Servers, trouble: Any) -> None:
    """One item is on its way when it happens, with a call in hand; another one follows."""
    processes = [start_worker(served), start_worker(served), served.start("beat", log="beat.log")]
    served.sandbox.slow_s = 1.0
    served.sandbox.misbehave(SHARE, "slow", times=1)
    first = submit(served, "之前")
    assert wait_until(lambda: is_called(served.sandbox, SHARE), 20)
    trouble(outside)
    second = submit(served, "之后")
    assert wait_until(lambda: is_done(served, second), 15), served.publisher("status").out + served.log("worker.log")
    assert wait_until(lambda: is_done(served, first), 15), served.publisher("status").out + served.log("worker.log")
    assert [process.poll() for process in processes] == [None, None, None]
    assert len(served.sandbox.weibo.posts) == 2
    assert len(served.sandbox.wechat.submitted) == 2
    assert_quiet(served)
    assert_quiet(served, "beat.log")
