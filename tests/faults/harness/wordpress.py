"""A real WordPress in a process of its own, which no blow reaches, and the way to steer and to read it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Self

from channels.sandbox.faults import Fault
from tests.channels.breaking import BreakingProxy, Call, Reply
from tests.channels.wordpress_site import WordpressSite

NEWS = "news"
ANSWERS = (
    *("reset_before", "reset_after", "error_before", "error_after"),
    *("busy", "garbage_after", "empty_after", "half_after"),
)
TABLE = """[channels.news]
kind = "website"
driver = "wordpress"
name = "科技网"
base_url = "{url}/"
username = "env:WP_USERNAME"
app_password = "env:WP_APP_PASSWORD"
categories = {{ dynamics = "gongzuo-dongtai" }}
timeout_s = 10

"""
"""As short a timeout as the other platforms have: what a dead worker held is told after two of them."""

NUMBER = re.compile(r"/\d+$")


def call_name(method: str, path: str) -> str:
    """A call without what differs from one post to the next: a fault waits for all that begin so."""
    return f"{method} {NUMBER.sub('', path.partition('?')[0])}"


class ForkedWordpress:
    """One site, forked from this process. As a context manager."""

    def __init__(self) -> None:
        self._site, other = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._site.close()
            _serve(other)
        other.close()
        self.url, password = self._site.recv()
        os.environ |= {"WP_USERNAME": "editor", "WP_APP_PASSWORD": password}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._site.close()
        os.waitpid(self._pid, 0)

    def clear(self) -> None:
        self._ask("clear")

    def misbehave(self, call: str, fault: str) -> None:
        self._ask("misbehave", call, fault)

    def books(self) -> dict[str, Any]:
        """What was called, and every post that readers see."""
        found: dict[str, Any] = self._ask("books")
        return found

    def _ask(self, *words: str) -> Any:
        self._site.send(words)
        return self._site.recv()


class _Proxy(BreakingProxy):
    """Knows whether a call is still on its way, also when its caller is dead."""

    under_way = 0

    def reply(self, call: Call) -> Reply:
        self.under_way += 1
        try:
            return super().reply(call)
        finally:
            self.under_way -= 1


def _serve(asked: Connection) -> None:
    try:
        with WordpressSite(_Proxy()) as site:
            asked.send((site.url, site.passwords["editor"]))
            _answer(site, asked)
    finally:
        os._exit(0)


def _answer(site: WordpressSite, asked: Connection) -> None:
    while True:
        try:
            word, *rest = asked.recv()
        except EOFError:
            return
        do: Callable[..., Any] = {"clear": _clear, "misbehave": _misbehave, "books": _books}[word]
        asked.send(do(site, *rest))


def _clear(site: WordpressSite) -> None:
    _settle(site)
    site.clear()


def _misbehave(site: WordpressSite, call: str, fault: str) -> None:
    site.proxy.faults.arm(call, Fault(fault), 1)


def _books(site: WordpressSite) -> dict[str, Any]:
    _settle(site)
    posts = [row for row in site.books() if row["type"] == "post" and row["status"] == "publish"]
    return {"calls": [{"path": call_name(*call.split(" ", 1))} for call in site.proxy.calls], "posts": posts}


def _settle(site: WordpressSite) -> None:
    proxy = site.proxy
    assert isinstance(proxy, _Proxy)
    while proxy.under_way:
        time.sleep(0.005)
