"""Issues of newspaper columns: the register, closing, and what was printed."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from channels.base import Medium
from channels.errors import Text
from channels.files import write_whole
from publisher.cli.issues_shown import print_issue, print_issues, print_pool
from publisher.cli.output import Exit, actor, print_json, say, stop, stop_unwritten
from publisher.cli.schema import ensure_schema
from publisher.office import ChannelEntry, get_office
from publisher.queue import bells, clock
from publisher.queue.issues import actions, queries, telling
from publisher.queue.issues.deadlines import exchange_until
from publisher.queue.issues.following import follow_issues
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.orders import hand_over_again
from publisher.queue.states import IssueState, State
from publisher.reports.issues import register
from publisher.wording import system_reason

channel_option = click.option("--channel", "-c", default="", help="渠道；只有一个分期渠道时可省略。 Which channel.")
year_option = click.option("--year", type=int, default=0, help="年份，默认今年。 Year of the issue, else this one.")
json_option = click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。 One JSON document only.")
day_type = click.DateTime(["%Y-%m-%d"])


@click.group()
def issue() -> None:
    """期：报纸专栏的登记、截稿、送报、见报，微信多图文的合并推送。 Issues of newspapers and of pushes."""


def _about_one(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the issue its number, channel and year name, and show it afterwards as it then is."""

    @wraps(command)
    def run(number: str, channel: str, year: int, as_json: bool, **more: Any) -> None:
        found = _find(number, channel, year)
        command(found, **more)
        (one,) = queries.filled([Issue.objects.get(pk=found.pk)])
        until = exchange_until(get_office(), one.issue)
        document = {**queries.issue_json(one), "exchange_until": until.isoformat() if until else None}
        if as_json:
            print_json(document)
        else:
            print_issue(document)

    decorators = (click.argument("number"), channel_option, year_option, json_option)
    wrapped: Callable[..., None] = run
    for decorate in reversed(decorators):
        wrapped = decorate(wrapped)
    return wrapped


@issue.command("list")
@channel_option
@year_option
@click.option("--state", type=click.Choice(IssueState.values), help="只列此状态。 Only those in this state.")
@json_option
def list_issues(channel: str, year: int, state: str | None, as_json: bool) -> None:
    """列出全年各期：计划日期、状态、篇数和字数。 The issues of a year, with what is in them."""
    _up_to_date()
    office = get_office()
    found = queries.issues(office).filter(year=year or _this_year())
    if channel:
        found = found.filter(channel=_channel(channel).key)
    if state:
        found = found.filter(state=state)
    documents = [queries.issue_json(one) for one in queries.filled(found)]
    if as_json:
        print_json({"year": year or _this_year(), "issues": documents})
    elif documents:
        print_issues(documents)
    else:
        say(Text("There are no issues of {year} yet.", year=year or _this_year()))


@issue.command("show")
@_about_one
def show(found: Issue) -> None:
    """查看一期的稿件和送报情况。 One issue with what is in it."""


@issue.command("open")
@click.option("--date", "day", type=day_type, required=True, help="计划见报日期。 Planned day.")
@channel_option
@json_option
def open_one(day: datetime, channel: str, as_json: bool) -> None:
    """新开一期，此后放行的稿件先收入该期。 Open an issue: what is released from now on collects in it."""
    _up_to_date()
    made = actions.open_issue(_channel(channel), day.date(), by=actor())
    (one,) = queries.filled([made])
    if as_json:
        print_json(queries.issue_json(one))
    else:
        print_issue(queries.issue_json(one))


@issue.command("close")
@_about_one
def close(found: Issue) -> None:
    """截稿：该期稿件随即送报。 Close an issue: what is in it is handed over now."""
    actions.close(found, by=actor())
    bells.ring([m.delivery for m in queries.members([found]) if m.delivery and m.delivery.state == State.WAITING])


@issue.command("reopen")
@click.option("--reason", default="", help="理由，记入日志。 Goes into the log.")
@_about_one
def reopen(found: Issue, reason: str) -> None:
    """撤销截稿，尚未送出时可用。 Let a closed issue collect again."""
    actions.reopen(found, by=actor(), reason=reason)


@issue.command("change")
@click.option("--date", "day", type=day_type, help="新的计划见报日期。 Its new day.")
@click.option("--page", default=None, help="版次。 Its page.")
@click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
@_about_one
def change(found: Issue, day: datetime | None, page: str | None, reason: str) -> None:
    """改期或改版次。 Plan an issue for another day or page."""
    new_day = day.date() if day else found.planned_on
    new_page = found.page if page is None else page
    actions.change(found, day=new_day, page=new_page, by=actor(), reason=reason)


@issue.command("put")
@click.option("--item", type=int, required=True, help="稿件号。 Number of the item.")
@click.option("--first", is_flag=True, help="作为头条。 In front of the others.")
@_about_one
def put(found: Issue, item: int, first: bool) -> None:
    """把尚未送出的稿件移入该期；未采用的稿件重新排入。 Put an item into this issue."""
    newest = Delivery.objects.filter(item=item, channel=found.channel, office=found.office).order_by("-pk").first()
    if newest is None:
        stop(Text("Item {item} was never meant for channel {key}.", item=item, key=found.channel), Exit.USAGE)
    if newest.pk in {member.delivery_id for member in queries.pool(get_office())}:
        newest = hand_over_again(newest, by=actor())
    if queries.collecting(newest) != found:
        actions.put(newest, found, by=actor())
    if first:
        actions.lead_with(found, item, by=actor())


@issue.command("continue")
@click.option("--item", type=int, required=True, help="稿件号。 Number of the item.")
@_about_one
def go_on(found: Issue, item: int) -> None:
    """连载：前一期的稿件在该期续登，不再重复送报。 Let an item of an earlier issue go on in this one."""
    before = IssueItem.objects.filter(item=item, issue__channel=found.channel, issue__office=found.office)
    first = before.exclude(issue=found).select_related("issue", "delivery").order_by("-part", "-pk").first()
    if first is None:
        stop(Text("Item {item} is in no earlier issue.", item=item), Exit.USAGE)
    actions.go_on(first, found, by=actor())


@issue.command("printed")
@click.option("--date", "day", type=day_type, required=True, help="见报日期。 Day it was printed.")
@click.option("--page", default="", help="版次，如 A01。 Page, such as A01.")
@click.option("--clipping", "paths", multiple=True, help="剪报：PDF 或照片，可多次给出。 A clipping, kept as evidence.")
@click.option("--without", type=int, multiple=True, help="未采用的稿件号。 An item the newspaper left out.")
@_about_one
def printed(found: Issue, day: datetime, page: str, paths: tuple[str, ...], without: tuple[int, ...]) -> None:
    """登记见报；此后才计入刊出期数。 Note that an issue was printed; only then it counts as printed."""
    told = telling.Printed(day.date(), page, [_medium(path) for path in paths], without)
    telling.printed(found, told, by=actor())


@issue.command("not-accepted")
@click.option("--item", "items", type=int, multiple=True, help="只是这些稿件；默认整期。 Only these items.")
@click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
@_about_one
def not_accepted(found: Issue, items: tuple[int, ...], reason: str) -> None:
    """登记未采用，稿件退回待排。 Note that it was not accepted; its items go back to the pool."""
    telling.not_accepted(found, by=actor(), reason=reason, items=items)


@issue.command("missed")
@click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
@_about_one
def missed(found: Issue, reason: str) -> None:
    """登记脱期。 Note that an issue does not appear."""
    telling.missed(found, by=actor(), reason=reason)


@issue.command("pool")
@json_option
def pool(as_json: bool) -> None:
    """未采用、可重新排入的稿件。 Items that were not accepted, which may be put into another issue."""
    _up_to_date()
    rows = [
        {
            "item": member.item_id,
            "title": queries.title_of(member),
            "channel": member.issue.channel,
            "issue": member.issue.label,
            "reason": member.reason,
        }
        for member in queries.pool(get_office())
    ]
    if as_json:
        print_json({"pool": rows})
    elif rows:
        print_pool(rows)
    else:
        say(Text("Nothing was turned down, or all of it is in another issue."))


@issue.command("export")
@year_option
@channel_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="写到哪个 .xlsx 文件。")
def export(year: int, channel: str, out: Path) -> None:
    """导出全年登记簿（Excel）。 The register of a year as an Excel file."""
    _up_to_date()
    try:
        write_whole(out, register(get_office(), year or _this_year(), _channel(channel).key if channel else ""))
    except OSError as error:
        stop_unwritten(out, error)
    say(Text("The register is in {path}.", path=out))


def _up_to_date() -> None:
    """What the clock has done to issues since, as the next sweep would note it."""
    ensure_schema()
    follow_issues()


def _this_year() -> int:
    return clock.now().astimezone(get_office().timezone).year


def _channel(key: str) -> ChannelEntry:
    known = queries.with_issues(get_office())
    if key in known:
        return known[key]
    if not key and len(known) == 1:
        return next(iter(known.values()))
    stop(Text("Say which channel with --channel: {known}.", known=", ".join(known) or "-"), Exit.USAGE)


def _find(number: str, channel: str, year: int) -> Issue:
    """The issue that is meant: ``7`` of this year, or ``2026-07``."""
    _up_to_date()
    entry = _channel(channel)
    before, _, last = number.rpartition("-")
    if not last.isdecimal() or not (before.isdecimal() or not before):
        _unknown(number)
    wanted = int(before) if before else year or _this_year()
    found = queries.issues(get_office()).filter(channel=entry.key, year=wanted, number=int(last)).first()
    return found if found is not None else _unknown(number)


def _unknown(number: str) -> NoReturn:
    stop(Text("There is no issue {number}: `publisher issue list` shows them.", number=number), Exit.USAGE)


def _medium(path: str) -> Medium:
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = system_reason(error)
        stop(Text("The file {path} cannot be read: {reason}.", path=path, reason=reason), Exit.USAGE)
    return Medium(file.name, mimetypes.guess_type(file.name)[0] or "application/octet-stream", content)
