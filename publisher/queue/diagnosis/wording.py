"""Whether what is out was looked through with the lists of words that are in force now, and what was found."""

from __future__ import annotations

from channels.errors import Text
from publisher.office import Office
from publisher.queue.diagnosis.findings import Finding, Who, warning, well
from publisher.review.checks import live
from publisher.review.checks.wordlists import words

LOOK = Text("Look through everything that is out: `publisher check --live`.")


def looked_through(office: Office) -> list[Finding]:
    """What the last look through everything that is out found, and whether the lists have changed since."""
    last = live.last(office)
    if last is None:
        if not live.is_anything_out(office):
            return [well("live", Text("Nothing is out that could be looked through."))]
        return [warning("live", Text("What is out was never looked through by the checks."), Who.EDITOR, LOOK)]
    if last.lists != words(office).digest:
        text = Text("The lists of words have changed since what is out was looked through.")
        return [warning("live", text, Who.EDITOR, LOOK, since=last.made_at)]
    if last.finished_at is None:
        text = Text("What is out is being looked through with the lists of words as they are now.")
        return [well("live", text, since=last.made_at)]
    values = {"items": last.items, "errors": last.errors, "warnings": last.warnings}
    text = Text("Items that are out: {items}. Errors: {errors}. Warnings: {warnings}.", **values)
    if not last.errors:
        return [well("live", text, since=last.made_at)]
    remedy = Text("`publisher check --live` says where they stand: correct these items or take them back.")
    return [warning("live", text, Who.EDITOR, remedy, since=last.made_at)]
