"""The row of a delivery under way: read with what a visit needs, and written by whoever has its newest attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model

from publisher.items.models import Item, Revision
from publisher.log import sql
from publisher.queue.models import Delivery
from publisher.review.models import ChannelProduct

DELIVERY = sql.columns(Delivery)
REVISION = ("id", "item_id", "number", "title", "source", "digest")
ITEM = ("id", "column", "section", "disclosure", "created_by")
PRODUCT = ("id", "canonical", "digest")
GIVER = ("id", "state", "url")
COLUMN_OF = {name: field.attname for field in Delivery._meta.concrete_fields for name in (field.name, field.attname)}

READ = f"""
    SELECT {sql.listed("delivery", DELIVERY)}, {sql.listed("revision", REVISION)}, {sql.listed("item", ITEM)},
        {sql.listed("product", PRODUCT)}, {sql.listed("giver", GIVER)}
    FROM queue_delivery delivery
    JOIN items_revision revision ON revision.id = delivery.revision_id
    JOIN items_item item ON item.id = revision.item_id
    JOIN review_channelproduct product ON product.id = delivery.product_id
    LEFT JOIN queue_delivery giver ON giver.id = delivery.waits_for_id
    WHERE delivery.id = %s
"""  # noqa: S608 - our own words


def read(delivery_id: int) -> Delivery:
    """A delivery with what a visit needs to know of the rows around it. Raises Delivery.DoesNotExist."""
    found = sql.rows(READ, [delivery_id])
    if not found:
        raise Delivery.DoesNotExist(delivery_id)
    values = iter(found[0])
    delivery = sql.instance(Delivery, DELIVERY, values)
    delivery.revision = sql.instance(Revision, REVISION, values)
    delivery.item = delivery.revision.item = sql.instance(Item, ITEM, values)
    delivery.product = sql.instance(ChannelProduct, PRODUCT, values)
    if delivery.waits_for_id is not None:
        delivery.waits_for = sql.instance(Delivery, GIVER, values)
    return delivery


def write(delivery: Delivery, changes: Mapping[str, Any], condition: str = "TRUE", values: Sequence[Any] = ()) -> bool:
    """Set fields of the row if its attempt is still the one in hand and ``condition`` holds; False where not.

    The condition knows the row as ``queue_delivery``; ``values`` are those it has places for.
    """
    columns = {COLUMN_OF[name]: _plain(value) for name, value in changes.items()}
    statement = f"UPDATE queue_delivery SET {sql.assignments(columns)} WHERE id = %s AND attempt = %s AND {condition}"  # noqa: S608 - our own words
    return sql.execute(statement, [*columns.values(), delivery.pk, delivery.attempt, *values]) == 1


def follow(delivery: Delivery, changes: Mapping[str, Any]) -> None:
    """Let ``delivery`` be as its row was written."""
    for name, value in changes.items():
        setattr(delivery, name, value)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value
