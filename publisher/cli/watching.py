"""Watching items on their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, channel_name, print_json, print_table, stop
from publisher.cli.recalled import print_recall
from publisher.cli.schema import ensure_schema
from publisher.items.models import Item, ItemState
from publisher.office import get_office
from publisher.queue import clock, queries
from publisher.queue.models import Action
from publisher.queue.recalls.queries import recalls_json
from publisher.queue.states import MACHINE, State
from publisher.wording import sentence

SHOWN = 50


@click.command()
@click.argument("item", type=int, required=False)
@click.option("--held", is_flag=True, help="只看等人决定的稿件。 Only items that wait for a decision.")
@click.option("--json", "as_json", is_flag=True)
def status(item: int | None, held: bool, as_json: bool) -> None:
    """查看稿件在各渠道的状态。 The state of one item, or of the newest ones, on every channel."""
    ensure_schema()
    if item is not None:
        print_item(find_item(item), as_json=as_json)
        return
    office = get_office()
    newest = Item.objects.filter(office=office.slug).order_by("-pk")
    shown = newest.filter(pk__in={d.item_id for d in queries.held(office)}) if held else newest[:SHOWN]
    documents = queries.items_json(office.slug, list(shown))
    if as_json:
        print_json({"items": documents})
    else:
        print_items(documents)


def print_item(item: Item, *, as_json: bool) -> None:
    """One item on every channel, and its recalls where there are any."""
    office, document = get_office(), queries.item_json(item)
    recalls = recalls_json(office, item, now=clock.now())
    if as_json:
        print_json(document | {"recalls": recalls})
        return
    print_items([document])
    for recall in recalls:
        print_recall(recall)


def print_items(documents: Sequence[dict[str, object]]) -> None:
    """Items × channels as a table: state, address, evidence, and what is wrong."""
    rows = []
    for document in documents:
        deliveries = document["deliveries"]
        assert isinstance(deliveries, list)  # noqa: S101 - its own JSON
        name = f"{document['item']} {document['title']}{_mark(document)}"
        if not deliveries:
            rows.append((name, "", "", "", ItemState(str(document["state"])).label, "", "", ""))
        for delivery in deliveries:
            rows.append(
                (
                    name,
                    delivery["id"],
                    channel_name(delivery["channel"]),
                    _action(delivery),
                    State(delivery["state"]).label,
                    delivery["url"] or delivery["remote_id"],
                    delivery["evidence"],
                    _reason(delivery),
                )
            )
            name = ""
    headings = [
        _("Item"),
        _("Delivery"),
        _("Channel"),
        _("Action"),
        _("State"),
        _("Address"),
        _("Evidence"),
        _("Reason"),
    ]
    print_table(headings, rows)


EMERGENCIES = {
    "unconfirmed": Text("emergency release, not confirmed yet"),
    "confirmed": Text("emergency release, confirmed"),
    "objected": Text("emergency release, objected to"),
}


def _mark(document: dict[str, object]) -> str:
    """What a list says of an item that went out before its approval."""
    verdict = document["emergency"]
    return f" [{sentence(EMERGENCIES[str(verdict)])}]" if verdict else ""


def _action(delivery: dict[str, Any]) -> str:
    return str(Action(delivery["action"]).label)


def _reason(delivery: dict[str, Any]) -> str:
    """Why it is not done, and when the program goes on, where that is not at once."""
    reason = str(delivery["error"] or "")
    if delivery["state"] not in MACHINE or not delivery["due_at"]:
        return reason
    due_at = datetime.fromisoformat(delivery["due_at"])
    if due_at <= timezone.now():
        return reason
    local = due_at.astimezone(get_office().timezone)
    return " ".join(filter(None, (reason, sentence(Text("Next: {time}.", time=f"{local:%Y-%m-%d %H:%M:%S}")))))


def find_item(pk: int) -> Item:
    """The item with that number in this office; stops the command where there is none."""
    item = Item.objects.filter(pk=pk, office=get_office().slug).first()
    if item is None:
        stop(Text("There is no item {number}: `publisher status` lists the newest ones.", number=pk), Exit.USAGE)
    return item
