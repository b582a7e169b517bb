"""Items on their way, as the queue's tests need them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from publisher.items.actions import Wish, revise, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import ChannelEntry, Office
from publisher.queue import orders
from publisher.queue.models import Delivery, Issue
from publisher.queue.states import State
from publisher.queue.visits import dispatch, steps
from publisher.review.actions import release_directly

AGES = timedelta(days=9)


def released(office: Office, *channels: str, title: str = "科技活动周启动", publish_at: datetime | None = None) -> Item:
    """An item that was submitted, released and collected for ``channels``."""
    wish = Wish(channels=channels, publish_at=publish_at)
    revision = submit(office, _manuscript(title), wish, by="tester")
    release_directly(office, revision, by="tester")
    orders.collect()
    return revision.item


def corrected(office: Office, item: Item, *, title: str = "科技活动周启动（更正）") -> list[Delivery]:
    """The deliveries of the item's next revision."""
    revision = revise(office, item, _manuscript(title), Wish(), by="tester")
    release_directly(office, revision, by="tester")
    return orders.collect()


def one(item: Item, channel: str) -> Delivery:
    """The newest delivery of an item on a channel, as it is now."""
    return Delivery.objects.filter(item=item, channel=channel).order_by("-pk")[0]


def events(item: Item, channel: str) -> list[str]:
    """What the log says of an item on a channel, oldest first."""
    return list(LogEntry.objects.filter(item=item.pk, channel=channel).order_by("seq").values_list("event", flat=True))


def close_the_page(item: Item) -> None:
    """Let the newspaper's deadline be past for what it was handed over of an item."""
    _move_the_page(item, -AGES)


def keep_the_page_open(item: Item) -> None:
    """Let it be far ahead, whatever time of the day it is."""
    _move_the_page(item, AGES)


def _move_the_page(item: Item, by: timedelta) -> None:
    for issue in Issue.objects.filter(members__item=item):
        issue.planned_on, issue.closes_at = issue.planned_on + by, issue.closes_at + by
        issue.save()


def visit(delivery: Delivery, before: State, entry: ChannelEntry) -> dispatch.Visit:
    """The visit of a delivery that was claimed by hand."""
    memory = steps.DurableSteps(delivery, timeout_s=entry.timeout_s)
    return dispatch.Visit(delivery, before, entry, memory, timezone.now, asked_at=timezone.now())


def intend(delivery: Delivery, at: datetime, *names: str) -> None:
    """Let these irreversible calls of a delivery be intended at that time, with no word of what came of them."""
    stored = steps.read(delivery.steps)
    for name in names:
        step = stored.setdefault(name, steps.Step(at, is_irreversible=True))
        step.intended_at = at
    Delivery.objects.filter(pk=delivery.pk).update(steps=steps.written(stored))


def _manuscript(title: str) -> Manuscript:
    return Manuscript(title=title, html=f"<p>{title}，欢迎参加。</p>", media=())
