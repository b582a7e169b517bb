"""The cases of the table: which answers a delivery meets, and at which moment of which life something strikes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from tests.faults.harness.judge import Verdict
from tests.faults.harness.moments import Blow, Plan
from tests.faults.harness.papers import MAIL, SFTP
from tests.faults.harness.platforms import answers_of
from tests.faults.harness.wordpress import NEWS

CHANNELS = ("portal", "wechat", "weibo", "daily")
PUSH = "push"
"""WeChat's sends to subscribers, a second channel of the same account; on the table only."""
BUNDLE = "bundle"
"""WeChat articles that go out together, a third channel of the same account; on the table only."""
PAPERS = ("daily", MAIL, SFTP)
"""Newspapers that take a folder, mail and SFTP; the last two on the table only."""
PLAYED = (*CHANNELS, PUSH, BUNDLE, MAIL, SFTP)
ON_REQUEST = (NEWS,)
"""Channels that are played only where they are asked for: a real WordPress takes seconds for a case."""

SCENES = (
    *((channel, "publish") for channel in PLAYED),
    *((channel, "correct") for channel in ("portal", *PAPERS)),
    *((channel, "recall") for channel in ("portal", "wechat", "weibo", PUSH, BUNDLE, *PAPERS)),
    *((NEWS, action) for action in ("publish", "correct", "recall")),
)
"""A channel and what is struck there: the publication, or what is ordered about it later."""

HERE, ELSEWHERE = "here", "elsewhere"

NEVER_S = 1e9

LATE_LISTS = (
    {"publish_takes_s": 1.0, "listed_after_s": 300.0},
    {"publish_takes_s": 90.0, "listed_after_s": 0.0},
    {"publish_takes_s": 200.0, "listed_after_s": 350.0},
)
LAGS: dict[str, tuple[dict[str, Any], ...]] = {
    "weibo": ({"visible_after_s": 60.0}, {"visible_after_s": 200.0}),
    "wechat": LATE_LISTS,
    BUNDLE: LATE_LISTS,
    PUSH: (
        {"told_after_s": NEVER_S},
        {"told_after_s": 1200.0},
        {"mass_takes_s": 400.0},
        {"administrator": "asked"},
        {"administrator": "silent", "told_after_s": 1200.0},
    ),
}
"""How late the platforms show what is out: always sooner than the channel takes absence for proven. A send may wait for
the account's administrator, and what WeChat says by itself of its end comes at once, late or never."""

SHORTEST_ROUND = 8
"""Moments of a round; what is shorter may look alike by chance."""

PROMISED_S = 60.0
"""The truth about what a dead worker held is told at the latest so long after its death."""

Fault = tuple[str, str]
"""A path and the bad answer that its next call meets."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run.

    Attributes:
        faults: bad answers, in the order in which the calls of each path meet them.
        settings: how the platform of the channel behaves.
        plans: what strikes the first life, the second one and so on; the last life is left in peace.
        machine: where the next life is: here it sees that a process is dead, elsewhere the lease must run out.
    """

    channel: str
    action: str = "publish"
    faults: tuple[Fault, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    plans: tuple[Plan, ...] = ()
    machine: str = HERE
    seed: int = 0

    def __str__(self) -> str:
        parts = [self.channel, self.action, *(f"{path}={answer}" for path, answer in self.faults)]
        parts += [f"{name}={value}" for name, value in self.settings]
        parts += [f"{p.blow}@{p.at}" + (f"x{p.length}" if p.blow is Blow.TRIP else "") for p in self.plans]
        return " ".join([*parts, self.machine, f"seed={self.seed}"])


@dataclass
class Outcome:
    """One case and what came of it.

    Attributes:
        labels: the moments of the life that was not struck.
        paths: the platform's calls, in order, from where it can be struck.
        truth_s: the longest time from a death to the truth.
    """

    case: Case
    verdict: Verdict
    labels: list[str]
    paths: list[str]
    blows: Counter[str]
    decisions: list[str]
    truth_s: float | None
    trap: str = ""

    @property
    def findings(self) -> list[str]:
        found = [*self.verdict.findings, *filter(None, [self.trap])]
        if self.truth_s is not None and not 0 <= self.truth_s <= PROMISED_S:
            found.append(f"the truth came {self.truth_s:.1f} s after the death")
        return [f"[{self.case}] {text}" for text in found]


def with_faults(case: Case, paths: Iterable[str]) -> Iterator[Case]:
    """The case with one more bad answer: of each kind, at each path."""
    for path in paths:
        for answer in answers_of(path):
            yield replace(case, faults=(*case.faults, (path, answer)))


def with_lags(case: Case) -> Iterator[Case]:
    """The case with each lag of its platform."""
    for lag in LAGS.get(case.channel, ()):
        yield replace(case, settings=tuple(lag.items()))


def own_moments(case: Case, labels: Sequence[str], quiet: Sequence[str]) -> list[int]:
    """The moments that only this case has: from the call that is answered badly until all goes on as if untroubled.

    What comes before and after is the same in the untroubled delivery, whose ``quiet`` moments are struck there. Of
    rounds of looking that are alike the first two count.
    """
    if not case.faults:
        return list(range(1, len(labels) + 1))
    call = {f"before call {method}{case.faults[-1][0]}" for method in ("", "POST ", "GET ")}
    first = next((number for number, label in enumerate(labels, start=1) if label in call), len(labels) + 1)
    backwards = zip(reversed(labels), reversed(quiet), strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], backwards))
    moments = range(first, max(first, len(labels) - shared) + 1)
    return [moment for moment in moments if not _is_repeated(labels[first - 1 : moment])]


def _is_repeated(labels: Sequence[str]) -> bool:
    """Whether the last labels are a round that was gone through just before, and once more before that."""
    end = len(labels)
    lengths = range(SHORTEST_ROUND, end // 2 + 1)
    return any(labels[end - length :] == labels[end - 2 * length : end - length] for length in lengths)


def killed(case: Case, moments: Iterable[int], machines: Sequence[str]) -> Iterator[Case]:
    """The case, the worker killed at each of the moments, the next one on each of the machines."""
    for at in moments:
        for machine in machines:
            yield replace(case, plans=(Plan(Blow.KILL, at),), machine=machine, seed=at)


def stopped(case: Case, moments: Iterable[int]) -> Iterator[Case]:
    """The case, the worker stopped at each of the moments and woken when others have taken over."""
    for at in moments:
        yield replace(case, plans=(Plan(Blow.STOP, at),), machine=ELSEWHERE, seed=at)


def tripped(case: Case, moments: Iterable[int], length: int) -> Iterator[Case]:
    """The case, the database or the disk failing from each of the moments on."""
    for at in moments:
        yield replace(case, plans=(Plan(Blow.TRIP, at, length),), seed=at)


def walk(chance: random.Random, scene: tuple[str, str], paths: Sequence[str]) -> Case:
    """A random story: several bad answers, perhaps a lag, and up to four blows, one after another."""
    faults = [(path, chance.choice(answers_of(path))) for path in paths for _ in range(2) if chance.random() < 0.3]
    lag = chance.choice((*LAGS.get(scene[0], ()), {}))
    plans = [_random_plan(chance) for _ in range(chance.randrange(1, 5))]
    machine = chance.choice((HERE, ELSEWHERE))
    return Case(*scene, tuple(faults), tuple(lag.items()), tuple(plans), machine, chance.randrange(10**6))


def _random_plan(chance: random.Random) -> Plan:
    blow = chance.choice((Blow.KILL, Blow.KILL, Blow.STOP, Blow.TRIP))
    return Plan(blow, chance.randrange(1, 90), chance.choice((1, 2, 8)) if blow is Blow.TRIP else 1)
