"""The durable memory of a delivery, kept in rows that outlive the "process" using it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from channels import deadline
from channels.base import Json
from channels.errors import ChannelUnavailable, NeverSent, OutcomeUnknown


class Killed(BaseException):
    """Stands for kill -9: no handler of an adapter may see it."""


@dataclass
class Row:
    """What the database would hold of one step; ``result`` is JSON text, None while there is none.

    ``is_open``: an irreversible call is intended, and what came of it is not known.
    """

    begun_at: datetime
    is_irreversible: bool
    result: str | None = None
    is_open: bool = False


@dataclass
class Memory:
    """What the database would hold of one delivery."""

    rows: dict[str, Row] = field(default_factory=dict)

    def open_intents(self) -> list[Row]:
        return [row for row in self.rows.values() if row.is_open and row.result is None]


class MemorySteps:
    """The ``Steps`` protocol in memory, with the rules of the house's own steps.

    Args:
        memory: shared with earlier and later "processes" of the same delivery.
        kill_at: which durable moment ends the process (0 = the first one); None: none does. Such moments are behind
            each beginning that is stored, and between each call and the storing of its result.
        too_late: irreversible calls begin when their time is over, as when the process was asleep.
    """

    def __init__(self, memory: Memory | None = None, *, kill_at: int | None = None, too_late: bool = False) -> None:
        self.memory = memory or Memory()
        self.too_late = too_late
        self.kill_at = kill_at
        self._moments = 0

    def repeatable(
        self, name: str, call: Callable[[], Json], *, recover: Callable[[], Json | None] | None = None
    ) -> Json:
        row = self.memory.rows.get(name)
        if row is not None and row.result is not None:
            return _read(row.result)
        if recover is not None and row is None:
            self._begin(name, is_irreversible=False)
        try:
            found = recover() if recover is not None and row is not None else None
            return self._finish(name, call() if found is None else found, is_irreversible=False)
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:
        row = self.memory.rows.get(name)
        if row is not None and row.result is not None:
            return _read(row.result)
        if row is not None and row.is_open:
            raise OutcomeUnknown("An earlier attempt of {step} has no result.", step=name)
        self._begin(name, is_irreversible=True)
        try:
            result = self._in_time(call)
        except NeverSent:
            self.memory.rows[name].is_open = False
            raise
        return self._finish(name, result, is_irreversible=True)

    def result(self, name: str) -> Json | None:
        row = self.memory.rows.get(name)
        return None if row is None or row.result is None else _read(row.result)

    def begun_at(self, name: str) -> datetime | None:
        row = self.memory.rows.get(name)
        return None if row is None else row.begun_at

    def fresh_process(self) -> MemorySteps:
        """The same delivery as another process sees it after a restart."""
        return MemorySteps(self.memory)

    def prove_absence(self) -> None:
        """What the queue does when looking long enough has shown that nothing came of the attempt."""
        for row in self.memory.rows.values():
            if row.is_irreversible:
                row.is_open, row.result = False, None

    def lose_answer(self) -> None:
        """Forget the last result, as when its answer never arrived."""
        list(self.memory.rows.values())[-1].result = None

    def stored_text(self) -> str:
        """Everything that would be in the database."""
        return "\n".join(row.result or "" for row in self.memory.rows.values())

    def _in_time(self, call: Callable[[], Json]) -> Json:
        if not self.too_late:
            return call()
        with deadline.not_after(deadline.elapsed() - 1):
            return call()

    def _begin(self, name: str, *, is_irreversible: bool) -> None:
        row = self.memory.rows.setdefault(name, Row(datetime.now(UTC), is_irreversible))
        row.is_open = is_irreversible
        self._moment()

    def _finish(self, name: str, result: Json, *, is_irreversible: bool) -> Json:
        text = json.dumps(result, ensure_ascii=False)
        self._moment()
        row = self.memory.rows.setdefault(name, Row(datetime.now(UTC), is_irreversible))
        row.result = text
        return _read(text)

    def _moment(self) -> None:
        if self._moments == self.kill_at:
            raise Killed
        self._moments += 1


def _read(text: str) -> Json:
    stored: Json = json.loads(text)
    return stored
