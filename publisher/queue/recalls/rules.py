"""How long a recall may take on each channel, and what a correction notice says: data, ``config/recalls.toml``.

An office puts what it wants otherwise into a file ``recalls.toml`` beside its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from channels.base import Capabilities
from channels.errors import SettingRefused
from publisher.office import BadConfiguration, flaws_in, get_office, read_toml
from publisher.queue.states import LineState, RecallKind
from publisher.review.working_days import due_after
from publisher.review.working_days import unknown_year as unknown_from

FILE = "recalls.toml"
UNITS = frozenset({"hours", "working_days"})
END_OF_DAY = time(23, 59, 59)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Time(_Table):
    """A length of time, from the asking on: hours, or working days up to the end of the last one."""

    hours: float = Field(default=0, ge=0, le=24 * 366)
    working_days: int = Field(default=0, ge=0, le=366)

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if bool(self.hours) == bool(self.working_days):
            raise SettingRefused("Say how long: hours or working_days, one of them and more than 0.")
        return self

    def after(self, moment: datetime) -> datetime:
        if not self.working_days:
            return moment + timedelta(hours=self.hours)
        office = get_office()
        asked_on = moment.astimezone(office.timezone).date()
        # Of a year whose holidays are not known every day is taken for a working day: too early, never too late.
        last = due_after(office, asked_on, self.working_days) or asked_on + timedelta(days=self.working_days)
        return datetime.combine(last, END_OF_DAY, tzinfo=office.timezone)

    def unknown_year(self, moment: datetime) -> int | None:
        """The year whose holidays are not known, so that ``after`` counts its every day."""
        office = get_office()
        return unknown_from(office, moment.astimezone(office.timezone).date(), self.working_days or None)


class Deadlines(_Table):
    """How much time there is: what the ``program`` takes back, a person ``by_hand`` on the platform, and a printed
    ``notice`` answers."""

    program: Time
    by_hand: Time
    notice: Time

    def of(self, state: LineState) -> Time:
        return {LineState.BY_HAND: self.by_hand, LineState.NOTICE: self.notice}.get(state, self.program)


class NoticeText(_Table):
    """A proposed correction notice. Places that are filled in: title, column_title, date, office, reason."""

    title: str = Field(min_length=1)
    text: str = Field(min_length=1)

    @field_validator("text")
    @classmethod
    def _can_be_filled_in(cls, text: str) -> str:
        try:
            text.format(title="", column_title="", date="", office="", reason="")
        except (KeyError, ValueError, IndexError):
            raise SettingRefused(
                "Only {places} can be filled in: correct what stands in braces.",
                places="title, column_title, date, office, reason",
            ) from None
        return text


class Rules(_Table):
    """By kind of recall."""

    deadlines: Mapping[RecallKind, Deadlines]
    notices: Mapping[RecallKind, NoticeText]


def rules() -> Rules:
    """The rules of the program, and the office's own over them. Raises BadConfiguration."""
    return _read((Path(settings.PUBLISHER_DEFAULTS) / FILE, get_office().path.parent / FILE))


def due_at(kind: str, state: LineState, asked_at: datetime) -> datetime:
    """When a channel in that state must have its evidence."""
    return rules().deadlines[RecallKind(kind)].of(state).after(asked_at)


def unknown_year(kind: str, state: LineState, asked_at: datetime) -> int | None:
    """The year whose holidays are not known and whose days were all counted for ``due_at``; None: none was."""
    return rules().deadlines[RecallKind(kind)].of(state).unknown_year(asked_at)


def person_state(capabilities: Capabilities) -> LineState:
    """How a person settles what the program cannot take back there."""
    return LineState.NOTICE if capabilities.notice else LineState.BY_HAND


@cache
def _read(paths: tuple[Path, ...]) -> Rules:
    """What a later file says takes the place of what an earlier one says, key by key."""
    merged: dict[str, Any] = {}
    there = [path for path in paths if path.exists()]
    for path in there:
        merged = _over(merged, read_toml(path))
    try:
        return Rules.model_validate(merged)
    except ValidationError as error:
        raise BadConfiguration(there[-1], list(flaws_in(error))) from None


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        before = merged.get(key)
        is_table = isinstance(value, dict) and isinstance(before, dict) and not UNITS & set(value)
        merged[key] = _over(before, value) if is_table and isinstance(before, dict) else value
    return merged
