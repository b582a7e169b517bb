"""The database of a table run: emptied, kept as it is at the beginning of a case, and put back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


class Keeper(ABC):
    """Keeps the beginnings by name. Nobody may be connected to the database meanwhile."""

    @abstractmethod
    def clear(self) -> None:
        """Make the database empty."""

    @abstractmethod
    def keep(self, name: str) -> None:
        """Remember the database as it is."""

    @abstractmethod
    def restore(self, name: str) -> None:
        """Put back what was remembered."""


class FileKeeper(Keeper):
    """SQLite: the file lies in the home, which is kept whole, so there is nothing to do."""

    def clear(self) -> None:
        return

    def keep(self, name: str) -> None:
        return

    def restore(self, name: str) -> None:
        return


class ServerKeeper(Keeper):
    """PostgreSQL: each beginning is a database of its own, which serves as the template of the next case."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._name = parts.path.lstrip("/")
        self._server = urlunsplit(parts._replace(path="/postgres"))

    def clear(self) -> None:
        self._make(self._name, "template1")

    def keep(self, name: str) -> None:
        self._make(f"{self._name}-{name}", self._name)

    def restore(self, name: str) -> None:
        self._make(self._name, f"{self._name}-{name}")

    def _make(self, name: str, template: str) -> None:
        target, source = sql.Identifier(name), sql.Identifier(template)
        with psycopg.connect(self._server, autocommit=True) as server:
            # A worker that was killed a moment ago may still count as connected.
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))


def keeper(url: str) -> Keeper:
    """The keeper for a ``DATABASE_URL``; empty is SQLite in the home."""
    return ServerKeeper(url) if url else FileKeeper()
