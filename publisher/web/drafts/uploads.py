"""Files that a form brings."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile

from publisher.items.manuscript import MAX_BYTES, UnreadableManuscript


def bytes_of(upload: UploadedFile[Any]) -> bytes:
    """What the file holds. Raises UnreadableManuscript: it is too large to be taken into memory at all."""
    if (upload.size or 0) > MAX_BYTES:
        raise UnreadableManuscript(
            "The file {name} is larger than {limit} MB: make its pictures smaller or split it.",
            name=upload.name,
            limit=MAX_BYTES // 1024**2,
        )
    content: bytes = upload.read()
    return content
