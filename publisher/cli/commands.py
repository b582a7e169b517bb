"""The table of commands, and the one place where known mistakes become one sentence and an exit status."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
from django.db import DatabaseError

from channels.errors import ConfigurationError, Text
from publisher.cli.output import Exit, stop, stop_for_configuration, stop_unwritten
from publisher.items.actions import BadSubmission
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration
from publisher.people.actions import NotDone
from publisher.queue.diagnosis.database import is_outside
from publisher.queue.diagnosis.database import reason as database_reason
from publisher.queue.moves import NotPossible
from publisher.review.actions import NotReleased
from publisher.wording import SYSTEM_REASONS

COMMANDS = {
    "submit": "items",
    "approve": "items",
    "correct": "items",
    "recall": "items",
    "review": "reviewing",
    "check": "checks",
    "recalls": "recalling",
    "issue": "issuing",
    "status": "watching",
    "retry": "decisions",
    "cancel": "decisions",
    "hold": "decisions",
    "confirm": "decisions",
    "deny": "decisions",
    "look": "looking",
    "log": "logbook",
    "count": "counting",
    "figure": "figures",
    "report": "reporting",
    "freshness": "freshness",
    "visits": "visiting",
    "backfill": "backfilling",
    "config": "configuration",
    "channel": "configuration",
    "doctor": "doctor",
    "user": "people",
    "token": "tokens",
    "up": "running",
    "web": "running",
    "worker": "running",
    "beat": "running",
    "sandbox": "trying",
    "demo": "demonstration",
}
"""Each command and the module it stands in; only that module is loaded, so that a command starts quickly."""


class Commands(click.Group):
    """A group whose commands are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"publisher.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="publisher")
def publisher() -> None:
    """一次提交，多渠道发布，年底按发布日志统计。 Submit once, publish everywhere, count from the log."""


def run() -> None:
    """Run the command line; every foreseen mistake ends in one message and a status, without a traceback."""
    try:
        publisher(prog_name="publisher")
    except BadConfiguration as error:
        stop_for_configuration(error)
    except (BadSubmission, UnreadableManuscript, ConfigurationError) as error:
        stop(error.text, Exit.USAGE)
    except (NotReleased, NotPossible, NotDone, DamagedAsset) as error:
        stop(error.text, Exit.REFUSED)
    except OSError as error:
        if not (error.filename and error.errno in SYSTEM_REASONS):
            raise
        stop_unwritten(Path(str(error.filename)), error)
    except DatabaseError as error:
        if not is_outside(error):
            raise
        reason = database_reason(error)
        stop(Text("The database did not do it ({reason}): try again when that is mended.", reason=reason))
