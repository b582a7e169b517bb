"""How long one publication takes from its submission on, seen from the process that submits it."""

from __future__ import annotations

import os
import random
import threading
import time
from functools import partial

import psycopg
from celery import Task, current_app
from celery.signals import task_postrun
from django.conf import settings
from django.db import connection

from publisher.queue import DESK, WORK, bells
from publisher.queue.models import Delivery
from publisher.queue.orders import collect
from publisher.queue.running.embedded import CONCURRENCY, Engine
from publisher.queue.states import State
from tests.benchmarks.calls import post
from tests.benchmarks.deliveries import release, submit_one
from tests.benchmarks.processes import wait_for
from tests.benchmarks.province import CHANNELS

BARE = "bare"
POLL_S = 0.001
CHANNEL = "benchmark"
TRIGGER = f"""
    CREATE FUNCTION {CHANNEL}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('{CHANNEL}', NEW.delivery::text); RETURN NULL; END $$;
    CREATE TRIGGER {CHANNEL} AFTER INSERT ON log_logentry FOR EACH ROW WHEN (NEW.event = 'published')
        EXECUTE FUNCTION {CHANNEL}();
"""

_ended: dict[int, float] = {}
"""When the result of a delivery was committed, in seconds since the epoch."""

_bare_ended: dict[int, float] = {}
_engines: list[Engine] = []


def threads() -> int:
    """How many deliveries the embedded engine works on at a time."""
    return CONCURRENCY


def start_engine() -> float:
    """Start worker and sweep in this process; returns how long it took, in seconds."""
    current_app.task(post, name=BARE)
    engine = Engine(current_app, settings.PUBLISHER_HOME)
    begun = time.monotonic()
    engine.start()
    took = time.monotonic() - begun
    _engines.append(engine)
    return took


def stop_engine() -> None:
    _engines.pop().stop()


def listen() -> None:
    """Note when results are committed.

    PostgreSQL tells at the commit itself; in the embedded engine the end of the task is seen, some statements later.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(TRIGGER)
        threading.Thread(target=_listen, daemon=True).start()
    else:
        task_postrun.connect(_note_end, weak=False)


def follow(count: int, pause_s: float, seed: int) -> list[list[float]]:
    """Submit and release items for one channel each, one after the other.

    Returns seconds until the result was committed for each: from the submission on, and from the release on.
    """
    chance = random.Random(seed)
    return [_follow_one(number, pause_s, chance) for number in range(count)]


def follow_bare(url: str, count: int, pause_s: float) -> list[float]:
    """Seconds from sending a bare task on the same broker to its end, one after the other."""
    took = []
    for number in range(count):
        begun = time.time()
        _bare_ended.pop(number, None)
        current_app.send_task(BARE, (url, number), queue=DESK, retry=False, ignore_result=True)
        wait_for(partial(_bare_ended.__contains__, number), "the bare task", poll_s=POLL_S)
        took.append(_bare_ended[number] - begun)
        time.sleep(pause_s)
    return took


def _follow_one(number: int, pause_s: float, chance: random.Random) -> list[float]:
    submitted = time.time()
    revision = submit_one(number, [CHANNELS[number % len(CHANNELS)]], chance)
    release(revision)
    released = time.time()
    bells.ring(collect())
    delivery = Delivery.objects.get(revision=revision).pk
    wait_for(partial(_ended.__contains__, delivery), f"delivery {delivery}", poll_s=POLL_S)
    time.sleep(pause_s)
    return [_ended[delivery] - submitted, _ended[delivery] - released]


def _listen() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        for notice in listening.notifies():
            _ended.setdefault(int(notice.payload), time.time())


def _note_end(task: Task, args: tuple[int, ...], **_: object) -> None:
    at = time.time()
    if task.name == BARE:
        _bare_ended[args[-1]] = at
    elif task.name == WORK and Delivery.objects.filter(pk=args[0], state=State.DONE).exists():
        # A second bell for the same delivery may end before the first has done the work.
        _ended.setdefault(args[0], at)
