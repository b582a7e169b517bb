"""Showing how far something long has come, to whoever waits for it at a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TypeVar

from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text as Styled

Thing = TypeVar("Thing")

STEP = 2000


class Speed(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Styled:
        return Styled(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Counted:
    """Hands things on and counts them; at a terminal a bar shows how far it has come.

    Args:
        total: how many there will be, where that is known.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._begun = time.monotonic()
        self.count = 0

    def __call__(self, things: Iterator[Thing]) -> Iterator[Thing]:
        if not sys.stderr.isatty():
            return self._counted(things, None)
        return self._shown(things)

    @property
    def rate(self) -> str:
        """How many a second, from the beginning until now."""
        return f"{self.count / max(time.monotonic() - self._begun, 1e-3):,.0f}"

    def _shown(self, things: Iterator[Thing]) -> Iterator[Thing]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield from self._counted(things, progress)

    def _counted(self, things: Iterator[Thing], progress: Progress | None) -> Iterator[Thing]:
        task = progress.add_task(_("Entries"), total=self._total) if progress else None
        for thing in things:
            yield thing
            self.count += 1
            if progress and task is not None and self.count % STEP == 0:
                progress.update(task, completed=self.count)
