"""Counting a year from the log."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.cli.output import Exit, channel_name, column_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.log.events import Event
from publisher.office import get_office
from publisher.reports import counts
from publisher.reports.counts import CUTS, Selection
from publisher.reports.periods import Period
from publisher.reports.rules import DEFAULT, rule

HEADINGS = {
    "channel": gettext_lazy("Channel"),
    "column": gettext_lazy("Column"),
    "class": gettext_lazy("Column class"),
    "month": gettext_lazy("Month"),
    "section": gettext_lazy("Section"),
    "event": gettext_lazy("Event"),
}
"""What people call the cuts of a count."""


@click.command()
@click.argument("year", type=click.IntRange(2000, 2999))
@click.option("--by", default="channel,column,event", show_default=True, help=f"{','.join(CUTS)}")
@click.option("--rule", "key", default=DEFAULT, show_default=True, help="统计口径。")
@click.option("--json", "as_json", is_flag=True)
@click.option("--csv", "as_csv", is_flag=True)
def count(year: int, by: str, key: str, as_json: bool, as_csv: bool) -> None:
    """按日志统计一年的发布数量。 Count what went out in a year."""
    ensure_schema()
    cuts = [name.strip() for name in by.split(",") if name.strip()]
    for name in cuts:
        if name not in CUTS:
            stop(Text("A count cannot be cut by {name}: use {known}.", name=name, known=", ".join(CUTS)), Exit.USAGE)
    period = Period.of_year(year)
    selection = Selection(period, rule(key, on=period.last))
    counted = count_json(year, selection, cuts)
    if as_json:
        print_json(counted)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, [*cuts, "count"])
        writer.writeheader()
        writer.writerows(counted["rows"])
    else:
        print_count(counted, selection, cuts)


def count_json(year: int, selection: Selection, cuts: list[str]) -> dict[str, Any]:
    office = get_office()
    found = counts.entries(office, selection)
    return {
        "year": year,
        "rule": selection.rule.key,
        "office": office.slug,
        "count": counts.count(office, selection),
        "unit": selection.rule.unit,
        "items": counts.count_units(found, "item"),
        "publications": counts.count_units(found, "publication"),
        "handed_over": counts.count_units(found.filter(event=Event.HANDED_OVER), "publication"),
        "rows": counts.count_by(office, selection, cuts),
    }


def print_count(counted: dict[str, Any], selection: Selection, cuts: list[str]) -> None:
    rows = [[*(_cell(row, name) for name in cuts), row["count"]] for row in counted["rows"]]
    print_table([*(str(HEADINGS.get(name, name)) for name in cuts), _("Count")], rows)
    say(
        Text(
            "{year}: {items} items, {publications} publications. {rule}",
            year=counted["year"],
            items=counted["items"],
            publications=counted["publications"],
            rule=selection.rule.words,
        )
    )


def _cell(row: dict[str, str | int], cut: str) -> str:
    """A key as its name, everything else as it is."""
    value = str(row[cut])
    if cut == "event":
        return str(Event(value).label)
    return {"channel": channel_name, "column": column_name}.get(cut, str)(value)
