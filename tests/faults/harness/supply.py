"""Brings items into the house while the storm rages, as a program that calls the house's own verbs would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import Error, connection

from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import ItemState, Revision
from publisher.office import get_office
from publisher.review.actions import NotReleased, release_directly
from tests.faults.harness.cases import CHANNELS

AGAIN_S = 0.3


class Supply(threading.Thread):
    """Submits and releases ``number`` items, each until it is certain that it was taken in, once.

    Attributes:
        done: how many have been released.
    """

    def __init__(self, number: int, is_behind: Callable[[int], bool]) -> None:
        super().__init__(name="supply", daemon=True)
        self.number = number
        self.done = 0
        self._is_behind = is_behind
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(1, self.number + 1):
                while self._is_behind(self.done):
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


def title_of(number: int) -> str:
    return f"第{number:04d}号 科技动态"


def release(number: int) -> None:
    """Submit and release an item; what an attempt before this one has done is not done again."""
    office = get_office()
    revision = Revision.objects.filter(title=title_of(number)).select_related("item").first()
    if revision is None:
        manuscript = Manuscript(title=title_of(number), html=f"<p>正文第{number:04d}号。</p>", media=())
        revision = submit(office, manuscript, Wish(channels=CHANNELS), by="harness")
    if revision.item.state == ItemState.SUBMITTED:
        try:
            release_directly(office, revision, by="harness")
        except NotReleased:
            return
