"""Issues as the commands show them to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from django.utils.translation import gettext as _

from publisher.cli.output import channel_name, print_table
from publisher.office import get_office
from publisher.queue.states import IssueState, Outcome, State


def print_issues(documents: Sequence[Mapping[str, Any]]) -> None:
    headings = (_("Issue"), _("Channel"), _("Planned for"), _("State"), _("Items"), _("Characters"), _("Printed on"))
    print_table(headings, (_row(document) for document in documents))


def print_issue(document: Mapping[str, Any]) -> None:
    """One issue, then what is in it."""
    print_issues([document])
    for clipping in document["clippings"]:
        click.echo(_("Clipping: {name}, SHA-256 {digest}").format(name=clipping["name"], digest=clipping["sha256"]))
    if document.get("exchange_until"):
        until = datetime.fromisoformat(document["exchange_until"]).astimezone(get_office().timezone)
        click.echo(_("Can be replaced or withdrawn until: {time}").format(time=f"{until:%Y-%m-%d %H:%M}"))
    if document["reason"]:
        click.echo(_("Reason: {reason}").format(reason=document["reason"]))
    if document["items"]:
        headings = (_("Item"), _("Title"), _("Delivery"), _("State"), _("Characters"), _("Pictures"))
        print_table(headings, (_member(member) for member in document["items"]))


def print_pool(rows: Sequence[Mapping[str, Any]]) -> None:
    headings = (_("Item"), _("Title"), _("Channel"), _("Issue"), _("Reason"))
    cells = ((row["item"], row["title"], channel_name(row["channel"]), row["issue"], row["reason"]) for row in rows)
    print_table(headings, cells)


def _row(document: Mapping[str, Any]) -> tuple[object, ...]:
    taken, room = document["taken"], document["room"]
    printed = " ".join(filter(None, [document["printed_on"], document["page"] if document["printed_on"] else ""]))
    return (
        f"{document['year']}-{document['number']:02d}",
        channel_name(document["channel"]),
        document["planned_on"],
        IssueState(document["state"]).label,
        len(document["items"]),
        f"{taken['characters']} / {room['characters']}" if room["characters"] else taken["characters"],
        printed,
    )


def _member(member: Mapping[str, Any]) -> tuple[object, ...]:
    title = member["title"] or _("(kept for a correction notice)")
    if member["part"] > 1:
        title = _("{title} (part {part})").format(title=title, part=member["part"])
    return (
        member["item"] or "",
        title,
        member["delivery"] or "",
        _state(member),
        member["characters"],
        member["pictures"],
    )


def _state(member: Mapping[str, Any]) -> str:
    if member["outcome"]:
        return str(Outcome(member["outcome"]).label)
    return str(State(member["state"]).label) if member["state"] else ""
