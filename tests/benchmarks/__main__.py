"""Measure, and print the figures with the goals beside them: ``make bench``."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click
import psutil

from tests.benchmarks import counting, footprint, growth, latency, portal, speed
from tests.benchmarks.stage import Plan
from tests.services import REDIS, postgresql_programs

PARTS = {
    "speed": speed,
    "latency": latency,
    "growth": growth,
    "counting": counting,
    "portal": portal,
    "footprint": footprint,
}
PACKAGES = ("celery", "kombu", "redis", "Django", "psycopg", "requests", "duckdb")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="Only this part; may be given again.")
@click.option("--quick", is_flag=True, help="Fewer rounds and rows, for trying out: about 90 seconds.")
@click.option("--seed", default=1, show_default=True, help="Of the texts that are published.")
@click.option(
    "--rows", default=10_000_000, show_default=True, help="Of the largest log that is counted; it takes 25 GB of disk."
)
@click.option("--report", type=click.Path(path_type=Path), help="Write the same as a Markdown file.")
def bench(only: Sequence[str], quick: bool, seed: int, rows: int, report: Path | None) -> None:
    """Run baselines and the program in turn and print the ratios."""
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="publisher-bench-"))
    parts = [head(quick=quick, seed=seed)]
    click.echo(parts[0])
    try:
        for name in only or PARTS:
            parts.append(PARTS[name].measure(Plan(seed, quick, rows), folder / name).markdown())
            click.echo(f"\n{parts[-1]}")
    finally:
        shutil.rmtree(folder)
    parts.append(f"Measured in {time.monotonic() - begun:.0f} s.")
    click.echo(f"\n{parts[-1]}")
    if report is not None:
        report.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def head(*, quick: bool, seed: int) -> str:
    """What was measured on what."""
    memory = psutil.virtual_memory().total / 1e9
    machine = f"{psutil.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    programs = postgresql_programs()
    servers = [_version(str(programs / "postgres")), _version(str(REDIS))] if programs else []
    noisy = "Quick, so noisier than the full run. " if quick else ""
    lines = [
        "# Benchmarks",
        f"{noisy}Seed {seed}, load of the machine before {psutil.getloadavg()[0]:.1f}.",
        f"- {machine}, {_processor()}",
        f"- Python {platform.python_version()}, {packages}",
        f"- {'; '.join(servers)}",
    ]
    return "\n".join([lines[0], "", lines[1], "", *lines[2:]])


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return found[0].partition(":")[2].strip() if found else platform.machine()


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    bench()
