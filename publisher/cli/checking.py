"""Checking the log, and keeping what proves it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from channels.files import write_whole
from publisher.cli.output import Exit, print_json, print_table, say, stop, stop_unwritten
from publisher.cli.progress import Counted
from publisher.log import archives, auditor, checkpoints, guard, repetitions, verifier, verify
from publisher.log.models import Archive, Checkpoint
from publisher.office import get_office
from publisher.queue.diagnosis.safekeeping import lodge
from publisher.review import guard as review_guard
from publisher.wording import sentence, system_reason

FAULTS_SHOWN = 100

archive_option = click.option("--archive", default="", help="已导入的旧日志。 An older log that was taken in.")


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option(
    "--checkpoint",
    "files",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="与检查点核对，可多次给出。 Hold it against a checkpoint; repeatable.",
)
@archive_option
@click.option("--json", "as_json", is_flag=True)
def verify_log(file: Path | None, files: Sequence[Path], archive: str, as_json: bool) -> None:
    """校验日志未被改动（数据库，或导出文件）。 Check the chain, in the database or in an exported file."""
    if file and archive:
        stop(Text("Name a file or an archive, not both."), Exit.USAGE)
    texts = [_checkpoint_text(path) for path in files]
    with said_if_unreadable(file):
        shown, verdict = _verdict(file, archive, texts)
    if as_json:
        print_json(_verdict_json(verdict))
    for fault in verdict.faults[:FAULTS_SHOWN]:
        say_fault(fault)
    if not verdict.is_sound:
        stop(Text("The log is not sound. Faults found: {count}.", count=len(verdict.faults)))
    text = Text(
        "The log is sound: {count} entries, head {head} ({rate} entries a second).",
        count=verdict.entries,
        head=verdict.head,
        rate=shown.rate,
    )
    say(text)


def _verdict(file: Path | None, name: str, texts: Sequence[str]) -> tuple[Counted, verify.Verdict]:
    if file:
        shown = Counted(None)
        return shown, verify.verify_file(file, checkpoints=texts, shown=shown)
    if name:
        archive = chosen_archive(name)
        shown = Counted(archive.entries)
        return shown, verify.verify_archive(archive, checkpoints=texts, shown=shown)
    slug = get_office().slug
    shown = Counted(verify.written(slug))
    return shown, verify.verify_database(slug, checkpoints=[*checkpoints.kept_texts(slug), *texts], shown=shown)


@click.command("verifier")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def write_verifier(out: Path) -> None:
    """写出独立校验程序，交给审计人员。 Write the verifier for an auditor: one file that needs only Python."""
    try:
        write_whole(out, Path(auditor.__file__).read_bytes())
    except OSError as error:
        stop_unwritten(out, error)
    say(Text("Hand this file over with the export; with Python it runs anywhere: python {name} FILE", name=out.name))


@click.command("checkpoint")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None)
@click.option("--json", "as_json", is_flag=True)
def make_checkpoint(out: Path | None, as_json: bool) -> None:
    """为日志做一个检查点（可打印、邮寄或公开）。 Make a checkpoint of the log, to be printed, mailed or published."""
    office, now = get_office(), timezone.now()
    made = checkpoints.make(office, now=now)
    if made is None:
        stop(Text("There is nothing in the log yet."))
    lodge(office, now=now)
    if out is not None:
        try:
            write_whole(out, checkpoints.text(made).encode())
        except OSError as error:
            stop_unwritten(out, error)
    for folder in checkpoints.absent_from(office, made):
        say(Text("The checkpoint could not be put into {folder}; it is tried again.", folder=folder))
    if as_json:
        print_json({**_checkpoint_json(made), "text": checkpoints.text(made)})
    elif out is None:
        click.echo(checkpoints.text(made), nl=False)


@click.command("checkpoints")
@click.option("--json", "as_json", is_flag=True)
def list_checkpoints(as_json: bool) -> None:
    """列出检查点。 Show the checkpoints."""
    office = get_office()
    found = checkpoints.listed(office.slug).prefetch_related("mails")
    if as_json:
        print_json([_checkpoint_json(checkpoint) for checkpoint in found])
        return
    rows = (
        (
            f"{checkpoint.made_at.astimezone(office.timezone):%Y-%m-%d %H:%M:%S}",
            checkpoint.number,
            checkpoint.head,
            ", ".join(mail.address for mail in checkpoint.mails.all() if mail.sent_at),
        )
        for checkpoint in found
    )
    print_table([_("Time"), _("No."), _("Hash"), _("Mailed to")], rows)


@click.command("guard")
def put_guard_back() -> None:
    """重新装上防改动触发器，重做统计用的标记。 Let the database refuse again to change the log, and renew its notes."""
    keepers = (guard, review_guard)
    missing = [name for keeper in keepers for name in keeper.missing(connection)]
    for keeper in keepers:
        keeper.install(connection)
    if count := repetitions.wrong(get_office().slug):
        repetitions.renew()
        say(Text("Notes of what went out several times made again from the log: {count} were wrong.", count=count))
    if missing:
        say(Text("Put back: {names}. Now check everything with `publisher log verify`.", names=", ".join(missing)))
    else:
        say(Text("Nothing was missing: the database refuses to change the log."))


def chosen_archive(name: str) -> Archive:
    """The archive with that name; ends the command where there is none."""
    archive = archives.named(get_office(), name)
    if archive is None:
        stop(Text("There is no archive {name}: `publisher log archives` lists them.", name=name), Exit.USAGE)
    return archive


def say_fault(fault: verifier.Fault) -> None:
    """What is wrong, and in which record it is seen."""
    words = sentence(verify.said(fault))
    say(Text("Record {record}: {sentence}", record=fault.place, sentence=words) if fault.place else verify.said(fault))


@contextmanager
def said_if_unreadable(path: Path | None) -> Iterator[None]:
    """Say in a sentence why a file cannot be read as a log, and end the command."""
    try:
        yield
    except verifier.Unreadable as error:
        stop(verify.said(error.fault), Exit.USAGE)
    except sqlite3.Error as error:
        stop(Text("The database in {path} cannot be read ({reason}).", path=path, reason=error), Exit.USAGE)
    except OSError as error:
        stop(Text("The file {path} cannot be read: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)


def _checkpoint_text(path: Path) -> str:
    with said_if_unreadable(path):
        text = path.read_text(encoding="utf-8", errors="replace")
    if not verifier.checkpoints(text):
        stop(Text("There is no checkpoint in {path}.", path=path), Exit.USAGE)
    return text


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


def _checkpoint_json(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "office": checkpoint.office,
        "number": checkpoint.number,
        "head": checkpoint.head,
        "made_at": checkpoint.made_at.isoformat(),
        "before": checkpoint.before,
        "digest": checkpoint.digest,
        "mailed_to": [mail.address for mail in checkpoint.mails.all() if mail.sent_at],
    }
