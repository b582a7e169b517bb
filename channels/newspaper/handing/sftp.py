"""Handing over on an SFTP server: uploaded under another name, read back, and renamed as the last step."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import posixpath
import re
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import paramiko

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Steps
from channels.errors import ChannelError, CredentialsRefused, NeverSent, OutcomeUnknown, PersonNeeded, Text, message_id
from channels.newspaper.handing.package import (
    MANIFEST,
    changed,
    digests,
    fetched,
    handing_time,
    package,
    package_name,
    time_in,
)
from channels.newspaper.handing.way import Proofs
from channels.newspaper.options import SFTP, SFTP_PLACE, NewspaperOptions, SftpOptions

# It logs each trouble with its traceback; ours say what they mean, once.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
LOST = (OSError, EOFError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, as ``deliver`` says."""

    user: str
    host: str
    port: int
    path: str

    @classmethod
    def read(cls, deliver: str) -> Server:
        found = SFTP_PLACE.fullmatch(deliver.removeprefix(SFTP).removeprefix("//"))
        if found is None:
            raise ValueError(f"{deliver} is no place on an SFTP server")
        return cls(found["user"], found["host"], int(found["port"] or 22), (found["path"] or "/").rstrip("/") or "/")


class SftpWay:
    """A folder on the newspaper's SFTP server.

    Args:
        timeout_s: for the connection and for each answer.
    """

    # The rename may have been under way when the line broke: a minute later it has happened or will not.
    proofs = Proofs(absence_after_s=60, look_after_s=(5, 30, 120, 300))

    def __init__(self, server: Server, options: SftpOptions, timeout_s: float) -> None:
        self.server = server
        self.options = options
        self._timeout_s = timeout_s

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Upload, read back, rename, and read back once more."""
        files = package(product, handing_time(steps))
        with self._session() as sftp:
            if _exists(sftp, self._final(product)):
                return self._receipt(sftp, product)
            if steps.result("hand_over") is None:
                steps.repeatable("draft", lambda: self._upload(sftp, product, files))
            steps.irreversible("hand_over", lambda: self._rename(sftp, product, files))
            return self._receipt(sftp, product)

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The receipt, where the whole package is there. Raises PersonNeeded: it was changed, or fetched already."""
        with self._session() as sftp:
            if _exists(sftp, self._final(product)):
                return self._receipt(sftp, product)
            if steps.begun_at("hand_over") is not None and not _exists(sftp, self._draft(product)):
                raise fetched(product)
        return None

    def check(self, product: Product) -> Sequence[Problem]:  # noqa: ARG002 - a server's limits are its own
        return ()

    def probe(self) -> list[Probe]:
        name = Text("Sign in at the SFTP server and look into the folder")
        try:
            with self._session() as sftp:
                sftp.listdir(self.server.path)
        except ChannelError as error:
            return [Probe(name, ok=False, detail=error.text)]
        except OSError as error:
            return [Probe(name, ok=False, detail=self._no_folder(error).text)]
        return [Probe(name, ok=True, detail=Text("The server let us in."))]

    def _upload(self, sftp: paramiko.SFTPClient, product: Product, files: Mapping[str, bytes]) -> Json:
        draft = self._draft(product)
        with self._troubles():
            if not _exists(sftp, draft):
                sftp.mkdir(draft)
            for name, content in files.items():
                if not _holds(sftp, posixpath.join(draft, name), content):
                    with sftp.open(posixpath.join(draft, name), "wb") as file:
                        file.set_pipelined(True)
                        file.write(content)
            unlike = [name for name in files if not _holds(sftp, posixpath.join(draft, name), files[name])]
        if unlike:
            raise NeverSent("The file {name} did not arrive whole. It will be tried again.", name=unlike[0])
        return {"draft": draft}

    def _rename(self, sftp: paramiko.SFTPClient, product: Product, files: Mapping[str, bytes]) -> Json:
        # Again, because somebody may have swept hidden folders away since it was uploaded.
        self._upload(sftp, product, files)
        deadline.check()
        try:
            sftp.rename(self._draft(product), self._final(product))
        except LOST as error:
            raise OutcomeUnknown(
                "The package was to get its name on {host}, and the answer was lost or was an error ({reason}).",
                host=self.server.host,
                reason=_reason(error),
            ) from error
        return {"package": package_name(product)}

    def _receipt(self, sftp: paramiko.SFTPClient, product: Product) -> Receipt:
        """The proof: size and digest of every file read back. Raises PersonNeeded: it is there with other content."""
        final = self._final(product)
        with self._troubles(OutcomeUnknown):
            at = time_in(_read(sftp, posixpath.join(final, MANIFEST)) or b"")
            files = package(product, at) if at else {}
            is_whole = bool(files) and all(_holds(sftp, posixpath.join(final, name), files[name]) for name in files)
        if not is_whole:
            raise changed(product)
        where = f"sftp://{self.server.host}{final}"
        raw = {"package": package_name(product), "files": dict(digests(product))}
        return Receipt(where, datetime.fromisoformat(at), evidence=Evidence.READ_BACK, raw=raw)

    @contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        """A connection to the server whose key is the one we know. What goes wrong here has handed nothing over."""
        transport: paramiko.Transport | None = None
        try:
            line = socket.create_connection((self.server.host, self.server.port), timeout=self._timeout_s)
            transport = paramiko.Transport(line)
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = self._timeout_s
            known = _host_key(self.options.host_key)
            transport.get_security_options().key_types = _key_types(known)
            transport.connect(known, self.server.user, self._password(), self._key())
            sftp = paramiko.SFTPClient.from_transport(transport)
            if sftp is None:
                raise EOFError
            sftp.get_channel().settimeout(self._timeout_s)
        except (*LOST, ValueError) as error:
            if transport is not None:
                transport.close()
            raise self._no_session(error) from error
        try:
            yield sftp
        finally:
            transport.close()

    def _password(self) -> str | None:
        return self.options.password.reveal() if self.options.password else None

    def _key(self) -> paramiko.PKey | None:
        if self.options.private_key is None:
            return None
        text = self.options.private_key.reveal() + "\n"
        for kind in KEYS:
            try:
                return kind.from_private_key(io.StringIO(text))
            except (paramiko.SSHException, ValueError):
                continue
        raise CredentialsRefused("The private key cannot be read: give one without a passphrase, in OpenSSH's format.")

    def _no_session(self, error: Exception) -> ChannelError:
        host = self.server.host
        if isinstance(error, paramiko.AuthenticationException):
            text = message_id("The SFTP server {host} does not let {user} in: give the password or key anew.")
            return CredentialsRefused(text, host=host, user=self.server.user)
        is_other = isinstance(error, paramiko.BadHostKeyException)
        if is_other or re.search(r"[Bb]ad host key|no acceptable host key|Incompatible ssh peer", str(error)):
            text = message_id(
                "The SFTP server {host} shows another key than host_key: somebody may stand in between, so nothing was "
                "sent. Ask the newspaper whether its key has changed."
            )
            return CredentialsRefused(text, host=host)
        text = message_id(
            "The SFTP server {host} cannot be reached or does not answer ({reason}). It will be tried again."
        )
        return NeverSent(text, host=host, reason=_reason(error))

    @contextmanager
    def _troubles(self, lost: type[NeverSent | OutcomeUnknown] = NeverSent) -> Iterator[None]:
        """Give every trouble behind the sign-in its name; ``lost`` where the line broke."""
        try:
            yield
        except PermissionError as error:
            raise self._no_folder(error) from error
        except FileNotFoundError as error:
            raise self._no_folder(error) from error
        except LOST as error:
            text = message_id("The connection to the SFTP server {host} broke ({reason}). It will be tried again.")
            raise lost(text, host=self.server.host, reason=_reason(error)) from error

    def _no_folder(self, error: OSError) -> PersonNeeded:
        text = message_id(
            "The folder {folder} on {host} cannot be used ({reason}): have the newspaper let us write there."
        )
        return PersonNeeded(text, folder=self.server.path, host=self.server.host, reason=_reason(error))

    def _final(self, product: Product) -> str:
        return posixpath.join(self.server.path, package_name(product))

    def _draft(self, product: Product) -> str:
        return posixpath.join(self.server.path, f".{package_name(product)}.part")


def sftp_way(options: NewspaperOptions, place: Place) -> SftpWay:  # noqa: ARG001 - as every way is made
    """The way the options of a newspaper ask for. Raises ValueError: they have no key of the server."""
    if options.sftp is None:
        raise ValueError("delivery by SFTP without a key of the server")
    return SftpWay(Server.read(options.deliver), options.sftp, options.timeout_s)


def _exists(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        return stat.S_ISDIR(sftp.stat(path).st_mode or 0)
    except FileNotFoundError:
        return False
    except LOST as error:
        raise NeverSent("The SFTP server does not answer ({reason}).", reason=_reason(error)) from error


def _holds(sftp: paramiko.SFTPClient, path: str, content: bytes) -> bool:
    """Whether the file there has that size and digest. Raises what the connection raises."""
    try:
        if sftp.stat(path).st_size != len(content):
            return False
    except FileNotFoundError:
        return False
    there = _read(sftp, path)
    return there is not None and hashlib.sha256(there).digest() == hashlib.sha256(content).digest()


def _read(sftp: paramiko.SFTPClient, path: str) -> bytes | None:
    try:
        with sftp.open(path, "rb") as file:
            file.prefetch()
            found: bytes = file.read()
            return found
    except FileNotFoundError:
        return None


def _host_key(line: str) -> paramiko.PKey:
    """The key a line of ``ssh-keyscan`` holds. Raises ValueError: it is none."""
    kind, text = line.split()[:2]
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(text))
    except (paramiko.SSHException, ValueError) as error:
        raise ValueError(f"bad host key: {error}") from None


def _key_types(key: paramiko.PKey) -> Sequence[str]:
    """What to ask the server for, so that it shows the key we know and not another of its own."""
    name = key.get_name()
    return ("rsa-sha2-512", "rsa-sha2-256") if name == "ssh-rsa" else (name,)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
