"""kill -9 while another program submits: it repeats each request until it is answered, and each item is there once."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.sandbox.server import Sandbox
from tests.starter import Started
from tests.world import World, answers, free_port, wait_until

ITEMS = 12
KILLED_AFTER = (2, 5, 9)
"""Answers after which the pages are killed, at a moment by chance in the requests that follow."""


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox)
    yield made
    made.stop()


class Program(threading.Thread):
    """Submits its items one after another, each under its own key and as often as it takes."""

    def __init__(self, address: str, secret: str) -> None:
        super().__init__(daemon=True)
        self.address, self.secret = address, secret
        self.answers: list[dict[str, Any]] = []
        self.refusals: list[str] = []

    def run(self) -> None:
        for number in range(ITEMS):
            wait_until(lambda number=number: self._is_answered(number), 60)

    def _is_answered(self, number: int) -> bool:
        document = {
            "title": f"第{number}号 科技动态",
            "content": f"<p>正文第{number}号。</p>",
            "channels": "portal",
            "release": True,
        }
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"item-{number}",
        }
        request = urllib.request.Request(self.address, json.dumps(document).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.answers.append(json.load(answer))
        except urllib.error.HTTPError as error:
            self.refusals.append(error.read().decode())
            return True
        except (OSError, ValueError):
            return False
        return True


def pages(world: World, port: int) -> Started:
    process = world.start("web", "--port", str(port))
    assert wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 30), world.log()
    return process


@pytest.mark.parametrize("seed", [20171231])
def test_each_item_is_there_once_however_often_its_request_came(world: World, seed: int) -> None:
    chance, port = random.Random(seed), free_port()
    secret = world.publisher("token", "create", "oa", "--scope", "submit", "--scope", "release").out.strip()
    process = pages(world, port)
    program = Program(f"http://127.0.0.1:{port}/api/v1/items", secret)
    program.start()
    for answered in KILLED_AFTER:
        assert wait_until(lambda answered=answered: len(program.answers) >= answered, 60), world.log()
        wait_until(lambda: False, chance.random() / 5)
        process.kill()
        process.wait()
        process = pages(world, port)
    program.join(60)

    assert program.refusals == []
    titles = Counter(answer["title"] for answer in program.answers)
    assert titles == Counter(f"第{number}号 科技动态" for number in range(ITEMS))
    assert {answer["state"] for answer in program.answers} == {"approved"}
    assert world.rows("items_item") == world.rows("api_keyedrequest") == ITEMS
    rows = world.publisher("log", "list", "--json").json
    told = Counter((row["event"], row["item"]) for row in rows if row["item"])
    items = [answer["item"] for answer in program.answers]
    wanted = Counter((event, item) for event in ("submitted", "released_directly") for item in items)
    assert {key: count for key, count in told.items() if key in wanted} == wanted
    assert {row["actor"] for row in rows if row["event"] == "submitted"} == {"token:oa"}
