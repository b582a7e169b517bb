"""Why something is taken back, in the words a channel knows."""

from __future__ import annotations

from channels.base import Ground, Withdrawal
from publisher.queue.models import Delivery, RecallLine
from publisher.queue.states import RecallKind

_GROUNDS: dict[RecallKind, Ground] = {
    RecallKind.ERROR: "error",
    RecallKind.SUPERSEDED: "superseded",
    RecallKind.LAW: "law",
    RecallKind.SECRECY: "secrecy",
}


def withdrawal(delivery: Delivery) -> Withdrawal:
    """Why a delivery takes something back, as far as readers are told; an error unless a recall says otherwise."""
    lines = RecallLine.objects.filter(recall__item=delivery.item_id, channel=delivery.channel)
    line = lines.select_related("recall").order_by("-pk").first()
    if line is None:
        return Withdrawal()
    asked = line.recall
    return Withdrawal(_GROUNDS[RecallKind(asked.kind)], asked.replaced_by, asked.note)
