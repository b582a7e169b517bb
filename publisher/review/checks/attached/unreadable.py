"""Why an attachment cannot be looked through."""

from __future__ import annotations

import zipfile
from io import BytesIO

from channels.errors import Text

MAX_UNPACKED = 200 * 1024 * 1024
"""Packed files that grow beyond it are not opened."""


class Unreadable(Exception):
    """An attachment that cannot be looked through; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


def require_modest(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            raise Unreadable(
                Text("It unpacks to more than {limit} MB and was not opened.", limit=MAX_UNPACKED // 1024**2)
            )
