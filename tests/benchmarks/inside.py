"""A process with the program inside, on one database, that does what the benchmark asks of it.

Run as a process: ``python -m tests.benchmarks.inside``; each line it reads is ``[verb, {argument: value}]``, each line
it writes is the answer, both JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from tests.benchmarks.processes import NotMeasured


class Inside:
    """Such a process, as the benchmark talks to it."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.inside"],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
            )

    def ask(self, verb: str, **arguments: object) -> Any:
        """Raises NotMeasured: the process failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, arguments]).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured(f"the program failed at: {verb}")
        return json.loads(line)

    def close(self) -> None:
        # Ends at the end of its input; leaving the block closes both pipes.
        with self._process:
            pass


def answer() -> None:
    """Answer until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publisher.settings")
    django.setup()
    import_module("publisher.celery")
    import_module("publisher.cli.schema").ensure_schema()
    verbs: dict[str, Any] = import_module("tests.benchmarks.verbs").VERBS
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        out.write(json.dumps(verbs[verb](**arguments)) + "\n")
        out.flush()


if __name__ == "__main__":
    answer()
