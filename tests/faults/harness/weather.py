"""What happens to an installation in a storm: a schedule drawn from a seed, and the hands that carry it out."""

from __future__ import annotations

import heapq
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

from tests.faults.harness.programs import Programs, Running
from tests.faults.harness.servers import Broker, Database


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of trouble: how many seconds lie between two of it, and how long it lasts."""

    name: str
    gap_s: tuple[float, float]
    lasts_s: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """One piece of trouble of the schedule, ``at_s`` seconds after the beginning."""

    at_s: float
    name: str
    lasts_s: float
    seed: int


def schedule(kinds: tuple[Kind, ...], seed: int) -> Iterator[Trouble]:
    """The endless schedule of a seed, in the order of time."""
    return heapq.merge(*(_of_kind(kind, random.Random(f"{seed} {kind.name}")) for kind in kinds))


def _of_kind(kind: Kind, chance: random.Random) -> Iterator[Trouble]:
    at_s = 0.0
    while True:
        at_s += chance.uniform(*kind.gap_s)
        yield Trouble(at_s, kind.name, chance.uniform(*kind.lasts_s), chance.randrange(2**32))


class Weather(ABC):
    """Carries troubles out, and ends those that last.

    Attributes:
        counts: what happened how often.
    """

    name: str
    kinds: tuple[Kind, ...]

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.counts: Counter[str] = Counter()
        self._endings: list[tuple[float, int, Callable[[], object]]] = []
        self._number = count()

    @abstractmethod
    def begin(self) -> None:
        """Start the program's processes."""

    def strike(self, trouble: Trouble) -> None:
        """Carry it out. A trouble that finds nobody to hit is left out."""
        hands: Callable[[Trouble, random.Random], bool] = getattr(self, trouble.name)
        if hands(trouble, random.Random(trouble.seed)):
            self.counts[trouble.name] += 1

    def pass_by(self, now_s: float) -> None:
        """End what has lasted long enough."""
        while self._endings and self._endings[0][0] <= now_s:
            heapq.heappop(self._endings)[2]()

    def clear_up(self) -> None:
        """End everything that still lasts."""
        self.pass_by(float("inf"))

    def until(self, trouble: Trouble, ending: Callable[[], object]) -> None:
        heapq.heappush(self._endings, (trouble.at_s + trouble.lasts_s, next(self._number), ending))

    def kill_worker(self, _trouble: Trouble, chance: random.Random) -> bool:
        victim = self.programs.choose(chance, "worker", "up")
        if victim:
            self.programs.kill(victim)
        return victim is not None

    def disk_full(self, trouble: Trouble, chance: random.Random) -> bool:
        victim = self.programs.choose(chance, "worker", "up")
        if victim:
            self.programs.fill_disk(victim, full=True)
            self.until(trouble, partial(self.programs.fill_disk, victim, full=False))
        return victim is not None


STOP_S = (9.0, 11.0)
"""Past the lease of a drill (six seconds), the grace after it, and a bit."""


class ServersWeather(Weather):
    """PostgreSQL, Redis, several workers and the scheduler."""

    name = "servers"
    kinds = (
        Kind("kill_worker", (2.0, 5.0)),
        Kind("kill_beat", (20.0, 40.0)),
        Kind("flush_broker", (6.0, 16.0)),
        Kind("cut_broker", (6.0, 16.0)),
        Kind("restart_broker", (30.0, 60.0)),
        Kind("stop_worker", (15.0, 30.0), STOP_S),
        Kind("crash_database", (40.0, 70.0)),
        Kind("lose_backend", (30.0, 60.0)),
        Kind("read_only", (25.0, 45.0), (0.5, 2.0)),
        Kind("disk_full", (20.0, 40.0), (0.5, 2.0)),
    )
    workers = 3

    def __init__(self, programs: Programs, database: Database, broker: Broker) -> None:
        super().__init__(programs)
        self.database = database
        self.broker = broker

    def begin(self) -> None:
        self.programs.start("beat")
        for _ in range(self.workers):
            self.programs.start("worker", "--concurrency", "4")

    def kill_beat(self, _trouble: Trouble, chance: random.Random) -> bool:
        victim = self.programs.choose(chance, "beat")
        if victim:
            self.programs.kill(victim)
        return victim is not None

    def flush_broker(self, _trouble: Trouble, _chance: random.Random) -> bool:
        self.broker.forget()
        return True

    def cut_broker(self, _trouble: Trouble, _chance: random.Random) -> bool:
        self.broker.cut()
        return True

    def restart_broker(self, _trouble: Trouble, _chance: random.Random) -> bool:
        self.broker.restart()
        return True

    def stop_worker(self, trouble: Trouble, chance: random.Random) -> bool:
        victim = self.programs.choose(chance, "worker")
        if victim:
            self.programs.stop(victim)
            self.until(trouble, partial(self.programs.wake, victim))
        return victim is not None

    def crash_database(self, _trouble: Trouble, _chance: random.Random) -> bool:
        self.database.restart()
        return True

    def lose_backend(self, _trouble: Trouble, chance: random.Random) -> bool:
        self.database.lose_a_backend(chance)
        return True

    def read_only(self, trouble: Trouble, _chance: random.Random) -> bool:
        self.database.set_read_only(on=True)
        self.until(trouble, partial(self.database.set_read_only, on=False))
        return True


class EmbeddedWeather(Weather):
    """One process with everything in it, on SQLite."""

    name = "embedded"
    kinds = (
        Kind("kill_worker", (2.0, 5.0)),
        Kind("replace_worker", (20.0, 40.0), STOP_S),
        Kind("disk_full", (8.0, 16.0), (0.3, 2.0)),
    )

    def begin(self) -> None:
        self.programs.start_up()

    def replace_worker(self, trouble: Trouble, chance: random.Random) -> bool:
        """Stop the program, start another one in its home, and wake the first: of then two one is killed."""
        victim = self.programs.choose(chance, "up")
        if victim is None or any(each.stopped for each in self.programs.running):
            return False
        self.programs.stop(victim)
        self.programs.start_up()
        self.until(trouble, partial(self._wake_and_kill, victim, trouble))
        return True

    def _wake_and_kill(self, victim: Running, trouble: Trouble) -> None:
        self.programs.wake(victim)
        self.until(Trouble(trouble.at_s + trouble.lasts_s, "", 1.5, 0), partial(self._retire, victim))

    def _retire(self, victim: Running) -> None:
        if victim.is_alive:
            self.programs.kill(victim)
        if victim in self.programs.running:
            self.programs.running.remove(victim)
