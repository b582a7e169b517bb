"""Brings items into the house while the storm rages, as a program that calls the house's own verbs would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count

from django.db import Error, connection

from publisher.items.actions import Wish as Order
from publisher.items.actions import submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import ItemState, Revision
from publisher.office import get_office
from publisher.review.actions import NotReleased, release_directly
from tests.faults.harness.cases import CHANNELS
from tests.faults.harness.judge import Wish

AGAIN_S = 0.3


class Supply(threading.Thread):
    """Submits and releases ``number`` items, each until it is certain that it was taken in, once.

    Attributes:
        done: how many have been released.
    """

    def __init__(self, number: int, is_behind: Callable[[], bool]) -> None:
        super().__init__(name="supply", daemon=True)
        self.number = number
        self.done = 0
        self._is_behind = is_behind
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(1, self.number + 1):
                while self._is_behind():
                    time.sleep(AGAIN_S)
                self._bring(number)
                self.done = number
        except BaseException as error:
            self.failure = error
            raise
        finally:
            connection.close()

    def _bring(self, number: int) -> None:
        while True:
            try:
                release(number)
                return
            except (Error, OSError):
                # Whether it was taken in is seen at the next attempt: the title tells.
                connection.close()
                time.sleep(AGAIN_S)


def wishes(deliveries: int) -> list[Wish]:
    """At least so many wishes, item by item.

    Every second item leaves Weibo out: there they go one at a time, and all would wait for that one account.
    """
    found: list[Wish] = []
    numbers = count(1)
    while len(found) < deliveries:
        number = next(numbers)
        found += [(channel, number) for channel in channels_of(number)]
    return found


def channels_of(number: int) -> tuple[str, ...]:
    return CHANNELS if number % 2 else tuple(channel for channel in CHANNELS if channel != "weibo")


def title_of(number: int) -> str:
    return f"第{number:04d}号 科技动态"


def release(number: int) -> None:
    """Submit and release an item; what an attempt before this one has done is not done again."""
    office = get_office()
    revision = Revision.objects.filter(title=title_of(number)).select_related("item").first()
    if revision is None:
        manuscript = Manuscript(title=title_of(number), html=f"<p>正文第{number:04d}号。</p>", media=())
        revision = submit(office, manuscript, Order(channels=channels_of(number)), by="harness")
    if revision.item.state == ItemState.SUBMITTED:
        try:
            release_directly(office, revision, by="harness")
        except NotReleased:
            return
