"""A whole installation of its own: home, configuration, stand-ins, and the program as processes a test may kill."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.sandbox.server import Sandbox

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


@dataclass
class World:
    """One installation. ``environment`` is laid over this process's own for every command."""

    home: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def make(cls, home: Path, sandbox: Sandbox, *, changes: Iterable[tuple[str, str]] = (), **more: str) -> World:
        config = write_office(home, sandbox.url, changes=changes)
        environment = {
            "PUBLISHER_HOME": str(home),
            "PUBLISHER_CONFIG": str(config),
            "PUBLISHER_TIME_SCALE": "0.1",
            "DATABASE_URL": "",
            "BROKER_URL": "",
            "LC_ALL": "C.UTF-8",
            **secrets(sandbox),
            **more,
        }
        return cls(home, sandbox, environment)

    def publisher(self, *words: str, stdin: bytes | None = None, **environment: str) -> Done:
        """Run one command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "publisher", *words],
            env={**os.environ, **self.environment, **environment},
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def start(self, *words: str, log: str = "process.log") -> subprocess.Popen[bytes]:
        """Start a long-running command; its messages go to a file in the home."""
        with (self.home / log).open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "publisher", *words],
                env={**os.environ, **self.environment},
                stdout=file,
                stderr=file,
            )
        self.running.append(process)
        return process

    def up(self) -> tuple[subprocess.Popen[bytes], str]:
        """Start everything in one process; returns it and its address once it answers."""
        port = free_port()
        process = self.start("up", "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health") or process.poll() is not None, 30)
        assert process.poll() is None, (self.home / "process.log").read_text()
        return process, url

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)


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
