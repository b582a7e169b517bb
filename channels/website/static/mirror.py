"""A second place of the site: every change goes there as it goes into the folder here, and is read back from there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Protocol

from channels.errors import OutcomeUnknown
from channels.website.static.change import STAGE
from channels.website.static.records import Entry, Move


class Remote(Protocol):
    """Files of the other place, by their paths below the site's folder there. Raises ChannelError."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file that nobody reads yet; the folders above it are made."""

    def move(self, draft: str, name: str) -> None:
        """Let ``draft`` take the place of ``name`` in one move."""

    def remove(self, name: str) -> None:
        """Let there be no file ``name``."""

    def read(self, name: str) -> bytes | None:
        """The file; None where there is none."""

    def size(self, name: str) -> int | None:
        """How many bytes the file has; None where there is none."""

    def clear(self, beginning: str) -> None:
        """Remove the folders whose names begin so, with what is in them."""


class Mirror(Protocol):
    """Another place; ``name`` tells it from others."""

    name: str

    def session(self) -> AbstractContextManager[Remote]:
        """Go there. Raises ChannelError: what keeps us from it."""


def prepare(remote: Remote, folder: Path, moves: Sequence[Move]) -> None:
    """Bring everything that is to take its place, so that little can go wrong once it is decided."""
    for move in moves:
        if move.draft:
            remote.write(move.draft, (folder / move.draft).read_bytes())


def bring_all(remote: Remote, folder: Path) -> None:
    """Bring what there is already to a place where nothing or not all of it is."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in PurePosixPath(name).parts):
            content = path.read_bytes()
            if remote.size(name) != len(content) or remote.read(name) != content:
                remote.write(f"{STAGE}all/one", content)
                remote.move(f"{STAGE}all/one", name)


def carry_out(remote: Remote, folder: Path, moves: Sequence[Move]) -> None:
    """Let every file take its place there, as often as it takes. It is done before the same is done here."""
    for move in moves:
        if not move.draft:
            remote.remove(move.name)
            continue
        draft = folder / move.draft
        if not draft.exists():
            # It has taken its place here, so all of them had there.
            continue
        content = draft.read_bytes()
        if remote.size(move.draft) != len(content):
            # An earlier attempt has moved it, or died while it was brought.
            remote.write(move.draft, content)
        remote.move(move.draft, move.name)
    remote.clear(STAGE)


def require_shown(remote: Remote, entry: Entry, files: Mapping[str, bytes]) -> None:
    """Raises OutcomeUnknown: the other place does not show the entry's page, or not all that belongs beside it."""
    page = remote.read(entry.path)
    is_shown = page is not None and hashlib.sha256(page).hexdigest() == entry.page_sha256
    beside = PurePosixPath(entry.path).parent
    if not is_shown or any(remote.size(f"{beside}/{name}") != len(content) for name, content in files.items()):
        raise OutcomeUnknown("The page was written but cannot be read back: it will be looked for again.")
