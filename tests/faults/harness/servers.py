"""PostgreSQL and Redis of the harness's own, to be crashed, cut off and brought back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psutil
import psycopg
import redis

from tests.services import REDIS, listens, postgresql_programs
from tests.world import wait_until

PATIENCE_S = 30.0


class Broker:
    """A Redis that keeps nothing. As a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._port = urlsplit(url).port or 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.crash()

    def start(self) -> None:
        words = ["--port", str(self._port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen([str(REDIS), *words], stdout=subprocess.DEVNULL)
        if not wait_until(lambda: listens(self._port), PATIENCE_S):
            raise RuntimeError("Redis did not start")

    def crash(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        self.crash()
        self.start()

    def forget(self) -> None:
        """FLUSHALL: every message is gone."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def cut(self) -> None:
        """Close the connections of every client, and of every subscriber."""
        with redis.Redis.from_url(self.url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal")
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


class Database:
    """A PostgreSQL cluster in a folder of its own. As a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._port = urlsplit(url).port or 0
        programs = postgresql_programs()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs = programs
        # The server refuses to run as root, so root hands the folder and the commands to the package's own user.
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="publisher-pg-"))
        if self._as_user:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "tester", "-A", "trust", "-E", "UTF8")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "tester", "publisher")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        options = f"-p {self._port} -k {self._folder} -h 127.0.0.1 -c max_connections=200"
        log = self._folder / "server.log"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(log), "-o", options)

    def crash(self) -> None:
        """Stop without a checkpoint, as when the power of the server goes: the next start has to recover."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._data))

    def restart(self) -> None:
        self.crash()
        self.start()

    def lose_a_backend(self, chance: random.Random) -> None:
        """kill -9 one of the processes that serve connections: the server throws all of them out and recovers."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
        serving = [child for child in postmaster.children() if "tester" in " ".join(child.cmdline())]
        if serving:
            chance.choice(serving).send_signal(signal.SIGKILL)
        wait_until(self.answers, PATIENCE_S)

    def set_read_only(self, *, on: bool) -> None:
        """Refuse every change, as a full disk or a standby does."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            change = "SET default_transaction_read_only = on" if on else "RESET default_transaction_read_only"
            connection.execute(f"ALTER SYSTEM {change}")
            connection.execute("SELECT pg_reload_conf()")

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as_user, str(self._programs / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
