"""``python -m tests.faults``: a drill with a report; ``make faults N=… SEED=…`` runs it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.harness.place import database_url, environment, inside, redis_url, temporary_root, write_config
from tests.faults.harness.report import Drill, written

TABLE_PERCENT = 60
"""So many cases the table has for a hundred deliveries of the storm."""

STORM_SCALE = 0.02
"""Waiting times of a storm; the table has its own clock and needs none."""

ENGINES = {"both": ("servers", "embedded"), "servers": ("servers",), "embedded": ("embedded",)}
BREAKS = ("blind-retry", "no-doubt", "no-look", "no-fence", "no-deadline")


def main(words: Sequence[str] | None = None) -> int:
    """Run what was asked for; returns 0 where the verdict is good."""
    options = _options(words)
    drill = Drill(seed=options.seed, command=_again(words or sys.argv[1:]), breaks=tuple(options.breaks))
    if options.part in ("table", "all"):
        drill.table = _table(options)
    if options.part in ("storm", "all"):
        engines = ENGINES[options.engine]
        drill.storms = [_storm(options, engine, -(-options.n // len(engines))) for engine in engines]
    text = written(drill)
    sys.stdout.write(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    return 0 if drill.is_good else 1


def _again(words: Sequence[str]) -> str:
    """The command that repeats a drill; where its report goes is of the place, not of the drill."""
    places = [number for number, word in enumerate(words) if word == "--report"]
    left_out = {*places, *(number + 1 for number in places)}
    kept = [word for number, word in enumerate(words) if number not in left_out and not word.startswith("--report=")]
    return " ".join(["python -m tests.faults", *kept])


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="deliveries of the storm; the table has fewer cases")
    parser.add_argument("--seed", type=int, default=1, help="the same seed has the same schedule")
    parser.add_argument("--engine", choices=ENGINES, default="both")
    parser.add_argument("--part", choices=("table", "storm", "all"), default="all")
    parser.add_argument("--break", dest="breaks", action="append", choices=BREAKS, default=[])
    parser.add_argument("--channel", dest="channels", action="append", default=[], help="of the table; default: all")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="of the table")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="cases of the table at the same time")
    parser.add_argument("--report", type=Path, help="where the report is written, as Markdown")
    return parser.parse_args(words)


def _table(options: argparse.Namespace) -> dict[str, Any]:
    more = ["--lanes", str(options.lanes), "--database", options.database]
    more += [*(word for name in options.channels for word in ("--channel", name))]
    with temporary_root("table", in_memory=True) as root:
        write_config(root, "http://127.0.0.1:9")
        return _part(root, environment(root), "table_part", options, options.n * TABLE_PERCENT // 100, more)


def _storm(options: argparse.Namespace, engine: str, deliveries: int) -> dict[str, Any]:
    servers = engine == "servers"
    with temporary_root("storm", in_memory=True) as root:
        surroundings = environment(
            root,
            database=database_url() if servers else "",
            broker=redis_url() if servers else "",
            time_scale=STORM_SCALE,
        )
        return _part(root, surroundings, "storm_part", options, deliveries, ["--engine", engine])


def _part(
    root: Path, surroundings: dict[str, str], module: str, options: argparse.Namespace, number: int, more: list[str]
) -> dict[str, Any]:
    """Run one part in a process of its own and return its sums. Raises CalledProcessError: the harness failed."""
    out = root / "sums.json"
    words = ["--n", str(number), "--seed", str(options.seed), "--out", str(out), *more]
    words += [word for name in options.breaks for word in ("--break", name)]
    subprocess.run(inside(module, *words), env=surroundings, check=True)
    sums: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return sums


if __name__ == "__main__":
    sys.exit(main())
