"""Submitting and releasing items."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from celery import current_app
from django.conf import settings
from django.utils import timezone

from channels.errors import Text
from publisher.cli.beginning import begin
from publisher.cli.checks import say_findings
from publisher.cli.manuscripts import read_bytes, read_manuscript
from publisher.cli.output import Exit, actor, say, stop
from publisher.cli.schema import ensure_schema
from publisher.cli.similar import heed, similar_option
from publisher.cli.variants import say_left_behind, variant_option, with_own
from publisher.cli.watching import find_item, print_item
from publisher.items.actions import BadSubmission, Wish, revise
from publisher.items.actions import submit as submit_item
from publisher.items.attachments import attachment
from publisher.items.models import Disclosure, Item, Revision
from publisher.items.similar import similar
from publisher.items.wishes import completed, remarks
from publisher.office import Office, get_office
from publisher.queue import bells, queries
from publisher.queue.models import Recall
from publisher.queue.orders import collect
from publisher.queue.recalls.asking import Wish as RecallWish
from publisher.queue.recalls.asking import ask, channels_of
from publisher.queue.recalls.following import follow
from publisher.queue.running.embedded import Engine
from publisher.queue.states import RecallKind
from publisher.review.actions import FoundErrors, release_directly, require_direct_release, require_proactive
from publisher.review.checks.scan import scan
from publisher.review.opening import open_if_wanted

POLL_S = 0.05

despite_option = click.option(
    "--despite",
    default="",
    help="尽管检查发现错误仍放行的理由，记入日志。 Why it goes out although the checks found errors.",
)


@click.command()
@click.argument("file")
@click.option("--title", default="", help="标题；默认取文件中的标题。 Title, else the file's own.")
@click.option("--column", default="", help="栏目。 Column key; the first one if omitted.")
@click.option("--disclosure", default=Disclosure.PROACTIVE.value, show_default=True, help="公开属性。")
@click.option("--disclosure-reason", default="", help="不主动公开的理由。 Why it is not disclosed proactively.")
@click.option("--to", default="", help="渠道，用逗号分隔；默认全部。 Channel keys, comma separated; all if omitted.")
@click.option("--section", default="", help="供稿科室。 Contributing section.")
@click.option("--author", default="", help="作者。")
@click.option("--source", default="", help="来源；默认为本单位。 Whose text it is.")
@click.option(
    "--origin", type=click.Choice(["own", "reposted"]), default=None, help="原创或转载。 Own work, or reposted."
)
@click.option("--source-url", default="", help="转载稿件的原文地址。 Address of the original of a reposted item.")
@click.option("--document-number", default="", help="发文字号。 Number of an official document.")
@click.option("--summary", default="", help="摘要。 Summary; else the beginning of the text.")
@click.option("--attach", "attachments", multiple=True, help="附件，可多次给出。 A file beside the text; repeatable.")
@variant_option
@click.option("--at", default="", help="定时发布，如 2026-12-01T09:00。 Not before this time.")
@similar_option
@click.option("--approve", is_flag=True, help="直接放行（须配置允许）。 Release at once, where the office allows it.")
@despite_option
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def submit(
    file: str,
    title: str,
    column: str,
    disclosure: str,
    disclosure_reason: str,
    to: str,
    section: str,
    author: str,
    source: str,
    origin: str | None,
    source_url: str,
    document_number: str,
    summary: str,
    attachments: tuple[str, ...],
    variants: tuple[str, ...],
    at: str,
    if_similar: str,
    approve: bool,
    despite: str,
    wait: float | None,
    as_json: bool,
) -> None:
    """提交一篇稿件（.docx .md .html .txt，或 - 表示标准输入）。 Submit one item."""
    office = begin()
    wish = Wish(
        column=column,
        disclosure=disclosure,
        channels=[key.strip() for key in to.split(",") if key.strip()],
        section=section,
        author=author,
        source=source,
        title=title,
        summary=summary,
        origin=origin or "",
        source_url=source_url,
        document_number=document_number,
        disclosure_reason=disclosure_reason,
        publish_at=_moment(at, office),
    )
    if disclosure in Disclosure.values and (approve or not disclosure_reason):
        require_proactive(disclosure)
    if approve:
        require_direct_release(office)
    manuscript = with_own(read_manuscript(file, title), variants)
    manuscript = replace(
        manuscript, attachments=tuple(attachment(Path(name).name, read_bytes(name)) for name in attachments)
    )
    wish = completed(office, manuscript, wish)
    heed(similar(office, wish.title, manuscript.html), if_similar)
    revision = submit_item(office, manuscript, wish, by=actor())
    for note in (*manuscript.notes, *remarks(wish)):
        say(note)
    if approve:
        _release(office, revision, despite)
    else:
        say_findings(scan(office, revision))
        open_if_wanted(office, revision, by=actor())
    _finish(revision.item, wait, as_json=as_json, released=approve)


@click.command()
@click.argument("item", type=int)
@despite_option
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True)
def approve(item: int, despite: str, wait: float | None, as_json: bool) -> None:
    """直接放行已提交的稿件（须配置允许）。 Release a submitted item directly, where the office allows it."""
    ensure_schema()
    found = find_item(item)
    _release(get_office(), found.revisions.order_by("-number")[0], despite)
    _finish(found, wait, as_json=as_json, released=True)


@click.command()
@click.argument("item", type=int)
@click.argument("file")
@click.option("--title", default="", help="标题；默认取文件中的标题。 Title, else the file's own.")
@variant_option
@click.option("--approve", is_flag=True, help="直接放行（须配置允许）。 Release at once, where the office allows it.")
@despite_option
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def correct(
    item: int,
    file: str,
    title: str,
    variants: tuple[str, ...],
    approve: bool,
    despite: str,
    wait: float | None,
    as_json: bool,
) -> None:
    """用新修订更正一篇稿件。 Replace what is out by a new revision."""
    ensure_schema()
    office = get_office()
    found = find_item(item)
    if approve:
        require_direct_release(office)
    manuscript = with_own(read_manuscript(file, title), variants)
    before = found.revisions.order_by("-number")[0]
    revision = revise(office, found, manuscript, Wish(title=title), by=actor())
    say_left_behind(office, before, manuscript.variants)
    for note in manuscript.notes:
        say(note)
    if approve:
        _release(office, revision, despite)
    else:
        say_findings(scan(office, revision))
        open_if_wanted(office, revision, by=actor())
    _finish(found, wait, as_json=as_json, released=approve)


@click.command()
@click.argument("item", type=int)
@click.option("--to", default="", help="渠道，用逗号分隔；默认全部。 Channel keys, comma separated; all if omitted.")
@click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
@click.option(
    "--kind",
    type=click.Choice(RecallKind.values),
    default=RecallKind.ERROR.value,
    show_default=True,
    help="error 发布有误，superseded 已被替代，law 依法依规撤回，secrecy 涉密或涉及个人信息。",
)
@click.option("--replaced-by", default="", help="替代内容的网址（superseded）。 Address of what takes its place.")
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def recall(item: int, to: str, reason: str, kind: str, replaced_by: str, wait: float | None, as_json: bool) -> None:
    """从各渠道撤回一篇稿件，直到每个渠道都有凭证。 Take an item back everywhere."""
    ensure_schema()
    found = find_item(item)
    wanted = [key.strip() for key in to.split(",") if key.strip()]
    known = channels_of(get_office(), found)
    for key in wanted:
        if key not in known:
            stop(Text("Item {item} was never meant for channel {key}.", item=item, key=key), Exit.USAGE)
    wish = RecallWish(reason, kind, wanted, replaced_by)
    _asked, changed = ask(found, wish, by=actor())
    bells.ring(changed)
    _finish(found, wait, as_json=as_json, released=True)


def _moment(text: str, office: Office) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSubmission("{text} is not a time: write it like 2026-12-01T09:00.", text=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=office.timezone)


def _release(office: Office, revision: Revision, despite: str) -> None:
    try:
        release_directly(office, revision, by=actor(), despite=despite)
    except FoundErrors as error:
        say_findings(error.errors)
        say(error.text)
        stop(Text("Release it all the same with `publisher approve {item} --despite REASON`.", item=revision.item_id))
    bells.ring(collect(now=timezone.now()))


def _finish(item: Item, wait: float | None, *, as_json: bool, released: bool) -> None:
    """Wait if asked to, show the item and end with the status that fits."""
    if released and wait is not None:
        _wait(item, wait)
    item.refresh_from_db()
    for open_one in Recall.objects.filter(item=item, closed_at=None):
        follow(open_one)
    print_item(item, as_json=as_json)
    raise SystemExit(_exit_status(item, released=released, waited=wait is not None))


def _exit_status(item: Item, *, released: bool, waited: bool) -> Exit:
    if not released:
        return Exit.DONE
    if queries.has_stopped(item):
        return Exit.REFUSED
    if queries.is_done(item) or not waited:
        return Exit.DONE
    return Exit.UNDER_WAY


def _wait(item: Item, seconds: float) -> None:
    """Wait until nothing more happens by itself; where no process is at work on the embedded broker, this one is."""
    engine = Engine(current_app, settings.PUBLISHER_HOME)
    is_embedded = settings.BROKER_URL.startswith("bell:")
    deadline = time.monotonic() + seconds
    while not queries.is_settled(item) and time.monotonic() < deadline:
        if is_embedded and not engine.is_running and engine.is_wanted():
            engine.start()
        time.sleep(POLL_S)
    engine.stop()
