"""Fixtures shared by all tests: real databases, real homes, and the two engines the same tests run on.

Without further words the tests run as the program does on one PC: SQLite, and everything in one process. With
``PUBLISHER_TEST_ENGINE=servers`` those that need a database or the running program run once more, on a PostgreSQL and a
Redis started for them, with workers and scheduler as processes of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import translation
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from publisher.celery import app, broker_options
from publisher.log import guard
from publisher.office import Office, get_office
from publisher.reports import guard as reports_guard
from publisher.review import guard as review_guard
from publisher.settings import database
from tests.services import Servers, memory, servers_are_installed
from tests.world import World, secrets, write_office

EMBEDDED, SERVERS = "embedded", "servers"
ENGINE = os.environ.get("PUBLISHER_TEST_ENGINE", EMBEDDED)
ONCE = ("once", "postgresql", "redis", "browser")
"""Marks of tests for which one engine is enough: they say so, start their own servers, or drive a browser."""

# A busy machine is no reason to fail. In CI the same examples every time, and fewer; elsewhere new ones at each run.
IN_CI = bool(os.environ.get("CI"))
hypothesis.settings.register_profile("house", deadline=None, derandomize=IN_CI, max_examples=15 if IN_CI else 100)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if ENGINE not in (EMBEDDED, SERVERS):
        raise pytest.UsageError(f"PUBLISHER_TEST_ENGINE={ENGINE}: write {EMBEDDED} or {SERVERS}, or unset it.")
    if ENGINE == SERVERS:
        start_servers(config)


def start_servers(config: pytest.Config) -> None:
    """One PostgreSQL and one Redis for the whole run; every installation takes its databases from them.

    They begin before the tests are read, which may ask what database there is.
    """
    if not servers_are_installed():
        pytest.exit("PostgreSQL and Redis are not installed, so nothing runs on servers: .ci/setup test", returncode=0)
    servers = Servers(memory())
    config.add_cleanup(servers.stop)
    servers.start()
    World.servers = servers.environment
    move_to(servers)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ENGINE == SERVERS:
        config.hook.pytest_deselected(items=[item for item in items if not needs_servers(item)])
        items[:] = [item for item in items if needs_servers(item)]


def needs_servers(item: pytest.Item) -> bool:
    """Whether a test says something else on servers: one that meets a database, or the program itself.

    One that is meant for a single engine says so with ``skipif`` and the reason.
    """
    fixtures = getattr(item, "fixturenames", ())
    meets_one = item.get_closest_marker("django_db") or {"db", "transactional_db", "world"}.intersection(fixtures)
    marks = [mark for name in ONCE if (mark := item.get_closest_marker(name))]
    return bool(meets_one) and all(mark.kwargs.get("engines") == "both" for mark in marks)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in life: in memory it locks tables instead of waiting."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


def move_to(servers: Servers) -> None:
    """Let this process use the servers, as if their addresses had stood in its environment from the beginning."""
    os.environ["DATABASE_URL"] = servers.database()
    try:
        new: dict[str, Any] = database(Path(settings.PUBLISHER_HOME))
    finally:
        del os.environ["DATABASE_URL"]
    connections["default"].close()
    connections.settings["default"].update(new)
    del connections["default"]
    settings.BROKER_URL = app.conf.broker_url = servers.broker()
    app.conf.broker_transport_options = broker_options(servers.broker())


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """The language of the program, whichever the test before asked for."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    """A fresh home for each test."""
    folder = tmp_path / "home"
    folder.mkdir()
    settings.PUBLISHER_HOME = folder
    get_office.cache_clear()
    return folder


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Running stand-ins of WeChat and Weibo with empty books."""
    with Sandbox() as running:
        running.wechat.settings.publish_takes_s = 0
        yield running


@pytest.fixture
def office(home: Path, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The model office at the stand-ins, its waiting times cut to a hundredth."""
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url)
    settings.PUBLISHER_TIME_SCALE = 0.01
    for name, value in secrets(sandbox).items():
        monkeypatch.setenv(name, value)
    return get_office()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database in which transactions really commit. Its triggers give way only to the emptying afterwards."""
    for keeper in (guard, reports_guard, review_guard):
        keeper.install(connection)
    yield
    for keeper in (guard, reports_guard, review_guard):
        keeper.remove(connection)
