"""What is ordered about an item that is out: a correction, or taking it back."""

from __future__ import annotations

from publisher.items.actions import Wish, revise
from publisher.items.manuscript import Manuscript
from publisher.office import get_office
from publisher.queue import orders
from publisher.queue.models import Delivery
from publisher.review.actions import release_directly
from tests.faults.harness.judge import REVISED


def give(order: str) -> None:
    """Order it about the newest delivery."""
    last = Delivery.objects.select_related("item", "revision").latest("pk")
    if order == "recall":
        orders.recall(last.item, [last.channel], by="harness", reason="a drill")
        return
    office = get_office()
    manuscript = Manuscript(title=last.revision.title, html=f"<p>正文，{REVISED}。</p>", media=())
    revision = revise(office, last.item, manuscript, Wish(channels=(last.channel,)), by="harness")
    release_directly(office, revision, by="harness")
