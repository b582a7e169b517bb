"""Handing a final report over as an item, to be released and published like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db import IntegrityError, transaction

from channels.base import Medium
from publisher.items.actions import BadSubmission, Wish, submit
from publisher.items.models import Revision
from publisher.items.readers import read
from publisher.office import Office
from publisher.reports.finals import Frozen
from publisher.reports.models import FinalReport, SubmittedReport
from publisher.reports.render import MEDIA_TYPES

COLUMN_CLASS = "信息公开年报"
"""The class of the column annual reports belong into."""

NAME_CHARS = 60
"""So much of the title names the attached file: with three bytes a character, what every file system takes."""


class Submitted(NamedTuple):
    """The first revision of the item a report became, and whether it became one just now."""

    revision: Revision
    is_new: bool


def submit_as_item(office: Office, frozen: Frozen, *, by: str, channels: Sequence[str] = ()) -> Submitted:
    """Submit what was frozen: its text as the item, its Word file for the public as the attachment.

    A report becomes one item, however often and by how many it is asked for at once.

    Args:
        channels: where it shall appear; without any, on the office's websites.
    Raises BadSubmission: the office has no column for annual reports, or no such channel.
    """
    if revision := submitted(frozen.report):
        return Submitted(revision, False)
    try:
        with transaction.atomic():
            revision = _submit(office, frozen, by=by, channels=channels)
            SubmittedReport.objects.create(**_key(frozen.report), item=revision.item_id)
    except IntegrityError:
        # Somebody else was first; of ours nothing is left.
        if revision := submitted(frozen.report):
            return Submitted(revision, False)
        raise
    return Submitted(revision, True)


def submitted(report: FinalReport) -> Revision | None:
    """The first revision of the item a final report became; None: it was not submitted."""
    items = SubmittedReport.objects.filter(**_key(report)).values("item")
    return Revision.objects.filter(item__in=items, number=1).first()


def _submit(office: Office, frozen: Frozen, *, by: str, channels: Sequence[str]) -> Revision:
    manuscript = read(None, frozen.text.encode(), name="report.html", title=frozen.content["title"])
    word = Medium(f"{manuscript.title[:NAME_CHARS]}.docx", MEDIA_TYPES["docx"], frozen.public_word)
    websites = [key for key, entry in office.channels.items() if entry.kind == "website"]
    wish = Wish(column=_column(office), channels=channels or websites)
    return submit(office, replace(manuscript, attachments=(word,)), wish, by=by)


def _key(report: FinalReport) -> dict[str, str | int]:
    return {name: getattr(report, name) for name in ("office", "year", "form", "version", "digest")}


def _column(office: Office) -> str:
    for key, column in office.columns.items():
        if column.column_class == COLUMN_CLASS:
            return key
    raise BadSubmission("No column has the class {name}: add one to the configuration.", name=COLUMN_CLASS)
