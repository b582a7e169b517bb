"""The table of commands and the one place where known mistakes become one sentence and an exit status."""

from __future__ import annotations

import click

from channels.errors import ConfigurationError
from publisher.cli import configuration, counting, decisions, demonstration, items, logbook, people, running
from publisher.cli.output import Exit, stop, stop_for_configuration
from publisher.items.actions import BadSubmission
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration
from publisher.queue.actions import NotPossible
from publisher.review.actions import NotReleased


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="publisher")
def publisher() -> None:
    """一次提交，多渠道发布，年底按发布日志统计。 Submit once, publish everywhere, count from the log."""


for command in (
    items.submit,
    items.approve,
    items.status,
    decisions.retry,
    decisions.cancel,
    decisions.confirm,
    decisions.deny,
    logbook.log,
    counting.count,
    configuration.config,
    configuration.channel,
    people.user,
    running.up,
    running.web,
    running.worker,
    running.beat,
    running.sandbox,
    demonstration.demo,
):
    publisher.add_command(command)


def run() -> None:
    """Run the command line; every foreseen mistake ends in one message and a status, without a traceback."""
    try:
        publisher(prog_name="publisher")
    except BadConfiguration as error:
        stop_for_configuration(error)
    except (BadSubmission, UnreadableManuscript, ConfigurationError) as error:
        stop(error.text, Exit.USAGE)
    except (NotReleased, NotPossible) as error:
        stop(error.text, Exit.REFUSED)
    except DamagedAsset as error:
        stop(error.text, Exit.REFUSED)
