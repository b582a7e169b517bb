"""Pages of past years are kept at their addresses and say that they are archived (网页归档)."""

from __future__ import annotations

from datetime import date

from channels.website.static.records import Entry


def concerns(entry: Entry, until: date | None) -> bool:
    """Whether an item was made by that day."""
    return until is not None and entry.path <= f"{until:%Y%m}/t{until:%Y%m%d}~"
