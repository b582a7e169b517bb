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
from publisher.reports.queries import CUTS, YearCount, count_year
from publisher.reports.rules import DEFAULT, RULES
from publisher.wording import sentence

HEADINGS = {
    "channel": gettext_lazy("Channel"),
    "column": gettext_lazy("Column"),
    "class": gettext_lazy("Column class"),
    "month": gettext_lazy("Month"),
    "section": gettext_lazy("Section"),
}
"""What people call the cuts of a count."""


@click.command()
@click.argument("year", type=click.IntRange(2000, 2999))
@click.option("--by", default="channel,column", show_default=True, help=f"{','.join(CUTS)}")
@click.option("--rule", default=DEFAULT, show_default=True, help=f"统计口径。 {','.join(RULES)}")
@click.option("--json", "as_json", is_flag=True)
@click.option("--csv", "as_csv", is_flag=True)
def count(year: int, by: str, rule: str, as_json: bool, as_csv: bool) -> None:
    """按日志统计一年的发布数量。 Count what went out in a year."""
    ensure_schema()
    if rule not in RULES:
        stop(
            Text("There is no counting rule {name}: use one of {known}.", name=rule, known=", ".join(RULES)), Exit.USAGE
        )
    cuts = [name.strip() for name in by.split(",") if name.strip()]
    for name in cuts:
        if name not in CUTS:
            stop(Text("A count cannot be cut by {name}: use {known}.", name=name, known=", ".join(CUTS)), Exit.USAGE)
    counted = count_year(get_office(), year, RULES[rule], cuts)
    if as_json:
        print_json(count_json(counted))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, [*cuts, "event", "count"])
        writer.writeheader()
        writer.writerows(counted.rows)
    else:
        print_count(counted, cuts)


def count_json(counted: YearCount) -> dict[str, Any]:
    return {
        "year": counted.year,
        "rule": counted.rule.key,
        "office": get_office().slug,
        "items": counted.items,
        "publications": counted.publications,
        "handed_over": counted.handed_over,
        "rows": counted.rows,
    }


def print_count(counted: YearCount, cuts: list[str]) -> None:
    rows = [
        [*(_cell(row, name) for name in cuts), Event(str(row["event"])).label, row["count"]] for row in counted.rows
    ]
    print_table([*(str(HEADINGS[name]) for name in cuts), _("Event"), _("Count")], rows)
    say(
        Text(
            "{year}: {items} items, {publications} publications. {rule}",
            year=counted.year,
            items=counted.items,
            publications=counted.publications,
            rule=sentence(counted.rule.words),
        )
    )


def _cell(row: dict[str, str | int], cut: str) -> str:
    """A key as its name, everything else as it is."""
    value = str(row[cut])
    return {"channel": channel_name, "column": column_name}.get(cut, str)(value)
