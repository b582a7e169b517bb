"""Counting from the log: the questions of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import click
from django.utils import timezone

from channels.errors import Text
from publisher.cli import sheets
from publisher.cli.output import Exit, stop
from publisher.cli.schema import ensure_schema
from publisher.items.models import Disclosure
from publisher.log.models import Archive
from publisher.log.queries import book
from publisher.office import Office, get_office
from publisher.reports.counts import CUTS, Selection
from publisher.reports.periods import Period
from publisher.reports.rules import DEFAULT, rule, rules

DAY = click.DateTime(formats=["%Y-%m-%d"])
DEFAULT_CUTS = "channel,column,event"


@dataclass(frozen=True)
class Question:
    """The options of the command as they were given."""

    year: int | None
    by: str
    key: str
    list_rules: bool
    first: datetime | None
    last: datetime | None
    month: int | None
    quarter: int | None
    as_of: str
    archive: str
    against: str
    limit: int | None
    compare: int | None
    rows: bool
    as_json: bool
    as_csv: bool
    channels: tuple[str, ...]
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    sections: tuple[str, ...]
    persons: tuple[str, ...]
    sources: tuple[str, ...]
    disclosures: tuple[str, ...]

    @property
    def form(self) -> sheets.Form:
        return "json" if self.as_json else "csv" if self.as_csv else "table"


@click.command()
@click.argument("year", type=click.IntRange(2000, 2999), required=False)
@click.option(
    "--by", default=DEFAULT_CUTS, show_default=True, metavar="CUT,…", help=f"分组。 Cut by {', '.join(CUTS)}."
)
@click.option("--rule", "key", default=DEFAULT, show_default=True, help="统计口径。 The counting rule.")
@click.option("--list-rules", is_flag=True, help="列出统计口径。 Show the rules.")
@click.option("--from", "first", type=DAY, metavar="DATE", help="起始日。 The first day; default 1 January.")
@click.option("--to", "last", type=DAY, metavar="DATE", help="截止日。 The last day; default 31 December.")
@click.option("--month", type=click.IntRange(1, 12), help="只统计一个月。 One month.")
@click.option("--quarter", type=click.IntRange(1, 4), help="只统计一个季度。 One quarter.")
@click.option("--channel", "channels", multiple=True, metavar="KEY", help="只统计此渠道，可重复。 Only this channel.")
@click.option("--column", "columns", multiple=True, metavar="KEY", help="只统计此栏目，可重复。 Only this column.")
@click.option("--class", "classes", multiple=True, metavar="NAME", help="只统计此栏目类别，可重复。 Only this class.")
@click.option("--section", "sections", multiple=True, metavar="NAME", help="只统计此科室，可重复。 Only this section.")
@click.option("--person", "persons", multiple=True, metavar="NAME", help="只统计此人，可重复。 Only this person.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="只统计此来源，空为原创。 Only this source.")
@click.option("--disclosure", "disclosures", multiple=True, type=click.Choice(Disclosure.values), help="公开属性。")
@click.option("--as-of", default="", metavar="DATE", help="以该时点已入日志的为准。 As the figures stood then.")
@click.option("--archive", default="", metavar="NAME", help="统计导入的旧日志。 Count in an imported older log.")
@click.option("--against", default="", metavar="RULE", help="与另一口径逐条比对。 Difference from another rule.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help="比对时每方最多列出 N 条。 Rows of either rule; 50 in a table.",
)
@click.option("--compare", type=click.IntRange(2000, 2999), metavar="YEAR", help="与另一年对比。 Another year beside.")
@click.option("--rows", is_flag=True, help="列出计入的每一条。 Show the log rows behind the count.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--csv", "as_csv", is_flag=True)
def count(**given: Any) -> None:
    """按日志统计发布数量。 Count what went out, over any period and by any cut."""
    ensure_schema()
    question = Question(**given)
    _one_of({"--json": question.as_json, "--csv": question.as_csv})
    if question.limit is not None and not question.against:
        stop(Text("--limit goes with --against: give both."), Exit.USAGE)
    office = get_office()
    if question.list_rules:
        day = Period.of_year(question.year).last if question.year else timezone.localdate(timezone=office.timezone)
        sheets.show(sheets.of_rules(rules(on=day)), question.form)
        return
    if question.year is None:
        stop(Text("Say which year is counted, such as: publisher count 2026."), Exit.USAGE)
    selection = _selection(office, question, _period(question, question.year))
    sheets.show(_sheet(office, question, question.year, selection), question.form)


def _sheet(office: Office, question: Question, year: int, selection: Selection) -> sheets.Sheet:
    _one_of({"--against": question.against, "--compare": question.compare, "--rows": question.rows})
    cuts = _cuts(question.by)
    if question.against:
        other = rule(question.against, on=selection.period.last)
        return sheets.of_difference(office, selection, other, limit=question.limit, form=question.form)
    if question.rows:
        return sheets.of_rows(office, year, selection, cuts)
    if question.compare is not None:
        for name in cuts:
            if name in ("year", "day"):
                stop(Text("Two years side by side cannot be cut by {name}: leave it out.", name=name), Exit.USAGE)
        return sheets.of_comparison(office, selection, cuts, (year, question.compare))
    return sheets.of_cells(office, year, selection, cuts)


def _one_of(options: Mapping[str, object]) -> None:
    """Stop where more than one was given."""
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        stop(Text("{options} cannot go together: give one of them.", options=", ".join(given)), Exit.USAGE)


def _cuts(by: str) -> list[str]:
    cuts = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    for name in cuts:
        if name not in CUTS:
            stop(Text("A count cannot be cut by {name}: use {known}.", name=name, known=", ".join(CUTS)), Exit.USAGE)
    return cuts


def _period(question: Question, year: int) -> Period:
    dates = question.first or question.last
    _one_of({"--month": question.month, "--quarter": question.quarter, "--from/--to": dates})
    if question.month:
        return Period.of_month(year, question.month)
    if question.quarter:
        return Period.of_quarter(year, question.quarter)
    whole = Period.of_year(year)
    first = question.first.date() if question.first else whole.first
    last = question.last.date() if question.last else whole.last
    if first > last:
        stop(Text("The period ends on {last} before it begins on {first}.", first=first, last=last), Exit.USAGE)
    return Period(first, last)


def _selection(office: Office, question: Question, period: Period) -> Selection:
    selection = Selection(
        period,
        rule(question.key, on=period.last),
        channels=question.channels,
        columns=question.columns,
        classes=question.classes,
        sections=question.sections,
        persons=question.persons,
        sources=question.sources,
        disclosures=question.disclosures,
        as_of=_moment(office, question.as_of),
        archive=question.archive,
    )
    _check_archive(office, question.archive)
    _check_known(office, selection, "channel", office.channels, question.channels)
    _check_known(office, selection, "column", office.columns, question.columns)
    return selection


def _moment(office: Office, text: str) -> datetime | None:
    """The end of a day, or the moment itself; in the office's time zone where none is given."""
    if not text:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(text), time.max)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            remedy = Text("{text} is no date: write one such as 2026-01-31, or 2026-01-31T17:00.", text=text)
            stop(remedy, Exit.USAGE)
    return moment if moment.tzinfo else moment.replace(tzinfo=office.timezone)


def _check_archive(office: Office, name: str) -> None:
    kept = Archive.objects.filter(keeper=office.slug)
    if name and not kept.filter(name=name).exists():
        known = ", ".join(kept.values_list("name", flat=True).order_by("name")) or "-"
        stop(Text("There is no imported log {name}; there are: {known}.", name=name, known=known), Exit.USAGE)


def _check_known(
    office: Office, selection: Selection, column: str, configured: Iterable[str], names: Iterable[str]
) -> None:
    """Stop at a name that is neither configured nor in the log: a slip of the pen would count as nothing."""
    for name in names:
        if name not in configured and not book(office.slug, selection.archive).filter(**{column: name}).exists():
            known = ", ".join(configured)
            stop(
                Text("Neither configuration nor log knows {name}: use one of {known}.", name=name, known=known),
                Exit.USAGE,
            )
