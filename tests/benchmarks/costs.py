"""What the program's main operations cost on the tables as they are, in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection

from publisher.cli import sheets
from publisher.cli.watching import SHOWN
from publisher.items.models import Item
from publisher.office import get_office
from publisher.queue import clock, queries
from publisher.queue.diagnosis.health import health
from publisher.queue.models import Delivery
from publisher.queue.running import tasks
from publisher.queue.states import State
from publisher.queue.sweep import sweep
from publisher.reports.counts import Selection
from publisher.reports.periods import Period
from publisher.reports.rules import rule
from tests.benchmarks.deliveries import prepare
from tests.benchmarks.processes import NotMeasured
from tests.benchmarks.province import CHANNELS

FREE = CHANNELS[8:]
"""Accounts without a backlog: a Weibo account takes one post at a time, in order."""

RING_AGAIN_S = 61.0
PATIENCE_MS = 1500.0


def publish(count: int, seed: int) -> list[int]:
    """Publish at least ``count`` deliveries one after the other in this process; returns their ids."""
    ids = prepare(count, seed, FREE)
    _work_all(ids)
    return ids


def time_work(count: int, seed: int) -> list[float]:
    """Claim, intent, call, result and log row of at least ``count`` deliveries, one after the other."""
    return _work_all(prepare(count, seed, FREE))


def time_sweeps(count: int, *, ringing: bool) -> list[float]:
    """Sweeps one after the other; ``ringing``: each comes so late that it rings again for what is due."""
    start = clock.now()
    if not ringing:
        sweep(now=start)
    step = timedelta(seconds=RING_AGAIN_S if ringing else 0)
    moments = (start + number * step for number in range(count + 1))
    return _several(count, lambda: sweep(now=next(moments)))


def time_questions(count: int) -> dict[str, list[float]]:
    """The newest items with all their deliveries, as ``status`` shows them; and the health of the queue."""
    return {
        "status": _several(count, _show_newest),
        "health": _several(count, partial(health, get_office())),
    }


def time_count(year: int, count: int) -> list[float]:
    """A year's count by channel and column."""
    return _several(count, partial(_count_year, year))


def count_queries(seed: int) -> list[list[Any]]:
    """The statements of one publication with the milliseconds each took."""
    first, *others = prepare(1, seed, FREE)
    _work_all(others)
    statements: list[list[Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append([sql, (time.perf_counter() - begun) * 1000])

    with connection.execute_wrapper(note):
        tasks.visit(first)
    return statements


def _work_all(ids: list[int]) -> list[float]:
    took = [_ms(partial(tasks.visit, delivery)) for delivery in ids]
    if Delivery.objects.filter(pk__in=ids, state=State.DONE).count() < len(ids):
        raise NotMeasured("not everything was published")
    return took


def _show_newest() -> list[dict[str, Any]]:
    newest = Item.objects.filter(office=get_office().slug).order_by("-pk")[:SHOWN]
    return [queries.item_json(item) for item in newest]


def _count_year(year: int) -> None:
    period = Period.of_year(year)
    sheets.of_cells(get_office(), year, Selection(period, rule(on=period.last)), ["channel", "column", "event"])


def _several(count: int, call: Callable[[], object]) -> list[float]:
    """``call`` timed up to ``count`` times; less often where that would take long."""
    took: list[float] = []
    while len(took) < count and sum(took) < PATIENCE_MS:
        took.append(_ms(call))
    return took


def _ms(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000
