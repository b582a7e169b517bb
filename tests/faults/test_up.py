"""The running program beside commands: being asked to stop, and doing the work others ask for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.sandbox.server import Sandbox
from tests.world import World, wait_until


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox)
    yield made
    made.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_call_in_hand_is_finished_and_the_rest_goes_on_later(world: World, number: signal.Signals) -> None:
    world.sandbox.slow_s = 1.0
    world.sandbox.misbehave("/2/statuses/share.json", "slow", times=1)
    process, _ = world.up()
    submitted = world.publisher("submit", "-", "--approve", "--json", stdin="# 停机\n\n正文。".encode()).json
    assert wait_until(lambda: any(call.path.endswith("share.json") for call in world.sandbox.weibo.calls), 20)
    process.send_signal(number)
    assert process.wait(30) == 0
    states = {d["channel"]: d["state"] for d in world.publisher("status", "1", "--json").json["deliveries"]}
    assert states["weibo"] == "done"
    assert "uncertain" not in states.values()
    world.up()

    def is_done() -> bool:
        deliveries = world.publisher("status", str(submitted["item"]), "--json").json["deliveries"]
        return all(delivery["state"] == "done" for delivery in deliveries)

    assert wait_until(is_done, 30)
    assert len(world.sandbox.weibo.posts) == 1
    assert len(world.sandbox.wechat.submitted) == 1


def test_a_command_without_secrets_leaves_the_work_to_the_running_program(world: World) -> None:
    world.up()
    words = ("submit", "-", "--approve", "--wait", "60", "--json")
    without = dict.fromkeys(("WECHAT_APP_ID", "WECHAT_APP_SECRET", "WEIBO_ACCESS_TOKEN"), "")
    done = world.publisher(*words, stdin="# 另一个终端\n\n正文。".encode(), **without)
    assert {d["state"] for d in done.json["deliveries"]} == {"done"}, done.out


START = """
import sys, django
django.setup()
from django.conf import settings
from publisher.celery import app
from publisher.cli.schema import ensure_schema
from publisher.queue.running.embedded import Engine
ensure_schema()
engine = Engine(app, settings.PUBLISHER_HOME)
engine.start()
engine.stop()
print(*{"publisher.urls", "publisher.web.views", "matplotlib"} & set(sys.modules))
"""


def test_a_worker_starts_without_loading_the_pages(home: Path, sandbox: Sandbox) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "publisher.settings", "PUBLISHER_HOME": str(home)}
    environment = {**os.environ, **World.make(home, sandbox).environment, **settings}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
