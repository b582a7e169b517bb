"""The platforms' stand-ins in a process of their own, which no blow reaches, and the way to steer and to read them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.sandbox.server import Sandbox
from tests.faults.harness import wordpress
from tests.faults.harness.clock import SharedClock, bend_platforms
from tests.faults.harness.papers import Addresses, serve
from tests.world import answers, free_port, wait_until

WECHAT_PATHS = (
    "/cgi-bin/stable_token",
    "/cgi-bin/material/add_material",
    "/cgi-bin/material/batchget_material",
    "/cgi-bin/media/uploadimg",
    "/cgi-bin/draft/add",
    "/cgi-bin/draft/get",
    "/cgi-bin/draft/batchget",
    "/cgi-bin/freepublish/submit",
    "/cgi-bin/freepublish/get",
    "/cgi-bin/freepublish/batchget",
    "/cgi-bin/freepublish/delete",
    "/cgi-bin/message/mass/sendall",
    "/cgi-bin/message/mass/get",
    "/cgi-bin/message/mass/delete",
)
WEIBO_PATHS = (
    "/2/statuses/share.json",
    "/2/statuses/user_timeline.json",
    "/2/statuses/destroy.json",
    "/2/statuses/show.json",
)
PATHS = (*WECHAT_PATHS, *WEIBO_PATHS)

ANSWERS = (
    *("slow", "hang", "reset_before", "reset_after", "error_before", "error_after", "busy", "busy_after"),
    *("rate_limited", "rate_limited_after", "garbage_after", "empty_after", "half_after", "refused"),
)
WEIBO_ANSWERS = ("duplicate", "sync_delayed", "under_review")

MANY = 10**9
NORMAL: dict[str, dict[str, Any]] = {
    "weibo": {"posts_per_hour": MANY, "calls_per_day": MANY, "repeat_window": 0, "visible_after_s": 0.0},
    "wechat": {
        "daily_quotas": dict.fromkeys(WECHAT_PATHS, MANY),
        "sends_per_day": MANY,
        "publish_takes_s": 1.0,
        "listed_after_s": 0.0,
        "mass_takes_s": 1.0,
        "told_after_s": 0.0,
        "administrator": "",
    },
}
"""Nothing may hide a double: no quota of the platform, and no refusal of a repeated text."""

LATE: dict[str, dict[str, Any]] = {
    "weibo": {"visible_after_s": 0.5},
    "wechat": {"publish_takes_s": 0.2, "listed_after_s": 1.0},
}
"""How late the platforms show what is out in a storm, where all waiting times are shortened."""

Books = dict[str, Any]


def answers_of(path: str) -> tuple[str, ...]:
    """Every kind of bad answer the stand-ins know for a call of ``path``."""
    if " " in path:
        return wordpress.ANSWERS
    return (*ANSWERS, *WEIBO_ANSWERS) if path.startswith("/2/") else ANSWERS


class _Unseen(HTTPConnection):
    """A connection of the harness itself: no moment of the worker it is made in, and not counted among its calls."""

    send = HTTPConnection.send
    getresponse = HTTPConnection.getresponse


class Platforms:
    """The stand-ins at ``url`` as another process sees them."""

    def __init__(self, url: str) -> None:
        self.url = url

    def books(self) -> Books:
        found: Books = self._ask("GET", "books")
        return found

    def start_anew(self) -> None:
        """Empty books, no faults, and the settings that hide nothing."""
        self._ask("DELETE", "books")
        for platform, settings in NORMAL.items():
            self.set(platform, settings)

    def misbehave(self, path: str, fault: str, times: int = 1) -> None:
        self._ask("POST", "faults", {"path": path, "fault": fault, "times": times})

    def events(self) -> list[dict[str, Any]]:
        """What WeChat says by itself by now, signed: the query and the body of each message."""
        found: list[dict[str, Any]] = self._ask("GET", "wechat/events")["events"]
        return found

    def confirm_sends(self) -> None:
        """What the account's administrator does in WeChat."""
        self._ask("POST", "wechat/administrator", {})

    def set(self, platform: str, settings: Mapping[str, object]) -> None:
        self._ask("POST", "settings", {"platform": platform, **settings})

    def _ask(self, method: str, name: str, body: Mapping[str, object] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with closing(_Unseen(urlsplit(self.url).netloc, timeout=60)) as connection:
            connection.request(method, f"/_sandbox/{name}", data)
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"the stand-ins answer {answer.status}: {answer.read()!r}")
            return json.load(answer)


class ForkedPlatforms(Platforms):
    """Stand-ins forked from this process, living by its clock. As a context manager.

    Args:
        root: a folder for what those who call them must know.
        news: a WordPress beside them; its calls are named with their method.
    """

    def __init__(self, clock: SharedClock, root: Path, news: wordpress.ForkedWordpress | None = None) -> None:
        self._news = news
        ready, tell = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(ready)
            _serve(clock, root, tell)
        os.close(tell)
        with os.fdopen(ready) as line:
            url, papers = json.loads(line.readline())
        super().__init__(url)
        self.papers = Addresses(**papers)

    def __enter__(self) -> ForkedPlatforms:
        return self

    def __exit__(self, *error: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def books(self) -> Books:
        return {**super().books(), wordpress.NEWS: self._news.books() if self._news else {"calls": [], "posts": []}}

    def start_anew(self) -> None:
        super().start_anew()
        if self._news:
            self._news.clear()

    def misbehave(self, path: str, fault: str, times: int = 1) -> None:
        if self._news and " " in path:
            self._news.misbehave(path, fault)
        else:
            super().misbehave(path, fault, times)

    def settle(self, sent: int) -> Books:
        """The books once all of ``sent`` requests have had their effect, also those whose callers are dead."""
        for _ in range(200):
            books = self.books()
            arrived = sum(len(books[name]["calls"]) for name in ("wechat", "weibo", wordpress.NEWS))
            if arrived >= sent:
                break
            time.sleep(0.005)
        # The last call is noted just before its effect; asked once more, the books are closed over it.
        return self.books()


class StandIns(Platforms):
    """The stand-ins as the program itself starts them, ``publisher sandbox``. As a context manager.

    They show late what is out, but sooner than the channels' rules of absence in a drill.
    """

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        port = free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        self._command = [sys.executable, "-m", "publisher", "sandbox", "--port", str(port)]
        # A home of its own: the storm fills disks, kills processes and must not reach the judge.
        home = root / "stand-ins"
        home.mkdir()
        self._environment = {**environment, "PUBLISHER_HOME": str(home), "DATABASE_URL": "", "BROKER_URL": ""}

    def __enter__(self) -> StandIns:
        self._process = subprocess.Popen(self._command, env=self._environment)
        if not wait_until(lambda: answers(self.url), 30):
            raise RuntimeError("the stand-ins did not start")
        for platform, settings in NORMAL.items():
            self.set(platform, {**settings, **LATE[platform]})
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


def _serve(clock: SharedClock, root: Path, tell: int) -> None:
    bend_platforms(clock)
    sandbox = Sandbox()
    sandbox.slow_s = 0.02
    with os.fdopen(tell, "w") as line:
        line.write(f"{json.dumps([sandbox.url, asdict(serve(root))])}\n")
    sandbox.serve_forever()
