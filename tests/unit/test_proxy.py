"""Who asks, and how: what a web server in front of the program says of it, and what anybody else says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import waitress
from pytest_django import Settings
from waitress import wasyncore

from publisher.cli.running import trust

FORWARDED = {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}

Ask = Callable[[], str]


def who_asks(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']}".encode()]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """A question to the program's own server, which is started at the first one."""
    running: list[tuple[Any, threading.Thread]] = []

    def ask_it() -> str:
        server = waitress.create_server(who_asks, host="127.0.0.1", port=0, threads=1, **trust())
        running.append((server, threading.Thread(target=server.run)))
        running[-1][1].start()
        return requests.get(f"http://127.0.0.1:{server.effective_port}/", headers=FORWARDED, timeout=5).text

    yield ask_it
    for server, thread in running:
        end(server)
        thread.join()


def end(server: Any) -> None:
    """Let the server's own thread close what it holds: closed by another one, it would still be waiting for it."""
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))


def test_nobody_says_of_themselves_who_they_are(ask: Ask) -> None:
    assert ask() == "127.0.0.1 http"


def test_the_server_in_front_is_believed(ask: Ask, settings: Settings) -> None:
    settings.PUBLISHER_PROXY = "127.0.0.1"
    assert ask() == "10.1.2.3 https"


def test_another_server_is_not(ask: Ask, settings: Settings) -> None:
    settings.PUBLISHER_PROXY = "10.9.9.9"
    assert ask() == "127.0.0.1 http"
