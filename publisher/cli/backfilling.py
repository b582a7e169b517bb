"""Taking in what was published before the program was there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from channels.base import PastPage
from channels.errors import ChannelError, Text
from publisher.cli.backfilled import SHOWN, Result, say_more
from publisher.cli.output import Exit, actor, print_json, say, stop
from publisher.cli.reconciling import Reconciliation, printed_figures
from publisher.cli.schema import ensure_schema
from publisher.cli.telling import told
from publisher.items.clippings import BadClipping, Clippings, keep
from publisher.items.lists import BadList, Listed, Mistake, Reading, read_list
from publisher.items.store import Store
from publisher.items.tables import UnreadableTable
from publisher.log.past import Taking, begin, end
from publisher.office import ChannelEntry, get_office
from publisher.queue.looking.past import LaterOn, Question, pages
from publisher.queue.looking.taking_in import Tally, pages_of, take_in
from publisher.reports.report import make_report
from publisher.wording import sentence, system_reason

FROM_CHANNEL = "channel"
"""What a run reads that reads no list."""


@click.command()
@click.argument("channel", required=False)
@click.option("--year", type=click.IntRange(1990, 2999), required=True, help="回填哪一年。 The year to take in.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="从表格（.xlsx 或 .csv）回填，而不读渠道。 A table instead of the channel.",
)
@click.option(
    "--clippings",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="剪报文件夹（PDF、图片），按文件名中的日期或期号与表格对应。 Clippings that go with the table.",
)
@click.option("--column", default="", help="表格中未写栏目的行归入此栏目。 Column of rows that name none.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="最多回填 N 条，下次接着来。 At most N.")
@click.option("--dry-run", is_flag=True, help="只看会回填什么，不写日志。 Show what would be taken in.")
@click.option(
    "--reconcile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="与已公布报告的数字核对（.json .csv .xlsx，列名 key、value、precision）。 Figures of a published report.",
)
@click.option("--printed", multiple=True, metavar="KEY=VALUE", help="已公布的一个数字，可写多次。 One of its figures.")
@click.option("--form", default="", help="核对所用的报表格式；默认为该年度的年度报告。 Form to reconcile with.")
@click.option("--rows", "has_rows", is_flag=True, help="列出不符数字背后的日志记录。 Rows behind what differs.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def backfill(
    channel: str | None,
    year: int,
    file: Path | None,
    clippings: Path | None,
    column: str,
    limit: int | None,
    dry_run: bool,
    reconcile: Path | None,
    printed: tuple[str, ...],
    form: str,
    has_rows: bool,
    as_json: bool,
) -> None:
    """回填以前发布的内容：读网站、微信、微博，或读表格；与已公布的报告核对。 Take in what was published before.

    可以随时中断，再次运行会接着做，同一条不会记两次。只核对时不写 CHANNEL。
    """
    ensure_schema()
    if channel is None and not (reconcile or printed):
        stop(Text("Name a channel to backfill, or a published report with --reconcile or --printed."), Exit.USAGE)
    figures = printed_figures(reconcile, printed)
    with told():
        report = make_report(get_office(), year, form) if figures else None
    result = _backfill(_entry(channel), year, file, clippings, column, limit, dry_run) if channel is not None else None
    comparison = Reconciliation.of(report, figures) if report is not None else None
    if as_json:
        print_json(_document(result, comparison))
    else:
        if result is not None:
            result.show()
        if comparison is not None:
            comparison.show(has_rows=has_rows)
    raise SystemExit((result.status if result else 0) or (comparison.status if comparison else 0))


def _document(result: Result | None, comparison: Reconciliation | None) -> dict[str, Any]:
    """What was backfilled, with the comparison in it where both were asked for."""
    if result is None:
        return comparison.as_json() if comparison is not None else {}
    return result.as_json() | ({"reconciliation": comparison.as_json()} if comparison is not None else {})


def _backfill(
    entry: ChannelEntry,
    year: int,
    file: Path | None,
    clippings: Path | None,
    column: str,
    limit: int | None,
    dry_run: bool,
) -> Result:
    _check(year, file, clippings, column)
    source = _Channel(entry) if file is None else _List(entry, year, file, clippings, column)
    taking = _taking(entry, year, source.name, dry_run=dry_run)
    tally, ending = _run(taking, source, limit)
    if ending is None and not tally.is_cut and taking.run is not None:
        end(taking.run)
    return Result(taking, tally, ending, dry_run)


@dataclass(frozen=True, slots=True)
class _Channel:
    """The channel itself, as far as it can list what it has."""

    entry: ChannelEntry
    name: str = FROM_CHANNEL

    def pages(self, taking: Taking) -> Iterator[PastPage]:
        after = taking.run.cursor if taking.run is not None else ""
        return pages(self.entry, Question(taking.year, after, taking.is_known))

    def __post_init__(self) -> None:
        if not self.entry.channel.capabilities.past:
            stop(
                Text(
                    "{name} cannot list what it had before: give a table with --file, or, for a website, describe its "
                    "lists under channels.{key}.past.",
                    name=self.entry.name,
                    key=self.entry.key,
                ),
                Exit.USAGE,
            )


class _List:
    """A table people kept, read whole before anything of it is taken."""

    def __init__(self, entry: ChannelEntry, year: int, file: Path, clippings: Path | None, column: str) -> None:
        content = _read(file)
        self.name = f"{file.name[:200]} {hashlib.sha256(content).hexdigest()}"
        is_print = entry.channel.capabilities.outcome == "handed_over"
        reading = Reading(get_office(), year, (entry.key, entry.name), column, is_print)
        try:
            self.listed = read_list(file.name, content, reading, Clippings(clippings) if clippings else None)
        except UnreadableTable as error:
            stop(error.text, Exit.USAGE)
        except BadList as error:
            _stop_for(file, error.mistakes)
        except OSError as error:
            _stop_for_disk(error)
        _tell_of(self.listed)

    def pages(self, taking: Taking) -> Iterator[PastPage]:
        store = Store(settings.PUBLISHER_HOME / "assets")
        for page in pages_of(self.listed.entries):
            if taking.run is not None:
                for past in page.entries:
                    keep(store, self.listed.clippings_of(past))
            yield page


def _taking(entry: ChannelEntry, year: int, source: str, *, dry_run: bool) -> Taking:
    office = get_office()
    run = None if dry_run else begin(office, entry, year, source=source, by=actor())
    return Taking(office, entry, year, actor(), run)


def _run(taking: Taking, source: _Channel | _List, limit: int | None) -> tuple[Tally, Text | None]:
    """Take in what there is; the second value says why it ended before the end, where it did."""
    tally = Tally()
    try:
        _watch(take_in(taking, source.pages(taking), tally, limit=limit))
    except LaterOn as later:
        return tally, later.text
    except KeyboardInterrupt:
        return tally, Text("Stopped: run it again, and it goes on where it is.")
    except (ChannelError, BadClipping) as error:
        stop(error.text)
    except OSError as error:
        _stop_for_disk(error)
    return tally, None


def _watch(tallies: Iterable[Tally]) -> None:
    """Let it run to its end, with a line that moves where somebody watches."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(_("Reading …"))
        for tally in tallies:
            progress.update(task, description=sentence(_progress(tally)))


def _progress(tally: Tally) -> Text:
    return Text(
        "{pages} pages read, back to {day}: {found} found, {added} added",
        pages=tally.pages,
        day=tally.first or "…",
        found=tally.found,
        added=tally.added,
    )


def _entry(key: str) -> ChannelEntry:
    entry = get_office().channels.get(key)
    if entry is None:
        known = ", ".join(get_office().channels)
        stop(Text("There is no channel {key}: use one of {known}.", key=key, known=known), Exit.USAGE)
    return entry


def _check(year: int, file: Path | None, clippings: Path | None, column: str) -> None:
    office = get_office()
    if year > timezone.now().astimezone(office.timezone).year:
        stop(Text("{year} is still to come: nothing can have been published then.", year=year), Exit.USAGE)
    if file is None and (clippings or column):
        stop(Text("--clippings and --column go with a table: give it with --file."), Exit.USAGE)
    if column and column not in office.columns:
        known = ", ".join(office.columns)
        stop(Text("There is no column {name}: write one of {known}.", name=column, known=known), Exit.USAGE)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _stop_for_disk(error)


def _tell_of(listed: Listed) -> None:
    """What of a list and its folder is not used."""
    if listed.elsewhere:
        say(Text("{count} rows are of other channels and are passed over.", count=listed.elsewhere))
    if listed.unread:
        say(Text("These columns of the table are not read: {names}.", names=_names(listed.unread)))
    if listed.passed:
        say(Text("These sheets have no headings and are passed over: {names}.", names=_names(listed.passed)))
    if listed.unused:
        names = [path.name for path in listed.unused]
        say(Text("{count} clippings belong to no row: {names}.", count=len(names), names=_names(names)))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _stop_for(file: Path, mistakes: Sequence[Mistake]) -> NoReturn:
    say(Text("{name} has mistakes; nothing of it was taken.", name=file.name))
    for mistake in mistakes[:SHOWN]:
        place = Text("row {row}", row=mistake.row)
        if mistake.sheet:
            place = Text("sheet {sheet}, row {row}", sheet=mistake.sheet, row=mistake.row)
        click.echo(f"  {sentence(place)}: {sentence(mistake.text)}", err=True)
    say_more(len(mistakes))
    raise SystemExit(Exit.USAGE)


def _stop_for_disk(error: OSError) -> NoReturn:
    path = error.filename or ""
    stop(Text("{path} cannot be read or written: {reason}.", path=path, reason=system_reason(error)))
