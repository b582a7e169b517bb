"""An office with the example form, and the real log behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction

from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office, load

EXAMPLE = Path(__file__).parent / "data" / "forms" / "short-report.toml"
MODEL = Path(__file__).parents[1] / "config" / "office.toml"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def office_with_example(home: Path, *, change: tuple[str, str] | None = None) -> Office:
    """The model office with the example form beside its configuration, one text of the form changed where asked."""
    (home / "forms").mkdir()
    shutil.copy(MODEL, home / "office.toml")
    text = EXAMPLE.read_text(encoding="utf-8")
    if change:
        assert change[0] in text
        text = text.replace(*change)
    (home / "forms" / EXAMPLE.name).write_text(text, encoding="utf-8")
    return load(home / "office.toml", home=home)


def moment(day: str) -> datetime:
    """Noon of a day where the office is."""
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=SHANGHAI)


def publish(office: Office, day: str, channel: str, items: Iterable[int], column: str = "dynamics") -> list[LogEntry]:
    """Write into the log that these items were published on a day."""
    entry, place = office.channels[channel], office.column(column)
    with time_machine.travel(moment(day), tick=False), transaction.atomic():
        return [
            record(
                office,
                Event.PUBLISHED,
                Subject(
                    item=item,
                    revision=1,
                    title=f"第{item}条",
                    section="办公室",
                    channel=channel,
                    channel_kind=entry.kind,
                    column=column,
                    column_name=place.name,
                    column_class=place.column_class,
                ),
                actor="queue",
                proof=Proof(remote_id=f"r{item}", evidence="E2"),
            )
            for item in items
        ]
