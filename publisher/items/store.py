"""The asset store: bytes by their SHA-256, written once, checked at every reading."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from channels.errors import Text


class DamagedAsset(Exception):
    """Stored bytes are missing or no longer what they were; ``text`` names the file."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


class Store:
    """Files under ``root``, each named by the SHA-256 of its bytes: ``ab/cd/abcd…``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Keep ``content`` durably and return its SHA-256; keeping it again changes nothing.

        When this returns, the bytes are on the disk under their name, or an OSError was raised and they are not.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if not _holds(path, content):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
        # Also where the file was there: whoever wrote it may have died before its name was on the disk.
        for folder in path.parents[:3]:
            _sync(folder)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes with that digest. Raises DamagedAsset: they are missing or have changed."""
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise DamagedAsset("The stored file {path} is missing: restore it from the backup.", path=path) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedAsset("The stored file {path} has changed: restore it from the backup.", path=path)
        return content

    def path(self, sha256: str) -> Path:
        """Where the bytes with that digest are kept. Raises ValueError: that is no SHA-256 in hex digits."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.root / sha256[:2] / sha256[2:4] / sha256


def _holds(path: Path, content: bytes) -> bool:
    # A damaged file is written anew: the right bytes are at hand.
    return path.is_file() and path.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        new.chmod(0o644)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
