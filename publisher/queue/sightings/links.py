"""Whether the pages that something links to are still there: asked from outside, once a week for each item."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from publisher.office import Office
from publisher.queue.models import Sighted
from publisher.review.checks.links import Asking
from publisher.review.checks.passages import passages

DAYS = 7
LINK = "link"
"""Marks such a problem in a row, so that it stays there until the links are asked for again."""


def dead(office: Office, row: Sighted, now: datetime) -> list[dict[str, Any]]:
    """The problems of the links, as a row keeps them; on the days between, those that were found last."""
    if not office.looks.links:
        return []
    if not _is_due(office, row, now):
        return [one for one in row.problems if one.get(LINK)]
    product = row.delivery.product
    body = json.loads(product.canonical)["body"] if product is not None else ""
    texts = dict.fromkeys(found.text for found in Asking().dead(passages(body)))
    return [{"template": text.template, "values": text.values, LINK: True} for text in texts]


def _is_due(office: Office, row: Sighted, now: datetime) -> bool:
    """At the first look, and then on one day of the week, which is not the same for all items."""
    day = now.astimezone(office.timezone).date()
    return row.looked_at is None or (day.toordinal() + row.item_id) % DAYS == 0
