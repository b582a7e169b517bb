"""Figures of a report year: entering, importing, listing, and opening into what stands behind them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.cli.output import Exit, actor, channel_name, print_json, print_table, say, stop
from publisher.cli.reporting import parse_moment
from publisher.cli.schema import ensure_schema
from publisher.cli.telling import told
from publisher.office import Office, get_office
from publisher.reports import metrics, queries
from publisher.reports.content import figure_content, value_content
from publisher.reports.figures import values
from publisher.reports.figures.entering import Given, enter_all, figures_of_year, is_enterable, matching
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.followers import followers
from publisher.reports.figures.importing import import_values
from publisher.reports.filling.opening import row
from publisher.reports.forms.format import is_number
from publisher.reports.models import EnteredKind, EnteredValue
from publisher.reports.report import Report, make_report
from publisher.wording import system_reason

YEAR = click.IntRange(2000, 2999)
KINDS = {
    "log": gettext_lazy("from the log"),
    "names": gettext_lazy("names in the log"),
    "entered": gettext_lazy("entered"),
    "analytics": gettext_lazy("from statistics"),
    "config": gettext_lazy("from the configuration"),
    "text": gettext_lazy("text"),
    "sum": gettext_lazy("from other figures"),
}
"""What people call the kinds of figures."""


@click.group()
def figure() -> None:
    """报告中的数字。 The figures of a report year."""
    ensure_schema()


@figure.command("set")
@click.argument("year", type=YEAR)
@click.argument("key")
@click.argument("value")
@click.option("--note", default="", help="说明。")
@click.option("--source", default="", help="依据的文件。 The document it was taken from.")
@click.option("--json", "as_json", is_flag=True)
def set_value(year: int, key: str, value: str, note: str, source: str, as_json: bool) -> None:
    """填报一个数字或一段文字（VALUE 为 - 时读标准输入）。 Enter a value.

    KEY 可含 *，如 'requests.*'：填报其中所有尚未填报的数值。 With * it enters all numbers that are still empty.
    """
    office = get_office()
    typed = sys.stdin.read() if value == "-" else value
    with told():
        keys = _empty(office, year, key) if "*" in key else [key]
        kept = enter_all(office, year, [Given(one, typed, note, source) for one in keys], by=actor())
    if as_json:
        print_json([{"key": one.key} | value_content(one) for one in kept])
    elif len(kept) == 1:
        say(
            Text(
                "{key} = {value}{unit}, log entry {seq}.",
                key=key,
                value=kept[0].value,
                unit=kept[0].unit,
                seq=kept[0].seq,
            )
        )
    else:
        say(Text("{count} figures entered as {value}.", count=len(kept), value=typed.strip()))


def _empty(office: Office, year: int, pattern: str) -> list[str]:
    """The numbers a pattern names that somebody must still enter."""
    known, given = figures_of_year(office, year), values.newest(office, year)
    named = matching(known, pattern)
    empty = [key for key in named if key not in given and is_enterable(known[key]) and is_number(known[key])]
    if not empty:
        stop(Text("Nothing that is still empty is called {pattern}: see `publisher figure list`.", pattern=pattern))
    return empty


@figure.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=YEAR, required=True)
@click.option("--kind", type=click.Choice(EnteredKind.values), default=EnteredKind.ANALYTICS.value, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def import_file(file: Path, year: int, kind: str, as_json: bool) -> None:
    """从表格导入（.csv .xlsx；列名 key、value、note）。 Take in a table: all of it or nothing."""
    try:
        content = file.read_bytes()
    except OSError as error:
        stop(Text("The file {path} cannot be read: {reason}.", path=file, reason=system_reason(error)), Exit.USAGE)
    with told():
        kept = import_values(get_office(), year, file.name, content, by=actor(), kind=EnteredKind(kind))
    if as_json:
        print_json([{"key": one.key} | value_content(one) for one in kept])
    else:
        say(Text("{count} figures taken in from {name}.", count=len(kept), name=file.name))


@figure.command("followers")
@click.argument("year", type=YEAR)
@click.option("--json", "as_json", is_flag=True)
def enter_followers(year: int, as_json: bool) -> None:
    """填报年末关注量：取各平台每天查询到的数字。 Enter the followers at the end of the year, as platforms said."""
    office = get_office()
    given = followers(office, year)
    if not given:
        stop(Text("No platform has said in {year} how many follow the office's accounts.", year=year))
    with told():
        kept = enter_all(office, year, given, by=actor(), kind=EnteredKind.ANALYTICS)
    if as_json:
        print_json([{"key": one.key} | value_content(one) for one in kept])
        return
    for one, source in zip(kept, given, strict=True):
        values_of = {"key": one.key, "value": one.value, "unit": one.unit, "seq": one.seq}
        say(Text("{key} = {value}{unit}, log entry {seq}.", **values_of))
        say(Text("Source: {source}", source=source.source))


@figure.command("metrics")
@click.argument("year", type=YEAR)
@click.option("--month", type=click.IntRange(1, 12), help="只看某月。")
@click.option("--channel", default="", help="只看某渠道。")
@click.option("--name", "counted", type=click.Choice(tuple(metrics.NAMES)), help="只看某项。 Only this one.")
@click.option("--rows", "has_rows", is_flag=True, help="逐篇列出。 The items behind the figures.")
@click.option("--enter", "must_enter", is_flag=True, help="填入报表中相应的数字。 Enter the figures of the forms.")
@click.option("--json", "as_json", is_flag=True)
def show_metrics(
    year: int, month: int | None, channel: str, counted: str | None, has_rows: bool, must_enter: bool, as_json: bool
) -> None:
    """阅读、点赞、转发等在一年内的新增，按平台统计。 What was read, liked and passed on in a year, as platforms say."""
    office = get_office()
    if channel and channel not in office.channels:
        known = ", ".join(office.channels)
        stop(Text("There is no channel {key}: use one of {known}.", key=channel, known=known), Exit.USAGE)
    entered = _enter_metrics(office, year) if must_enter else []
    content = _rows_of(office, year, month, channel, counted or "") if has_rows else _cells_of(office, year)
    if not has_rows:
        wanted = {"month": month, "channel": channel, "name": counted}
        content = [row for row in content if all(not value or row[key] == value for key, value in wanted.items())]
    if as_json:
        total: Counter[str] = Counter()
        for row in content:
            total[row["name"]] += row["value"]
        print_json({"year": year, "total": total, "rows": content, "figures": [one.key for one in entered]})
        return
    _print_metrics(content, has_rows=has_rows)
    for one in entered:
        say(Text("{year} {key} = {value}{unit}", year=one.year, key=one.key, value=one.value, unit=one.unit))


def _enter_metrics(office: Office, year: int) -> list[EnteredValue]:
    given = metrics.given(office, year)
    if not given:
        stop(Text("No form of {year} asks for what the platforms count.", year=year))
    with told():
        return enter_all(office, year, given, by=actor(), kind=EnteredKind.ANALYTICS)


def _cells_of(office: Office, year: int) -> list[dict[str, Any]]:
    return [asdict(cell) for cell in metrics.of_year(office, year)]


def _rows_of(office: Office, year: int, month: int | None, channel: str, name: str) -> list[dict[str, Any]]:
    return [asdict(row) for row in metrics.rows(office, year, month=month, channel=channel, name=name)]


def _print_metrics(content: Sequence[Mapping[str, Any]], *, has_rows: bool) -> None:
    first = _("Item") if has_rows else _("Month")
    lines = [
        (
            f"{row['item']} {row['title']}" if has_rows else row["month"],
            channel_name(row["channel"]),
            metrics.word(row["name"]),
            row["value"],
        )
        for row in content
    ]
    print_table([first, _("Channel"), _("Counted"), _("Gained")], lines)


@figure.command("list")
@click.argument("year", type=YEAR)
@click.option("--form", "name", default="", help="报表格式；默认为该年度的年度报告。")
@click.option("--as-of", "as_of", default="", help="以某日（时）为准。 Figures as they stood.")
@click.option("--json", "as_json", is_flag=True)
def list_figures(year: int, name: str, as_of: str, as_json: bool) -> None:
    """列出一份报告的全部数字。 All figures of a report."""
    office = get_office()
    with told():
        made = make_report(office, year, name, as_of=parse_moment(as_of, office))
    if as_json:
        print_json([figure_content(one, made, has_rows=False) for one in made.figures.values()])
        return
    print_table(
        [_("Figure"), _("Name"), _("Value"), _("Kind"), _("Origin")],
        [
            (one.key, one.label, _value(one, made), KINDS[one.kind], _origin(one, office))
            for one in made.figures.values()
        ],
    )


@figure.command("show")
@click.argument("year", type=YEAR)
@click.argument("key")
@click.option("--form", "name", default="", help="报表格式；默认为有这个数字的第一个。")
@click.option("--rows", "has_rows", is_flag=True, help="列出其背后的日志记录。 The log entries behind it.")
@click.option("--as-of", "as_of", default="", help="以某日（时）为准。 As it stood.")
@click.option("--json", "as_json", is_flag=True)
def show(year: int, key: str, name: str, has_rows: bool, as_of: str, as_json: bool) -> None:
    """一个数字及其来源。 One figure and what stands behind it."""
    office = get_office()
    with told():
        form = name or _form_with(office, year, key)
        made = make_report(office, year, form, as_of=parse_moment(as_of, office))
    opened = queries.opened_in(made, key)
    if opened is None:
        stop(Text("The form {form} has no figure {key}: see `publisher figure list`.", form=form, key=key), Exit.USAGE)
    if as_json:
        print_json(_content(opened, made, has_rows=has_rows))
        return
    _print_opened(opened, made, has_rows=has_rows)


def _print_opened(opened: queries.Opened, made: Report, *, has_rows: bool) -> None:
    shown = (opened.figure, *opened.parts)
    print_table([_("Figure"), _("Name"), _("Value")], [(one.key, one.label, _value(one, made)) for one in shown])
    if opened.figure.selection:
        rule = opened.figure.selection.rule
        say(Text("Counted under {rule}: {words}", rule=rule.label, words=rule.words))
    if opened.history:
        headings = [_("Value"), _("By"), _("Time"), _("Source"), _("Note")]
        print_table(headings, [_history_row(one, made.office) for one in opened.history])
    if has_rows:
        headings = [_("No."), _("Date"), _("Channel"), _("Column"), _("Title"), _("Address")]
        print_table(headings, [_entry_row(row(entry, made.figures)) for entry in opened.entries])


def _form_with(office: Office, year: int, key: str) -> str:
    form = queries.form_with(office, year, key)
    if form is None:
        stop(Text("No form of that year has a figure {key}: see `publisher figure list`.", key=key), Exit.USAGE)
    return form.key


def _content(opened: queries.Opened, made: Report, *, has_rows: bool) -> dict[str, Any]:
    content = figure_content(opened.figure, made) | {
        "history": [value_content(value) for value in opened.history],
        "parts": [part.key for part in opened.parts],
    }
    if has_rows:
        content["entries"] = [dict(row(entry, made.figures)) for entry in opened.entries]
    return content


def _value(figure: Figure, made: Report) -> str:
    """As the report words it; a dash where there is nothing yet."""
    return "—" if figure.is_empty else made.texts.get(figure.key, figure.phrase)


def _origin(figure: Figure, office: Office) -> str:
    """Who gave it and when, or by which rule it was counted."""
    if figure.entered:
        return f"{figure.entered.by} {figure.entered.at.astimezone(office.timezone):%Y-%m-%d %H:%M}"
    return figure.selection.rule.label if figure.selection else ""


def _history_row(value: EnteredValue, office: Office) -> tuple[str, ...]:
    at = value.at.astimezone(office.timezone)
    return (f"{value.value}{value.unit}", value.by, f"{at:%Y-%m-%d %H:%M:%S}", value.source, value.note)


def _entry_row(shown: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(shown[name] for name in ("number", "date", "channel", "column", "title", "address"))
