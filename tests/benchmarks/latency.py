"""How long one publication takes when nothing else is going on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.benchmarks import baseline_task
from tests.benchmarks.figures import Figure, Goal, Section, percentile, ratio
from tests.benchmarks.processes import running, wait_for
from tests.benchmarks.stage import THREADS, Engine, Plan, Stage, stage

PAUSE_S = 0.1
WARM = 3
MEDIAN, HIGH = 0.5, 0.95

NOTE = """\
One item for one channel at a time, {pause:g} s of rest between them. Ours: from the call of `submit` on (reading the
manuscript, storing it, releasing it, making the delivery, the bell), and from the release on; until the result and its
row of the log are committed. The task: from sending it to the platform's answer, on the same kind of broker."""


def measure(plan: Plan, folder: Path) -> Section:
    with stage(folder) as on, ExitStack() as processes:
        production, embedded = on.production(), on.embedded()
        start = partial(running, log=on.log)
        bare = ["tests.benchmarks.baseline_task", on.broker, on.stand_in.url, str(THREADS)]
        processes.enter_context(start(*bare))
        processes.enter_context(start("publisher", "beat", environment=production.environment))
        processes.enter_context(start("publisher", "worker", environment=production.environment))
        took_s: float = embedded.inside.ask("start_engine")
        for engine in (production, embedded):
            engine.inside.ask("listen")
        rounds = [_round(on, production, embedded, plan, number) for number in range(plan.of(3, 1))]
        embedded.inside.ask("stop_engine")
    names = ("PostgreSQL + Redis", "SQLite, embedded")
    figures = [figure for place, name in enumerate(names) for figure in _compare(name, [r[place] for r in rounds])]
    ready = Figure("embedded worker ready after", took_s * 1000, "ms", Goal("≤", 100), "with the first sweep")
    return Section("Latency at low load", NOTE.format(pause=PAUSE_S), [*figures, ready])


Times = tuple[Sequence[Sequence[float]], Sequence[float]]
"""Of one round: seconds from submission and from release for each of ours, and seconds of each bare task."""


def _round(on: Stage, production: Engine, embedded: Engine, plan: Plan, number: int) -> tuple[Times, Times]:
    count = WARM + plan.of(30, 15)
    words = {"count": count, "pause_s": PAUSE_S}
    on_redis = _bare_tasks(on, count)
    ours = production.inside.ask("follow", seed=plan.seed + number, **words)
    in_memory = embedded.inside.ask("follow_bare", url=on.stand_in.url, **words)
    beside = embedded.inside.ask("follow", seed=plan.seed + number, **words)
    return (ours[WARM:], on_redis[WARM:]), (beside[WARM:], in_memory[WARM:])


def _bare_tasks(on: Stage, count: int) -> list[float]:
    """Seconds from sending each task to the platform's answer."""
    app = baseline_task.make_app(on.broker)
    on.stand_in.reset()
    sent = []
    for number in range(count):
        sent.append(time.time())
        baseline_task.send(app, range(number, number + 1))
        time.sleep(PAUSE_S)
    wait_for(lambda: on.stand_in.answered() == count, "the bare tasks")
    return [end - begin for begin, end in zip(sent, on.stand_in.books()["answered"], strict=True)]


def _compare(name: str, rounds: Sequence[Times]) -> list[Figure]:
    """Ratios of the medians and of the high percentiles, round by round."""

    def of(share: float, place: int) -> list[float]:
        return [1000 * percentile([times[place] for times in ours], share) for ours, _ in rounds]

    def bare(share: float) -> list[float]:
        return [1000 * percentile(task, share) for _, task in rounds]

    return [
        ratio(f"submit → posted, p50, {name} : bare task", of(MEDIAN, 0), bare(MEDIAN), unit="ms", goal=Goal("≤", 1.8)),
        ratio(f"submit → posted, p95, {name} : bare task", of(HIGH, 0), bare(HIGH), unit="ms"),
        ratio(f"release → posted, p50, {name} : bare task", of(MEDIAN, 1), bare(MEDIAN), unit="ms"),
        ratio(f"release → posted, p95, {name} : bare task", of(HIGH, 1), bare(HIGH), unit="ms"),
    ]
