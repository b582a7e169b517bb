"""The same program on PostgreSQL and Redis, web, worker and scheduler as processes of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from channels.sandbox.server import Sandbox
from tests.services import REDIS, postgresql_programs, running_postgresql, running_redis
from tests.world import World, wait_until

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.redis,
    pytest.mark.skipif(postgresql_programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.skipif(not REDIS.exists(), reason="Redis is not installed"),
]


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    sandbox.weibo.settings.repeat_window = 0
    with running_postgresql() as database, running_redis() as broker:
        made = World.make(home, sandbox, DATABASE_URL=database, BROKER_URL=broker)
        yield made
        made.stop()


def test_items_go_out_once_over_two_workers_and_a_killed_one(world: World) -> None:
    titles = [f"第{number}号 通知公告" for number in range(6)]
    world.publisher("status")
    world.start("beat", log="beat.log")
    doomed = world.start("worker", log="worker1.log")
    world.start("worker", log="worker2.log")
    for number, title in enumerate(titles):
        text = f"# {title}\n\n正文第{number}号。\n"
        assert world.publisher("submit", "-", "--approve", stdin=text.encode()).status == 0
        if number == 3:
            doomed.kill()

    def is_done() -> bool:
        items = world.publisher("status", "--json").json["items"]
        return all(d["state"] == "done" for item in items for d in item["deliveries"])

    logs = "".join(path.read_text() for path in world.home.glob("*.log"))
    assert wait_until(is_done, 60), world.publisher("status").out + logs
    assert Counter(article.title for article in world.sandbox.wechat.submitted) == Counter(titles)
    assert len(world.sandbox.weibo.posts) == len(titles)
    assert world.publisher("log", "verify").status == 0
    assert_the_log_only_grows(world.environment["DATABASE_URL"])


def assert_the_log_only_grows(database: str) -> None:
    statements = ("UPDATE log_logentry SET title = 'x'", "DELETE FROM log_logentry", "TRUNCATE log_logentry")
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
                connection.execute(statement)
