"""Files that go out beside an item's text, whichever way they came in."""

from __future__ import annotations

from pathlib import PurePosixPath

from channels.base import Medium
from publisher.items.manuscript import MAX_BYTES, UnreadableManuscript
from publisher.items.wishes import one_line

MAX_NAME = 200

_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    ".7z": "application/x-7z-compressed",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ofd": "application/ofd",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".wps": "application/vnd.ms-works",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".zip": "application/zip",
}
"""Fixed here: the tables of operating systems differ, and the type is part of a revision's digest."""


def attachment(name: str, content: bytes) -> Medium:
    """An attachment under the last part of its name. What a channel takes, the channel says itself.

    Raises UnreadableManuscript: it is empty, too large, or has no usable name.
    """
    shown = one_line(PurePosixPath(name.replace("\\", "/")).name)
    if not shown or len(shown) > MAX_NAME:
        raise UnreadableManuscript(
            "The attachment {name} has no usable file name: rename it, to at most {limit} characters.",
            name=shown[:40] or "?",
            limit=MAX_NAME,
        )
    if not content:
        raise UnreadableManuscript("The attachment {name} is empty: attach it again.", name=shown)
    if len(content) > MAX_BYTES:
        raise UnreadableManuscript(
            "The attachment {name} is larger than {limit} MB: make it smaller or split it.",
            name=shown,
            limit=MAX_BYTES // 1024**2,
        )
    return Medium(shown, TYPES.get(PurePosixPath(shown).suffix.lower(), "application/octet-stream"), content)
