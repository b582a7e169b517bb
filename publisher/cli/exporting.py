"""Writing the log out, and taking in older ones."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from channels.files import draft_of, sync_folder, write_whole
from publisher.cli.checking import FAULTS_SHOWN, archive_option, chosen_archive, said_if_unreadable, say_fault
from publisher.cli.output import Exit, actor, print_json, print_table, say, stop, stop_unwritten
from publisher.cli.progress import Counted
from publisher.log import archives, exports
from publisher.log.models import Archive
from publisher.office import get_office

MOST_LETTERS = 32


@click.command("export")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="默认写到标准输出；文件旁附清单与 SHA-256。 Standard output if omitted; a file gets a manifest.",
)
@click.option("--since", type=click.IntRange(min=1), default=None, help="从第 N 条起。 From entry N on.")
@click.option(
    "--year", type=click.IntRange(2000, 2999), default=None, help="只含该年写入的记录。 Written in that year."
)
@click.option("--excel", is_flag=True, help="CSV 加 BOM，Excel 可直接打开。 CSV that Excel opens.")
@archive_option
def export(
    form: exports.Form, out: Path | None, since: int | None, year: int | None, excel: bool, archive: str
) -> None:
    """导出日志，可校验。 Write entries, so that they can be verified."""
    part = _part(since, year, archive)
    shown = Counted(part.last - part.after)
    if out is None:
        written = exports.write(part, sys.stdout.buffer, form, for_excel=excel, shown=shown)
    else:
        try:
            written = _write_file(part, out, form, excel, shown)
        except OSError as error:
            stop_unwritten(out, error)
    say(
        Text(
            "{count} entries were written ({rate} a second), SHA-256 {digest}.",
            count=written.entries,
            rate=shown.rate,
            digest=written.sha256,
        )
    )


def _part(since: int | None, year: int | None, archive: str) -> exports.Part:
    office = get_office()
    part = exports.whole_archive(chosen_archive(archive), office) if archive else exports.whole(office)
    try:
        part = part if year is None else exports.of_year(part, year)
        return part if since is None else exports.since(part, since)
    except exports.NothingToExport as error:
        stop(error.text)


def _write_file(part: exports.Part, out: Path, form: exports.Form, excel: bool, shown: Counted) -> exports.Written:
    """Write the file whole or not at all, and beside it what proves it. Raises OSError."""
    draft = draft_of(out)
    manifest, digest = out.with_name(f"{out.name}.manifest.json"), out.with_name(f"{out.name}.sha256")
    try:
        with draft.open("wb") as file:
            written = exports.write(part, file, form, for_excel=excel, shown=shown)
            file.flush()
            os.fsync(file.fileno())
        # A proof of another file would be worse than none.
        manifest.unlink(missing_ok=True)
        digest.unlink(missing_ok=True)
        draft.replace(out)
        sync_folder(out.parent)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    document = exports.manifest(part, written, name=out.name, now=timezone.now())
    write_whole(manifest, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode())
    write_whole(digest, f"{written.sha256}  {out.name}\n".encode())
    return written


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", required=True, help="档案名称，如 2017。 What the archive is called, such as 2017.")
@click.option("--json", "as_json", is_flag=True)
def import_log(file: Path, name: str, as_json: bool) -> None:
    """导入旧日志（只读）：先校验，有问题则拒绝。 Take in an older log, read-only, once it is proven sound.

    大型日志请在空闲时导入：写入期间其他写操作须等待。 Others who write wait until it is stored.
    """
    if not name.strip() or len(name) > MOST_LETTERS:
        stop(Text("Give the archive a name of at most {count} letters.", count=MOST_LETTERS), Exit.USAGE)
    shown = Counted(None)
    with said_if_unreadable(file):
        try:
            archive, is_new = archives.take_in(get_office(), file, name, actor=actor(), shown=shown)
        except archives.NotArchived as error:
            for fault in error.faults[:FAULTS_SHOWN]:
                say_fault(fault)
            stop(error.text)
    if as_json:
        print_json({"name": name, "new": is_new, **_archive_json(archive)})
    if is_new:
        say(Text("{count} entries were taken in as the archive {name}.", count=archive.entries, name=name))
    else:
        say(Text("This file is there already; nothing was changed."))


@click.command("archives")
@click.option("--json", "as_json", is_flag=True)
def list_archives(as_json: bool) -> None:
    """列出已导入的旧日志。 Show the older logs that were taken in."""
    office = get_office()
    found = archives.listed(office)
    if as_json:
        print_json([{"name": archive.name, **_archive_json(archive)} for archive in found])
        return
    rows = [
        (
            archive.name,
            archive.office,
            archive.entries,
            f"{archive.first}–{archive.last}",
            f"{archive.imported_at.astimezone(office.timezone):%Y-%m-%d %H:%M}",
            archive.imported_by,
        )
        for archive in found
    ]
    print_table([_("Archive"), _("Office"), _("Entries"), _("Numbers"), _("Imported"), _("By")], rows)


def _archive_json(archive: Archive) -> dict[str, object]:
    return {
        "office": archive.office,
        "entries": archive.entries,
        "first": archive.first,
        "last": archive.last,
        "head": archive.head,
        "digest": archive.digest,
        "imported_at": archive.imported_at.isoformat(),
        "imported_by": archive.imported_by,
    }
