"""What platforms said of the credentials: writing it down day by day, and reading the newest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from channels.base import Standing as Told
from publisher.credentials.models import Credential, Standing
from publisher.office import Office


def note(
    office: Office, channel: str, told: Told, *, now: datetime, error: Mapping[str, Any] | None = None
) -> Standing:
    """Write down what was said today, in the place of what was said earlier today; ``error``: they are refused."""
    row, _ = Standing.objects.update_or_create(
        office=office.slug,
        channel=channel,
        day=now.astimezone(office.timezone).date(),
        defaults={
            "asked_at": now,
            "account": told.account,
            "ends_at": told.ends_at,
            "error": dict(error) if error else None,
            "metrics": dict(told.metrics),
        },
    )
    return row


def newest(office: Office) -> dict[str, Standing]:
    """The last row of each channel, by channel."""
    of_channel = Standing.objects.filter(office=OuterRef("office"), channel=OuterRef("channel"))
    last_day = of_channel.order_by("-day").values("day")[:1]
    return {row.channel: row for row in Standing.objects.filter(office=office.slug, day=Subquery(last_day))}


def kept(office: Office) -> dict[str, Credential]:
    """What is kept here, by the name it is asked for; without the tokens themselves."""
    return {row.name: row for row in Credential.objects.filter(office=office.slug).defer("sealed")}


def on_day(office: Office, channel: str, name: str, day: date) -> tuple[date, int] | None:
    """A figure of an account as it stood on ``day`` or, where nobody was asked then, on the last day before."""
    rows = Standing.objects.filter(office=office.slug, channel=channel, day__lte=day).order_by("-day")
    for row in rows[:31]:
        if name in row.metrics:
            return row.day, int(row.metrics[name])
    return None
