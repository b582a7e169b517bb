"""Plain statements for what every publication does: the ORM would take ten times as long to make them.

They run in Django's own connection and transaction and read alike on SQLite and PostgreSQL. Tables and columns are
words of ours; values always stand beside the statement, and get into it as Django itself would write them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)

Statement = tuple[str, Sequence[Any]]
"""With its values."""

AS_IT_IS = (str, int, type(None))

CHUNK = 1000
"""Rows that are read at a time."""

LONGEST_TURN_S = 20.0
_turn = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Let the threads of this process write into SQLite one after the other.

    SQLite itself lets who must wait sleep, up to a tenth of a second, while the database lies idle. Nothing depends on
    having the turn, so nobody waits for it longer than SQLite would wait.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    has_turn = _turn.acquire(timeout=LONGEST_TURN_S)
    try:
        yield
    finally:
        if has_turn:
            _turn.release()


def execute(statement: str, values: Sequence[Any] = ()) -> int:
    """Run a statement that writes; returns how many rows it met."""
    count: int = _run(statement, values, lambda cursor: cursor.rowcount)
    return count


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What a statement returns."""
    found: list[tuple[Any, ...]] = _run(statement, values, lambda cursor: cursor.fetchall())
    return found


def _run(statement: str, values: Sequence[Any], answer: Callable[[Any], Any]) -> Any:
    """Run a statement that comes again and again, with the driver's own cursor: PostgreSQL keeps the plans of those
    whose values do not stand in the statement itself, where Django's own cursors put them."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    given = [value if type(value) in AS_IT_IS else written(value) for value in values]
    if here.queries_logged or here.execute_wrappers:
        with here.cursor() as cursor:
            cursor.execute(statement, given)
            return answer(cursor)
    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        if here.vendor == "sqlite":
            return answer(here.connection.execute(_with_question_marks(statement), given))
        with here.Database.Cursor(here.connection) as cursor:
            return answer(cursor.execute(statement, given))


@cache
def _with_question_marks(statement: str) -> str:
    """As SQLite's driver marks the places of values."""
    return statement.replace("%s", "?").replace("%%", "%")


def each(statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """What a statement returns, a few rows at a time; for one so large that its plan depends on its values."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [written(value) for value in values])
        while some := cursor.fetchmany(CHUNK):
            yield from some


def inserting(table: str, columns: Mapping[str, Any]) -> Statement:
    """The statement that adds one row."""
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({places})", [*columns.values()]  # noqa: S608 - our own words


def execute_both(one: Statement, other: Statement) -> None:
    """Run two statements that write into different tables: on PostgreSQL, which is asked over a line, in one go."""
    if connection.vendor == "postgresql":
        execute(f"WITH one AS ({one[0]}) {other[0]}", [*one[1], *other[1]])
    else:
        execute(*one)
        execute(*other)


def insert_many(table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows; each has its values in the order of ``names``, as ``written`` gives them."""
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def for_update() -> str:
    """What ends a SELECT that locks its rows; SQLite locks the whole database when a transaction begins."""
    return " FOR UPDATE" if connection.features.has_select_for_update else ""


def assignments(columns: Iterable[str]) -> str:
    """The list between SET and WHERE; the values of the columns come first among the values of the statement."""
    return ", ".join(f'"{name}" = %s' for name in columns)


def columns(model: type[Model]) -> tuple[str, ...]:
    """All columns of a table."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def listed(table: str, columns: Iterable[str]) -> str:
    """Columns as they stand in a SELECT."""
    return ", ".join(f'{table}."{column}"' for column in columns)


def written(value: Any) -> Any:
    """A value as Django writes it."""
    if type(value) in AS_IT_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value


def instance(model: type[M], columns: tuple[str, ...], row: Iterator[Any]) -> M:
    """The next ``columns`` of a row as Django would read them; the model's other ones are fetched when asked for."""
    values = [_read(value, is_json) for is_json, value in zip(_hold_json(model, columns), row, strict=False)]
    return model.from_db(DEFAULT_DB_ALIAS, columns, values)


@cache
def _hold_json(model: type[Model], columns: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(isinstance(model._meta.get_field(column), JSONField) for column in columns)


def _read(value: Any, is_json: bool) -> Any:
    if is_json and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        # SQLite keeps UTC without saying so.
        return value.replace(tzinfo=UTC)
    return value
