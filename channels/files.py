"""Files that are whole or not there at all, and a folder's troubles named by who must act."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from channels.base import Probe
from channels.errors import ChannelError, NeverSent, PersonNeeded, Text

MENDED_BY_PEOPLE = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Waiting does not help against these; a full disk or a broken cable may pass."""


AT_ONCE = 16
"""Files the disk is asked for at the same time."""


def write_whole(path: Path, content: bytes, *, may_move: Callable[[], None] = lambda: None) -> None:
    """Put ``content`` at ``path`` in one move that survives a power cut; a file that is already so stays untouched.

    Two writers of one path must be kept apart by the caller. Raises OSError.

    Args:
        may_move: called right before the move; what it raises stops it.
    """
    draft = draft_of(path)
    try:
        if not is_file_with(path, content):
            write_synced(draft, content)
            may_move()
            draft.replace(path)
            sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def draft_of(path: Path) -> Path:
    """Where ``write_whole`` writes before the move; what a crash leaves there, the next call for ``path`` removes."""
    return path.with_name(f".{path.name}.part")


def write_synced(path: Path, content: bytes) -> None:
    """Write the file and wait until the disk has it. Its folder is left to the caller. Raises OSError."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make the folder and the missing ones above it, so that they survive a power cut. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the disk has the folder's names. Raises OSError."""
    _sync(path)


def sync_all(paths: Collection[Path]) -> None:
    """Wait until the disk has all these files and names of folders: side by side, one turn of the disk does for many.

    Raises OSError.
    """
    with ThreadPoolExecutor(max_workers=max(1, min(len(paths), AT_ONCE))) as pool:
        # The list asks each for its result, so that a trouble is raised here.
        list(pool.map(_sync, paths))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_file_with(path: Path, content: bytes) -> bool:
    """Whether ``path`` holds exactly ``content``. Raises OSError: it is there and cannot be read."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def folder_error(error: OSError, folder: Path) -> ChannelError:
    """The error to raise for a folder that cannot be read or written; nothing became public."""
    reason = error.strerror or type(error).__name__
    if error.errno in MENDED_BY_PEOPLE:
        return PersonNeeded(
            "The folder {folder} cannot be used ({reason}): let the account that runs this program read and write it.",
            folder=folder,
            reason=reason,
        )
    return NeverSent(
        "The folder {folder} cannot be used at the moment ({reason}): make sure that the disk is there and not full. "
        "It will be tried again.",
        folder=folder,
        reason=reason,
    )


def try_folder(folder: Path) -> Probe:
    """Write a small file into the folder and remove it again."""
    name = Text("Write into the folder")
    trial = folder / f".trial-{uuid.uuid4().hex}"
    try:
        make_folder(folder)
        write_synced(trial, b"trial")
        trial.unlink()
    except OSError as error:
        return Probe(name, ok=False, detail=folder_error(error, folder).text)
    return Probe(name, ok=True, detail=Text("The folder {folder} can be written.", folder=folder))
