"""What readers get at a page's public address, whatever stands on the disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from channels.errors import ChannelUnavailable, OutcomeUnknown
from channels.http import Http


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer's status, and whether the page is byte for byte the one that was written."""

    status: int
    is_same: bool


def look(url: str, sha256: str, *, timeout_s: float) -> Seen:
    """Get the page as a reader does, past what caches on the way have kept. Raises ChannelUnavailable: no answer."""
    parts = urlsplit(url)
    try:
        answer = Http(f"{parts.scheme}://{parts.netloc}", timeout_s=timeout_s).call(
            "GET", parts.path, headers={"Accept": "text/html", "Cache-Control": "no-cache"}
        )
    except OutcomeUnknown as error:
        raise ChannelUnavailable.from_text(error.text) from None
    return Seen(answer.status, hashlib.sha256(answer.body).hexdigest() == sha256)
