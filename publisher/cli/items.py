"""Submitting and releasing items."""

from __future__ import annotations

import time
from dataclasses import replace

import click
from celery import current_app
from django.conf import settings
from django.utils import timezone
from django.utils.timezone import localdate

from channels.errors import Text
from publisher.cli.beginning import begin
from publisher.cli.checks import say_findings
from publisher.cli.manuscripts import read_attachments, read_manuscript
from publisher.cli.output import Exit, actor, say, stop
from publisher.cli.schema import ensure_schema
from publisher.cli.similar import heed, similar_option
from publisher.cli.variants import say_left_behind, variant_option, with_own
from publisher.cli.watching import find_item, print_item
from publisher.cli.wishing import Facts, facts_options
from publisher.items.actions import Wish, revise
from publisher.items.actions import submit as submit_item
from publisher.items.models import Disclosure, Item, Revision
from publisher.items.queries import attachments_of
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

CLEARABLE = ("author", "summary", "document-number", "in-force-until", "interprets")

despite_option = click.option(
    "--despite",
    default="",
    help="尽管检查发现错误仍放行的理由，记入日志。 Why it goes out although the checks found errors.",
)


@click.command()
@click.argument("file")
@facts_options
@click.option(
    "--column", default="", help="栏目代号，见 `publisher config show`；默认第一个。 Column key; else the first."
)
@click.option(
    "--disclosure",
    default=Disclosure.PROACTIVE.value,
    show_default=True,
    help="公开属性：proactive 主动公开，on_request 依申请公开，withheld 不予公开。 Disclosure attribute.",
)
@click.option("--section", default="", help="供稿科室。 Contributing section.")
@click.option("--attach", "attachments", multiple=True, help="附件，可多次给出。 A file beside the text; repeatable.")
@variant_option
@similar_option
@click.option("--approve", is_flag=True, help="直接放行（须配置允许）。 Release at once, where the office allows it.")
@despite_option
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def submit(
    file: str,
    facts: Facts,
    column: str,
    disclosure: str,
    section: str,
    attachments: tuple[str, ...],
    variants: tuple[str, ...],
    if_similar: str,
    approve: bool,
    despite: str,
    wait: float | None,
    as_json: bool,
) -> None:
    """提交一篇稿件（.docx .md .html .txt，或 - 表示标准输入）。 Submit one item."""
    office = begin()
    wish = replace(facts.wish(office), column=column, disclosure=disclosure, section=section)
    if disclosure in Disclosure.values and (approve or not facts.disclosure_reason):
        require_proactive(disclosure)
    if approve:
        require_direct_release(office)
    manuscript = with_own(read_manuscript(file, facts.title), variants)
    manuscript = replace(manuscript, attachments=read_attachments(attachments))
    wish = completed(office, manuscript, wish)
    heed(similar(office, wish.title, manuscript.html), if_similar)
    revision = submit_item(office, manuscript, wish, by=actor())
    for note in (*manuscript.notes, *remarks(wish, today=localdate(timezone=office.timezone))):
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
@facts_options
@click.option(
    "--attach",
    "attachments",
    multiple=True,
    help="附件，可多次给出；不给则沿用原附件。 A file beside the text; repeatable. Without any, those there are stay.",
)
@click.option("--no-attachments", is_flag=True, help="不再带附件。 Leave the attachments out.")
@click.option(
    "--clear",
    "cleared",
    multiple=True,
    type=click.Choice(CLEARABLE),
    help="清空原稿的这一项，可多次给出。 Empty what was said there before; repeatable.",
)
@variant_option
@click.option("--approve", is_flag=True, help="直接放行（须配置允许）。 Release at once, where the office allows it.")
@despite_option
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def correct(
    item: int,
    file: str,
    facts: Facts,
    attachments: tuple[str, ...],
    no_attachments: bool,
    cleared: tuple[str, ...],
    variants: tuple[str, ...],
    approve: bool,
    despite: str,
    wait: float | None,
    as_json: bool,
) -> None:
    """用新修订更正一篇稿件；未写明的各项沿用原稿。 Replace what is out by a new revision."""
    ensure_schema()
    office = get_office()
    found = find_item(item)
    if approve:
        require_direct_release(office)
    before = found.revisions.order_by("-number")[0]
    manuscript = with_own(read_manuscript(file, facts.title), variants)
    kept = () if no_attachments or attachments else attachments_of(before)
    manuscript = replace(manuscript, attachments=kept or read_attachments(attachments))
    wish = replace(facts.wish(office), cleared=[name.replace("-", "_") for name in cleared])
    revision = revise(office, found, manuscript, wish, by=actor())
    say_left_behind(office, before, manuscript.variants)
    facts_now = Wish(
        document_number=revision.document_number,
        origin=revision.origin,
        source_url=revision.source_url,
        in_force_until=revision.in_force_until,
    )
    for note in (*manuscript.notes, *remarks(facts_now, today=localdate(timezone=office.timezone))):
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
    help="error 发布有误，superseded 已被替代，law 废止或依法撤回（网页加注保留），secrecy 涉密或涉及个人信息。",
)
@click.option("--replaced-by", default="", help="替代内容的网址（superseded、law）。 Address of what takes its place.")
@click.option("--note", default="", help="写在网页上的说明（law），如废止依据。 What readers are told.")
@click.option("--wait", type=click.FloatRange(min=0), default=None, help="最多等待的秒数。 Wait at most this long.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def recall(item: int, to: str, wait: float | None, as_json: bool, **why: str) -> None:
    """从各渠道撤回一篇稿件，直到每个渠道都有凭证。 Take an item back everywhere."""
    ensure_schema()
    found = find_item(item)
    wanted = [key.strip() for key in to.split(",") if key.strip()]
    known = channels_of(get_office(), found)
    for key in wanted:
        if key not in known:
            stop(Text("Item {item} was never meant for channel {key}.", item=item, key=key), Exit.USAGE)
    wish = RecallWish(channels=wanted, **why)
    _asked, changed = ask(found, wish, by=actor())
    bells.ring(changed)
    _finish(found, wait, as_json=as_json, released=True)


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
