"""How many follow the office's accounts at the end of a year, from what the platforms said day by day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from channels.errors import Text
from publisher.credentials import standings
from publisher.office import Office
from publisher.reports.figures.entering import Given, figures_of_year
from publisher.wording import sentence

METRIC = "followers"


def followers(office: Office, year: int) -> list[Given]:
    """One value for each kind of channel that a form of that year asks for, with the days it is from.

    The last day of the year counts, or the last before it on which a platform was asked, as far back as a month.
    """
    known = figures_of_year(office, year)
    found: defaultdict[str, list[tuple[str, date, int]]] = defaultdict(list)
    for key, entry in office.channels.items():
        told = standings.on_day(office, key, METRIC, date(year, 12, 31))
        if told is not None and told[0].year == year and f"{entry.kind}_followers" in known:
            found[f"{entry.kind}_followers"].append((entry.name, *told))
    return [
        Given(figure, str(sum(count for *_, count in rows)), source="; ".join(_source(*row) for row in rows))
        for figure, rows in found.items()
    ]


def _source(name: str, day: date, count: int) -> str:
    return sentence(Text("{name}: {count} as the platform said on {day}", name=name, count=count, day=day))
