"""What commands about figures and reports say when something is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, say, stop
from publisher.reports.checks.finding import Finding
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.importing import BadTable
from publisher.reports.figures.parsing import BadValue
from publisher.reports.finishing import NotFinal
from publisher.reports.report import WrongForm
from publisher.wording import sentence

SHOWN = 10
"""So many missing figures are named in passing; all of them where they are asked for."""


@contextmanager
def told() -> Iterator[None]:
    """Known mistakes about figures and reports end in their sentence and a status."""
    try:
        yield
    except (WrongForm, BadValue) as error:
        stop(error.text, Exit.USAGE)
    except BadTable as error:
        for row, text in error.mistakes:
            click.echo(_("Row {row}: {text}").format(row=row, text=sentence(text)), err=True)
        stop(Text("Nothing was taken in."), Exit.USAGE)
    except NotFinal as error:
        say_missing(error.missing)
        say_findings(error.errors)
        stop(error.text, Exit.REFUSED)


def say_missing(missing: list[Figure] | tuple[Figure, ...]) -> None:
    """Name what has to be entered, the first of many."""
    if not missing:
        return
    say(Text("Missing: {count} figures.", count=len(missing)))
    for figure in missing[:SHOWN]:
        click.echo(f"  {figure.key}  {figure.label}", err=True)
    if len(missing) > SHOWN:
        say(Text("  … and {count} more: see --missing.", count=len(missing) - SHOWN))


def say_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        click.echo(f"  {finding_line(finding)}", err=True)


def finding_line(finding: Finding) -> str:
    """``✗`` before what keeps a report from becoming final, ``!`` before what a person should look at."""
    place = f"[{finding.place}] " if finding.place else ""
    return f"{'✗' if finding.is_error else '!'} {place}{sentence(finding.text)}"
