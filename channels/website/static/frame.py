"""The frame of a page (head, navigation, foot) and what stands in it, which was approved and stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
BEFORE_TAGS = re.compile(rb'<meta name="SiteIDCode" content="[^"]*">')
AFTER_TAGS = re.compile(rb'<link rel="(?:icon|stylesheet)"')
"""The tags of the page itself stand between these; the first versions of the program had no icon."""

BEGIN, END = b'<main id="content" class="wide">', b"</main>"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the page's own tags and its content begin and end."""

    tags: slice
    content: slice


def reframed(page: bytes, frame: bytes) -> bytes:
    """What stands in ``page``, in the frame of another page; as it is where either is no page of this program."""
    old, new = _places(page), _places(frame)
    if old is None or new is None:
        return page
    between = frame[new.tags.stop : new.content.start]
    parts = (frame[: new.tags.start], page[old.tags], between, page[old.content], frame[new.content.stop :])
    return b"".join(parts)


def title_of(page: bytes) -> str:
    """What the page is called, without the name of the site."""
    found = TITLE.search(page)
    return unescape(found[1].decode()).rpartition(" - ")[0] if found else ""


def _places(page: bytes) -> _Places | None:
    before = BEFORE_TAGS.search(page)
    after = AFTER_TAGS.search(page, before.end()) if before else None
    begin, end = page.find(BEGIN), page.rfind(END)
    if before is None or after is None or begin < after.start() or end < begin:
        return None
    return _Places(slice(before.end(), after.start()), slice(begin + len(BEGIN), end))
