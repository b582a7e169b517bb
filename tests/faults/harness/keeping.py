"""A PostgreSQL database of a table run: emptied, kept as it is at the beginning of a case, and put back.

With SQLite there is nothing to do: the file lies in the home, which is kept whole.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


class Keeper:
    """Keeps the beginnings by name, each as a database of its own that is the template of the next case.

    Nobody may be connected to the database meanwhile.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._name = parts.path.lstrip("/")
        self._server = urlunsplit(parts._replace(path="/postgres"))

    def clear(self) -> None:
        """Make the database empty."""
        self._make(self._name, "template1")

    def keep(self, name: str) -> None:
        """Remember the database as it is."""
        self._make(f"{self._name}-{name}", self._name)

    def restore(self, name: str) -> None:
        """Put back what was remembered."""
        self._make(self._name, f"{self._name}-{name}")

    def _make(self, name: str, template: str) -> None:
        target, source = sql.Identifier(name), sql.Identifier(template)
        with psycopg.connect(self._server, autocommit=True) as server:
            # A worker that was killed a moment ago may still count as connected.
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))
