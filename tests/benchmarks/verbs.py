"""What a process with the program inside can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.benchmarks import costs, deliveries, filling, ledger, moments

VERBS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        deliveries.prepare,
        deliveries.ring,
        deliveries.outcome,
        deliveries.durability,
        moments.threads,
        moments.start_engine,
        moments.stop_engine,
        moments.listen,
        moments.follow,
        moments.follow_bare,
        filling.make_room,
        filling.fill,
        costs.time_sweeps,
        costs.time_work,
        costs.time_questions,
        costs.time_count,
        costs.count_queries,
        ledger.fill_year,
        ledger.time_year,
        ledger.time_year_by_hand,
        ledger.time_figures,
        ledger.write_entries,
    )
}
