"""The folder of a web server elsewhere, reached by SFTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from channels.errors import NeverSent, PersonNeeded
from channels.secret import Secret
from channels.sftp import LOST, Account, RemoteFolder, reason_of


class SftpMirror:
    """A folder as ``sftp://user@host:port/folder``; ``host_key`` as ``Account`` has it.

    ``password`` or ``private_key``: one of them.
    """

    def __init__(
        self, url: str, *, host_key: str, password: Secret | None, private_key: Secret | None, timeout_s: float
    ) -> None:
        parts = urlsplit(url)
        self.name = url
        self.account = Account(
            host=parts.hostname or "",
            port=parts.port or 22,
            user=unquote(parts.username or ""),
            folder=unquote(parts.path) or "/",
            host_key=host_key,
            password=password,
            private_key=private_key,
            timeout_s=timeout_s,
        )

    @contextmanager
    def session(self) -> Iterator[RemoteFolder]:
        """Raises NeverSent, CredentialsRefused, PersonNeeded; what goes wrong within has the same names."""
        with self.account.session() as folder:
            try:
                yield folder
            except PermissionError as error:
                raise PersonNeeded(
                    "The server {host} does not let the site be written at {folder}: let {user} write there.",
                    host=self.account.host,
                    folder=self.account.folder,
                    user=self.account.user,
                ) from error
            except LOST as error:
                raise NeverSent(
                    "The connection to the SFTP server {host} broke ({reason}). It will be tried again.",
                    host=self.account.host,
                    reason=reason_of(error),
                ) from error
