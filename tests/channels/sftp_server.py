"""A real SFTP server on loopback over a folder; its rename loses the answer, fails or is slow on request."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any, ClassVar

import paramiko

USER, PASSWORD = "kzj", "quite secret"


class Folder(paramiko.SFTPServerInterface):  # type: ignore[misc]  # paramiko has no types
    """Files below ``root``, as the newspaper's server shows them."""

    root: ClassVar[Path]
    trouble: ClassVar[str] = ""  #: of the next rename
    renamed: ClassVar[int] = 0
    moves_left: ClassVar[int | None] = None  #: how many files may still take their places before the line breaks

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            files = sorted(self._path(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return [paramiko.SFTPAttributes.from_stat(file.stat(), file.name) for file in files]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attributes: Any) -> Any:  # noqa: ARG002 - paramiko's own
        try:
            descriptor = os.open(self._path(path), flags, 0o600)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = file
        handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(file.fileno()))
        return handle

    def mkdir(self, path: str, attributes: Any) -> int:  # noqa: ARG002 - paramiko's own
        try:
            self._path(path).mkdir()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return int(paramiko.SFTP_OK)

    def remove(self, path: str) -> int:
        try:
            self._path(path).unlink()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return int(paramiko.SFTP_OK)

    def rmdir(self, path: str) -> int:
        self._path(path).rmdir()
        return int(paramiko.SFTP_OK)

    def posix_rename(self, old: str, new: str) -> int:
        if self.moves_left == 0:
            return int(paramiko.SFTP_FAILURE)
        if self.moves_left is not None:
            type(self).moves_left = self.moves_left - 1
        self._path(old).replace(self._path(new))
        return int(paramiko.SFTP_OK)

    def rename(self, old: str, new: str) -> int:
        trouble, type(self).trouble = self.trouble, ""
        if trouble == "not done, an error":
            return int(paramiko.SFTP_FAILURE)
        self._path(old).rename(self._path(new))
        type(self).renamed += 1
        if trouble == "done, the line breaks":
            raise EOFError
        return int(paramiko.SFTP_FAILURE if trouble == "done, an error" else paramiko.SFTP_OK)


class Guard(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    key: ClassVar[paramiko.PKey | None] = None  #: who has it may come in too

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return int(paramiko.AUTH_SUCCESSFUL if username == USER and key == self.key else paramiko.AUTH_FAILED)

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, number: int) -> int:  # noqa: ARG002 - paramiko's own
        return int(paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_UNKNOWN_CHANNEL_TYPE)

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's own
        return "password,publickey"


class SftpServer(threading.Thread):
    """Serves until it is stopped; ``key`` is its host key."""

    def __init__(self, root: Path) -> None:
        super().__init__(daemon=True)
        self.key = paramiko.ECDSAKey.generate()
        Folder.root, Folder.trouble, Folder.renamed, Folder.moves_left = root, "", 0, None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lines: list[paramiko.Transport] = []

    @property
    def port(self) -> int:
        number: int = self._listening.getsockname()[1]
        return number

    @property
    def host_key(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def run(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder)
            self._lines.append(transport)
            try:
                transport.start_server(server=Guard())
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for transport in self._lines:
            transport.close()
            transport.join(5)
        self.join(5)
