"""Recalls as the terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import channel_name, print_table
from publisher.office import get_office
from publisher.queue.states import LineState, RecallKind
from publisher.wording import duration, sentence


def print_recalls(documents: Sequence[Mapping[str, Any]]) -> None:
    """A line for each recall."""
    headings = [_("Recall"), _("Item"), _("Kind"), _("Reason"), _("Asked"), _("Due"), _("State")]
    print_table(headings, [_row(document) for document in documents])


def print_recall(document: Mapping[str, Any]) -> None:
    """One recall: what was asked and why, and every channel with what is still to be done there."""
    click.echo()
    click.echo(f"{sentence(_heading(document))} {_state(document)}")
    click.echo(f"  {document['reason']}")
    if document["note"]:
        click.echo(f"  {document['note']}")
    if document["replaced_by"]:
        click.echo(f"  → {document['replaced_by']}")
    rows = [_channel_row(line) for line in document["channels"]]
    print_table([_("Channel"), _("State"), _("Due"), _("Evidence"), _("What is the matter")], rows)
    for line in document["channels"]:
        for number, step in enumerate(line["instruction"], start=1):
            click.echo(f"  {channel_name(line['channel'])} {number}. {step}")


def _heading(document: Mapping[str, Any]) -> Text:
    return Text(
        "Recall {number} of item {item} “{title}” ({kind}), asked by {actor} at {time}.",
        number=document["recall"],
        item=document["item"],
        title=document["title"],
        kind=RecallKind(document["kind"]).label,
        actor=document["asked_by"],
        time=_local(document["asked_at"]),
    )


def _row(document: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        document["recall"],
        f"{document['item']} {document['title']}",
        RecallKind(document["kind"]).label,
        document["reason"],
        _local(document["asked_at"]),
        _local(document["due_at"]),
        _state(document),
    )


def _state(document: Mapping[str, Any]) -> str:
    if document["seconds"] is not None:
        took = duration(timedelta(seconds=document["seconds"]))
        return sentence(Text("Closed after {time}.", time=took))
    return _("Overdue.") if document["overdue"] else _("Open.")


def _channel_row(line: Mapping[str, Any]) -> tuple[object, ...]:
    late = f" {_('Overdue.')}" if line["overdue"] else ""
    return (
        channel_name(line["channel"]),
        LineState(line["state"]).label,
        f"{_local(line['due_at'])}{late}" if line["due_at"] else "",
        " ".join(filter(None, (line["evidence"], *(proof["digest"][:12] for proof in line["proofs"])))),
        " ".join(filter(None, (line["why"], _notice(line)))),
    )


def _notice(line: Mapping[str, Any]) -> str:
    if not line["notice"]:
        return ""
    text = Text("Correction notice: item {item} {issue}", item=line["notice"], issue=line["issue"])
    return sentence(text).strip()


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(get_office().timezone):%Y-%m-%d %H:%M}"
