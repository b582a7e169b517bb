"""Triggers by which the database itself refuses to change or delete entered values and final reports."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = {
    "reports_enteredvalue": "office = NEW.office AND seq = NEW.seq",
    "reports_finalreport": ("office = NEW.office AND year = NEW.year AND form = NEW.form AND version = NEW.version"),
}
"""Each table, and when a new row would take the place of another."""
REFUSAL = "entered values and final reports are never changed or deleted"

FUNCTION = (
    "CREATE OR REPLACE FUNCTION reports_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place; harmless where they already are."""
    remove(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for table in TABLES:
            for name, body in _triggers(connection, table).items():
                cursor.execute(f"CREATE TRIGGER {name} {body}")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away; only migrations and tests that empty the database do this."""
    with connection.cursor() as cursor:
        for table in TABLES:
            suffix = f" ON {table}" if connection.vendor == "postgresql" else ""
            for name in _triggers(connection, table):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def _triggers(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    if connection.vendor == "postgresql":
        call = "EXECUTE FUNCTION reports_only_grow()"
        return {
            f"{table}_no_change": f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
            f"{table}_no_truncate": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        }
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    return {
        f"{table}_no_update": f"BEFORE UPDATE ON {table} {refuse}",
        f"{table}_no_delete": f"BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes without firing the delete trigger.
        f"{table}_no_replace": (
            f"BEFORE INSERT ON {table} "  # noqa: S608 - our own constants
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({TABLES[table]})) {refuse}"
        ),
    }
