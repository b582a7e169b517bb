"""What no longer holds stays where it is and says so (已废止): its page at its head, and every list that shows it."""

from __future__ import annotations

from markupsafe import escape

from channels.website.static import places, related
from channels.website.static.records import Entry

REPEALED, EXPIRED, WITHDRAWN = "已废止", "已失效", "已撤回"


def word(entry: Entry, today: str) -> str:
    """A document is repealed, or its time is up, by a day like 2026-11-27; everything else is withdrawn."""
    if not related.is_policy(entry):
        return WITHDRAWN
    return EXPIRED if "" < entry.details.get("in_force_until", "") < today else REPEALED


def marked(page: bytes, before: Entry, mark: str, part: bytes) -> bytes:
    """The page of ``before``, marked already or not, with the mark in its title and ``part`` at its head."""
    old, new = (f"<title>{before_title(one)}{escape(before.title)}".encode() for one in (before.mark, mark))
    return places.filled(page.replace(old, new, 1), "withdrawn", part)


def before_title(mark: str) -> str:
    """What stands before the title of a page with this mark."""
    return f"【{mark}】" if mark else ""
