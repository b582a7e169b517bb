"""The program as processes that are killed and come back, as a supervisor would bring them."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from tests import starter
from tests.faults.harness.place import inside
from tests.world import free_port

STOP_PATIENCE_S = 90.0
STARTED_S = 30.0
"""Before that a process may not yet have got so far that it stops in order."""


@dataclass
class Running:
    """One process of the program. ``words`` are those after ``publisher``."""

    words: tuple[str, ...]
    process: subprocess.Popen[bytes] | starter.Started
    stopped: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


@dataclass
class Death:
    """A worker that was killed. Times by ``time.monotonic``; ``truth_s``: until nothing was in its hands any more."""

    pid: int
    at: float
    truth_s: float | None = None


@dataclass
class Programs:
    """All processes of one installation.

    Args:
        environment: of every process.
        logs: the folder of their messages.
        breaks: protocols that are broken in them; see ``breaks``.
    """

    environment: Mapping[str, str]
    logs: Path
    breaks: Sequence[str] = ()
    running: list[Running] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    restarts: int = 0

    def start(self, *words: str) -> Running:
        with (self.logs / f"{words[0]}.log").open("ab") as log:
            started = Running(words, self._process(words, log))
        self.running.append(started)
        return started

    def _process(self, words: tuple[str, ...], log: IO[bytes]) -> subprocess.Popen[bytes] | starter.Started:
        if not self.breaks:
            return starter.start(words, self.environment, out=log, err=log)
        command = inside("broken", ",".join(self.breaks), *words)
        return subprocess.Popen(command, env=dict(self.environment), stdout=log, stderr=log)

    def start_up(self) -> Running:
        return self.start("up", "--port", str(free_port()))

    def bring_back(self) -> None:
        """Start again whatever has ended."""
        for ended in [each for each in self.running if not each.is_alive]:
            self.running.remove(ended)
            self.restarts += 1
            self.start(*ended.words)

    def alive(self, *names: str) -> list[Running]:
        """The processes of these names that neither ended nor are stopped."""
        return [each for each in self.running if each.words[0] in names and each.is_alive and not each.stopped]

    def kill(self, victim: Running) -> None:
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        self.deaths.append(Death(victim.process.pid, time.monotonic()))

    def stop(self, victim: Running) -> None:
        victim.process.send_signal(signal.SIGSTOP)
        victim.stopped = True

    def wake(self, victim: Running) -> None:
        victim.process.send_signal(signal.SIGCONT)
        victim.stopped = False

    def fill_disk(self, victim: Running, *, full: bool) -> None:
        """Let every write of the process into a file fail, or succeed again."""
        if victim.is_alive:
            soft = 0 if full else psutil.RLIM_INFINITY
            psutil.Process(victim.process.pid).rlimit(psutil.RLIMIT_FSIZE, (soft, psutil.RLIM_INFINITY))

    def choose(self, chance: random.Random, *names: str) -> Running | None:
        found = self.alive(*names)
        return chance.choice(found) if found else None

    def end(self) -> list[str]:
        """Ask every process to stop, as a supervisor does; returns what did not stop by itself, or not well."""
        for each in self.running:
            if each.stopped:
                self.wake(each)
        # One that was killed in the last moment was not asked, and says nothing about stopping in order.
        asked = [each for each in self.running if each.is_alive]
        for each in asked:
            each.process.send_signal(signal.SIGTERM)
        return [fault for each in asked if (fault := _wait(each))]

    def kill_all(self) -> None:
        """Leave nothing behind, whatever happened."""
        for each in self.running:
            each.process.kill()
            each.process.wait()


def _wait(each: Running) -> str:
    name = " ".join(each.words)
    try:
        status = each.process.wait(STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        each.process.kill()
        each.process.wait()
        return f"{name} did not stop within {STOP_PATIENCE_S:.0f} s of SIGTERM"
    if status == -signal.SIGTERM and time.monotonic() - each.since < STARTED_S:
        return ""
    return f"{name} ended with status {status} after SIGTERM" if status else ""
