"""Questions about visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from publisher.office import Office
from publisher.reports.models import VisitDay


@dataclass(frozen=True, slots=True)
class Year:
    """The visits of a year. ``visitors`` are those of each day, added up; ``days`` how many days were counted.

    ``estimated``: on how many of them there were too many visitors to count, so that their number is known nearly.
    """

    views: int
    visitors: int
    days: int
    first: date | None
    last: date | None
    estimated: int


def years(office: Office) -> list[int]:
    """The years of which something was counted."""
    return [day.year for day in VisitDay.objects.filter(office=office.slug).dates("day", "year")]


def of_year(office: Office, year: int, *sites: str) -> Year:
    """The visits of these websites, or of all of them."""
    found = _days(office, year, *sites).aggregate(
        views=Sum("views", default=0),
        visitors=Sum("visitors", default=0),
        days=Count("day", distinct=True),
        first=Min("day"),
        last=Max("day"),
        estimated=Count("day", filter=Q(is_exact=False)),
    )
    return Year(**found)


def by_day(office: Office, year: int, *sites: str) -> Sequence[dict[str, object]]:
    """Each day with what was counted, in order."""
    rows = _days(office, year, *sites).values("site", "day", "views", "visitors")
    return [dict(row) for row in rows.order_by("day", "site")]


def by_month(office: Office, year: int, *sites: str) -> Sequence[dict[str, object]]:
    """Each month of each website."""
    rows = (
        _days(office, year, *sites)
        .values("site", "day__month")
        .annotate(month_views=Sum("views"), month_visitors=Sum("visitors"), days=Count("day"))
    )
    return [
        {
            "site": row["site"],
            "month": row["day__month"],
            "views": row["month_views"],
            "visitors": row["month_visitors"],
            "days": row["days"],
        }
        for row in rows.order_by("day__month", "site")
    ]


def _days(office: Office, year: int, *sites: str) -> QuerySet[VisitDay]:
    rows = VisitDay.objects.filter(office=office.slug, day__gte=date(year, 1, 1), day__lte=date(year, 12, 31))
    return rows.filter(site__in=sites) if sites else rows
