"""Reading, exporting and verifying the log."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, channel_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.log import queries, verify
from publisher.office import get_office
from publisher.wording import system_reason


@click.group()
def log() -> None:
    """发布日志。 The log of everything that happened."""
    ensure_schema()


@log.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="只显示最近 N 条。 Only the newest N.")
@click.option("--item", type=int, default=None, help="只看一篇稿件。 Only this item.")
@click.option("--json", "as_json", is_flag=True)
def list_entries(limit: int | None, item: int | None, as_json: bool) -> None:
    """列出日志。 Show entries, oldest first."""
    office = get_office()
    entries = queries.rows(office.slug, item=item, limit=limit)
    if as_json:
        print_json([queries.as_json(entry) for entry in entries])
        return
    rows = (
        (
            entry.seq,
            entry.at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S"),
            entry.get_event_display(),
            entry.item or "",
            channel_name(entry.channel),
            entry.title or entry.column_name,
            entry.url or entry.remote_id,
            entry.evidence,
            entry.actor,
        )
        for entry in entries
    )
    headings = [
        _("No."),
        _("Time"),
        _("Event"),
        _("Item"),
        _("Channel"),
        _("Title"),
        _("Address"),
        _("Evidence"),
        _("By"),
    ]
    print_table(headings, rows)


@log.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None, help="默认写到标准输出。")
def export(form: str, out: Path | None) -> None:
    """导出全部日志。 Write every entry."""
    entries = (queries.as_json(entry) for entry in queries.export(get_office().slug))
    with _opened(out) as file:
        if form == "jsonl":
            for entry in entries:
                file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
            return
        writer = csv.DictWriter(file, [*queries.FACTS, "previous", "hash"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(entry | {"detail": json.dumps(entry["detail"], ensure_ascii=False)} for entry in entries)


@log.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--json", "as_json", is_flag=True)
def verify_log(file: Path | None, as_json: bool) -> None:
    """校验日志未被改动（数据库，或 JSON Lines 导出文件）。 Check the chain."""
    verdict = verify.verify_file(file) if file else verify.verify_database(get_office().slug)
    if as_json:
        fault = str(verdict.fault) if verdict.fault else None
        print_json({"sound": verdict.is_sound, "entries": verdict.entries, "head": verdict.head, "fault": fault})
    if verdict.fault is not None:
        stop(verdict.fault, Exit.REFUSED)
    say(Text("The log is sound: {count} entries, head {head}.", count=verdict.entries, head=verdict.head))


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        stop(Text("The file {path} cannot be written: {reason}.", path=out, reason=system_reason(error)), Exit.USAGE)
