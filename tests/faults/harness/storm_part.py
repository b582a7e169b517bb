"""The storm as one part of a drill: the whole program as processes, many deliveries, and trouble all along."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count

from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.queue.models import Delivery
from publisher.queue.moves import NotPossible
from publisher.queue.states import FINAL, State
from tests.faults.harness import people
from tests.faults.harness.judge import OUT, Wish, judge, really_out
from tests.faults.harness.place import write_config
from tests.faults.harness.platforms import PATHS, Books, Platforms, StandIns, answers_of
from tests.faults.harness.programs import Programs
from tests.faults.harness.servers import Broker, Database
from tests.faults.harness.supply import Supply, wishes
from tests.faults.harness.weather import EmbeddedWeather, ServersWeather, Weather, schedule

Answer = TypeVar("Answer")

TICK_S = 0.1
TELL_EVERY_S = 10.0
PEOPLE_EVERY_S = 2.0
CALLS_EACH = 1.4
"""For so many calls of each path an item needs at most, bad answers are prepared."""

SECONDS_EACH = 0.3
"""The longest a delivery may take on average, all troubles included; slower is a finding."""

BACKLOG = 1500
"""So many deliveries may be on their way; the supply waits while there are more."""

CALM_S = 300.0
"""How long after the storm everything may take to settle."""

FAULTY = 0.05
"""The part of all calls that meet a bad answer."""

RARE = {"hang": 0.2, "rate_limited": 0.1, "rate_limited_after": 0.1, "duplicate": 0.0, "refused": 0.0}
"""How often a kind of bad answer comes compared with the others. What is refused cannot be lost, so it proves nothing
here; a rate limit stops an account for long."""


@dataclass
class Sums:
    """What a storm comes to. Times in seconds of this machine."""

    engine: str
    wishes: int = 0
    things: int = 0
    seconds: float = 0.0
    deaths: int = 0
    longest_truth_s: float = 0.0
    restarts: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    duplicates: int = 0
    false_lines: int = 0
    log_lines: int = 0
    findings: list[str] = field(default_factory=list)


class Storm:
    """One storm over one installation."""

    def __init__(
        self, weather: Weather, platforms: Platforms, wanted: list[Wish], seed: int, tell: Callable[[str], None]
    ) -> None:
        self.sums = Sums(weather.name, wishes=len(wanted))
        self._weather = weather
        self._programs = weather.programs
        self._platforms = platforms
        self._tell = tell
        self._seed = seed
        self._wishes = wanted
        self._supply = Supply(wanted[-1][1], self._is_behind)
        self._states: Counter[str] = Counter()
        self._decisions: Counter[str] = Counter()
        self._told_truths = 0

    def rage(self) -> None:
        """Bring everything in, and let troubles come until all is settled."""
        self._weather.begin()
        self._supply.start()
        began = time.monotonic()
        rhythm = [Rhythm(PEOPLE_EVERY_S, self._decide), Rhythm(TELL_EVERY_S, lambda: self._tell(self._progress()))]
        troubles = schedule(self._weather.kinds, self._seed)
        trouble = next(troubles)
        while not self._is_settled() and time.monotonic() - began < self._patience_s:
            now_s = time.monotonic() - began
            self._weather.pass_by(now_s)
            self._programs.bring_back()
            if trouble.at_s <= now_s:
                self._tell(f"{now_s:7.1f} s {trouble.name}")
                self._weather.strike(trouble)
                trouble = next(troubles)
            self._watch_deaths()
            for each in rhythm:
                each.beat()
            time.sleep(TICK_S)
        self.sums.seconds = time.monotonic() - began
        self._weather.clear_up()
        self._await_calm()

    def close(self, environment: Mapping[str, str]) -> None:
        """Stop the program, let the judge read, and sum up."""
        sums = self.sums
        sums.findings += self._programs.end()
        log = exported_log(environment, Path(settings.PUBLISHER_HOME))
        books = self._platforms.books()
        verdict = judge(self._wishes, books, Path(settings.PUBLISHER_HOME), log)
        sums.findings += verdict.findings
        sums.things, sums.log_lines = verdict.things, len(log)
        sums.lost, sums.duplicates = len(verdict.lost), len(verdict.duplicates)
        sums.false_lines = len(verdict.false_lines)
        sums.deaths, sums.restarts = len(self._programs.deaths), self._programs.restarts
        sums.answers = answers_met(books)
        sums.troubles, sums.decisions = dict(self._weather.counts), dict(self._decisions)
        sums.channels = dict(Counter(row["channel"] for row in log if row["event"] in OUT))

    @property
    def _patience_s(self) -> float:
        return CALM_S + len(self._wishes) * SECONDS_EACH

    def _await_calm(self) -> None:
        """Give everything the time to settle that it takes without troubles."""
        deadline = time.monotonic() + CALM_S
        while not self._is_settled() and time.monotonic() < deadline:
            self._programs.bring_back()
            self._watch_deaths()
            self._decide()
            time.sleep(PEOPLE_EVERY_S)
        if not self._is_settled():
            self.sums.findings.append(f"a trap: it is not settled {CALM_S:.0f} s after the storm: {self._progress()}")
        self._watch_deaths()
        for death in self._programs.deaths:
            if death.truth_s is None:
                self.sums.findings.append(f"nobody told the truth about what worker {death.pid} held")

    def _is_behind(self) -> bool:
        return sum(count for state, count in self._states.items() if state not in FINAL) > BACKLOG

    def _is_settled(self) -> bool:
        """Whether everything is in and nothing moves any more; unknown counts as no."""
        found = asked(lambda: Counter(dict(Delivery.objects.values_list("state").annotate(Count("pk")))))
        if found is not None:
            self._states = found
        if self._supply.failure is not None:
            raise self._supply.failure
        in_house = sum(self._states.values()) == len(self._wishes)
        return found is not None and in_house and all(state in FINAL for state in found)

    def _watch_deaths(self) -> None:
        """Note since when nothing is in the hands of the dead any more."""
        unknown = [death for death in self._programs.deaths if death.truth_s is None]
        if not unknown:
            return
        owners = asked(lambda: list(Delivery.objects.filter(lease_until__isnull=False).values_list("owner", flat=True)))
        if owners is None:
            return
        held = {int(owner.split("|")[1]) for owner in owners if owner}
        for death in unknown:
            if death.pid not in held:
                death.truth_s = time.monotonic() - death.at
                self.sums.longest_truth_s = max(self.sums.longest_truth_s, death.truth_s)

    def _decide(self) -> None:
        """What waits for a person is decided by one who looks first."""
        held = asked(lambda: list(Delivery.objects.filter(state=State.HELD).select_related("revision")))
        if not held:
            return
        things = really_out(self._platforms.books(), Path(settings.PUBLISHER_HOME))
        for delivery in held:
            reason = (delivery.error or {}).get("kind", "")
            if verb := asked(partial(people.decide, delivery, things)):
                self._decisions[f"{delivery.channel}: {verb} ({reason})"] += 1

    def _progress(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self._states.items()))
        return f"storm: {self._supply.done} items in, {states}; {len(self._programs.deaths)} deaths"


@dataclass
class Rhythm:
    """Something to be done every so often."""

    every_s: float
    action: Callable[[], object]
    due_at: float = 0.0

    def beat(self) -> None:
        if time.monotonic() >= self.due_at:
            self.due_at = time.monotonic() + self.every_s
            self.action()


def asked(question: Callable[[], Answer]) -> Answer | None:
    """The answer of the database; None where it cannot be asked just now, or somebody was first."""
    try:
        return question()
    except Error:
        connection.close()
    except NotPossible:
        pass
    return None


def exported_log(environment: Mapping[str, str], home: Path) -> list[dict[str, Any]]:
    """What ``publisher log export`` writes. Raises CalledProcessError: that, or ``log verify``, did not succeed."""
    out = home / "log.jsonl"
    for words in (("log", "export", "--out", str(out)), ("log", "verify"), ("log", "verify", str(out))):
        subprocess.run([sys.executable, "-m", "publisher", *words], env=dict(environment), check=True)
    with out.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def answers_met(books: Books) -> dict[str, int]:
    """How many calls met each kind of answer."""
    return dict(Counter(call["fault"] for name in ("wechat", "weibo") for call in books[name]["calls"]))


def arm(platforms: Platforms, items: int, chance: random.Random) -> None:
    """Let about every twentieth call of each path meet a bad answer, in an order that the seed tells."""
    for path in PATHS:
        kinds = answers_of(path)
        weights = [RARE.get(kind, 1.0) for kind in kinds]
        calls = 0
        while calls < items * CALLS_EACH:
            good = int(chance.expovariate(FAULTY)) + 1
            kind = chance.choices(kinds, weights)[0]
            platforms.misbehave(path, "ok", good)
            platforms.misbehave(path, kind)
            calls += good + 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("embedded", "servers"), required=True)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--break", dest="breaks", action="append", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    wanted = wishes(options.n)
    items = wanted[-1][1]
    home = Path(settings.PUBLISHER_HOME)
    with ExitStack() as stack:
        platforms = stack.enter_context(StandIns(home.parent, dict(os.environ)))
        write_config(home.parent, platforms.url)
        get_office()
        programs = Programs(dict(os.environ), home.parent, tuple(options.breaks))
        stack.callback(programs.kill_all)
        weather: Weather
        if options.engine == "servers":
            database = stack.enter_context(Database(os.environ["DATABASE_URL"]))
            broker = stack.enter_context(Broker(os.environ["BROKER_URL"]))
            weather = ServersWeather(programs, database, broker)
        else:
            weather = EmbeddedWeather(programs)
        tell(f"storm: seed {options.seed}, {len(wanted)} deliveries of {items} items, engine {options.engine}")
        for kind in weather.kinds:
            tell(f"storm: every {kind.gap_s[0]:g} to {kind.gap_s[1]:g} s {kind.name}, for {kind.lasts_s} s")
        ensure_schema()
        storm = Storm(weather, platforms, wanted, options.seed, tell)
        arm(platforms, items, random.Random(f"{options.seed} answers"))
        storm.rage()
        connection.close()
        storm.close(dict(os.environ))
    options.out.write_text(json.dumps(asdict(storm.sums), ensure_ascii=False, indent=1), encoding="utf-8")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
