"""kill -9 while the past is taken in: the judge is the old site itself."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import psycopg
import pytest

from channels.sandbox.server import Sandbox
from publisher.log.verify import verify
from tests.channels.old_site import NEWS, OldSite, published, served
from tests.unit.test_backfilling import toml
from tests.world import World, wait_until

ITEMS = published(260, date(2017, 12, 31))
KILLED_AT = (1, 90, 200)
"""Entries in the log at which the process is killed."""


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    with served(OldSite()) as site:
        site.add_news(ITEMS)
        made = World.make(home, sandbox)
        path = home / "office.toml"
        past = toml({"site": site.url, "pause_s": 0.05, "lists": [NEWS]})
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("[channels.portal]", f"[channels.portal]\npast = {past}"), encoding="utf-8")
        yield made
        made.stop()


def entries_of(world: World) -> int:
    """How many entries the log has; none before there is one."""
    with suppress(sqlite3.OperationalError, psycopg.Error):
        return world.rows("log_logentry")
    return 0


def kill_at(world: World, entries: int) -> None:
    """Begin, and kill it as soon as there are that many entries."""
    process = world.start("backfill", "portal", "--year", "2017")
    wait_until(lambda: entries_of(world) >= entries or process.poll() is not None, 30)
    process.kill()
    process.wait()


def test_each_publication_of_the_old_site_is_in_the_log_exactly_once_whatever_is_killed(world: World) -> None:
    for entries in KILLED_AT:
        kill_at(world, entries)
    assert world.rows("log_logentry") < len(ITEMS)
    done = world.publisher("backfill", "portal", "--year", "2017", "--json")
    assert (done.status, done.json["gaps"]) == (0, []), done.err
    # It went on where it was.
    assert done.json["already"] < len(ITEMS) / 2
    rows = world.publisher("log", "list", "--json").json
    assert Counter((row["title"], row["happened_on"]) for row in rows) == Counter(
        (item.title, item.day.isoformat()) for item in ITEMS
    )
    assert sorted(row["item"] for row in rows) == list(range(-len(ITEMS), 0))
    assert verify(rows).is_sound
