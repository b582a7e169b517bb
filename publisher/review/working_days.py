"""Working days by the yearly arrangement of public holidays, which are data: ``config/holidays/2026.toml`` and so on.

An office puts its own file of a year into a folder ``holidays`` beside its configuration. A year without a file is not
guessed at: the weekends alone would give wrong deadlines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from channels.errors import SettingRefused
from publisher.office import BadConfiguration, Office, flaws_in, read_toml

HOLIDAYS = "holidays"
SATURDAY = 5


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Holiday(_Table):
    """Days off in a row, and the weekend days on which people work for them."""

    name: str
    first: date
    last: date
    made_up_on: tuple[date, ...] = ()

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if not self.first <= self.last <= self.first + timedelta(days=30):
            raise SettingRefused("The last day comes after the first, at most a month: correct the dates.")
        if any(day.weekday() < SATURDAY for day in self.made_up_on):
            raise SettingRefused("Only a Saturday or Sunday makes up for a day off: correct the dates.")
        return self

    def days(self) -> Iterable[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


class Year(_Table):
    """The arrangement of one year; ``source`` says where it was announced."""

    year: int
    source: str
    holiday: tuple[Holiday, ...]


class NoArrangement(Exception):
    """There is no file of holidays for a year, so nothing can be said of its working days."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"no arrangement of holidays for {year}")


@dataclass(frozen=True)
class Calendar:
    """What is known of working days, by year."""

    off: frozenset[date]
    made_up: frozenset[date]
    years: frozenset[int]

    def is_working_day(self, day: date) -> bool:
        """Raises NoArrangement: nothing is known of that year."""
        if day.year not in self.years:
            raise NoArrangement(day.year)
        return day in self.made_up or (day.weekday() < SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """The working day ``count`` working days after ``day``, which itself is not counted."""
        while count:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def between(self, today: date, due: date) -> int:
        """How many working days are left from tomorrow to ``due``, that one included; below 0 when it is past."""
        first, last = sorted((today, due))
        days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
        count = sum(self.is_working_day(day) for day in days)
        return count if due >= today else -count


def calendar(office: Office) -> Calendar:
    """The arrangements the office goes by. Raises BadConfiguration: a file has mistakes."""
    return _load((settings.PUBLISHER_DEFAULTS / HOLIDAYS, office.path.parent / HOLIDAYS))


@cache
def _load(folders: tuple[Path, ...]) -> Calendar:
    """The files of all folders; of two of the same name the one in the later folder."""
    files = {path.name: path for folder in folders for path in sorted(folder.glob("*.toml"))}
    years = {found.year: found for path in files.values() if (found := _read(path))}
    holidays = [holiday for year in years.values() for holiday in year.holiday]
    return Calendar(
        frozenset(day for holiday in holidays for day in holiday.days()),
        frozenset(day for holiday in holidays for day in holiday.made_up_on),
        frozenset(years),
    )


def _read(path: Path) -> Year:
    try:
        return Year.model_validate(read_toml(path))
    except ValidationError as error:
        raise BadConfiguration(path, list(flaws_in(error))) from None


def due_after(office: Office, day: date, count: int | None) -> date | None:
    """The last day of a time of so many working days; None where there is none, or a year on the way is unknown."""
    if count is None:
        return None
    try:
        return calendar(office).after(day, count)
    except NoArrangement:
        return None


def unknown_year(office: Office, day: date, count: int | None) -> int | None:
    """The year whose holidays are not known and that a time of so many working days reaches into."""
    if count is None:
        return None
    try:
        calendar(office).after(day, count)
    except NoArrangement as error:
        return error.year
    return None


def days_left(office: Office, today: date, due: date | None) -> int | None:
    """Working days until ``due``, below 0 when it is past; None where nobody knows."""
    if due is None:
        return None
    try:
        return calendar(office).between(today, due)
    except NoArrangement:
        return None
