"""Saying how fresh columns and accounts are, as a table, as JSON, or as the inspection table in Excel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from channels.files import write_whole
from publisher.cli.output import Exit, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.reports.freshness import overview as reports
from publisher.reports.freshness.minima import MonthRow
from publisher.reports.freshness.overview import Freshness, Row, Verdict
from publisher.reports.freshness.standard import Minimum
from publisher.reports.freshness.table import in_time, workbook
from publisher.wording import sentence, system_reason


@click.command()
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE.xlsx",
    help="写成 Excel 检查表。 Write the inspection table.",
)
def freshness(as_json: bool, out: Path | None) -> None:
    """查看栏目和账号的更新情况：适用时限、何时超期。 How fresh columns and accounts are, and when they turn red."""
    if out is not None and out.suffix.lower() != ".xlsx":
        stop(Text("The inspection table is an Excel file: let its name end in .xlsx."), Exit.USAGE)
    ensure_schema()
    found = reports.freshness(get_office(), now=timezone.now())
    if out is not None:
        _write(out, workbook(found))
    if as_json:
        print_json(freshness_json(found))
    elif out is None:
        print_freshness(found)


def print_freshness(found: Freshness) -> None:
    """The tables for people, and under them the verdict and how it was reckoned."""
    print_table(
        [
            _("Channel"),
            _("Inspected"),
            _("Column class"),
            _("Limit"),
            _("Last updated"),
            _("Days since"),
            _("Overdue on"),
            _("State"),
            _("Next expected on"),
        ],
        map(_row, found.rows),
    )
    counted = [verdict for verdict in found.verdicts if verdict.counted or verdict.close]
    if counted:
        click.echo()
        print_table([_("Channel"), _("Veto"), _("Count"), _("Verdict"), _("Concerned")], map(_verdict, counted))
    if found.months:
        click.echo()
        headings = [_("Name"), _("Month"), _("Published"), _("Minimum"), _("Expected at the end"), _("State")]
        print_table(headings, map(_month, found.months))
    standard = f"{found.standard.name} {found.standard.document}".strip()
    say(Text("{day}: {outcome}, by {standard}.", day=found.on, outcome=found.outcome.label, standard=standard))
    for note in reports.NOTES:
        say(note)


def freshness_json(found: Freshness) -> dict[str, Any]:
    """How it stands, as other programs read it."""
    standard = found.standard
    return {
        "office": found.office.slug,
        "on": found.on.isoformat(),
        "outcome": found.outcome.value,
        "standard": {
            "key": found.office.inspection,
            "name": standard.name,
            "document": standard.document,
            "source": standard.source,
            "mark": standard.mark.value,
        },
        "rows": [_row_json(row) for row in found.rows],
        "vetoes": [_verdict_json(verdict) for verdict in found.verdicts],
        "months": [_month_json(month) for month in found.months],
        "notes": [sentence(note) for note in reports.NOTES],
    }


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        stop(Text("The file {path} cannot be written: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)
    say(Text("The inspection table is in {path}.", path=path))


def _row(row: Row) -> Sequence[object]:
    next_on = row.forecast.next_on if row.forecast else ""
    return (
        row.channel.name,
        row.name,
        row.column_class,
        row.limit.length if row.limit else "",
        row.last.happened_on if row.last else "",
        "" if row.days is None else row.days,
        row.red_on or "",
        row.light.label,
        f"{next_on} {in_time(row)}".strip(),
    )


def _verdict(verdict: Verdict) -> Sequence[object]:
    return (
        verdict.channel.name,
        verdict.veto.name,
        f"{len(verdict.counted)}/{verdict.veto.at_least}",
        verdict.outcome.label,
        "、".join(row.name for row in (*verdict.counted, *verdict.close)),
    )


def _month(month: MonthRow) -> Sequence[object]:
    return (
        month.name,
        f"{month.month.first:%Y-%m}",
        month.count,
        month.minimum.per_month,
        month.expected,
        month.light.label,
    )


def _row_json(row: Row) -> dict[str, Any]:
    limit, last, forecast = row.limit, row.last, row.forecast
    return {
        "of": row.of,
        "channel": row.channel.key,
        "channel_name": row.channel.name,
        "column": row.column.key if row.column else None,
        "name": row.name,
        "class": row.column.column_class if row.column else None,
        "light": row.light.value,
        "limit": limit
        and {
            "key": limit.key,
            "words": limit.words,
            "days": limit.days,
            "months": limit.months,
            "document": limit.document,
            "source": limit.source,
            "mark": limit.mark.value,
        },
        "last": last and {"on": str(last.happened_on), "item": last.item, "title": last.title, "url": last.url},
        "days": row.days,
        "warn_on": row.warn_on and str(row.warn_on),
        "red_on": row.red_on and str(row.red_on),
        "forecast": forecast
        and {"every_days": forecast.every_days, "next_on": str(forecast.next_on), "is_late": forecast.is_late},
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "key": verdict.veto.key,
        "channel": verdict.channel.key,
        "words": verdict.veto.words,
        "count": len(verdict.counted),
        "at_least": verdict.veto.at_least,
        "outcome": verdict.outcome.value,
        "concerned": [row.name for row in verdict.counted],
        "soon": [row.name for row in verdict.close],
    }


def _month_json(month: MonthRow) -> dict[str, Any]:
    minimum: Minimum = month.minimum
    return {
        "key": minimum.key,
        "by": minimum.by,
        "name": month.name,
        "month": f"{month.month.first:%Y-%m}",
        "count": month.count,
        "minimum": minimum.per_month,
        "missing": month.missing,
        "expected": month.expected,
        "light": month.light.value,
        "rule": minimum.rule,
    }
