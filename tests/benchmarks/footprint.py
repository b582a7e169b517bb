"""What ``publisher up``, the whole program on one PC, needs: memory, processor at rest, and time to start."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from tests.benchmarks.figures import Figure, Goal, Section
from tests.benchmarks.processes import cpu_s, rss_mb, running, wait_for
from tests.benchmarks.stage import Plan, stage
from tests.world import answers, free_port

PAGES = ("/health", "/", "/health")
SETTLE_S = 3.0
NOTE = "Web pages, worker and sweep in one process, on SQLite; memory is resident memory in MB of 10⁶ bytes."


def measure(plan: Plan, folder: Path) -> Section:
    with stage(folder) as on:
        engine = on.embedded()
        # The tables are there already: a first start that makes them is another matter.
        engine.inside.ask("durability")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        begun = time.monotonic()
        words = ["publisher", "up", "--port", str(port)]
        with running(*words, log=on.log, environment=engine.environment) as process:
            wait_for(partial(answers, f"{url}/health"), "publisher up")
            ready_s = time.monotonic() - begun
            for page in PAGES:
                answers(url + page)
            time.sleep(SETTLE_S)
            idle_mb = rss_mb(process.pid)
            share = _idle_share(process.pid, plan.of(20, 5))
            count = plan.of(640, 160)
            engine.inside.ask("prepare", count=count, seed=plan.seed)
            peak_mb = idle_mb
            while on.stand_in.answered() < count:
                peak_mb = max(peak_mb, rss_mb(process.pid))
                time.sleep(0.1)
    return Section(
        "Footprint of the embedded process",
        NOTE,
        [
            Figure("memory at rest", idle_mb, "MB", Goal("≤", 120)),
            Figure("memory under load", peak_mb, "MB", detail=f"highest while {count} publications went out"),
            Figure("processor at rest", share, "%", Goal("≤", 0.5), "of one core, worker, sweep and web"),
            Figure("answers the web after", ready_s, "s", detail="from the start of the command"),
        ],
    )


def _idle_share(pid: int, seconds: int) -> float:
    """Percent of one core."""
    before = cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - before) / seconds * 100
