"""Real servers for the tests, started by the tests: Redis and PostgreSQL as Debian packages them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.world import free_port, wait_until

REDIS = Path("/usr/bin/redis-server")


def postgresql_programs() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running_redis() -> Iterator[str]:
    """A Redis of its own that keeps nothing; yields its URL."""
    port = free_port()
    command = [str(REDIS), "--port", str(port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: listens(port), 10)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """A PostgreSQL cluster of its own in a temporary folder; yields the URL of an empty database."""
    programs = postgresql_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="publisher-pg-"))
    port = free_port()
    # The server refuses to run as root, so root hands the folder and the commands to the package's own user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    try:
        data = folder / "data"
        init = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8"]
        subprocess.run(init, check=True, stdout=subprocess.DEVNULL, cwd="/")
        options = ["-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
        with (folder.parent / f"{folder.name}.log").open("wb") as log:
            server = [*as_user, str(programs / "postgres"), *options]
            process = subprocess.Popen(server, stdout=log, stderr=log, cwd="/")
        try:
            assert wait_until(lambda: listens(port), 20)
            create = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "tester", "publisher"]
            assert wait_until(
                lambda: subprocess.run(create, check=False, stderr=subprocess.DEVNULL).returncode == 0, 20
            )
            yield f"postgres://tester@127.0.0.1:{port}/publisher"
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
