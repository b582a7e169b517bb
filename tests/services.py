"""Real servers for the tests, started by the tests: Redis and PostgreSQL as Debian packages them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
import psycopg

from tests.world import free_port, wait_until

REDIS = Path("/usr/bin/redis-server")
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 2 * 1024**3


def postgresql_programs() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def servers_are_installed() -> bool:
    return REDIS.exists() and postgresql_programs() is not None


def memory() -> Path | None:
    """A folder in memory for a server that is not to wait for the disk; None where there is none, or it is small."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    return MEMORY if has_room else None


class Server:
    """A server process that a test may freeze, wake, crash and start again at the same place."""

    user: str | None = None
    """Who it runs as, where not as we do."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start, and wait until it answers."""

        def is_up() -> bool:
            if self.process is None or self.process.poll() is not None:
                # After a crash, a server may have to wait until what is left of the old one is gone.
                self.process = subprocess.Popen(
                    self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", user=self.user
                )
            return self.answers()

        assert wait_until(is_up, 60)

    def answers(self) -> bool:
        return listens(self.port)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def crash(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


class Redis(Server):
    """A Redis that keeps nothing."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        keep = ["--save", "", "--appendonly", "no", "--databases", "1000"]
        return [str(REDIS), "--port", str(self.port), "--bind", "127.0.0.1", *keep]

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            client.sendall(b"FLUSHALL\r\n")
            assert client.recv(16).startswith(b"+OK")


class PostgreSQL(Server):
    """A PostgreSQL cluster in a temporary folder, with the settings it comes with: what it has committed it keeps.

    Args:
        options: settings beside the defaults, as ``name=value``.
        parent: where the folder is made; by default where the system wants temporary files.
    """

    def __init__(self, port: int, *options: str, parent: Path | None = None) -> None:
        super().__init__(port)
        programs = postgresql_programs()
        assert programs is not None
        self._programs = programs
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="publisher-pg-", dir=parent))
        if os.getuid() == 0:
            # The server refuses to run as root, so root leaves it to the package's own user.
            self.user = "postgres"
            shutil.chown(self._folder, "postgres", "postgres")
        init = [str(programs / "initdb"), "-D", str(self._data), "-U", "tester", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*init, "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/", user=self.user)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def url(self, database: str = "publisher") -> str:
        return f"postgres://tester@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        place = ["-D", str(self._data), "-p", str(self.port), "-k", str(self._folder), "-h", "127.0.0.1"]
        options = [word for option in self._options for word in ("-c", option)]
        return [str(self._programs / "postgres"), *place, *options]

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self.run("SELECT 1")
            return True
        return False

    def freeze(self) -> None:
        """Let no server process of the cluster do anything; connections are taken by the kernel and stay silent."""
        self._send_to_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send_to_all(signal.SIGCONT)

    def _send_to_all(self, number: signal.Signals) -> None:
        assert self.process is not None
        master = psutil.Process(self.process.pid)
        for process in (master, *master.children(recursive=True)):
            process.send_signal(number)

    def run(self, statement: str) -> None:
        """One statement outside of our databases."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        """Stop it and delete what it kept. Connections that are left are not waited for."""
        self.end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)


class Servers:
    """One PostgreSQL and one Redis for a whole run; each installation has a database of its own in both.

    Args:
        parent: where PostgreSQL keeps its files.
    """

    TEMPLATE = "installed"

    def __init__(self, parent: Path | None = None) -> None:
        self.redis = Redis(free_port())
        self.postgresql = PostgreSQL(free_port(), "max_connections=300", parent=parent)
        self._numbers = count(1)
        self._has_template = False

    def start(self) -> None:
        self.redis.start()
        self.postgresql.start()

    def stop(self) -> None:
        self.redis.end()
        self.postgresql.remove()

    def environment(self, home: Path) -> dict[str, str]:
        """Addresses of an empty broker, and of a database in which the tables are made already."""
        if not self._has_template:
            self._make_template(home)
        number = next(self._numbers)
        self.postgresql.run(f"CREATE DATABASE world_{number} TEMPLATE {self.TEMPLATE}")
        return {"DATABASE_URL": self.postgresql.url(f"world_{number}"), "BROKER_URL": self.broker(number)}

    def broker(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.redis.port}/{number}"

    def database(self) -> str:
        """Where Django makes its own test database."""
        return self.postgresql.url("postgres")

    def _make_template(self, home: Path) -> None:
        self.postgresql.run(f"CREATE DATABASE {self.TEMPLATE}")
        environment = {"PUBLISHER_HOME": str(home), "DATABASE_URL": self.postgresql.url(self.TEMPLATE)}
        command = [sys.executable, "-m", "publisher", "status"]
        subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
        self._has_template = True


@contextmanager
def running_redis() -> Iterator[str]:
    """A Redis of its own that keeps nothing; yields its URL."""
    server = Redis(free_port())
    server.start()
    try:
        yield server.url
    finally:
        server.end()


@contextmanager
def running_postgresql() -> Iterator[str]:
    """A PostgreSQL cluster of its own in a temporary folder; yields the URL of an empty database."""
    server = PostgreSQL(free_port())
    try:
        server.start()
        server.run("CREATE DATABASE publisher")
        yield server.url()
    finally:
        server.remove()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
