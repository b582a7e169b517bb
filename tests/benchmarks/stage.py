"""What a part of the benchmark stands on: its own servers, and the program on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import redis

from tests.benchmarks import province
from tests.benchmarks.inside import Inside
from tests.benchmarks.processes import NotMeasured, running, wait_for
from tests.benchmarks.standin import StandIn
from tests.services import listens, running_postgresql, running_redis
from tests.world import free_port

THREADS = 8
"""Of a worker, and of both baselines."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. ``quick`` is for trying out: the same figures from less, so noisier.

    Args:
        rows: of the largest log that is counted.
    """

    seed: int
    quick: bool = False
    rows: int = 10_000_000

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass
class Engine:
    """The program on one pair of database and broker."""

    name: str
    home: Path
    environment: dict[str, str]
    inside: Inside


@dataclass
class Stage:
    """Running servers. ``closing`` ends what was started on it."""

    folder: Path
    stand_in: StandIn
    closing: ExitStack = field(default_factory=ExitStack)
    broker: str = ""
    database: str = ""

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    def embedded(self, name: str = "SQLite, embedded") -> Engine:
        """The defaults of one PC: everything in one process."""
        return self._engine(name, {})

    def production(self, name: str = "PostgreSQL + Redis") -> Engine:
        """Real servers, started by the first who asks."""
        if not self.broker:
            self.broker = self.closing.enter_context(running_redis())
            self.database = self.closing.enter_context(running_postgresql())
        return self._engine(name, {"database": self.database, "broker": self.broker})

    def separate(self, name: str) -> Engine:
        """A PostgreSQL of its own without a broker, for what needs no worker."""
        database = self.closing.enter_context(running_postgresql())
        return self._engine(name, {"database": database})

    def empty_queues(self) -> None:
        redis.Redis.from_url(self.broker).flushall()

    def _engine(self, name: str, addresses: dict[str, str]) -> Engine:
        home = self.folder / name.replace(" ", "-").replace(",", "")
        environment = province.environment(home, self.stand_in.url, **addresses)
        inside = Inside(environment, self.log)
        self.closing.callback(inside.close)
        return Engine(name, home, environment, inside)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage with the stand-in running; everything on it ends with it."""
    folder.mkdir(parents=True)
    port = free_port()
    with running("tests.benchmarks.standin", str(port), log=folder / "standin.log"):
        wait_for(partial(listens, port), "the stand-in")
        made = Stage(folder, StandIn(port))
        made.closing.callback(made.stand_in.close)
        try:
            with made.closing:
                yield made
        except NotMeasured as error:
            said = made.log.read_text()[-3000:] if made.log.exists() else ""
            raise NotMeasured(f"{error}\n{said}") from error


def database_server() -> int:
    """The process of the PostgreSQL server this process started."""
    servers = [p.pid for p in psutil.Process().children(recursive=True) if p.name() == "postgres"]
    return min(servers)
