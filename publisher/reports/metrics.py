"""How often what is out was read, liked and passed on, as the platforms counted: by year and month, row by row.

A platform says how much it has counted up to a day. What a period has gained is the highest number up to its end less
the highest before it; the sum over the rows is the figure, so that every figure opens into its rows.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.functions import ExtractMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publisher.items.models import Item
from publisher.office import Office
from publisher.queue.models import Metric
from publisher.reports.figures.entering import Given, figures_of_year
from publisher.reports.forms.format import AnalyticsFigure

NAMES: Mapping[str, Promise] = {
    "reads": gettext_lazy("reads"),
    "likes": gettext_lazy("likes"),
    "shares": gettext_lazy("shares"),
    "reposts": gettext_lazy("reposts"),
    "comments": gettext_lazy("comments"),
    "recommendations": gettext_lazy("recommendations"),
    "favourites": gettext_lazy("favourites"),
}
"""What the platforms count, in the order in which it is shown."""

POST = ("item", "channel", "delivery__remote_id", "name")
"""What a platform counts by itself: a correction at the same place goes on with its count."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What the publications of a channel gained in a month."""

    month: int
    channel: str
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Gained:
    """What one item gained on one channel."""

    item: int
    title: str
    channel: str
    name: str
    value: int


def years(office: Office) -> list[int]:
    """The years of which something is known."""
    return [day.year for day in Metric.objects.filter(office=office.slug).dates("day", "year")]


def of_year(office: Office, year: int) -> list[Cell]:
    """Each month with what was gained in it, by channel and what was counted."""
    gained: Counter[tuple[int, str, str]] = Counter()
    for (_item, channel, _post, name), months in _monthly(office, year).items():
        for month, value in months.items():
            gained[month, channel, name] += value
    return [Cell(month, channel, name, gained[month, channel, name]) for month, channel, name in sorted(gained)]


def rows(office: Office, year: int, *, month: int | None = None, channel: str = "", name: str = "") -> list[Gained]:
    """The items behind a figure, those first that gained most; their sum is the figure."""
    gained: Counter[Key] = Counter()
    for (item, place, _post, counted), months in _monthly(office, year, channel=channel, name=name).items():
        gained[item, place, counted] += months[month] if month else sum(months.values())
    titles = dict(Item.objects.filter(pk__in={item for item, *_ in gained}).values_list("pk", "title"))
    found = [Gained(item, titles[item], place, counted, value) for (item, place, counted), value in gained.items()]
    return sorted((row for row in found if row.value), key=lambda row: (-row.value, row.item, row.channel, row.name))


def _monthly(office: Office, year: int, *, channel: str = "", name: str = "") -> dict[Key, Counter[int]]:
    """What each post gained in each month."""
    known = _chosen(office, channel, name)
    begin, end = date(year, 1, 1), date(year, 12, monthrange(year, 12)[1])
    within = known.filter(day__gte=begin, day__lte=end)
    before = known.filter(day__lt=begin, item__in=within.values("item")).values(*POST).annotate(top=Max("value"))
    highest = {tuple(row[part] for part in POST): row["top"] for row in before}
    found: defaultdict[Key, Counter[int]] = defaultdict(Counter)
    tops = within.annotate(month=ExtractMonth("day")).values(*POST, "month").annotate(top=Max("value"))
    for row in tops.order_by("month"):
        post = tuple(row[part] for part in POST)
        known_up_to = highest.get(post, 0)
        if row["top"] > known_up_to:
            found[post][row["month"]] = row["top"] - known_up_to
            highest[post] = row["top"]
    return found


def _chosen(office: Office, channel: str, name: str) -> QuerySet[Metric]:
    chosen = Metric.objects.filter(office=office.slug)
    chosen = chosen.filter(channel=channel) if channel else chosen
    return chosen.filter(name=name) if name else chosen


def in_order(names: Iterable[str]) -> Sequence[str]:
    """What was counted, in the order of the pages."""
    places = {name: place for place, name in enumerate(NAMES)}
    return sorted(set(names), key=lambda name: (places.get(name, len(places)), name))


def word(name: str) -> str:
    return str(NAMES.get(name, name))


def given(office: Office, year: int) -> list[Given]:
    """The figures of the year's forms that are made of it: what each counts, on the channels of its kinds."""
    cells = of_year(office, year)
    found = []
    for key, figure in figures_of_year(office, year).items():
        if not isinstance(figure, AnalyticsFigure) or figure.counted not in NAMES:
            continue
        channels = [entry for entry in office.channels.values() if figure.is_about(entry.key, entry.kind)]
        keys = {entry.key for entry in channels}
        value = sum(cell.value for cell in cells if cell.name == figure.counted and cell.channel in keys)
        source = "、".join(entry.name for entry in channels)
        found.append(Given(key, str(value), f"{year}年内新增，各平台统计，逐篇可查", source))
    return found
