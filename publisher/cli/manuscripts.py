"""Reading the manuscript a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from channels.base import Medium
from channels.errors import Text
from publisher.items.attachments import attachment
from publisher.items.manuscript import Manuscript, UnreadableManuscript
from publisher.items.readers import read
from publisher.wording import system_reason


def read_manuscript(file: str, title: str) -> Manuscript:
    """The manuscript in a file, or on standard input for ``-``. Raises UnreadableManuscript."""
    if file == "-":
        return read(None, sys.stdin.buffer.read(), name="-", title=title)
    path = Path(file)
    return read(path, read_bytes(file), name=path.name, title=title)


def read_attachments(files: Iterable[str]) -> tuple[Medium, ...]:
    """Raises UnreadableManuscript: one of them cannot be read, or may not go out."""
    return tuple(attachment(Path(file).name, read_bytes(file)) for file in files)


def read_bytes(file: str) -> bytes:
    """What is in a file. Raises UnreadableManuscript: it cannot be read."""
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        reason = Text("There is no file {path}: check its name.", path=file)
    except IsADirectoryError:
        reason = Text("{path} is a folder: name one file.", path=file)
    except OSError as error:
        reason = Text("The file {path} cannot be read: {reason}.", path=file, reason=system_reason(error))
    raise UnreadableManuscript(reason.template, **reason.values)
