"""Making deliveries as staff make them, telling the workers, and seeing what became of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Max

from publisher.items.actions import Wish, submit
from publisher.items.models import Revision
from publisher.items.readers import read
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import get_office
from publisher.queue import bells
from publisher.queue.models import Delivery
from publisher.queue.orders import collect
from publisher.queue.states import State
from publisher.review.actions import release_directly
from tests.benchmarks.province import CHANNELS

WORDS = "全市科技工作会议召开总结上一年度科技创新和知识产权工作部署今年的重点任务"
LENGTH = 600
BY = "benchmark"


def submit_one(number: int, channels: Sequence[str], chance: random.Random) -> Revision:
    """Submit an item of ordinary length."""
    title = f"关于开展第{number}期科技活动的通知"
    text = f"{title}\n\n" + "".join(chance.choices(WORDS, k=LENGTH))
    manuscript = read(None, text.encode(), name="notice.txt", title=title)
    return submit(get_office(), manuscript, Wish(channels=channels), by=BY)


def release(revision: Revision) -> None:
    release_directly(get_office(), revision, by=BY)


def prepare(count: int, seed: int, channels: Sequence[str] = CHANNELS) -> list[int]:
    """Make at least ``count`` deliveries by submitting and releasing items; returns their ids, nobody is told."""
    chance = random.Random(seed)
    for number in range(-(-count // len(channels))):
        release(submit_one(number, channels, chance))
    return [delivery.pk for delivery in collect()]


def ring(ids: list[int]) -> int:
    """Tell the workers, as a release does."""
    bells.ring(Delivery.objects.filter(pk__in=ids).order_by("pk"))
    return len(ids)


def outcome(ids: list[int]) -> dict[str, Any]:
    """How many are done, how many entries of the log say so, and when the last of these was written."""
    published = LogEntry.objects.filter(delivery__in=ids, event=Event.PUBLISHED)
    last = published.aggregate(last=Max("at"))["last"]
    return {
        "done": Delivery.objects.filter(pk__in=ids, state=State.DONE).count(),
        "logged": published.count(),
        "last_at": last.timestamp() if last else 0.0,
    }


def durability() -> str:
    """What the database promises about a commit."""
    if connection.vendor == "postgresql":
        return f"synchronous_commit {_value('SHOW synchronous_commit')}, fsync {_value('SHOW fsync')}"
    level = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[_value("PRAGMA synchronous")]
    return f"journal_mode {_value('PRAGMA journal_mode')}, synchronous {level}"


def _value(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
