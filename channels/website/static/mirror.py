"""A second place of the site: every change goes there as it goes into the folder here, and is read back from there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Protocol

from channels.errors import OutcomeUnknown, PersonNeeded
from channels.website.static.change import STAGE
from channels.website.static.records import Entry, Move

FEW = 200
"""Files that a first publication brings along."""


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

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Name → bytes of the files in a folder; none where there is no such folder."""

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


def bring_all(remote: Remote, folder: Path, *, place: str) -> None:
    """Bring the little that is missing at a place where the site may be already.

    Raises PersonNeeded: so much is missing that a person should copy it there once.
    """
    missing = []
    for here in sorted({folder, *(path for path in folder.rglob("*") if path.is_dir() and STAGE not in str(path))}):
        below = here.relative_to(folder)
        there = remote.sizes(below.as_posix())
        names = [path.name for path in here.iterdir() if path.is_file() and not path.name.startswith(".")]
        missing += [(below / name).as_posix() for name in names if there.get(name) != (here / name).stat().st_size]
    if len(missing) > FEW:
        raise PersonNeeded(
            "{count} files of the website are not at {place} yet: copy the folder {folder} there once, for instance "
            "with rsync -a, then let this delivery go on.",
            count=len(missing),
            place=place,
            folder=folder,
        )
    for name in missing:
        remote.write(f"{STAGE}all/one", (folder / name).read_bytes())
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
