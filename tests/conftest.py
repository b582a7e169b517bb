"""Fixtures shared by all tests: real databases, real homes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

import publisher.celery  # noqa: F401 - bells ring on the broker of the settings
from channels.sandbox.server import Sandbox
from publisher.log import guard
from publisher.office import Office, get_office
from tests.world import secrets, write_office

# A busy machine is no reason to fail; in CI the same examples every time, elsewhere new ones at each run.
hypothesis.settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in life: in memory it locks tables instead of waiting."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


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
    """A database in which transactions really commit. The log's triggers give way only to the emptying afterwards."""
    guard.install(connection)
    yield
    guard.remove(connection)
