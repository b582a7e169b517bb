"""The table: every moment of every channel, under every kind of answer, struck by every kind of blow, and judged."""

from __future__ import annotations

import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.faults.harness import papers
from tests.faults.harness.cases import BUNDLE, HERE, PUSH, Case, Outcome
from tests.faults.harness.clock import SharedClock
from tests.faults.harness.judge import Wish, judge
from tests.faults.harness.life import PATIENCE_S, Death, Deaths, Orders, Story, live
from tests.faults.harness.moments import Plan, Watch
from tests.faults.harness.platforms import Books, ForkedPlatforms
from tests.faults.harness.stage import GIVERS, ITEM, Child, Stage, items_of
from tests.faults.harness.wordpress import NEWS

PATIENT = ("wechat", PUSH, BUNDLE, "weibo", NEWS, papers.MAIL, papers.SFTP)
TAKEOVER_S = {"portal": 120.0, "daily": 120.0, **dict.fromkeys(PATIENT, 1800.0)}
"""How long others have while a worker is stopped: longer than the lease, and than it takes to prove absence. One
that is stopped in a folder holds its lock all the while, and that is waited for in real time."""

SWEEP_S = 5.0
PLATFORM_OF = {PUSH: "wechat", BUNDLE: "wechat"}


@dataclass
class Table:
    """Runs cases on one stage."""

    stage: Stage
    clock: SharedClock
    watch: Watch
    platforms: ForkedPlatforms
    breaks: tuple[str, ...] = ()
    deaths: Deaths = field(default_factory=Deaths)
    prepared: set[str] = field(default_factory=set)

    def run(self, case: Case) -> Outcome:
        self._set_up(case)
        lives = _Lives(self, case)
        known = self._open(case, lives)
        story = lives.play()
        books = self.platforms.settle(self.watch.sent)
        wishes = [(giver, ITEM) for giver in GIVERS.get(case.channel, ())]
        wishes += [(case.channel, number) for number in items_of(case.channel)]
        return Outcome(
            case,
            judge(wishes, books, self.stage.home, story.log, later=self._later(case)),
            story.labels,
            calls(books)[known:],
            lives.blows,
            lives.decisions,
            self.deaths.longest_s,
            "" if story.settled else f"a trap: it is never settled, {story.states}",
        )

    def _later(self, case: Case) -> dict[Wish, str]:
        return {} if case.action == "publish" else {(case.channel, items_of(case.channel)[-1]): case.action}

    def _set_up(self, case: Case) -> None:
        self.clock.reset()
        self.deaths.reset()
        if case.channel not in self.prepared:
            self.stage.prepare(case.channel)
            self.prepared.add(case.channel)
        self.stage.reset(case.channel)
        self.platforms.start_anew()
        if case.settings:
            self.platforms.set(PLATFORM_OF.get(case.channel, case.channel), dict(case.settings))
        self.watch.forget_sent()

    def _open(self, case: Case, lives: _Lives) -> int:
        """Let out what is to be corrected or taken back, and order that; then let the platform misbehave.

        Returns how many calls the platforms have had by then.
        """
        if case.action != "publish":
            lives.open(case.action)
        known = len(calls(self.platforms.settle(self.watch.sent)))
        for path, answer in case.faults:
            self.platforms.misbehave(path, answer)
        return known


def calls(books: Books) -> list[str]:
    """The paths of all calls, platform by platform, in order."""
    return [call["path"] for name in ("wechat", "weibo", NEWS) for call in books[name]["calls"]]


class _Lives:
    """The lives of one case, one after another."""

    def __init__(self, table: Table, case: Case) -> None:
        self.blows: Counter[str] = Counter()
        self.decisions: list[str] = []
        self._table = table
        self._case = case
        self._chance = random.Random(case.seed)
        self._number = 0
        self._died_at: datetime | None = None

    def open(self, order: str) -> None:
        """A life before the story: it puts the item out and orders something about it."""
        self._end(*self._fork(Plan(), order=order))
        self._number = 0

    def play(self) -> Story:
        """Every planned life, and then one that is left in peace."""
        for plan in self._case.plans:
            story = self._live(plan)
            if story is not None and story.settled:
                return story
        story = self._live(Plan())
        assert story is not None
        return story

    def _live(self, plan: Plan) -> Story | None:
        """One life; None where it was killed."""
        child, machine = self._fork(plan)
        if child.is_stopped():
            self.blows["stopped"] += 1
            self._end(*self._fork(Plan(), patience_s=TAKEOVER_S[self._case.channel]))
            child.wake()
        return self._end(child, machine)

    def _fork(self, plan: Plan, *, patience_s: float = PATIENCE_S, order: str = "") -> tuple[Child, str]:
        table = self._table
        self._number += 1
        machine = "first" if self._case.machine == HERE else f"machine {self._number}"
        orders = Orders(
            plan=plan,
            machine=machine,
            patience_s=patience_s,
            order=order,
            first_sweep_at=self._next_sweep(),
            seed=self._chance.randrange(2**32),
            breaks=table.breaks,
            hears=self._case.channel == PUSH,
        )
        return Child(partial(live, orders, table.clock, table.watch, table.platforms, table.deaths)), machine

    def _next_sweep(self) -> datetime | None:
        if self._number == 1:
            return None
        return (self._died_at or self._table.clock.now()) + timedelta(seconds=self._chance.uniform(0, SWEEP_S))

    def _end(self, child: Child, machine: str) -> Story | None:
        status, found = child.wait()
        story: Story | None = found
        if status == -signal.SIGKILL:
            self.blows["killed"] += 1
            self._died_at = self._table.clock.now()
            self._table.deaths.add(Death(machine, child.pid, self._died_at))
            self._table.platforms.settle(self._table.watch.sent)
        elif story is None:
            raise RuntimeError(f"[{self._case}] a worker of the harness ended with {status}")
        else:
            self.blows["errors"] += story.trips
            self.decisions += story.decisions
        return story
