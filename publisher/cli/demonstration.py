"""The main job on samples, in a throw-away home: the real commands, the real adapters, stand-ins for the platforms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from django.conf import settings

import publisher
from channels.errors import Text
from channels.sandbox.server import Sandbox
from publisher.cli.output import Exit, say, stop
from publisher.cli.watching import print_items
from publisher.office import get_office

OFFICIAL = ("https://api.weixin.qq.com", "https://api.weibo.com")
WAIT_S = 50
SAMPLES = {
    "annual-report-2017.txt": ("annual-reports", "办公室"),
    "science-week.docx": ("dynamics", "科技科"),
    "patent-notice.md": ("notices", "知识产权科"),
}


@click.command()
def demo() -> None:
    """用样例演示全过程：提交一次，四个渠道发布，日志与统计。 The main job on samples, end to end."""
    home = settings.PUBLISHER_HOME / "demo" / datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    home.mkdir(parents=True)
    with Sandbox(port=0, store=home / "sandbox") as stand_in:
        environment = _prepare(home, stand_in)
        documents = [_submit(path, environment) for path in _samples()]
        print_items(documents)
        year = str(datetime.now(get_office().timezone).year)
        for words in (["log", "list"], ["log", "verify"], ["count", year]):
            click.echo()
            _publisher(words, environment)
        _say_where(home, stand_in, environment)
    if not all(delivery["state"] == "done" for document in documents for delivery in document["deliveries"]):
        stop(Text("Not everything went out: see the reasons above."), Exit.REFUSED)


def _prepare(home: Path, stand_in: Sandbox) -> dict[str, str]:
    """Write the demonstration's configuration; returns the environment its commands run in."""
    text = _office_file().read_text(encoding="utf-8")
    for official in OFFICIAL:
        text = text.replace(official, stand_in.url)
    config = home / "office.toml"
    config.write_text(text, encoding="utf-8")
    return {
        "PUBLISHER_HOME": str(home),
        "PUBLISHER_CONFIG": str(config),
        "PUBLISHER_TIME_SCALE": "0.1",
        "WECHAT_APP_ID": stand_in.wechat.settings.app_id,
        "WECHAT_APP_SECRET": stand_in.wechat.settings.app_secret,
        "WEIBO_ACCESS_TOKEN": stand_in.weibo.settings.access_token,
        "DATABASE_URL": "",
        "BROKER_URL": "",
    }


def _submit(path: Path, environment: dict[str, str]) -> dict[str, Any]:
    column, section = SAMPLES[path.name]
    say(Text("Submitting {name} once …", name=path.name))
    words = [
        "submit",
        str(path),
        "--column",
        column,
        "--section",
        section,
        "--approve",
        "--wait",
        str(WAIT_S),
        "--json",
    ]
    done = _publisher(words, environment, stdout=subprocess.PIPE)
    if not done.stdout:
        stop(Text("Submitting {name} failed: see the message above.", name=path.name), Exit.REFUSED)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _publisher(
    words: list[str], environment: dict[str, str], *, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command of this program as a person would."""
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603 - this interpreter, our own words
        [sys.executable, "-m", "publisher", *words],
        env={**os.environ, **environment},
        stdout=stdout,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _say_where(home: Path, stand_in: Sandbox, environment: dict[str, str]) -> None:
    settings_file = home / "environment"
    settings_file.write_text("".join(f"{name}={value}\n" for name, value in environment.items() if value))
    click.echo()
    say(Text("Website: {path}", path=home / "site" / "index.html"))
    say(Text("Newspaper column: {path}", path=home / "exports" / "daily"))
    say(
        Text(
            "To look at the website in a browser: env $(cat {path}) {program} up",
            path=settings_file,
            program=sys.argv[0],
        )
    )
    port = stand_in.url.rpartition(":")[2]
    hint = Text(
        "To look at what the stand-ins hold: env $(cat {path}) {program} sandbox --port {port}",
        path=settings_file,
        program=sys.argv[0],
        port=port,
    )
    say(hint)


def _samples() -> list[Path]:
    folder = next(path for path in _beside("samples", "tests/data") if path.is_dir())
    return [folder / name for name in SAMPLES]


def _office_file() -> Path:
    return next(path for path in _beside("defaults/office.toml", "config/office.toml") if path.is_file())


def _beside(installed: str, checkout: str) -> tuple[Path, Path]:
    """Where a file lies in an installed program, and in a checkout."""
    package = Path(publisher.__file__).parent
    return package / installed, package.parent / checkout
