"""The catalogue of open information (政府信息公开目录): index numbers, and the rows its search looks through."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from channels.base import Column
from channels.website.static.records import Entry

FOLDER = "assets/catalogue"
NAMES = ("organ_code", "id_code", "year", "month", "day", "number", "column", "item")
"""What a template of index numbers may name; ``number`` runs within the year, in the order of publication."""


def index_number(template: str, *, entry: Entry, number: int, codes: dict[str, str], zone: ZoneInfo) -> str:
    """The index number of an item that is about to be published for the first time."""
    at = entry.published_at.astimezone(zone)
    return template.format(
        **codes,
        year=f"{at:%Y}",
        month=f"{at:%m}",
        day=f"{at:%d}",
        number=number,
        column=entry.column_key,
        item=entry.item,
    )


def flaw_of(template: str) -> str:
    """What is wrong with a template, empty where nothing is: a name it does not know, one it lacks, no template."""
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        if named - set(NAMES):
            return ", ".join(sorted(named - set(NAMES)))
        filled = template.format(**dict.fromkeys(NAMES, "1") | {"number": 1, "item": 1})
    except (ValueError, KeyError, IndexError) as error:
        return str(error)
    # Without one of these two items would share a number.
    return "" if filled and named & {"number", "item"} else "number"


def rows(entries: Iterable[Entry], column_of: Callable[[str], Column], zone: ZoneInfo) -> list[list[str]]:
    """What the search of the catalogue reads of the items of one month, newest first."""
    newest_first = sorted(entries, key=lambda entry: (entry.published_at, entry.item), reverse=True)
    return [
        [
            entry.path,
            entry.title,
            entry.index_number,
            entry.details.get("document_number", ""),
            entry.details.get("organ", ""),
            entry.details.get("made_on", ""),
            day(entry.published_at, zone),
            column_of(entry.column_key).name,
            *([entry.mark] if entry.mark else []),
        ]
        for entry in newest_first
    ]


def day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d")
