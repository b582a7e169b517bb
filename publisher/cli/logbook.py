"""Reading, exporting and verifying the log."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from channels.files import write_whole
from publisher.cli.output import Exit, channel_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.log import queries, verifier, verify
from publisher.office import get_office
from publisher.wording import sentence, system_reason

FAULTS_SHOWN = 100


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
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="与检查点核对，可多次给出。 Hold it against a checkpoint; repeatable.",
)
@click.option("--json", "as_json", is_flag=True)
def verify_log(file: Path | None, checkpoints: Sequence[Path], as_json: bool) -> None:
    """校验日志未被改动（数据库，或导出文件）。 Check the chain, in the database or in an exported file."""
    with _said_if_unreadable(file):
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in checkpoints]
        if file:
            verdict = verify.verify_file(file, checkpoints=texts)
        else:
            verdict = verify.verify_database(get_office().slug, checkpoints=texts)
    if as_json:
        print_json(_verdict_json(verdict))
    for fault in verdict.faults[:FAULTS_SHOWN]:
        _say_fault(fault)
    if not verdict.is_sound:
        stop(Text("The log is not sound. Faults found: {count}.", count=len(verdict.faults)))
    say(Text("The log is sound: {count} entries, head {head}.", count=verdict.entries, head=verdict.head))


@log.command("verifier")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def write_verifier(out: Path) -> None:
    """写出独立校验程序，交给审计人员。 Write the verifier for an auditor: one file that needs only Python."""
    try:
        write_whole(out, Path(verifier.__file__).read_bytes())
    except OSError as error:
        _stop_unwritten(out, error)
    say(Text("Hand this file over with the export; with Python it runs anywhere: python {name} FILE", name=out.name))


def _verdict_json(verdict: verify.Verdict) -> dict[str, Any]:
    return {
        "sound": verdict.is_sound,
        "entries": verdict.entries,
        "head": verdict.head,
        "fault": sentence(verdict.fault) if verdict.fault else None,
        "faults": [
            {
                "kind": fault.kind,
                "office": fault.office,
                "first": fault.first,
                "last": fault.last,
                "record": fault.place or None,
                "message": sentence(verify.said(fault)),
            }
            for fault in verdict.faults
        ],
    }


def _say_fault(fault: verifier.Fault) -> None:
    """What is wrong, and in which record it is seen."""
    words = sentence(verify.said(fault))
    say(Text("Record {record}: {sentence}", record=fault.place, sentence=words) if fault.place else verify.said(fault))


@contextmanager
def _said_if_unreadable(path: Path | None) -> Iterator[None]:
    """Say in a sentence why a file cannot be read as a log, and end the command."""
    try:
        yield
    except verifier.Unreadable as error:
        stop(verify.said(error.fault), Exit.USAGE)
    except sqlite3.Error as error:
        text = Text("The database in {path} cannot be read ({reason}).", path=path, reason=error)
        stop(text, Exit.USAGE)
    except OSError as error:
        text = Text(
            "The file {path} cannot be read: {reason}.", path=error.filename or path, reason=system_reason(error)
        )
        stop(text, Exit.USAGE)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        _stop_unwritten(out, error)


def _stop_unwritten(path: Path, error: OSError) -> NoReturn:
    stop(Text("The file {path} cannot be written: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)
