"""Saying whether anything is stuck, since when, and who must act."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache, partial

import click
from django.db import Error
from django.utils import translation

from channels.errors import Text
from publisher.cli.output import Exit, print_json, say
from publisher.office import BadConfiguration, get_office
from publisher.queue import clock
from publisher.queue.diagnosis import (
    approvals,
    credentials,
    database,
    deliveries,
    issues,
    linked,
    safekeeping,
    surroundings,
)
from publisher.queue.diagnosis import wording as wording_out
from publisher.queue.diagnosis.findings import Finding, Severity, Who, problem
from publisher.queue.diagnosis.health import health
from publisher.queue.patience import aside
from publisher.reports.freshness import watch
from publisher.wording import sentence

logger = logging.getLogger(__name__)

LIMIT_S = 8.0
"""After that long the answer is given, whatever has not answered."""

Check = Callable[[], list[Finding]]
Checks = dict[str, Check]


@click.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """检查系统是否正常：哪里停住了、从何时起、该谁处理。 Whether anything is stuck, since when, and who must act."""
    findings = examine(rounds(), limit_s=LIMIT_S)
    count = sum(finding.severity == Severity.PROBLEM for finding in findings)
    if as_json:
        print_json({"ok": not count, "findings": [_json(finding) for finding in findings]})
    else:
        for finding in sorted(findings, key=_rank):
            click.echo(_line(finding))
    say(Text("Problems found: {count}.", count=count) if count else Text("Nothing is stuck."))
    raise SystemExit(Exit.REFUSED if count else Exit.DONE)


def examine(rounds: Sequence[Checks], *, limit_s: float) -> list[Finding]:
    """Make every check: the rounds side by side, in each the checks one after the other."""
    deadline = time.monotonic() + limit_s
    begun = [_Round(checks) for checks in rounds]
    return [finding for one in begun for finding in one.findings(deadline)]


def rounds() -> Sequence[Checks]:
    """The checks; those in one round ask the same thing and may keep each other waiting."""
    return (
        {"configuration": surroundings.configuration, "time-scale": surroundings.time_scale},
        {"home": surroundings.home},
        {"broker": surroundings.broker},
        {
            "database": database.presence,
            "durability": database.durability,
            "writing": database.writing,
            "clock": database.time,
            **_of_the_queue(),
        },
    )


class _Round:
    """Checks made one after the other, apart from this thread: each may fail, or hang and keep the rest."""

    def __init__(self, checks: Checks) -> None:
        self._left = list(checks)
        self._found: list[Finding] = []
        self._language = translation.get_language()
        self._done: Future[None] = aside(partial(self._make, checks))

    def findings(self, deadline: float) -> list[Finding]:
        """What was found until ``deadline`` of the monotonic clock."""
        try:
            self._done.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return [*self._found, *_hanging(tuple(self._left))]
        return self._found

    def _make(self, checks: Checks) -> None:
        with translation.override(self._language):
            for name, check in checks.items():
                try:
                    self._found += check()
                except database.NothingToSee as nothing:
                    self._found += nothing.findings
                    return
                except Exception as error:
                    logger.info("the check %s could not be made", name, exc_info=True)
                    self._found.append(_failed(name, error))
                self._left.remove(name)


def _of_the_queue() -> Checks:
    try:
        office = get_office()
    except BadConfiguration:
        return {}  # told by the check of the configuration; without it nobody knows whose deliveries to look at
    look = cache(partial(health, office))
    return {
        "sweep": lambda: deliveries.sweeping(office, look()),
        "deliveries": lambda: deliveries.moving(office, look()),
        "leases": lambda: deliveries.leases(office, clock.now()),
        "credentials": lambda: credentials.standing(office, clock.now()),
        "paused": lambda: deliveries.pauses(office),
        "held": lambda: deliveries.held(office),
        "uncertain": lambda: deliveries.uncertain(office, clock.now()),
        "behind": lambda: deliveries.behind(office),
        "recalls": lambda: deliveries.recalls(office, clock.now()),
        "issues": lambda: issues.issue_findings(office, now=clock.now()),
        "quotas": lambda: deliveries.quotas(office, clock.now()),
        "log": lambda: deliveries.log_end(office),
        "log-guard": safekeeping.guarded,
        "approval-guard": approvals.guarded,
        "approvals": lambda: approvals.decided(office, clock.now()),
        "emergencies": lambda: approvals.confirmed(office, clock.now()),
        "checkpoint": lambda: safekeeping.checkpointed(office, clock.now()),
        "people": lambda: surroundings.people(office),
        "links": lambda: linked.reachable(office, clock.now()),
        "live": lambda: wording_out.looked_through(office),
        "freshness": lambda: watch.findings(office, now=clock.now()),
    }


def _failed(name: str, error: Exception) -> Finding:
    why = database.reason(error) if isinstance(error, Error) else type(error).__name__
    text = Text("The check {name} could not be made ({reason}).", name=name, reason=why)
    remedy = Text("With PUBLISHER_LOG_LEVEL=INFO this command says more.")
    return problem(name, text, Who.ADMINISTRATOR, remedy)


def _hanging(left: Sequence[str]) -> list[Finding]:
    if not left:
        return []
    text = Text("These checks got no answer in time: {names}.", names=", ".join(left))
    remedy = Text("See whether the server or the disk they ask hangs.")
    return [problem(left[0], text, Who.ADMINISTRATOR, remedy)]


def _rank(finding: Finding) -> int:
    return (Severity.PROBLEM, Severity.WARNING, Severity.OK).index(Severity(finding.severity))


def _line(finding: Finding) -> str:
    """One finding for people: how bad, what, since when and who must act, and the remedy."""
    facts = [_since(finding), str(finding.who.label) if finding.who != Who.NOBODY else ""]
    about = "; ".join(filter(None, facts))
    words = [
        _padded(finding.severity),
        sentence(finding.text),
        f"[{about}]" if about else "",
        sentence(finding.remedy) if finding.remedy else "",
    ]
    return " ".join(filter(None, words))


def _padded(severity: Severity) -> str:
    return str(severity.label).ljust(max(len(str(word)) for word in Severity.labels))


def _since(finding: Finding) -> str:
    if finding.since is None:
        return ""
    local = finding.since.astimezone(get_office().timezone)
    return sentence(Text("since {time}", time=f"{local:%Y-%m-%d %H:%M:%S}"))


def _json(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "message": sentence(finding.text),
        "since": finding.since.isoformat() if finding.since else None,
        "who": finding.who.value,
        "remedy": sentence(finding.remedy) if finding.remedy else None,
    }
