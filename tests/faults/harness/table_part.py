"""The table as one part of a drill: finds the moments, makes the cases, plays them in several lanes, sums up."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from queue import SimpleQueue

from tests.faults.harness import cases
from tests.faults.harness.cases import ELSEWHERE, HERE, ON_REQUEST, PLAYED, SCENES, Case, Outcome
from tests.faults.harness.lane import Lane
from tests.faults.harness.place import database_url, temporary_root
from tests.faults.harness.servers import Database

Scene = tuple[str, str]
"""A channel and an action."""

TELL_EVERY_S = 10.0
WALKS = 1000
"""Random stories for each channel, to choose from."""

ANSWERED_FOLD = 4
"""Of a small table: how many more cases than it is to have are played to find its moments."""

DEATHS_SHARE = 60
"""Per cent of a table that is too small for all cases."""


@dataclass
class Sums:
    """What a table run comes to."""

    cases: int = 0
    by_channel: Counter[str] = field(default_factory=Counter)
    by_blow: Counter[str] = field(default_factory=Counter)
    by_answer: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    database: str = "sqlite"
    moments: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    duplicates: int = 0
    false_lines: int = 0
    deaths: int = 0
    longest_truth_s: float = 0.0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        case = outcome.case
        self.cases += 1
        self.by_channel[case.channel] += 1
        self.by_blow.update(outcome.blows)
        self.by_answer.update(answer for _, answer in case.faults)
        self.decisions.update(outcome.decisions)
        self.lost += len(outcome.verdict.lost)
        self.duplicates += len(outcome.verdict.duplicates)
        self.false_lines += len(outcome.verdict.false_lines)
        self.deaths += outcome.blows["killed"]
        self.longest_truth_s = max(self.longest_truth_s, outcome.truth_s or 0.0)
        self.findings += outcome.findings


class TablePart:
    """Plays cases in all lanes at once and keeps the sums."""

    def __init__(self, lanes: list[Lane], seed: int, channels: Sequence[str], tell: Callable[[str], None]) -> None:
        self.sums = Sums()
        self._channels = channels
        self._chance = random.Random(seed)
        self._tell = tell
        self._free: SimpleQueue[Lane] = SimpleQueue()
        for lane in lanes:
            self._free.put(lane)
        self._pool = ThreadPoolExecutor(len(lanes))
        self._told_at = self._began_at = time.monotonic()

    def run(self, most: int) -> Sums:
        """Find the moments, then play at most so many cases, chosen by the seed where there are more."""
        untroubled = [Case(*scene) for scene in SCENES if scene[0] in self._channels]
        quiet = {_scene(outcome.case): outcome for outcome in self._play(untroubled)}
        self.sums.moments = {" ".join(scene): len(outcome.labels) for scene, outcome in quiet.items()}
        answered = self._answered(quiet, most * ANSWERED_FOLD)
        list(self._play(self._chosen(quiet, answered, most)))
        self.sums.seconds = time.monotonic() - self._began_at
        return self.sums

    def _answered(self, quiet: dict[Scene, Outcome], most: int) -> list[Outcome]:
        """Each bad answer to each call of an untroubled delivery, nothing struck; of more than ``most`` some."""
        by_scene = (cases.with_faults(outcome.case, dict.fromkeys(outcome.paths)) for outcome in quiet.values())
        single = list(chain.from_iterable(by_scene))
        return list(self._play(single if len(single) <= most else self._chance.sample(single, most)))

    def _chosen(self, quiet: dict[Scene, Outcome], answered: list[Outcome], most: int) -> list[Case]:
        """First of all the deaths at every moment under every answer, then as many others as there is room for."""
        deaths = [case for outcome in quiet.values() for case in _deaths(outcome, outcome, (HERE, ELSEWHERE))]
        deaths += [case for outcome in answered for case in _deaths(outcome, quiet[_scene(outcome.case)], ())]
        others = list(self._others(quiet, answered))
        self._tell(f"table: {len(deaths)} deaths and {len(others)} other cases in all; at most {most} are played")
        share = len(deaths) if most > len(deaths) else most * DEATHS_SHARE // 100
        deaths = self._chance.sample(deaths, min(share, len(deaths)))
        return deaths + self._chance.sample(others, min(len(others), most - len(deaths)))

    def _others(self, quiet: dict[Scene, Outcome], answered: list[Outcome]) -> Iterator[Case]:
        paths: defaultdict[Scene, dict[str, None]] = defaultdict(dict)
        for outcome in answered:
            paths[_scene(outcome.case)].update(dict.fromkeys(outcome.paths))
        for outcome in (*quiet.values(), *answered):
            yield from _struck(outcome, quiet[_scene(outcome.case)])
        for outcome in answered:
            yield from self._looked_up(outcome, quiet[_scene(outcome.case)].paths)
        for scene in quiet:
            for _ in range(WALKS):
                yield cases.walk(self._chance, scene, list(paths[scene]))

    def _looked_up(self, outcome: Outcome, known: list[str]) -> Iterator[Case]:
        """Bad answers, and a death, while it is being looked for."""
        new = [path for path in dict.fromkeys(outcome.paths) if path not in known]
        for case in cases.with_faults(outcome.case, new):
            yield case
            at = self._chance.randrange(1, len(outcome.labels) + 1)
            yield from cases.killed(case, [at], [self._chance.choice((HERE, ELSEWHERE))])

    def _play(self, wanted: Iterable[Case]) -> Iterator[Outcome]:
        for outcome in self._pool.map(self._play_one, wanted):
            self.sums.add(outcome)
            for finding in outcome.findings:
                self._tell(f"FINDING {finding}")
            if time.monotonic() - self._told_at > TELL_EVERY_S:
                self._told_at = time.monotonic()
                rate = self.sums.cases / (self._told_at - self._began_at)
                self._tell(f"table: {self.sums.cases} cases, {rate:.1f}/s, {len(self.sums.findings)} findings")
            yield outcome

    def _play_one(self, case: Case) -> Outcome:
        lane = self._free.get()
        try:
            return lane.run(case)
        finally:
            self._free.put(lane)


def _scene(case: Case) -> Scene:
    return case.channel, case.action


def _deaths(outcome: Outcome, quiet: Outcome, machines: Sequence[str]) -> Iterator[Case]:
    """A death at every moment that is the case's own; without machines the next life is here and elsewhere in turn."""
    for at in cases.own_moments(outcome.case, outcome.labels, quiet.labels):
        yield from cases.killed(outcome.case, [at], machines or (HERE, ELSEWHERE)[at % 2 :][:1])


def _struck(outcome: Outcome, quiet: Outcome) -> Iterator[Case]:
    """The other blows at every moment, and deaths while the platform shows late what is out."""
    case, moments = outcome.case, cases.own_moments(outcome.case, outcome.labels, quiet.labels)
    yield from cases.stopped(case, moments)
    for length in (1, 6):
        yield from cases.tripped(case, moments, length)
    for late in cases.with_lags(case):
        yield late
        yield from cases.killed(late, moments, (ELSEWHERE,))
        yield from cases.stopped(late, moments)


def _lane(root: Path, number: int, options: argparse.Namespace, server: str) -> Lane:
    name = f"lane{number}"
    database = server.replace("/publisher", f"/{name}")
    return Lane(root / name, tuple(options.breaks), database=database, channels=_loaded(options.channels))


def _loaded(channels: Sequence[str]) -> tuple[str, ...]:
    """All that every case may need, and what was asked for beside it."""
    return (*PLAYED, *(channel for channel in channels if channel in ON_REQUEST))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--break", dest="breaks", action="append", default=[])
    parser.add_argument("--channel", dest="channels", action="append", choices=(*PLAYED, *ON_REQUEST), default=[])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with ExitStack() as stack:
        root = stack.enter_context(temporary_root("table", in_memory=True))
        server = stack.enter_context(Database(database_url())).url if options.database == "postgresql" else ""
        lanes = [_lane(root, number, options, server) for number in range(options.lanes)]
        sums = TablePart(lanes, options.seed, options.channels or PLAYED, tell).run(options.n)
        for lane in lanes:
            lane.close()
    sums.database = options.database
    options.out.write_text(json.dumps(vars(sums), ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
