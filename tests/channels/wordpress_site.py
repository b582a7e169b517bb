"""A real WordPress for the tests: Debian's package, a MariaDB and PHP's own web server, in a folder in memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from tests.channels.breaking import BreakingProxy
from tests.services import listens, memory
from tests.world import free_port, wait_until

DATA = Path(__file__).parents[1] / "data" / "wordpress"
PACKAGES = (Path("/usr/share/wordpress"), Path(sys.prefix) / "share/wordpress/usr/share/wordpress")
PHP, DATABASE = Path("/usr/bin/php"), Path("/usr/sbin/mariadbd")
PRETTY, PLAIN = "/%year%/%postname%/", ""


def package() -> Path | None:
    """Where WordPress lies, installed or only unpacked by ``.ci/setup``."""
    return next((folder for folder in PACKAGES if (folder / "wp-load.php").exists()), None)


def is_installed() -> bool:
    return package() is not None and PHP.exists() and DATABASE.exists()


class WordpressSite:
    """One site with accounts ``editor``, ``author`` and ``contributor``; everybody comes through a proxy."""

    def __init__(self, proxy: BreakingProxy | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="publisher-wp-", dir=memory()))
        self.proxy = proxy or BreakingProxy()
        self.url = self.proxy.url
        self._processes: list[subprocess.Popen[bytes]] = []
        self.passwords: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        try:
            self._make_folder()
            self._start_database()
            self.passwords = json.loads(self.php("install.php"))
            self._start_web()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait(10)
        self.proxy.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def clear(self, permalinks: str = PRETTY) -> None:
        """Take away what a test has left: posts, files, faults."""
        self.ask(f"/clear.php?permalinks={quote(permalinks)}")
        self.proxy.faults.clear()
        self.proxy.calls.clear()

    def books(self) -> list[dict[str, Any]]:
        """Every post, file and category as the database has it, whatever its state."""
        books: list[dict[str, Any]] = json.loads(self.ask("/books.php"))
        return books

    def ask(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.proxy.backend}{path}", timeout=20) as answer:
            content: bytes = answer.read()
        return content

    def php(self, script: str) -> bytes:
        return subprocess.run(
            [*self._php, str(DATA / script)], env=self._environment, capture_output=True, check=True, timeout=60
        ).stdout

    @cached_property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "WP_DATABASE": "wordpress",
            "WP_SOCKET": str(self.folder / "db.sock"),
            "WP_URL": self.url,
            "WP_FOLDER": str(self._site),
            "WP_PERMALINKS": PRETTY,
        }

    @property
    def _site(self) -> Path:
        return self.folder / "site"

    @property
    def _php(self) -> list[str]:
        return [str(PHP), "-d", f"auto_prepend_file={DATA / 'prepend.php'}", "-d", "opcache.enable_cli=1"]

    def _make_folder(self) -> None:
        found = package()
        assert found is not None
        (self._site / "wp-content" / "themes").mkdir(parents=True)
        for path in found.iterdir():
            if path.name not in {"wp-content", "wp-config.php"}:
                (self._site / path.name).symlink_to(path)
        shutil.copytree(DATA / "theme", self._site / "wp-content/themes/plain")
        for name in ("wp-config.php", "clear.php", "books.php"):
            shutil.copy(DATA / name, self._site / name)

    def _start_database(self) -> None:
        (self.folder / "db").mkdir()
        (self.folder / "init.sql").write_text("CREATE DATABASE wordpress CHARACTER SET utf8mb4;")
        names = {
            "datadir": "db",
            "socket": "db.sock",
            "pid-file": "db.pid",
            "log-error": "db.log",
            "init-file": "init.sql",
        }
        # Without tables of rights nothing has to be installed first; nobody else reaches the socket.
        options = ["--no-defaults", "--skip-grant-tables", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"]
        options += ["--innodb-buffer-pool-size=16M", *(["--user=root"] if os.getuid() == 0 else [])]
        self._start([str(DATABASE), *options, *(f"--{option}={self.folder / name}" for option, name in names.items())])
        assert wait_until((self.folder / "db.sock").exists, 30)

    def _start_web(self) -> None:
        self.proxy.backend = free_port()
        self._start([*self._php, "-S", f"127.0.0.1:{self.proxy.backend}", "-t", str(self._site)])
        assert wait_until(lambda: listens(self.proxy.backend), 30)

    def _start(self, command: list[str]) -> None:
        process = subprocess.Popen(
            command, env=self._environment, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
