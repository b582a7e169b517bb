"""What a command does where an item in nearly the same words is there already."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import say, stop
from publisher.items.similar import Similar

similar_option = click.option(
    "--if-similar",
    type=click.Choice(["ask", "submit", "refuse"]),
    default="ask",
    show_default=True,
    help="已有相似稿件时怎么办；不在终端时 ask 只作提醒。 "
    "Where an item like it is there; away from a terminal, ask only says so.",
)


def heed(found: Sequence[Similar], choice: str) -> None:
    """Say which items are there in nearly the same words, and stop where that is wanted.

    A script that submits a text again goes on: only a person at a terminal can be asked.
    """
    for each in found:
        say(each.why)
    if not found or choice == "submit":
        return
    if choice == "refuse":
        stop(Text("Nothing was submitted: correct that item, or submit again with --if-similar submit."))
    if _is_terminal() and not click.confirm(_("Submit it all the same?"), err=True):
        stop(Text("Nothing was submitted."))


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
