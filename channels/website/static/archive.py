"""Pages of past years are kept at their addresses and say that they are archived (网页归档)."""

from __future__ import annotations

from datetime import date

from channels.website.static.records import Entry

BEGIN, END = b"<!--archived-->", b"<!--/archived-->"
"""Where a page says so."""

OPEN = b'<article class="sheet">'


def concerns(entry: Entry, until: date | None) -> bool:
    """Whether an item was made by that day."""
    return until is not None and entry.path <= last_path(until)


def last_path(until: date) -> str:
    """What no path of an item made by that day comes after."""
    return f"{until:%Y%m}/t{until:%Y%m%d}~"


def marked(page: bytes, mark: bytes) -> bytes:
    """The page with the mark; pages of earlier versions have no place for it yet."""
    begin, end = page.find(BEGIN), page.find(END)
    if begin >= 0 and end > begin:
        return page[:begin] + BEGIN + mark + page[end:]
    return page.replace(OPEN, OPEN + BEGIN + mark + END, 1)
