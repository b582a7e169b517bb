"""What stands before long work and before an item is taken in: tables that are up to date, and the office's columns."""

from __future__ import annotations

from publisher.cli.output import actor
from publisher.cli.schema import ensure_schema
from publisher.log.columns import note_columns
from publisher.office import Office, get_office


def begin() -> Office:
    """Bring the tables up to date and tell the log of columns that are new, changed or gone.

    Raises BadConfiguration. Stops the command where the database cannot be reached.
    """
    ensure_schema()
    office = get_office()
    note_columns(office, actor=actor())
    return office
