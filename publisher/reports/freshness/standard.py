"""What inspectors look at: how old the newest publication may be, how much is to be published, what fails the whole.

A standard is a file of data: ``config/inspection/national-2019.toml`` explains the settings.
"""

from __future__ import annotations

import calendar
import math
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from channels.base import Column
from channels.errors import SettingRefused
from channels.registry import CHANNELS
from publisher.office import ChannelEntry, Key, Name
from publisher.reports.rules import DEFAULT


class Light(TextChoices):
    """How it stands with one column, account or home page."""

    GREEN = "green", _("in time")
    WARN = "warn", _("soon due")
    RED = "red", _("overdue")
    EMPTY = "empty", _("empty")
    UNLIMITED = "unlimited", _("without a limit")


class Mark(TextChoices):
    """How well a rule is known."""

    VERIFIED = "verified", _("verified")
    PARTLY = "partly", _("partly verified")
    UNVERIFIED = "unverified", _("not verified")


def _known_kind(kind: str) -> str:
    if kind not in CHANNELS:
        raise SettingRefused(
            'There is no kind of channel "{kind}": write one of {kinds}.', kind=kind, kinds=", ".join(CHANNELS)
        )
    return kind


Of = Literal["home", "column", "channel"]
Kind = Annotated[str, AfterValidator(_known_kind)]
Percent = Annotated[int, Field(ge=1, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    name: Name
    words: Name
    document: str = ""
    source: Name
    since: date
    mark: Mark

    @property
    def origin(self) -> str:
        """Where it stands and how well that is known, in the reader's language."""
        return f"{self.document or self.source} ({self.mark.label})"


class Limit(_Part):
    """How old the newest publication of a home page, a column or an account may be."""

    of: Of
    kinds: tuple[Kind, ...] = Field(min_length=1)
    classes: tuple[Name, ...] = ()
    columns: tuple[Key, ...] = ()
    channels: tuple[Key, ...] = ()
    days: int | None = Field(default=None, ge=1, le=3660)
    months: int | None = Field(default=None, ge=1, le=120)
    warn_percent: Percent = 70

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.days is None) == (self.months is None):
            raise SettingRefused("Say how long it may be: write either days or months.")
        if (self.of == "column") != bool(self.classes or self.columns):
            raise SettingRefused("Classes and columns belong to a limit of columns, and it needs one of them.")
        return self

    @property
    def length(self) -> str:
        """How long it may be, in the reader's language."""
        if self.days is not None:
            return gettext("{number} days").format(number=self.days)
        return gettext("{number} months").format(number=self.months)

    def red_on(self, last: date) -> date:
        """The first day on which a newest publication of ``last`` is too old."""
        if self.days is not None:
            return last + timedelta(days=self.days)
        return months_later(last, self.months or 0)

    def warn_on(self, last: date) -> date:
        """The first day on which it is to be warned of."""
        length = (self.red_on(last) - last).days
        return last + timedelta(days=math.ceil(length * self.warn_percent / 100))

    def is_about(self, entry: ChannelEntry, column: Column | None) -> bool:
        """Whether the limit holds for a column of that channel, or for the channel as a whole."""
        if entry.kind not in self.kinds or (self.channels and entry.key not in self.channels):
            return False
        if column is None:
            return self.of != "column"
        by_class = any(fnmatchcase(column.column_class, pattern) for pattern in self.classes)
        return self.of == "column" and (by_class or column.key in self.columns)


class Veto(_Part):
    """How many home pages, columns or accounts together fail an inspection."""

    of: Of
    limits: tuple[Key, ...] = ()
    lights: tuple[Literal["red", "empty"], ...] = Field(min_length=1)
    at_least: int = Field(ge=1)


class Minimum(_Part):
    """How much each section or channel is to publish in a month."""

    by: Literal["section", "channel"]
    names: tuple[Name, ...] = ()
    per_month: int = Field(ge=1)
    rule: Key = DEFAULT
    kinds: tuple[Kind, ...] = ()
    warn_percent: Percent = 70


class Standard(BaseModel):
    """A whole standard, what it extends included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    document: str = ""
    source: Name
    since: date
    mark: Mark
    limits: tuple[Limit, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    minima: tuple[Minimum, ...] = ()

    @model_validator(mode="after")
    def _names_its_own_limits(self) -> Self:
        known = [limit.key for limit in self.limits]
        for key in (key for veto in self.vetoes for key in veto.limits):
            if key not in known:
                raise SettingRefused(
                    "A veto names the limit {key}: use one of {known}.", key=key, known=", ".join(known)
                )
        return self

    def limit(self, of: Of, entry: ChannelEntry, column: Column | None, *, day: date) -> Limit | None:
        """The shortest limit in force on ``day``; None where there is none."""
        found = [one for one in self.limits if one.since <= day and one.of == of and one.is_about(entry, column)]
        return min(found, key=lambda one: one.red_on(day), default=None)

    def has_columns(self, entry: ChannelEntry) -> bool:
        """Whether home page and columns of such a channel are looked at, and not the account as a whole."""
        return any(entry.kind in limit.kinds for limit in self.limits if limit.of != "channel")


def months_later(day: date, months: int) -> date:
    """The same day of a later month; its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
