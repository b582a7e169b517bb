"""Starting, measuring and ending the processes of a benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

POLL_S = 0.02
STOP_S = 70.0


class NotMeasured(Exception):
    """Something went wrong, so that a figure would be about something else."""


@contextmanager
def running(*words: str, log: Path, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process, stopped at the end as a supervisor does; its messages go to ``log``."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env={**os.environ, **(environment or {})}, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60.0, *, poll_s: float = POLL_S) -> None:
    """Raises NotMeasured: ``condition`` did not become true in time; ``what`` says what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotMeasured(f"waited {seconds:g} s in vain for {what}")
        time.sleep(poll_s)


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def cpu_s(pid: int) -> float:
    """Seconds of processor time of a process and its children, those that ended included; none for no process."""
    total = 0.0
    for process in family(pid) if pid else []:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def rss_mb(pid: int) -> float:
    """Memory of a process and its children, in MB of 10⁶ bytes."""
    total = 0
    for process in family(pid):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 1e6
