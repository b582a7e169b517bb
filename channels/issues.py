"""Issues (期): what appears together, in one edition of a newspaper's column or in one mass send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIRST_MONDAY = date(2024, 1, 1)
"""Every how many weeks is counted from the week of this day, so that it goes on over the new year."""


class IssueOptions(BaseModel):
    """A channel's table ``issues``: when they are planned, when they close and how much one holds.

    Without ``weekdays`` none is planned: an item goes out at once and is an issue of its own, unless a person has
    opened one to collect in. Until the deadline, which is the newspaper's own, what was handed over can be replaced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekdays: tuple[Weekday, ...] = ()
    every_weeks: int = Field(default=1, ge=1, le=8)
    skip_holidays: bool = True
    close_days_before: int = Field(default=1, ge=0, le=14)
    close_at: time = time(16)
    deadline_days_before: int = Field(default=1, ge=0, le=14)
    deadline_at: time = time(20)
    ahead: int = Field(default=4, ge=1, le=60)
    items: int = Field(default=0, ge=0, le=100)
    pictures: int = Field(default=0, ge=0, le=100)
    page: str = Field(default="", max_length=20)

    def days(self, after: date) -> Iterator[date]:
        """The days after ``after`` on which an issue is planned, whatever is a holiday; without end, or none at all."""
        day = after
        while self.weekdays:
            day += timedelta(days=1)
            week = (day - FIRST_MONDAY).days // 7
            if week % self.every_weeks == 0 and WEEKDAYS[day.weekday()] in self.weekdays:
                yield day


@dataclass(frozen=True, slots=True)
class Room:
    """How much there is of each, or is taken; as the room of an issue, 0 means that nobody counts it.

    ``characters`` are counted as the channel counts them.
    """

    items: int = 0
    characters: int = 0
    pictures: int = 0

    def __add__(self, other: Room) -> Room:
        return Room(self.items + other.items, self.characters + other.characters, self.pictures + other.pictures)

    def holds(self, taken: Room) -> bool:
        """Whether all of ``taken`` fits."""
        pairs = ((self.items, taken.items), (self.characters, taken.characters), (self.pictures, taken.pictures))
        return all(not limit or count <= limit for limit, count in pairs)


@dataclass(frozen=True, slots=True)
class IssuePlan:
    """How a channel's items come together in issues, and the room one of them has.

    ``together``: all that is in an issue goes out by one call, for its first product, whose companions the others are.
    """

    options: IssueOptions
    room: Room
    together: bool = False
