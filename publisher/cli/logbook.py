"""The log: reading it here; exporting, checking and keeping it safe in the modules beside this one."""

from __future__ import annotations

import click
from django.utils.translation import gettext as _

from publisher.cli import checking, exporting
from publisher.cli.output import channel_name, print_json, print_table
from publisher.cli.schema import ensure_schema
from publisher.log import events, queries
from publisher.office import get_office


@click.group()
def log() -> None:
    """发布日志。 The log of everything that happened."""
    ensure_schema()


for command in (
    checking.verify_log,
    checking.write_verifier,
    checking.make_checkpoint,
    checking.list_checkpoints,
    checking.put_guard_back,
    exporting.export,
    exporting.import_log,
    exporting.list_archives,
):
    log.add_command(command)


@log.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="只显示最近 N 条。 Only the newest N.")
@click.option("--item", type=int, default=None, help="只看一篇稿件。 Only this item.")
@checking.archive_option
@click.option("--json", "as_json", is_flag=True)
def list_entries(limit: int | None, item: int | None, archive: str, as_json: bool) -> None:
    """列出日志。 Show entries, oldest first."""
    office = get_office()
    if archive:
        checking.chosen_archive(archive)
    entries = queries.rows(office.slug, archive=archive, item=item, limit=limit)
    if as_json:
        print_json([queries.as_json(entry) for entry in entries])
        return
    rows = (
        (
            entry.seq,
            entry.at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S"),
            events.word(entry.event),
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
