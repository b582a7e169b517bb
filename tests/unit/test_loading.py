"""What a process loads at its start: memory that few of them ever need stays free."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import sys
sys.argv = ["publisher", "--version"]
from publisher.cli import main
try:
    main()
except SystemExit:
    pass
import publisher.cli.running, publisher.urls
print(*sorted(set(sys.stdin.read().split()) & set(sys.modules)))
"""
HEAVY = """
    PIL.Image authlib cryptography css_inline docx matplotlib numpy openpyxl paramiko rapidfuzz rich segno weasyprint
"""
"""For some files, some channels or some people."""


@pytest.mark.once
def test_what_few_processes_need_is_not_loaded_at_the_start(tmp_path: Path) -> None:
    environment = {**os.environ, "PUBLISHER_HOME": str(tmp_path)}
    words = [sys.executable, "-c", START]
    done = subprocess.run(words, input=HEAVY, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
