"""What a check found, how bad it is and where it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from channels.errors import Text, message_id

Part = Literal[
    "item", "title", "summary", "paragraph", "cell", "cells", "caption", "alt", "picture", "file_name", "attachment",
    "field",
]  # fmt: skip


class Kind(TextChoices):
    """What was found. The values stand in log entries and are never given another meaning."""

    IDENTITY = "identity", _("identity number")
    MOBILE = "mobile", _("mobile number")
    CARD = "card", _("bank card number")
    PASSPORT = "passport", _("passport or permit number")
    WRONG_WORD = "wrong_word", _("wrong word")
    SENSITIVE = "sensitive", _("sensitive word")
    FORBIDDEN = "forbidden", _("word that may not be published")
    NAME_AND_TITLE = "name_and_title", _("name and title")
    OLD_ORGAN = "old_organ", _("former name of an organ")
    DOCUMENT_NUMBER = "document_number", _("form of a document number")
    TWO_TITLES = "two_titles", _("one document number with two titles")
    DATE = "date", _("wrong date or year")
    SUM = "sum", _("sum that does not add up")
    FIELD = "field", _("missing information")
    PICTURE = "picture", _("picture")
    LINK = "link", _("link")
    ATTACHMENT = "attachment", _("attachment")


PERSONAL = frozenset({Kind.IDENTITY, Kind.MOBILE, Kind.CARD, Kind.PASSPORT})
"""Kinds of personal data: what was found is never repeated whole, neither on screen nor in the log."""


class Severity(TextChoices):
    """An error keeps an item from going out; a warning is for a person to judge; info may be passed over."""

    ERROR = "error", _("error")
    WARNING = "warning", _("warning")
    INFO = "info", _("info")


RANK = {severity: rank for rank, severity in enumerate(Severity)}

PLACES: dict[Part, str] = {
    "item": message_id("the item"),
    "title": message_id("title"),
    "summary": message_id("summary"),
    "paragraph": message_id("paragraph {number}"),
    "cell": message_id("table {number}, row {row}, column {column}"),
    "cells": message_id("table {number}, row {row}, from column {column} on"),
    "caption": message_id("caption {number}"),
    "alt": message_id("alternative text of picture {number}"),
    "picture": message_id("picture {number}"),
    "file_name": message_id("file name {name}"),
    "attachment": message_id("attachment {name}"),
    "field": message_id("field {name}"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a part of the item, or of one of its attachments.

    Attributes:
        block: in which block of the text, from 1, as the page of its approval numbers them; 0: in none. It helps to
            find the place, and does not tell places apart.
        number: which paragraph, table, caption or picture, from 1 in reading order.
        row, column: of a table's cell, from 1.
        name: of a file or a field.
        file: the attachment it stands in; empty for the item itself.
        sheet: page of a PDF file or name of a worksheet.
        channel: key of the channel that alone says it; empty: the item itself does.
    """

    part: Part
    number: int = 0
    row: int = 0
    column: int = 0
    name: str = ""
    file: str = ""
    sheet: str = ""
    channel: str = ""
    block: int = field(default=0, compare=False)

    @property
    def text(self) -> Text:
        """The place in words, without the attachment it lies in."""
        template = PLACES[self.part]
        number = self.block or self.number if self.part == "paragraph" else self.number
        return Text(template, number=number, row=self.row, column=self.column, name=self.name)

    @property
    def block_text(self) -> Text | None:
        """In which numbered block it stands, where the place itself does not say that."""
        return Text("paragraph {number}", number=self.block) if self.block and self.part != "paragraph" else None

    def inside(self, file: str, sheet: str = "") -> Place:
        """The same place in an attachment."""
        return replace(self, file=file, sheet=sheet)

    def json(self) -> dict[str, Any]:
        """Only what says something, for machines."""
        names = ("part", "number", "row", "column", "name", "file", "sheet", "channel", "block")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Attributes:
        start, end: characters of the passage at ``where``; both 0 where the whole of it is meant.
        text: what is wrong and what to do; names personal data only masked.
        suggestion: what to put in the place of the characters; None where a person must know.
    """

    kind: Kind
    severity: Severity
    where: Place
    text: Text
    start: int = 0
    end: int = 0
    suggestion: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity == Severity.ERROR

    @property
    def is_personal(self) -> bool:
        return self.kind in PERSONAL

    @property
    def key(self) -> str:
        """Names the finding among those of one text; says nothing of what was found."""
        told = self.at(replace(self.where, block=0)).json()
        content = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:20]

    def at(self, where: Place) -> Self:
        """The same finding at another place."""
        return replace(self, where=where)

    def json(self) -> dict[str, Any]:
        """The finding for machines and for the log: without a word of what was found, beyond the masked message."""
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "where": self.where.json(),
            "start": self.start,
            "end": self.end,
            "template": self.text.template,
            "values": dict(self.text.values),
            "suggestion": self.suggestion,
        }


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors before warnings before infos, each in reading order."""
    return sorted(findings, key=lambda finding: RANK[finding.severity])
