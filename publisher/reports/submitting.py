"""Handing a final report over as an item, to be released and published like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from channels.base import Medium
from publisher.items.actions import BadSubmission, Wish, submit
from publisher.items.models import Revision
from publisher.items.readers import read
from publisher.office import Office
from publisher.reports.finals import Frozen
from publisher.reports.render import MEDIA_TYPES

COLUMN_CLASS = "信息公开年报"
"""The class of the column annual reports belong into."""

NAME_CHARS = 60
"""So much of the title names the attached file: with three bytes a character, what every file system takes."""


def submit_as_item(office: Office, frozen: Frozen, *, by: str, channels: Sequence[str] = ()) -> Revision:
    """Submit what was frozen: its text as the item, its Word file for the public as the attachment.

    Args:
        channels: where it shall appear; without any, on the office's websites.
    Raises BadSubmission: the office has no column for annual reports, or no such channel.
    """
    manuscript = read(None, frozen.text.encode(), name="report.html", title=frozen.content["title"])
    word = Medium(f"{manuscript.title[:NAME_CHARS]}.docx", MEDIA_TYPES["docx"], frozen.public_word)
    websites = [key for key, entry in office.channels.items() if entry.kind == "website"]
    wish = Wish(column=_column(office), channels=channels or websites)
    return submit(office, replace(manuscript, attachments=(word,)), wish, by=by)


def _column(office: Office) -> str:
    for key, column in office.columns.items():
        if column.column_class == COLUMN_CLASS:
            return key
    raise BadSubmission("No column has the class {name}: add one to the configuration.", name=COLUMN_CLASS)
