"""Triggers by which the database itself refuses to change or delete what stands in the book."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

REFUSAL = "the log only grows: entries are never changed or deleted"

KEYS = {
    "log_logentry": (("id",), ("office", "seq"), ("office", "channel", "channel_seq")),
    "log_checkpoint": (("id",), ("office", "number"), ("office", "before")),
    "log_archive": (("id",), ("keeper", "name"), ("keeper", "digest")),
    "log_archivedentry": (("id",), ("keeper", "archive", "seq")),
}
"""The tables that only grow, and what is unique in each: INSERT OR REPLACE would delete the row that has the same."""

FUNCTION = "log_only_grows"
BODY = f" BEGIN RAISE EXCEPTION '{REFUSAL}'; END "


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place on the tables that are there; harmless where they already are."""
    remove(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$")
        for table in _tables(connection):
            for name, body in _triggers(connection, table).items():
                cursor.execute(f"CREATE TRIGGER {name} {body}")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away; only migrations and tests that empty the database do this."""
    with connection.cursor() as cursor:
        for table in _tables(connection):
            suffix = f" ON {table}" if connection.vendor == "postgresql" else ""
            for name in _triggers(connection, table):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Triggers that are not there, or not as they should be: what they refuse can be done unnoticed."""
    standing = _standing_in_sqlite if connection.vendor == "sqlite" else _standing_in_postgresql
    with connection.cursor() as cursor:
        found = standing(cursor)
    wanted = {name: body for table in _tables(connection) for name, body in _triggers(connection, table).items()}
    return [name for name, body in wanted.items() if found.get(name) != _essence(body)]


def _standing_in_sqlite(cursor: CursorWrapper) -> dict[str, str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name: _essence(sql.split(name, 1)[1]) for name, sql in cursor.fetchall()}


def _standing_in_postgresql(cursor: CursorWrapper) -> dict[str, str]:
    """Those that fire, and whose function does refuse."""
    cursor.execute(
        "SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid "
        "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND prosrc = %s",
        [BODY],
    )
    # The server writes what happens in an order of its own, and names the schema of the table.
    return {
        name: _essence(
            re.sub(r" ON \w+\.", " ON ", body.split(name, 1)[1]).replace("DELETE OR UPDATE", "UPDATE OR DELETE")
        )
        for name, body in cursor.fetchall()
    }


def _essence(definition: str) -> str:
    return " ".join(definition.replace('"', "").split())


def _tables(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """The guarded tables that exist: an early migration meets only some of them."""
    present = set(connection.introspection.table_names())
    return (table for table in KEYS if table in present)


def _triggers(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    """Name and definition of each trigger of a table."""
    prefix = "log" if table == "log_logentry" else table
    return {
        f"{prefix}_{name}": body for name, body in (_sqlite if connection.vendor == "sqlite" else _postgresql)(table)
    }


def _sqlite(table: str) -> Iterator[tuple[str, str]]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    yield "no_update", f"BEFORE UPDATE ON {table} {refuse}"
    yield "no_delete", f"BEFORE DELETE ON {table} {refuse}"
    same = " OR ".join(f"({' AND '.join(f'{column} = NEW.{column}' for column in key)})" for key in KEYS[table])
    # INSERT OR REPLACE deletes without firing the delete trigger.
    twice = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own constants
    yield "no_replace", f"BEFORE INSERT ON {table} WHEN {twice} {refuse}"


def _postgresql(table: str) -> Iterator[tuple[str, str]]:
    yield "no_change", f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"
    yield "no_truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
