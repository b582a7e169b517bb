"""Counts over the log. A count is always the length of a list of entries that can be shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.reports.rules import Rule

CUTS = {
    "channel": "channel",
    "column": "column",
    "class": "column_class",
    "month": "month",
    "section": "section",
}
"""What a count can be cut by: the word of the command, and the log's column."""


@dataclass(frozen=True, slots=True)
class YearCount:
    """A year's count under one rule: distinct items, publications, and one row for each cut."""

    year: int
    rule: Rule
    items: int
    publications: int
    handed_over: int
    rows: list[dict[str, str | int]]


def entries(office: Office, year: int, rule: Rule) -> QuerySet[LogEntry]:
    """The log entries a year's figures are made of."""
    return LogEntry.objects.filter(office=office.slug, year=year, event__in=rule.events)


def count_year(office: Office, year: int, rule: Rule, by: list[str]) -> YearCount:
    """Count a calendar year (in the office's time zone) under ``rule``, cut by the names in ``CUTS``."""
    counted = entries(office, year, rule)
    cut = [CUTS[name] for name in by]
    groups = counted.values("event", *cut).annotate(count=Count("pk")).order_by(*cut, "event")
    rows = [
        {name: group[CUTS[name]] for name in by} | {"event": group["event"], "count": group["count"]}
        for group in groups
    ]
    return YearCount(
        year=year,
        rule=rule,
        items=counted.aggregate(items=Count("item", distinct=True))["items"],
        publications=sum(int(row["count"]) for row in rows),
        handed_over=sum(int(row["count"]) for row in rows if row["event"] == "handed_over"),
        rows=rows,
    )
