"""A small drill of every part, and that the proof bites: a broken protocol does not get past the judge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.faults.__main__ import main
from tests.faults.harness.cases import SHORTEST_ROUND, Case, own_moments
from tests.faults.harness.programs import Programs, Running
from tests.faults.harness.weather import EmbeddedWeather, ServersWeather, schedule
from tests.services import REDIS, postgresql_programs

SEED = "20261122"

needs_servers = [
    pytest.mark.postgresql,
    pytest.mark.redis,
    pytest.mark.skipif(postgresql_programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.skipif(not REDIS.exists(), reason="Redis is not installed"),
]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.md"


def drill(report: Path, *words: str) -> str:
    """Run a drill; its report, whatever the verdict."""
    main(["--seed", SEED, "--report", str(report), *words])
    return report.read_text(encoding="utf-8")


def duplicates(report: str) -> int:
    found = re.search(r"(\d+) duplicates", report)
    assert found, report
    return int(found[1])


def test_deaths_at_any_moment_under_any_answer_leave_one_of_each(report: Path) -> None:
    found = drill(report, "--part", "table", "--n", "20")
    assert "**0 lost, 0 duplicates, 0 false log lines**" in found, found
    assert found.endswith("None.\n"), found
    assert f"Again: `python -m tests.faults --seed {SEED} --part table --n 20`" in found, found


@pytest.mark.parametrize(
    "engine", [pytest.param("servers", marks=needs_servers), pytest.param("embedded")], ids=["servers", "embedded"]
)
def test_a_storm_leaves_one_of_each(report: Path, engine: str) -> None:
    found = drill(report, "--part", "storm", "--engine", engine, "--n", "80")
    assert "**0 lost, 0 duplicates, 0 false log lines** in 81" in found, found
    assert found.endswith("None.\n"), found


def test_sending_again_out_of_doubt_is_caught(report: Path) -> None:
    found = drill(report, "--part", "table", "--channel", "weibo", "--n", "40", "--break", "blind-retry")
    assert duplicates(found) > 0, found


def programs(folder: Path) -> Programs:
    return Programs({**os.environ, "PUBLISHER_HOME": str(folder)}, folder)


def test_what_was_killed_in_the_last_moment_was_not_asked_to_stop(tmp_path: Path) -> None:
    running = programs(tmp_path)
    running.kill(running.start("sandbox", "--port", "0"))
    assert running.end() == []


def test_what_does_not_stop_in_order_is_told(tmp_path: Path) -> None:
    running = programs(tmp_path)
    words = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print(flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        running.running.append(Running(("worker",), process))
        assert running.end() == ["worker ended with status 3 after SIGTERM"]


@pytest.mark.parametrize("weather", [ServersWeather, EmbeddedWeather], ids=["servers", "embedded"])
def test_the_same_seed_has_the_same_schedule(weather: type[ServersWeather | EmbeddedWeather]) -> None:
    first, again, other = (list(islice(schedule(weather.kinds, seed), 200)) for seed in (7, 7, 8))
    assert first == again != other
    assert first == sorted(first, key=lambda trouble: trouble.at_s)
    assert {trouble.name for trouble in first} == {kind.name for kind in weather.kinds}


def test_a_faulty_answer_has_the_moments_from_its_call_until_all_is_as_usual() -> None:
    quiet = ["claim", "before call POST /a", "after call POST /a", "before call POST /b", "done"]
    case = Case("wechat", faults=(("/a", "busy"),))
    struck = [*quiet[:2], "postponed", "claim again", *quiet[1:]]
    assert own_moments(case, struck, quiet) == [2, 3, 4]
    assert own_moments(Case("wechat"), quiet, quiet) == [1, 2, 3, 4, 5]


def test_rounds_that_are_alike_are_struck_twice() -> None:
    quiet = ["before call POST /a", "done"]
    look = [f"look {part}" for part in range(SHORTEST_ROUND)]
    struck = ["before call POST /a", *look * 5, "done"]
    assert len(own_moments(Case("wechat", faults=(("/a", "busy"),)), struck, quiet)) == 1 + 2 * len(look) - 1
