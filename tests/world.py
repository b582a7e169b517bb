"""A whole installation of its own: home, configuration, stand-ins, and the program as processes a test may kill."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

import psycopg

from channels.sandbox.server import Sandbox
from tests import starter

MODEL = Path(__file__).parents[1] / "config" / "office.toml"
OFFICIAL = ("https://api.weixin.qq.com", "https://api.weibo.com")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def write_office(home: Path, url: str, *, changes: Iterable[tuple[str, str]] = ()) -> Path:
    """The model office with both platforms at ``url``; ``changes`` are (old, new) texts, each of which must occur."""
    text = MODEL.read_text(encoding="utf-8")
    for old, new in (*((official, url) for official in OFFICIAL), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path = home / "office.toml"
    path.write_text(text, encoding="utf-8")
    return path


def secrets(sandbox: Sandbox) -> dict[str, str]:
    return {
        "WECHAT_APP_ID": sandbox.wechat.settings.app_id,
        "WECHAT_APP_SECRET": sandbox.wechat.settings.app_secret,
        "WEIBO_ACCESS_TOKEN": sandbox.weibo.settings.access_token,
    }


@dataclass
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """The processes of one running installation, handled as one."""

    def __init__(self, *processes: starter.Started) -> None:
        self.processes = processes

    def poll(self) -> int | None:
        """The first exit status there is; None while all of them run."""
        return next((process.returncode for process in self.processes if process.poll() is not None), None)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            process.send_signal(number)

    def wait(self, timeout: float = 30) -> int:
        """0 where all of them ended well, else the status of the first that did not."""
        return next((status for status in [process.wait(timeout) for process in self.processes] if status), 0)


@dataclass
class World:
    """One installation. ``environment`` is laid over this process's own for every command.

    Without ``servers`` it is the embedded one: SQLite, and everything in one process. With them, PostgreSQL and Redis,
    and web pages, two workers and a scheduler as processes.
    """

    home: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)
    running: list[starter.Started] = field(default_factory=list)
    has_servers: bool = False

    servers: ClassVar[Callable[[Path], dict[str, str]] | None] = None
    """Makes the addresses of a fresh database and broker; set where the tests run on servers."""

    @classmethod
    def make(cls, home: Path, sandbox: Sandbox, *, changes: Iterable[tuple[str, str]] = (), **more: str) -> World:
        config = write_office(home, sandbox.url, changes=changes)
        has_servers = World.servers is not None and "DATABASE_URL" not in more
        environment = {
            "PUBLISHER_HOME": str(home),
            "PUBLISHER_CONFIG": str(config),
            "PUBLISHER_TIME_SCALE": "0.1",
            "DATABASE_URL": "",
            "BROKER_URL": "",
            "LC_ALL": "C.UTF-8",
            **secrets(sandbox),
            **(World.servers(home) if World.servers is not None and has_servers else {}),
            **more,
        }
        return cls(home, sandbox, environment, has_servers=has_servers)

    def publisher(self, *words: str, stdin: bytes | None = None, **environment: str) -> Done:
        """Run one command to its end. One that waits works itself where all is in one process; servers must run."""
        helpers = self._start_helpers(environment) if "--wait" in words else []
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin or b"")
            given.seek(0)
            started = starter.start(words, self._around(environment), stdin=given, out=out, err=err)
            status = started.wait(120)
            self._end(helpers)
            return Done(status, _text(out), _text(err))

    def start(self, *words: str, log: str = "process.log", **environment: str) -> starter.Started:
        """Start a long-running command; its messages go to a file in the home."""
        with (self.home / log).open("ab") as file:
            process = starter.start(words, self._around(environment), out=file, err=file)
        self.running.append(process)
        return process

    def _around(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command."""
        return {**os.environ, **self.environment, **environment}

    def up(self) -> tuple[Program, str]:
        """Start the whole installation; returns it and its address once it answers."""
        port = free_port()
        words = ("web", "worker", "worker", "beat") if self.has_servers else ("up",)
        options = {"web": ("--port", str(port)), "up": ("--port", str(port))}
        program = Program(*(self.start(word, *options.get(word, ())) for word in words))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health") or program.poll() is not None, 30)
        assert program.poll() is None, self.log()
        return program, url

    def log(self, name: str = "process.log") -> str:
        """What the long-running commands have said."""
        path = self.home / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def rows(self, table: str) -> int:
        """How many rows a table of this installation has."""
        statement = f"SELECT count(*) FROM {table}"
        address = self.environment["DATABASE_URL"]
        database = psycopg.connect(address) if address else sqlite3.connect(self.home / "publisher.sqlite3")
        with closing(database) as opened:
            return int(opened.execute(statement).fetchone()[0])

    def stop(self) -> None:
        self._end(self.running)

    def _start_helpers(self, environment: dict[str, str]) -> list[starter.Started]:
        """A worker and a scheduler for the time of one command and in its environment, unless they run anyway."""
        if not self.has_servers or any(process.poll() is None for process in self.running):
            return []
        return [self.start(word, log="helpers.log", **environment) for word in ("worker", "beat")]

    def _end(self, processes: Sequence[starter.Started]) -> None:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_until(condition: Any, seconds: float) -> bool:
    """Look again and again until ``condition()`` is true; False where it never was."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
