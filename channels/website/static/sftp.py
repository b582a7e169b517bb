"""The folder of a web server elsewhere, reached by SFTP: the server's key is known beforehand, or nothing is sent."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import paramiko

from channels.errors import ChannelError, CredentialsRefused, NeverSent, PersonNeeded
from channels.secret import Secret

# It logs each trouble with its traceback; ours say what they mean, once.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class SftpMirror:
    """A folder as ``sftp://user@host:port/folder``; ``host_key`` as ``ssh-keyscan`` or ``ssh-keygen -lf`` print it.

    ``password`` or ``private_key``: one of them.
    """

    def __init__(
        self, url: str, *, host_key: str, password: Secret | None, private_key: Secret | None, timeout_s: float
    ) -> None:
        parts = urlsplit(url)
        self.name = url
        self._host, self._port = parts.hostname or "", parts.port or 22
        self._user, self._folder = unquote(parts.username or ""), unquote(parts.path) or "/"
        self._host_key = host_key.rstrip("=") if host_key.startswith("SHA256:") else host_key
        self._password, self._private_key = password, private_key
        self._timeout_s = timeout_s

    @contextmanager
    def session(self) -> Iterator[SftpFolder]:
        """Raises NeverSent, CredentialsRefused, PersonNeeded; what goes wrong within has the same names."""
        transport: paramiko.Transport | None = None
        try:
            transport = paramiko.Transport(self._connect())
            transport.banner_timeout = transport.auth_timeout = self._timeout_s
            transport.start_client(timeout=self._timeout_s)
            self._require_known(transport)
            self._sign_in(transport)
            client = paramiko.SFTPClient.from_transport(transport)
            if client is None:
                raise self._unavailable("SFTP")
            channel = client.get_channel()
            if channel is not None:
                channel.settimeout(self._timeout_s)
            yield SftpFolder(client, PurePosixPath(self._folder))
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._named(error) from error
        finally:
            if transport is not None:
                transport.close()
                transport.join(self._timeout_s)

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), timeout=self._timeout_s)

    def _require_known(self, transport: paramiko.Transport) -> None:
        key = transport.get_remote_server_key()
        digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        found = f"SHA256:{digest}"
        if self._host_key not in {found, f"{key.get_name()} {key.get_base64()}"}:
            raise PersonNeeded(
                "The server {host} shows the key {found}, which is not the one in the configuration: nothing was sent. "
                "Ask whoever runs it; if the key was renewed, write the new one into sftp_host_key.",
                host=self._host,
                found=found,
            )

    def _sign_in(self, transport: paramiko.Transport) -> None:
        try:
            if self._private_key is not None:
                transport.auth_publickey(self._user, _key(self._private_key.reveal()))
            elif self._password is not None:
                transport.auth_password(self._user, self._password.reveal())
        except paramiko.AuthenticationException:
            raise CredentialsRefused(
                "The server {host} does not let {user} in: correct sftp_password or sftp_key.",
                host=self._host,
                user=self._user,
            ) from None

    def _named(self, error: Exception) -> ChannelError:
        if isinstance(error, PermissionError):
            return PersonNeeded(
                "The server {host} does not let the site be written at {folder}: let {user} write there.",
                host=self._host,
                folder=self._folder,
                user=self._user,
            )
        return self._unavailable(type(error).__name__)

    def _unavailable(self, reason: str) -> NeverSent:
        return NeverSent(
            "The server {host} cannot be reached by SFTP at the moment ({reason}). It will be tried again.",
            host=self._host,
            reason=reason,
        )


class SftpFolder:
    """The folder there, while the connection stands. Raises OSError, paramiko.SSHException, EOFError."""

    def __init__(self, client: paramiko.SFTPClient, folder: PurePosixPath) -> None:
        self._client = client
        self._folder = folder
        self._made: set[PurePosixPath] = set()

    def write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        self._make(path.parent)
        # confirm: the server is asked how much it has when all is written.
        self._client.putfo(io.BytesIO(content), str(path), confirm=True)

    def move(self, draft: str, name: str) -> None:
        target = self._path(name)
        self._make(target.parent)
        self._client.posix_rename(str(self._path(draft)), str(target))

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._client.remove(str(self._path(name)))

    def read(self, name: str) -> bytes | None:
        try:
            with self._client.open(str(self._path(name)), "rb") as file:
                file.prefetch()
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def size(self, name: str) -> int | None:
        try:
            size: int | None = self._client.stat(str(self._path(name))).st_size
        except FileNotFoundError:
            return None
        return size

    def sizes(self, folder: str) -> dict[str, int]:
        try:
            found = self._client.listdir_attr(str(self._path(folder)))
        except FileNotFoundError:
            return {}
        return {one.filename: one.st_size or 0 for one in found if stat.S_ISREG(one.st_mode or 0)}

    def clear(self, beginning: str) -> None:
        for folder in self._client.listdir(str(self._folder)):
            if folder.startswith(beginning):
                self._remove_folder(self._folder / folder)

    def _remove_folder(self, folder: PurePosixPath) -> None:
        for name in self._client.listdir(str(folder)):
            self._client.remove(str(folder / name))
        self._client.rmdir(str(folder))

    def _make(self, folder: PurePosixPath) -> None:
        if folder in self._made:
            return
        try:
            mode = self._client.stat(str(folder)).st_mode or 0
            if not stat.S_ISDIR(mode):
                raise PermissionError(f"{folder} is no folder")
        except FileNotFoundError:
            self._make(folder.parent)
            self._client.mkdir(str(folder))
        self._made.add(folder)

    def _path(self, name: str) -> PurePosixPath:
        return self._folder / name


def _key(text: str) -> paramiko.PKey:
    """The private key in any of its forms. Raises CredentialsRefused: it is none, or is locked by a password."""
    for kind in KEYS:
        with suppress(paramiko.SSHException, ValueError):
            found: paramiko.PKey = kind.from_private_key(io.StringIO(text + "\n"))
            return found
    raise CredentialsRefused("What sftp_key refers to is no private key without a password: write one there.")
