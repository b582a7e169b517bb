"""What commands print: documents on stdout, messages on stderr, one sentence for each mistake."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from channels.errors import Text
from channels.later import later
from publisher.office import BadConfiguration, get_office
from publisher.wording import sentence, system_reason

if sys.platform != "win32":
    import pwd

if TYPE_CHECKING:
    from rich import console as consoles
    from rich import table as tables
else:
    consoles, tables = later("rich.console"), later("rich.table")


class Exit(IntEnum):
    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNDER_WAY = 3


def actor() -> str:
    """Who gives the command, as the log will name them."""
    return f"cli:{login_name()}"


def login_name() -> str:
    """Whom this process belongs to, as the operating system has it: what the environment says anybody can set."""
    if sys.platform == "win32":
        return getpass.getuser()
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"


def say(text: Text) -> None:
    """A message for the person at the terminal."""
    click.echo(sentence(text), err=True)


def stop(text: Text, status: Exit = Exit.REFUSED) -> NoReturn:
    """Say what is wrong and end the command."""
    say(text)
    raise SystemExit(status)


def stop_unwritten(path: Path, error: OSError) -> NoReturn:
    """End a command whose file could not be written."""
    stop(Text("The file {path} cannot be written: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)


def stop_for_configuration(error: BadConfiguration, status: Exit = Exit.USAGE) -> NoReturn:
    say(error.text)
    for flaw in error.flaws:
        click.echo(f"  {flaw.key}: {sentence(flaw.text)}" if flaw.key else f"  {sentence(flaw.text)}", err=True)
    raise SystemExit(status)


def print_json(document: Any) -> None:
    """The one document of ``--json``."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def channel_name(key: str) -> str:
    """What people call a channel; its key where it is no longer configured."""
    entry = get_office().channels.get(key)
    return entry.name if entry else key


def column_name(key: str) -> str:
    """What people call a column; its key where it is no longer configured."""
    column = get_office().columns.get(key)
    return column.name if column else key


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people, in their language already. Whole lines where nobody reads a terminal."""
    table = tables.Table(show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    width = None if sys.stdout.isatty() else 160
    consoles.Console(width=width, highlight=False, markup=False).print(table)
