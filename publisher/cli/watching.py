"""Watching items on their way."""

from __future__ import annotations

from collections.abc import Sequence

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, channel_name, print_json, print_table, stop
from publisher.cli.schema import ensure_schema
from publisher.items.models import Item, ItemState
from publisher.office import get_office
from publisher.queue import queries
from publisher.queue.states import State

SHOWN = 50


@click.command()
@click.argument("item", type=int, required=False)
@click.option("--json", "as_json", is_flag=True)
def status(item: int | None, as_json: bool) -> None:
    """查看稿件在各渠道的状态。 The state of one item, or of the newest ones, on every channel."""
    ensure_schema()
    if item is not None:
        document = queries.item_json(find_item(item))
        if as_json:
            print_json(document)
        else:
            print_items([document])
        return
    newest = Item.objects.filter(office=get_office().slug).order_by("-pk")[:SHOWN]
    documents = [queries.item_json(found) for found in newest]
    if as_json:
        print_json({"items": documents})
    else:
        print_items(documents)


def print_items(documents: Sequence[dict[str, object]]) -> None:
    """Items × channels as a table: state, address, evidence, and what is wrong."""
    rows = []
    for document in documents:
        deliveries = document["deliveries"]
        assert isinstance(deliveries, list)  # noqa: S101 - its own JSON
        name = f"{document['item']} {document['title']}"
        if not deliveries:
            rows.append((name, "", "", ItemState(str(document["state"])).label, "", "", ""))
        for delivery in deliveries:
            rows.append(
                (
                    name,
                    delivery["id"],
                    channel_name(delivery["channel"]),
                    State(delivery["state"]).label,
                    delivery["url"] or delivery["remote_id"],
                    delivery["evidence"],
                    delivery["error"] or "",
                )
            )
            name = ""
    headings = [_("Item"), _("Delivery"), _("Channel"), _("State"), _("Address"), _("Evidence"), _("Reason")]
    print_table(headings, rows)


def find_item(pk: int) -> Item:
    """The item with that number in this office; stops the command where there is none."""
    item = Item.objects.filter(pk=pk, office=get_office().slug).first()
    if item is None:
        stop(Text("There is no item {number}: `publisher status` lists the newest ones.", number=pk), Exit.USAGE)
    return item
