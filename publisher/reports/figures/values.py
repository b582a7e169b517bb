"""What has been entered: the newest value of each figure, as it stands or as it stood, and its history."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from publisher.office import Office
from publisher.reports.models import EnteredValue


def newest(office: Office, year: int, *, as_of: datetime | None = None) -> dict[str, EnteredValue]:
    """The value that counts for each figure of a report year, by key."""
    # Later ones replace earlier ones: a year has some hundred values, each typed by hand.
    return {value.key: value for value in _entered(office, year, as_of).order_by("seq")}


def history(office: Office, year: int, key: str, *, as_of: datetime | None = None) -> QuerySet[EnteredValue]:
    """All values a figure ever had, newest first."""
    return _entered(office, year, as_of).filter(key=key).order_by("-seq")


def _entered(office: Office, year: int, as_of: datetime | None) -> QuerySet[EnteredValue]:
    values = EnteredValue.objects.filter(office=office.slug, year=year)
    return values if as_of is None else values.filter(at__lte=as_of)
