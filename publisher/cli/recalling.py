"""Recalls: what is open, what was done by hand, and the correction notices of newspapers."""

from __future__ import annotations

import mimetypes
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import click

from channels.base import Medium
from channels.errors import Text
from publisher.cli.output import Exit, actor, print_json, say, stop
from publisher.cli.recalled import print_recall, print_recalls
from publisher.cli.schema import ensure_schema
from publisher.office import Office, get_office
from publisher.queue import bells, clock
from publisher.queue.models import Recall, RecallLine
from publisher.queue.orders import collect
from publisher.queue.recalls import evidence, notices, queries
from publisher.queue.states import LineState
from publisher.review.actions import release_directly, require_direct_release
from publisher.wording import duration, system_reason

SHOWN = 50

OUTCOMES = {
    "removed": LineState.DECLARED,
    "marked": LineState.MARKED,
    "replaced": LineState.REPLACED,
    "answered": LineState.ANSWERED,
    "absent": LineState.ABSENT,
    "kept": LineState.KEPT,
}

recall_argument = click.argument("recall", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")


@click.group(invoke_without_command=True)
@click.option("--all", "with_closed", is_flag=True, help="也列出已办结的。 Closed ones too.")
@json_option
@click.pass_context
def recalls(context: click.Context, with_closed: bool, as_json: bool) -> None:
    """未办结的撤回：每个渠道还缺什么、期限何时。 Open recalls: what each channel still needs, and until when."""
    if context.invoked_subcommand:
        return
    ensure_schema()
    office, now = get_office(), clock.now()
    found = list(islice(queries.recalls(office), SHOWN)) if with_closed else queries.open_recalls(office)
    documents = [queries.recall_json(office, recall, now=now) for recall in found]
    told = queries.times(office, _new_year(office, now), now + timedelta(seconds=1))
    if as_json:
        print_json({"recalls": documents, "closed_this_year": _times_json(told)})
        return
    if documents:
        print_recalls(documents)
    else:
        say(Text("No recall is open."))
    if told:
        say(_times(told))


@recalls.command()
@recall_argument
@json_option
def show(recall: int, as_json: bool) -> None:
    """查看一次撤回在各渠道的情况和待办说明。 One recall on every channel, with what a person must do."""
    _show(_find(recall).pk, as_json=as_json)


@recalls.command("evidence")
@recall_argument
@click.argument("channel")
@click.option(
    "--outcome",
    type=click.Choice(list(OUTCOMES)),
    default="removed",
    show_default=True,
    help="removed 已删除，marked 已加注保留，replaced 已替换，answered 已刊登更正，absent 从未发布，kept 决定保留。",
)
@click.option("--text", default="", help="说明：谁、何时、怎样。 Who did what, and when.")
@click.option("--address", default="", help="可以看到结果的网址。 Where it can be seen.")
@click.option("--file", "path", default="", help="截图或回函等文件。 A screenshot or an answer.")
@json_option
def give_evidence(recall: int, channel: str, outcome: str, text: str, address: str, path: str, as_json: bool) -> None:
    """交一份人工凭证，凭证连同摘要一起留存。 Hand in a person's evidence; it is kept with its digest."""
    line = _line(recall, channel)
    given = evidence.Given(OUTCOMES[outcome], text, address, _medium(path) if path else None)
    proof = evidence.give(line, given, by=actor())
    say(Text("The evidence is kept. Its digest is {digest}.", digest=proof.digest))
    _show(recall, as_json=as_json)


@recalls.command()
@recall_argument
@click.argument("channel")
@click.option("--title", default="", help="启事标题；默认按模板。 Title, else the proposed one.")
@click.option("--text", default="", help="启事正文；默认按模板。 Text, else the proposed one.")
@click.option("--issue", default="", help="刊登期号。 The issue it goes into.")
@click.option("--approve", is_flag=True, help="直接放行（须配置允许）。 Release at once, where the office allows it.")
@json_option
def notice(recall: int, channel: str, title: str, text: str, issue: str, approve: bool, as_json: bool) -> None:
    """提交更正启事，审批后像稿件一样送报。 Submit a correction notice; once released it goes to the newspaper."""
    line = _line(recall, channel)
    if approve:
        require_direct_release(get_office())
    words = notices.proposed(get_office(), line.recall, line)
    item = notices.submit(line, notices.Notice(title or words.title, text or words.text, issue), by=actor())
    if approve:
        release_directly(get_office(), item.revisions.get(), by=actor())
        bells.ring(collect(now=clock.now()))
    say(Text("The notice is item {item}: it goes to the newspaper when it has been released.", item=item.pk))
    _show(recall, as_json=as_json)


def _new_year(office: Office, now: datetime) -> datetime:
    local = now.astimezone(office.timezone)
    return local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _times(told: queries.Times) -> Text:
    return Text(
        "Closed this year: {count}, of these in time: {in_time}. Time to recall: {middle} in the middle, {longest} at "
        "most.",
        count=told.count,
        in_time=told.in_time,
        middle=duration(told.middle),
        longest=duration(told.longest),
    )


def _times_json(told: queries.Times | None) -> dict[str, object]:
    """How many were closed and how long they took, in seconds from the first asking to the last evidence."""
    return {
        "count": told.count if told else 0,
        "in_time": told.in_time if told else 0,
        "median_seconds": told.middle.total_seconds() if told else None,
        "longest_seconds": told.longest.total_seconds() if told else None,
    }


def _show(pk: int, *, as_json: bool) -> None:
    document = queries.recall_json(get_office(), _find(pk), now=clock.now())
    if as_json:
        print_json(document)
    else:
        print_recall(document)


def _find(pk: int) -> Recall:
    ensure_schema()
    found = queries.recalls(get_office()).filter(pk=pk).first()
    if found is None:
        stop(Text("There is no recall {number}: `publisher recalls --all` lists them.", number=pk), Exit.USAGE)
    return found


def _line(pk: int, channel: str) -> RecallLine:
    recall = _find(pk)
    found = recall.lines.filter(channel=channel).select_related("recall__item").first()
    if found is None:
        known = ", ".join(line.channel for line in recall.lines.all())
        stop(
            Text("Recall {number} has no channel {key}: it has {known}.", number=pk, key=channel, known=known),
            Exit.USAGE,
        )
    return found


def _medium(path: str) -> Medium:
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = system_reason(error)
        stop(Text("The file {path} cannot be read: {reason}.", path=path, reason=reason), Exit.USAGE)
    return Medium(file.name, mimetypes.guess_type(file.name)[0] or "application/octet-stream", content)
