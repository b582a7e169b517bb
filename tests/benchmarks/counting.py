"""What counting a year costs with growing logs, beside statements written by hand and beside DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from publisher.log import auditor
from tests.benchmarks.columnar import Columnar
from tests.benchmarks.figures import Curve, Figure, Goal, Section, ratio
from tests.benchmarks.processes import NotMeasured
from tests.benchmarks.stage import Engine, Plan, Stage, stage

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK_SIZES = (10_000, 100_000)
BOOK, QUICK_BOOK = 200_000, 10_000
ROUNDS = 3

YEAR, BY_HAND, DUCKDB = "count YEAR", "the same by hand on the best index", "the same in DuckDB"
FLAT = ("first page of the year", "a page in the middle")

NOTE = """\
All entries are of one year and one office, with three platforms and a newspaper, twenty columns, and one of sixty
taken back; they are copies of a real entry made in SQL. `count YEAR` tells the rows by channel, column and event, the
items, publications and what was handed over; by hand and in DuckDB the same is asked in three statements, whose answers
must be the program's. {rounds} rounds in turn. DuckDB reads only the columns it is asked for, on all cores."""


@dataclass
class Costs:
    """Milliseconds of each question, all rounds."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def measure(plan: Plan, folder: Path) -> Section:
    figures: list[Figure] = []
    curves: list[Curve] = []
    with stage(folder) as on, closing(Columnar(folder)) as columnar:
        engines = {"SQLite": on.embedded("SQLite"), "PostgreSQL": on.separate("PostgreSQL")}
        costs: dict[str, dict[int, Costs]] = {name: {} for name in engines}
        for size in _sizes(plan):
            columnar.fill(size)
            for name, engine in engines.items():
                engine.inside.ask("fill_year", rows=size)
                costs[name][size] = _costs(engine, columnar)
        for name, found in costs.items():
            figures += _ratios(name, found)
            curves += _curves(name, found)
        figures += _book_figures(on, plan)
    return Section("Counting", NOTE.format(rounds=ROUNDS), figures, curves)


def _sizes(plan: Plan) -> list[int]:
    return [size for size in (QUICK_SIZES if plan.quick else SIZES) if size <= plan.rows]


def _costs(engine: Engine, columnar: Columnar) -> Costs:
    costs = Costs()
    ask = engine.inside.ask
    for _ in range(ROUNDS):
        ours = ask("time_year", count=1)
        by_hand = ask("time_year_by_hand", count=1)
        theirs = columnar.time_year(1)
        if not _same(ours, by_hand) or not _same(ours, theirs):
            raise NotMeasured("the counts are not the same")
        for name, timed in ((YEAR, ours), (BY_HAND, by_hand), (DUCKDB, theirs)):
            costs.took[name] += timed["took"]
    for name, took in ask("time_figures", count=ROUNDS).items():
        costs.took[name] += took
    return costs


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["answer"] == other["answer"])


def _ratios(name: str, costs: Mapping[int, Costs]) -> list[Figure]:
    """The goal is that of a log so large that reading it takes the time; below, making the statements does."""
    figures = []
    for size, of in costs.items():
        goal = Goal("≤", 1.2) if size == SIZES[-1] else None
        for beside, limit in ((BY_HAND, goal), (DUCKDB, None)):
            what = f"{YEAR}, {size:,} rows : {beside}, {name}"
            figures.append(ratio(what, of.took[YEAR], of.took[beside], unit="ms", goal=limit))
    return figures


def _curves(name: str, costs: Mapping[int, Costs]) -> list[Curve]:
    questions = costs[max(costs)].took
    return [
        Curve(
            f"{name}: {question}",
            {size: median(of.took[question]) for size, of in costs.items()},
            is_linear=question not in FLAT,
        )
        for question in questions
    ]


def _book_figures(on: Stage, plan: Plan) -> list[Figure]:
    """Verification and export of a chained log, by the commands, with their start."""
    count = plan.of(BOOK, QUICK_BOOK)
    figures = []
    for name, engine in {"SQLite": on.embedded("SQLite book"), "PostgreSQL": on.separate("PostgreSQL book")}.items():
        engine.inside.ask("write_entries", count=count)
        path = engine.home / "log.jsonl"
        program = [sys.executable, "-m", "publisher", "log"]
        words = {
            "verified in the database": [*program, "verify"],
            "exported as JSON Lines": [*program, "export", "--out", str(path)],
            "verified in the export, without the program": [sys.executable, auditor.__file__, str(path)],
        }
        figures += [_rate(f"{what}, {name}", engine, command, count) for what, command in words.items()]
    return figures


def _rate(name: str, engine: Engine, command: Sequence[str], count: int) -> Figure:
    begun = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **engine.environment}, capture_output=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise NotMeasured(f"{name}: {done.stderr.decode()[-500:]}")
    return Figure(name, count / seconds, "rows/s", detail=f"{count:,} rows in {seconds:.1f} s")
