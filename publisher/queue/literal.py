"""States written into a query instead of passed beside it.

SQLite uses a partial index only where it can read in the query what the index is about; a list of parameters hides it.
Source: sqlite.org/partialindex.html, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, Value

from publisher.queue.states import MACHINE, OPEN, UNDONE, State


class Literal(Value):
    """A word of our own vocabulary, as SQL writes it."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:  # noqa: ARG002 - Django's own signature
        return f"'{self.value}'", ()


def _one_of(states: Iterable[State]) -> Q:
    return Q(state__in=tuple(Literal(state.value) for state in states))


def one_of(*states: State) -> Q:
    """Whether a delivery is in one of these open states, in words by which the indexes over open ones are found."""
    return _one_of(states) & IS_OPEN


def in_sql(table: str, states: Iterable[State], *, index: Iterable[State] = OPEN) -> str:
    """The same as SQL; ``index`` are the states an index is about."""
    chosen, indexed = (", ".join(f"'{state.value}'" for state in among) for among in (states, index))
    return f"{table}.state IN ({chosen}) AND {table}.state IN ({indexed})"


def is_waiting() -> Q:
    """Whether a delivery waits to be sent."""
    return Q(state=Literal(State.WAITING.value))


IS_OPEN = _one_of(OPEN)
"""The condition of the indexes over open deliveries."""

IS_MACHINE = _one_of(MACHINE)
"""The condition of the index over what the program does next."""

IS_UNDONE = _one_of(UNDONE)
"""The condition of the index over what ended without success."""
