"""A folder on a server elsewhere, reached by SFTP: the server's key is known beforehand, or nothing is sent.

Whoever goes there loads this module when a place is configured: the library behind it takes a while to load.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import paramiko

from channels.errors import CredentialsRefused, NeverSent
from channels.secret import Secret

# It logs each trouble with its traceback; ours say what they mean, once.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
LOST = (OSError, EOFError, paramiko.SSHException)
"""What a line that breaks raises, and what the server answers when it does not do something."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in where; ``host_key`` as ``ssh-keyscan`` (without the host's name) or ``ssh-keygen -lf`` print it.

    Attributes:
        folder: paths are relative to it.
        password, private_key: one of them.
        timeout_s: for the connection and for each answer.
    """

    host: str
    port: int
    user: str
    folder: str
    host_key: str
    password: Secret | None = field(repr=False)
    private_key: Secret | None = field(repr=False)
    timeout_s: float

    @contextmanager
    def session(self) -> Iterator[RemoteFolder]:
        """The folder, while the connection stands.

        Raises NeverSent, CredentialsRefused: there was no connection. What goes wrong within is one of ``LOST``.
        """
        transport: paramiko.Transport | None = None
        try:
            try:
                transport = paramiko.Transport(self._connect())
                client = self._begin(transport)
            except LOST as error:
                raise self._unreachable(error) from error
            yield RemoteFolder(client, PurePosixPath(self.folder))
        finally:
            if transport is not None:
                transport.close()
                transport.join(self.timeout_s)

    def _connect(self) -> socket.socket:
        line = socket.create_connection((self.host, self.port), timeout=self.timeout_s)
        # Each of many small questions waits for its answer: none is to wait for more to be sent along with it.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def _begin(self, transport: paramiko.Transport) -> paramiko.SFTPClient:
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = self.timeout_s
        if kinds := _kinds(self.host_key):
            # A server has several keys: it is to show the one we know.
            transport.get_security_options().key_types = kinds
        try:
            transport.start_client(timeout=self.timeout_s)
        except paramiko.SSHException as error:
            if "no acceptable host key" not in str(error):
                raise
            raise self._unknown("?") from error
        self._require_known(transport.get_remote_server_key())
        self._sign_in(transport)
        client = paramiko.SFTPClient.from_transport(transport)
        channel = client.get_channel() if client is not None else None
        if client is None or channel is None:
            raise EOFError
        channel.settimeout(self.timeout_s)
        return client

    def _require_known(self, key: paramiko.PKey) -> None:
        digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        found = f"SHA256:{digest}"
        shown = {found, f"{key.get_name()} {key.get_base64()}"}
        if self.host_key.rstrip("=") not in shown and " ".join(self.host_key.split()[:2]) not in shown:
            raise self._unknown(found)

    def _sign_in(self, transport: paramiko.Transport) -> None:
        try:
            if self.private_key is not None:
                transport.auth_publickey(self.user, _key(self.private_key.reveal()))
            elif self.password is not None:
                transport.auth_password(self.user, self.password.reveal())
        except paramiko.AuthenticationException:
            raise CredentialsRefused(
                "The SFTP server {host} does not let {user} in: give the password or key anew.",
                host=self.host,
                user=self.user,
            ) from None

    def _unknown(self, found: str) -> CredentialsRefused:
        return CredentialsRefused(
            "The SFTP server {host} shows another key ({found}) than the one in the configuration: somebody may stand "
            "in between, so nothing was sent. Ask whoever runs it whether its key has changed.",
            host=self.host,
            found=found,
        )

    def _unreachable(self, error: Exception) -> NeverSent:
        return NeverSent(
            "The SFTP server {host} cannot be reached or does not answer ({reason}). It will be tried again.",
            host=self.host,
            reason=reason_of(error),
        )


class RemoteFolder:
    """The folder there, while the connection stands; all names are below it. Raises one of ``LOST``."""

    def __init__(self, client: paramiko.SFTPClient, folder: PurePosixPath) -> None:
        self._client = client
        self._folder = folder
        self._made: set[PurePosixPath] = set()

    def write(self, name: str, content: bytes) -> None:
        """Write a file; the folders above it are made."""
        path = self._path(name)
        self._make(path.parent)
        # confirm: the server is asked how much it has when all is written.
        self._client.putfo(io.BytesIO(content), str(path), confirm=True)

    def move(self, draft: str, name: str) -> None:
        """Let the file ``draft`` take the place of ``name`` in one move, whatever stands there."""
        target = self._path(name)
        self._make(target.parent)
        self._client.posix_rename(str(self._path(draft)), str(target))

    def rename(self, draft: str, name: str) -> None:
        """The same where nothing stands at ``name``; else it fails."""
        self._client.rename(str(self._path(draft)), str(self._path(name)))

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._client.remove(str(self._path(name)))

    def read(self, name: str) -> bytes | None:
        """The file; None where there is none."""
        try:
            with self._client.open(str(self._path(name)), "rb") as file:
                file.prefetch()
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def size(self, name: str) -> int | None:
        """How many bytes the file has; None where there is none."""
        try:
            size: int | None = self._client.stat(str(self._path(name))).st_size
        except FileNotFoundError:
            return None
        return size

    def sizes(self, folder: str) -> dict[str, int]:
        """Name → bytes of the files in a folder; none where there is no such folder."""
        try:
            found = self._client.listdir_attr(str(self._path(folder)))
        except FileNotFoundError:
            return {}
        return {one.filename: one.st_size or 0 for one in found if stat.S_ISREG(one.st_mode or 0)}

    def names(self) -> list[str]:
        return [str(name) for name in self._client.listdir(str(self._folder))]

    def has_folder(self, name: str) -> bool:
        return self._is_folder(self._path(name))

    def make_folder(self, name: str) -> None:
        """Make one folder; the one above it must be there."""
        self._client.mkdir(str(self._path(name)))

    def clear(self, beginning: str) -> None:
        """Remove the folders whose names begin so, with the files in them."""
        for name in self.names():
            if name.startswith(beginning):
                self._remove_folder(self._path(name))

    def _remove_folder(self, folder: PurePosixPath) -> None:
        for name in self._client.listdir(str(folder)):
            self._client.remove(str(folder / name))
        self._client.rmdir(str(folder))

    def _make(self, folder: PurePosixPath) -> None:
        if folder in self._made:
            return
        if not self._is_folder(folder):
            self._make(folder.parent)
            self._client.mkdir(str(folder))
        self._made.add(folder)

    def _is_folder(self, path: PurePosixPath) -> bool:
        try:
            mode = self._client.stat(str(path)).st_mode or 0
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(mode):
            raise PermissionError(f"{path} is no folder")
        return True

    def _path(self, name: str) -> PurePosixPath:
        return self._folder / name


def reason_of(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _kinds(host_key: str) -> Sequence[str]:
    """What to ask the server for; nothing where only the digest of its key is known."""
    kind, _, key = host_key.partition(" ")
    if not key:
        return ()
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def _key(text: str) -> paramiko.PKey:
    """The private key in any of its forms. Raises CredentialsRefused: it is none, or is locked by a passphrase."""
    for kind in KEYS:
        with suppress(paramiko.SSHException, ValueError):
            found: paramiko.PKey = kind.from_private_key(io.StringIO(text + "\n"))
            return found
    raise CredentialsRefused("The private key cannot be read: give one without a passphrase, in OpenSSH's format.")
