"""The report of a drill, as Markdown: what was done, what came out, and how to do it again."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

PACKAGES = ("Django", "celery", "kombu", "redis", "psycopg", "requests")
FINDINGS_SHOWN = 50
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass
class Drill:
    """What was run. The sums are those of the parts, as they wrote them."""

    seed: int
    command: str
    breaks: tuple[str, ...] = ()
    table: dict[str, Any] | None = None
    storms: list[dict[str, Any]] = field(default_factory=list)

    @property
    def parts(self) -> list[dict[str, Any]]:
        return [*filter(None, [self.table]), *self.storms]

    @property
    def findings(self) -> list[str]:
        return [finding for part in self.parts for finding in part["findings"]]

    @property
    def is_good(self) -> bool:
        return not self.findings


def written(drill: Drill) -> str:
    """The whole report."""
    lines = [f"# Fault drill of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {drill.seed}", "", *_verdict(drill), ""]
    if drill.breaks:
        lines += [f"The protocol was broken on purpose: {', '.join(drill.breaks)}.", ""]
    lines += ["Again: `" + drill.command + "`", "", *_surroundings(), ""]
    if drill.table is not None:
        lines += _table(drill.table)
    for storm in drill.storms:
        lines += _storm(storm)
    lines += _findings(drill.findings)
    return "\n".join(lines) + "\n"


def _verdict(drill: Drill) -> Iterable[str]:
    total = {name: sum(part[name] for part in drill.parts) for name in ("lost", "duplicates", "false_lines", "deaths")}
    wishes = sum(part.get("wishes", part.get("cases", 0)) for part in drill.parts)
    yield (
        f"**{total['lost']} lost, {total['duplicates']} duplicates, {total['false_lines']} false log lines** in "
        f"{wishes} deliveries with {total['deaths']} killed processes. The judge read the books of the platforms, the "
        "site and the newspaper's folder, and compared them with `publisher log export` line by line; the chain of "
        "the log is part of that."
    )


def _surroundings() -> Iterable[str]:
    yield (
        f"Machine: {os.cpu_count()} cores, {_memory_gb():.0f} GB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES) + "."
    )


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _table(sums: Mapping[str, Any]) -> Iterable[str]:
    yield "## The table: every moment, every answer"
    yield ""
    database = DATABASES[sums["database"]]
    yield (
        f"{sums['cases']} cases in {sums['seconds']:.0f} s on {database}, in real lengths of time on a clock that is "
        f"put forward: {sums['lost']} lost, {sums['duplicates']} duplicates, {sums['false_lines']} false log lines. "
        f"Longest time from a death until the truth was stated: {sums['longest_truth_s']:.1f} s (promised: 60 s)."
    )
    yield ""
    yield "Moments of an untroubled delivery at which it was killed, here and with the next worker on another machine:"
    yield from _counted("channel", sums["moments"], "moments")
    yield from _counted("channel", sums["by_channel"], "cases")
    yield (
        "“Stopped” is a worker that sleeps past its lease and goes on when others have taken over. It is never put to "
        "sleep in the gap between its last look at the clock and the bytes that leave right after it: no sender can "
        "close that gap. “Errors” are failures of the database or the disk."
    )
    yield from _counted("blow", sums["by_blow"], "times")
    yield from _counted("bad answer", sums["by_answer"], "times")
    yield from _counted("decision of a person who looked", sums["decisions"], "times")


def _storm(sums: Mapping[str, Any]) -> Iterable[str]:
    yield f"## The storm: {sums['engine']}"
    yield ""
    yield (
        f"{sums['wishes']} deliveries in {sums['seconds']:.0f} s ({sums['wishes'] / max(sums['seconds'], 1):.1f} a "
        f"second under fire): {sums['lost']} lost, {sums['duplicates']} duplicates, {sums['false_lines']} false log "
        f"lines, {sums['log_lines']} lines in the log. {sums['deaths']} processes killed, {sums['restarts']} restarts; "
        f"longest time from a death until nothing was in the hands of the dead: {sums['longest_truth_s']:.1f} s of "
        "this machine, the start of the next process included."
    )
    yield ""
    yield from _counted("trouble", sums["troubles"], "times")
    yield from _counted("answer of the platforms", sums["answers"], "calls")
    yield from _counted("channel", sums["channels"], "out")
    yield from _counted("decision of a person who looked", sums["decisions"], "times")


def _counted(what: str, counts: Mapping[str, int], unit: str) -> Iterable[str]:
    if not counts:
        return
    yield ""
    yield f"| {what} | {unit} |"
    yield "|---|---:|"
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"| {name} | {count} |"
    yield ""


def _findings(findings: list[str]) -> Iterable[str]:
    yield "## Findings"
    yield ""
    if not findings:
        yield "None."
    yield from (f"- {finding}" for finding in findings[:FINDINGS_SHOWN])
    if len(findings) > FINDINGS_SHOWN:
        yield f"- and {len(findings) - FINDINGS_SHOWN} more"
