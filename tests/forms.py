"""An office with the example form, and the real log behind it."""

from __future__ import annotations

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
ROWS = {"new_received": "2", "carried_in": "1", "granted": "3", "carried_out": "0"}
COMPLETE = {
    "short.visits": "103452",
    "short.penalty": "3",
    "short.award": "1",
    "short.powers": "4",
    "short.fees": "0",
    "short.mailbox": "是",
    **{f"short.requests.{row}.{column}": value for row, value in ROWS.items() for column in ("natural", "company")},
}
"""A value for everything the example asks people for."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def office_with_example(
    home: Path, *, office_change: tuple[str, str] = ("", ""), form_change: tuple[str, str] = ("", "")
) -> Office:
    """The model office with the example form beside it; ``…_change``: an old text, and the new one in its place."""
    (home / "forms").mkdir()
    files = ((MODEL, "office.toml", office_change), (EXAMPLE, f"forms/{EXAMPLE.name}", form_change))
    for model, name, change in files:
        text = model.read_text(encoding="utf-8")
        assert change[0] in text
        (home / name).write_text(text.replace(*change, 1), encoding="utf-8")
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
