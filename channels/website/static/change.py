"""One change of the public folder: many files that take their places together, or none of them.

The new files are first written whole into a hidden folder beside their places. Then the records say, in the same
transaction in which they change, which file goes where: from that moment on the change will be, whoever dies. Moving is
repeated by whoever opens the site next until it is done.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from pathlib import Path

from channels.errors import ChannelError
from channels.files import is_file_with, make_folder, sync_all
from channels.website.static.records import Move

STAGE = ".stage-"
"""How the hidden folders begin; what follows cannot be guessed, so that nobody reads what is not out yet."""


class Unfinished(Exception):
    """A change is decided, but not every file could take its place; the next opening goes on."""

    def __init__(self, cause: OSError | sqlite3.Error | ChannelError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Change:
    """Collects what is to be different in ``folder``; readers see nothing before ``carry_out``. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage = f"{STAGE}{secrets.token_hex(8)}"
        self._drafts = 0
        self._names: dict[str, str] = {}

    def put(self, name: str, content: bytes) -> None:
        """Let ``name`` hold ``content``; a file that is already so stays untouched."""
        self._names.pop(name, None)
        if is_file_with(self._folder / name, content):
            return
        self._drafts += 1
        draft = f"{self._stage}/{self._drafts}"
        make_folder(self._folder / self._stage)
        (self._folder / draft).write_bytes(content)
        self._names[name] = draft

    def remove(self, name: str) -> None:
        """Let there be no file ``name``."""
        self._names.pop(name, None)
        if (self._folder / name).is_file():
            self._names[name] = ""

    def read(self, name: str) -> bytes | None:
        """The file as it will be; None where there will be none."""
        if name in self._names:
            draft = self._names[name]
            return (self._folder / draft).read_bytes() if draft else None
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, *names: str) -> bool:
        """Whether all these files will be there."""
        return all(
            bool(self._names[name]) if name in self._names else (self._folder / name).is_file() for name in names
        )

    @property
    def moves(self) -> list[Move]:
        """What is to take its place, in the order it was put; what goes, goes last."""
        moves = [Move(draft, name) for name, draft in self._names.items()]
        return [*(move for move in moves if move.draft), *(move for move in moves if not move.draft)]

    def seal(self) -> None:
        """Wait until the disk has the new files and their names."""
        drafts = [self._folder / draft for draft in self._names.values() if draft]
        if drafts:
            sync_all([*drafts, self._folder / self._stage])


def is_carried_out(folder: Path, moves: list[Move]) -> bool:
    """Whether the disk has all of it: the drafts' folder goes last."""
    stages = {move.draft.partition("/")[0] for move in moves if move.draft}
    return bool(stages) and not any((folder / stage).exists() for stage in stages)


def carry_out(folder: Path, moves: list[Move]) -> None:
    """Let every file take its place, as often as it takes."""
    touched = set()
    for move in moves:
        target = folder / move.name
        draft = folder / move.draft
        if not move.draft:
            target.unlink(missing_ok=True)
            touched.add(target.parent)
        elif draft.exists():
            make_folder(target.parent)
            draft.replace(target)
            touched.add(target.parent)
    sync_all([parent for parent in touched if parent.is_dir()])
    clear_stages(folder)


def clear_stages(folder: Path) -> None:
    """Remove what changes that never were decided have left; the caller has carried out those that were."""
    for stage in folder.glob(f"{STAGE}*"):
        shutil.rmtree(stage, ignore_errors=True)
