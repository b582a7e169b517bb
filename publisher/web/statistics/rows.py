"""Entries of the log as tables show them, on screen and for saving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from publisher.log.models import Entry
from publisher.office import Office
from publisher.web import words
from publisher.web.statistics.naming import value_name

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One entry in words."""

    entry: Entry
    day: date
    title: str
    event: str
    channel: str
    column: str
    person: str
    actor: str
    evidence: str
    address: str
    lead: str
    """where the entry itself is shown"""

    @property
    def note(self) -> str:
        """What stands below the title: the column, the section and the source."""
        column = "" if self.column == self.title else self.column
        return " · ".join(filter(None, (column, self.entry.section, self.entry.source)))


def row_of(office: Office, entry: Entry, archive: str = "") -> Row:
    lead = reverse("log-entry", args=[entry.seq])
    return Row(
        entry=entry,
        day=entry.happened_on or entry.at.astimezone(office.timezone).date(),
        title=entry.title or entry.column_name,
        event=value_name(office, "event", entry.event),
        channel=words.channel_name(office, entry.channel),
        column=entry.column_name or words.column_name(office, entry.column),
        person=words.actor_name(entry.person),
        actor=words.actor_name(entry.actor),
        evidence=words.evidence_word(entry.evidence),
        address=words.web_address(entry.url),
        lead=f"{lead}?{urlencode({'archive': archive})}" if archive else lead,
    )


def headings() -> list[str]:
    return [
        _("No."),
        _("Day"),
        _("Time"),
        _("Event"),
        _("Channel"),
        _("Column"),
        _("Column class"),
        _("Item"),
        _("Revision"),
        _("Title"),
        _("Section"),
        _("Person"),
        _("Source"),
        _("Issue"),
        _("Address"),
        _("Number on the platform"),
        _("Evidence"),
        _("Hash"),
    ]


def saved(office: Office, entries: Iterable[Entry]) -> Iterator[Sequence[Value]]:
    """The values below ``headings``."""
    for entry in entries:
        row = row_of(office, entry)
        yield (
            entry.seq,
            row.day.isoformat(),
            entry.at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S"),
            row.event,
            row.channel,
            row.column,
            entry.column_class,
            entry.item,
            entry.revision,
            entry.title,
            entry.section,
            row.person,
            entry.source,
            entry.issue,
            entry.url,
            entry.remote_id,
            entry.evidence,
            entry.hash,
        )
