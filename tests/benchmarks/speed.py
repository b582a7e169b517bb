"""Publications a second through the whole protocol, and what each costs in processor time.

Every run starts its own processes and works off the same kind of backlog. The stand-in's books and the log's own times
say how long it took; the first tenth, in which processes and connections warm up, is not counted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks import baseline_task
from tests.benchmarks.figures import Figure, Goal, Section, ratio
from tests.benchmarks.processes import NotMeasured, cpu_s, running, wait_for
from tests.benchmarks.stage import THREADS, Engine, Plan, Stage, database_server, stage
from tests.world import free_port

WARM = 0.1
REST_S, REST_SHARE = 0.5, 0.1
DELAY_S = 0.05
PATIENCE_S = 120.0

NOTE = """\
Work comes over the real broker to a real `publisher worker` that makes {threads} posts at a time (with `publisher beat`
beside it), or is found by `publisher up`, which makes {narrow} posts at a time. Deliveries were made by submitting and
releasing items beforehand; each is claimed, intended, called, and ends as a chained row of the log, with durable
commits. They go to 16 Weibo accounts, because one account takes one post at a time. Baselines make the same POST: a
plain script of as many threads, and a bare Celery task with the same settings. Processor time is that of the worker
process, without the database's server."""


@dataclass(frozen=True, slots=True)
class Run:
    """One backlog worked off: publications a second, and milliseconds of processor time for each."""

    rate: float
    cpu_ms: float = 0.0
    database_cpu_ms: float = 0.0


@dataclass
class Track:
    """A stage with the program on both engines. ``delay_s`` is how long the remote takes to answer."""

    stage: Stage
    production: Engine
    embedded: Engine
    seed: int
    delay_s: float = 0.0

    def script(self, count: int, threads: int = THREADS) -> Run:
        """The plain script."""
        self.stage.stand_in.reset(self.delay_s)
        words = ["tests.benchmarks.baseline_script", self.stage.stand_in.url, str(count), str(threads)]
        with running(*words, log=self.stage.log) as process:
            process.wait(PATIENCE_S)
        return Run(self._rate(count))

    def bare_task(self, count: int) -> Run:
        """The bare Celery task on the same broker."""
        self._begin()
        baseline_task.send(baseline_task.make_app(self.stage.broker), range(count))
        words = ["tests.benchmarks.baseline_task", self.stage.broker, self.stage.stand_in.url, str(THREADS)]
        with running(*words, log=self.stage.log) as process:
            cpu_ms, _ = self._watch(process.pid, count)
        return Run(self._rate(count), cpu_ms)

    def on_production(self, count: int) -> Run:
        """``publisher worker`` and ``publisher beat``, told of everything as a release tells them."""
        self._begin()
        ids = self.production.inside.ask("prepare", count=count, seed=self.seed)
        self.production.inside.ask("ring", ids=ids)
        start = partial(running, log=self.stage.log, environment=self.production.environment)
        with ExitStack() as processes:
            processes.enter_context(start("publisher", "beat"))
            process = processes.enter_context(start("publisher", "worker", "--concurrency", str(THREADS)))
            spent = self._watch(process.pid, len(ids), database=database_server())
        return Run(self._published(self.production, ids), *spent)

    def on_embedded(self, count: int) -> Run:
        """``publisher up`` alone: its first sweep finds everything."""
        self._begin()
        ids = self.embedded.inside.ask("prepare", count=count, seed=self.seed)
        words = ["publisher", "up", "--port", str(free_port())]
        with running(*words, log=self.stage.log, environment=self.embedded.environment) as process:
            cpu_ms, _ = self._watch(process.pid, len(ids))
        return Run(self._published(self.embedded, ids), cpu_ms)

    def _begin(self) -> None:
        self.stage.stand_in.reset(self.delay_s)
        self.stage.empty_queues()

    def _watch(self, pid: int, count: int, *, database: int = 0) -> tuple[float, float]:
        """Wait until all is posted and nothing is left to do; milliseconds of processor time of each publication, for
        the process and for the database's server."""
        answered = self.stage.stand_in.answered
        wait_for(lambda: answered() >= count * WARM, "the first publications")
        begun, before = answered(), [cpu_s(pid), cpu_s(database)]
        wait_for(lambda: answered() >= count, "the last publication", PATIENCE_S)
        wait_for(lambda: _rests(pid), "the end of the work")
        after = [cpu_s(pid), cpu_s(database)]
        own, servers = ((late - early) * 1000 / (count - begun) for early, late in zip(before, after, strict=True))
        return own, servers

    def _published(self, engine: Engine, ids: Sequence[int]) -> float:
        """Raises NotMeasured: not every delivery is done, with one row of the log."""
        outcome = engine.inside.ask("outcome", ids=ids)
        if outcome["done"] != len(ids) or outcome["logged"] != len(ids):
            raise NotMeasured(f"{outcome} of {len(ids)} publications")
        return self._rate(len(ids), outcome["last_at"])

    def _rate(self, count: int, ended: float = 0.0) -> float:
        """Publications a second. Raises NotMeasured: the platform did not get each exactly once."""
        books = self.stage.stand_in.books()
        if books["doubled"] or len(books["answered"]) != count:
            raise NotMeasured(f"{len(books['answered'])} of {count} posts, {books['doubled']} of them doubled")
        first = int(count * WARM)
        answered: list[float] = sorted(books["answered"])
        return (count - first) / (max(ended, answered[-1]) - answered[first - 1])


def _rests(pid: int) -> bool:
    """Whether a process has come to rest: no bell is left that somebody would have to look at."""
    before = cpu_s(pid)
    time.sleep(REST_S)
    return cpu_s(pid) - before < REST_S * REST_SHARE


def measure(plan: Plan, folder: Path) -> Section:
    """Both speeds of the remote, the runs of each in turn."""
    with stage(folder) as on:
        track = Track(on, on.production(), on.embedded(), plan.seed)
        narrow: int = track.embedded.inside.ask("threads")
        at_once, slow = defaultdict[str, list[Run]](list), defaultdict[str, list[Run]](list)
        for _ in range(plan.of(3, 1)):
            _round_at_once(track, at_once, plan)
            _round_slow(track, slow, plan, narrow)
        kept = [track.production.inside.ask("durability"), track.embedded.inside.ask("durability")]
    note = f"{NOTE.format(threads=THREADS, narrow=narrow)} PostgreSQL: {kept[0]}. SQLite: {kept[1]}."
    return Section("Speed", note, [*_rates_at_once(at_once), *_rates_slow(slow, narrow), *_processor_times(at_once)])


def _round_at_once(track: Track, runs: defaultdict[str, list[Run]], plan: Plan) -> None:
    track.delay_s = 0.0
    runs["script"].append(track.script(plan.of(4000, 1200)))
    runs["task"].append(track.bare_task(plan.of(3000, 800)))
    runs["production"].append(track.on_production(plan.of(800, 240)))
    runs["embedded"].append(track.on_embedded(plan.of(800, 240)))


def _round_slow(track: Track, runs: defaultdict[str, list[Run]], plan: Plan, narrow: int) -> None:
    track.delay_s = DELAY_S
    runs["script"].append(track.script(plan.of(800, 320)))
    runs["production"].append(track.on_production(plan.of(800, 240)))
    runs["narrow"].append(track.script(plan.of(400, 160), narrow))
    runs["embedded"].append(track.on_embedded(plan.of(400, 160)))


def _rates_at_once(runs: defaultdict[str, list[Run]]) -> list[Figure]:
    goal, unit = Goal("≥", 0.2), "/s"
    rates = {name: [run.rate for run in of] for name, of in runs.items()}
    return [
        ratio("publications/s, PostgreSQL : script", rates["production"], rates["script"], unit=unit, goal=goal),
        ratio("publications/s, SQLite : script", rates["embedded"], rates["script"], unit=unit, goal=goal),
        ratio("publications/s, PostgreSQL : bare task", rates["production"], rates["task"], unit=unit),
        ratio("publications/s, SQLite : bare task", rates["embedded"], rates["task"], unit=unit),
    ]


def _rates_slow(runs: defaultdict[str, list[Run]], narrow: int) -> list[Figure]:
    goal, unit = Goal("≥", 0.95), "/s"
    rates = {name: [run.rate for run in of] for name, of in runs.items()}
    name = f"the same, remote takes 50 ms, {THREADS} at a time, PostgreSQL + Redis : script"
    embedded = f"the same, {narrow} at a time, SQLite : script"
    return [
        ratio(name, rates["production"], rates["script"], unit=unit, goal=goal),
        ratio(embedded, rates["embedded"], rates["narrow"], unit=unit, goal=goal),
    ]


def _processor_times(runs: defaultdict[str, list[Run]]) -> list[Figure]:
    goal, unit = Goal("≤", 1.8), "ms"
    used = {name: [run.cpu_ms for run in of] for name, of in runs.items()}
    server = [run.database_cpu_ms for run in runs["production"]]
    return [
        ratio("CPU, worker on PostgreSQL : bare task", used["production"], used["task"], unit=unit, goal=goal),
        ratio("CPU, whole `up` on SQLite : bare task", used["embedded"], used["task"], unit=unit, goal=goal),
        ratio("CPU, PostgreSQL's own processes : bare task", server, used["task"], unit=unit),
    ]
