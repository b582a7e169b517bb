"""Entries of the log on days of one's own: for tests of what is read from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import time_machine

from publisher.log.actions import Proof, Subject, record
from publisher.log.events import DATED, Event
from publisher.log.models import LogEntry
from publisher.office import Office


def log_entry(
    office: Office,
    day: str,
    item: int = 1,
    *,
    channel: str = "portal",
    column: str = "dynamics",
    event: str = "published",
    written: str = "",
    url: str = "",
    **more: Any,
) -> LogEntry:
    """Write an entry for ``day`` at noon in Beijing; ``written`` where it was written down on another day."""
    entry = office.channels.get(channel)
    subject = Subject(
        item=item,
        channel=channel,
        channel_kind=entry.kind if entry else "",
        column=column,
        column_name=office.column(column).name,
        column_class=office.column(column).column_class,
        **{"title": f"稿件{item}", "section": "办公室", **more},
    )
    happened_on = date.fromisoformat(day) if Event(event) in DATED else None
    with time_machine.travel(f"{written or day}T04:00:00Z", tick=False):
        return record(office, Event(event), subject, actor="test", proof=Proof(url=url), happened_on=happened_on)
