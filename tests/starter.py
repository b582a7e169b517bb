"""Starting the program quickly: a process with the libraries in it already forks whenever a test wants the command.

Most of what a short command costs is reading libraries, the same ones each time. What is forked has read nothing of the
program itself and nothing of the environment: it begins as ``python -m publisher`` does, with its own environment,
standard streams and process number, and may be killed like any other process.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

ROOT = Path(__file__).parents[1]
LARGEST = 1 << 20
LEFT_OUT = ("publisher", "tests", "ninja")
"""The program itself, and what says so aloud where there are no settings yet."""
LEARN = """
import json, sys
from publisher.cli import main
sys.argv = ["publisher", "doctor", "--json"]
try:
    main()
except SystemExit:
    pass
import publisher.cli.running, publisher.queue.running.embedded, publisher.urls, celery.apps.worker
import celery.worker.components
print()
print(json.dumps(list(sys.modules)))
"""
"""Says which modules the program reads; run where it finds no environment of a test."""


class Started:
    """A process that was forked, to be handled like one of ``subprocess``."""

    def __init__(self, args: Sequence[str], told: socket.socket) -> None:
        self.args = args
        self.returncode: int | None = None
        self._told = told
        self.pid = int(told.recv(64))

    def poll(self) -> int | None:
        return self.returncode if self.returncode is not None else self._ask(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self.returncode if self.returncode is not None else self._ask(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ask(self, timeout: float | None) -> int | None:
        if select.select([self._told], [], [], timeout)[0]:
            self.returncode = int(self._told.recv(64))
            self._told.close()
        return self.returncode


def start(
    words: Sequence[str], environment: Mapping[str, str], *, stdin: IO[bytes] | None = None, out: Any, err: Any
) -> Started:
    """Start ``publisher`` with ``words``. ``out`` and ``err`` are open files or their numbers."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a file for the descriptor's sake
        streams = [each if isinstance(each, int) else each.fileno() for each in (stdin or nothing, out, err)]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            request = json.dumps([list(words), dict(environment)]).encode("utf-8")
            socket.send_fds(_starter(), [request], [*streams, theirs.fileno()])
    return Started(["publisher", *words], ours)


@cache
def _starter() -> socket.socket:
    """The line to the forking process, which begins at the first call and ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
    command = [sys.executable, "-m", "tests.starter", str(theirs.fileno())]
    # Nothing of a test's environment: with the name of the settings in it, they would be read before the fork.
    process = subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


# What follows runs in the forking process and in the forked ones.


def serve(line: socket.socket) -> list[str]:
    """Fork for every request. Returns in the forked process, with the words of its command."""
    told: dict[int, socket.socket] = {}
    waker, wakened = socket.socketpair()
    wakened.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    while True:
        ready = select.select([line, wakened], [], [])[0]
        if wakened in ready:
            wakened.recv(4096)
            _tell_of_the_dead(told)
        if line not in ready:
            continue
        request, numbers, _flags, _address = socket.recv_fds(line, LARGEST, 8)
        if not request:
            raise SystemExit(0)
        words, environment = json.loads(request)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (line, waker, wakened, *told.values()):
                each.close()
            _become(environment, numbers)
            return words
        for number in numbers[:3]:
            os.close(number)
        told[pid] = socket.socket(fileno=numbers[3])
        told[pid].send(str(pid).encode())


def _tell_of_the_dead(told: dict[int, socket.socket]) -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            with told.pop(found[0]) as line, suppress(BrokenPipeError):
                line.send(str(os.waitstatus_to_exitcode(found[1])).encode())


def _become(environment: Mapping[str, str], numbers: Sequence[int]) -> None:
    """Take over the environment and the three streams."""
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(numbers[:3]):
        os.dup2(stream, number)
    for number in numbers:
        os.close(number)


def _libraries() -> list[str]:
    """Names of the modules that the program reads and that are not its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "PUBLISHER_HOME": home}
        done = subprocess.run([sys.executable, "-c", LEARN], env=environment, capture_output=True, check=True, cwd=ROOT)
    return [name for name in json.loads(done.stdout.splitlines()[-1]) if not name.startswith(LEFT_OUT)]


def main(number: int) -> NoReturn:
    for name in _libraries():
        with suppress(Exception):  # some want settings, which the forked process has
            importlib.import_module(name)
    words = serve(socket.socket(fileno=number))
    sys.argv = ["publisher", *words]
    runpy.run_module("publisher", run_name="__main__")
    raise SystemExit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
