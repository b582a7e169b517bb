"""What the main operations cost with growing tables of finished work, beside the same on empty ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.benchmarks.figures import Curve, Figure, Goal, Section, ratio
from tests.benchmarks.province import CHANNELS
from tests.benchmarks.stage import Engine, Plan, Stage, stage

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 50_000)
OPEN = 1000
BUSY = (*CHANNELS[:8], "portal")

QUIET, RINGING, WORK, STATUS, HEALTH, COUNT = (
    "sweep, nobody to tell",
    "sweep that rings for what is due",
    "one publication (claim, intent, call, result, log)",
    "status of the newest 50 items",
    "health",
    "count of a year with few rows",
)

NOTE = """\
Finished deliveries, their steps, products, items and rows of the log are copies of a real one made in SQL; {open:,}
more deliveries are open and due in either database. Each operation is timed in turn on the filled database and on one
without finished work, {rounds} rounds; a curve's factor is that of the cost beside the empty one."""


@dataclass
class Costs:
    """Milliseconds of each operation, a median for each round, on the filled and on the empty database."""

    full: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    empty: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def measure(plan: Plan, folder: Path) -> Section:
    rounds = plan.of(4, 2)
    with stage(folder) as on:
        parts = [_measure_on(on, name, plan, rounds) for name in ("SQLite", "PostgreSQL")]
    figures = [figure for found, _ in parts for figure in found]
    curves = [curve for _, found in parts for curve in found]
    return Section("Growth", NOTE.format(open=OPEN, rounds=rounds), figures, curves)


def _measure_on(on: Stage, name: str, plan: Plan, rounds: int) -> tuple[list[Figure], list[Curve]]:
    make = on.embedded if name == "SQLite" else on.separate
    full, empty = make(f"{name} full"), make(f"{name} empty")
    for engine in (full, empty):
        engine.inside.ask("make_room")
        engine.inside.ask("prepare", count=OPEN, seed=plan.seed, channels=BUSY)
    sizes = QUICK_SIZES if plan.quick else SIZES
    costs: dict[int, Costs] = {}
    _costs(full, empty, plan, 1)
    for size in sizes:
        full.inside.ask("fill", rows=size)
        costs[size] = _costs(full, empty, plan, rounds)
    return _figures(name, max(sizes), costs[max(sizes)]), _curves(name, costs)


def _costs(full: Engine, empty: Engine, plan: Plan, rounds: int) -> Costs:
    costs = Costs()
    for number in range(rounds):
        for engine, kept in ((full, costs.full), (empty, costs.empty)):
            for operation, times in _ask_all(engine, plan.seed + number).items():
                kept[operation].append(median(times))
    return costs


def _ask_all(engine: Engine, seed: int) -> Mapping[str, Sequence[float]]:
    ask = engine.inside.ask
    questions = ask("time_questions", count=3)
    return {
        QUIET: ask("time_sweeps", count=3, ringing=False),
        RINGING: ask("time_sweeps", count=2, ringing=True),
        WORK: ask("time_work", count=16, seed=seed),
        STATUS: questions["status"],
        HEALTH: questions["health"],
        COUNT: ask("time_count", year=datetime.now(UTC).year, count=3),
    }


def _figures(name: str, size: int, costs: Costs) -> list[Figure]:
    """What there are goals for, at the largest size."""
    rows = f"{size:,} finished and {OPEN:,} open"
    goal = Goal("≤", 1.5)
    return [
        ratio(f"{QUIET}, {rows} : none finished, {name}", costs.full[QUIET], costs.empty[QUIET], unit="ms", goal=goal),
        ratio(f"{RINGING}, the same, {name}", costs.full[RINGING], costs.empty[RINGING], unit="ms", goal=goal),
    ]


def _curves(name: str, costs: Mapping[int, Costs]) -> list[Curve]:
    flat = (QUIET, RINGING, WORK, STATUS, HEALTH, COUNT)
    curves = []
    for operation in flat:
        full = {size: median(of.full[operation]) for size, of in costs.items()}
        beside = {size: median(of.empty[operation]) for size, of in costs.items()}
        curves.append(Curve(f"{name}: {operation}", full, beside))
    return curves
