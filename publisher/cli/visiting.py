"""Visits of the websites: counting a web server's logs, and what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, actor, channel_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.cli.telling import told
from publisher.office import Office, get_office
from publisher.reports.visits import queries
from publisher.reports.visits.feeding import feed
from publisher.reports.visits.importing import NotCounted, Tally, import_log
from publisher.wording import system_reason

TOTALS = ("views", "visitors", "days", "estimated")
YEAR = click.IntRange(2000, 2999)
SITE = click.option("--site", default="", help="网站渠道的键名；默认第一个网站。 Which website.")


@click.group()
def visits() -> None:
    """网站访问量：页面浏览与每日访客。 Page views and visitors, from the web server's logs."""
    ensure_schema()


@visits.command("import")
@click.argument("logs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="ACCESS_LOG…")
@SITE
@click.option("--json", "as_json", is_flag=True)
def import_logs(logs: Sequence[Path], site: str, as_json: bool) -> None:
    """从访问日志统计（combined 格式，可为 .gz）。 Count access logs; a line is never counted twice.

    同一日志再次导入、继续增长或轮转压缩后导入，都只统计新增的行；爬虫不计。 Robots are left out.
    """
    office = get_office()
    key = _site(office, site)
    tallies = [_import(office, key, path) for path in logs]
    with told():
        entered = [value for year in queries.years(office) for value in feed(office, year, by=actor())]
    if as_json:
        figures = [{"year": one.year, "key": one.key, "value": one.value} for one in entered]
        print_json({"site": key, "logs": [_tally_json(tally) for tally in tallies], "figures": figures})
        return
    for tally in tallies:
        _tell(tally)
    for one in entered:
        say(Text("{year} {key} = {value}{unit}", year=one.year, key=one.key, value=one.value, unit=one.unit))


@visits.command("list")
@click.argument("year", type=YEAR)
@SITE
@click.option("--days", "has_days", is_flag=True, help="逐日列出。 Day by day.")
@click.option("--json", "as_json", is_flag=True)
def list_visits(year: int, site: str, has_days: bool, as_json: bool) -> None:
    """一年的访问量。 The visits of a year."""
    office = get_office()
    keys = [_site(office, site)] if site else []
    total = queries.of_year(office, year, *keys)
    rows = queries.by_day(office, year, *keys) if has_days else queries.by_month(office, year, *keys)
    if as_json:
        shown = [{name: _plain(value) for name, value in row.items()} for row in rows]
        print_json({**{name: getattr(total, name) for name in TOTALS}, "year": year, "rows": shown})
        return
    period = "day" if has_days else "month"
    print_table(
        [_("Website"), _("Period"), _("Page views"), _("Visitors a day, added up")],
        [(channel_name(str(row["site"])), row[period], row["views"], row["visitors"]) for row in rows],
    )
    say(
        Text(
            "{year}: {views} page views, {visitors} visitors, on {days} days.",
            year=year,
            views=total.views,
            visitors=total.visitors,
            days=total.days,
        )
    )
    if total.estimated:
        say(Text("On {count} of these days the visitors were estimated, by about 1 %.", count=total.estimated))


def _site(office: Office, site: str) -> str:
    sites = [entry.key for entry in office.channels.values() if entry.kind == "website"]
    if not sites:
        stop(Text("The office has no website: configure one first."), Exit.USAGE)
    if site and site not in sites:
        stop(Text("There is no website {key}: use one of {known}.", key=site, known=", ".join(sites)), Exit.USAGE)
    return site or sites[0]


def _import(office: Office, site: str, path: Path) -> Tally:
    try:
        return import_log(office, site, path, by=actor())
    except OSError as error:
        stop(Text("The file {path} cannot be read: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)
    except NotCounted as error:
        stop(error.text)


def _tell(tally: Tally) -> None:
    text = Text(
        "{name}: {lines} new lines, {views} page views on {days} days; robots left out: {robots}.",
        name=tally.name,
        lines=tally.lines,
        views=sum(tally.views.values()),
        days=len(tally.views),
        robots=tally.robots,
    )
    say(text)
    if tally.unread:
        say(Text("Lines that could not be read: {count}.", count=tally.unread))
    if tally.also_elsewhere:
        text = Text(
            "Other logs have {days} of these days too (from {first}): where they hold the same lines, these are "
            "counted twice.",
            days=len(tally.also_elsewhere),
            first=tally.also_elsewhere[0],
        )
        say(text)


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "name": tally.name,
        "lines": tally.lines,
        "unread": tally.unread,
        "robots": tally.robots,
        "views": sum(tally.views.values()),
        "days": {day.isoformat(): views for day, views in sorted(tally.views.items())},
        "days_in_other_logs": [day.isoformat() for day in tally.also_elsewhere],
    }


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value)
