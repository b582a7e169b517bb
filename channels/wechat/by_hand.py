"""Leaving the draft to a person, who publishes it in the console, and noticing that it was done.

Source: developers.weixin.qq.com, api_getdraft, api_freepublish_batchget, api_getarticletotaldetail, read 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from channels.base import Accepted, Evidence, Product, Receipt, Steps
from channels.errors import PersonNeeded
from channels.wechat import statistics
from channels.wechat.api import Api
from channels.wechat.codes import BEIJING
from channels.wechat.drafting import DRAFT, Drafting
from channels.wechat.listing import plain
from channels.wechat.publishing import is_used_up, listed

DAYS = 3
"""So many days of figures are looked through for what was sent by hand."""


class ByHand:
    """The mode ``draft``."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Raises PersonNeeded: always, since the draft waits for somebody; or it is gone already."""
        was_there = steps.result(DRAFT) is not None
        media_id = Drafting(self._api, product, steps).make()
        if was_there and is_used_up(self._api, media_id):
            if (seen := self._published(product, steps)) is not None:
                return seen
            raise _gone(product)
        raise PersonNeeded(
            "The draft “{title}” waits in the WeChat console: publish it there. That is noticed by itself, or enter "
            "its address here.",
            title=product.title,
        )

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """What another mode had handed over before."""
        return self._published(product, steps) or accepted

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        draft = steps.result(DRAFT)
        if draft is None or not is_used_up(self._api, str(draft["media_id"])):
            return None
        return self._published(product, steps)

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None:  # noqa: ARG002
        """Whether somebody has published it. Raises PersonNeeded: the draft is gone, and it is not to be seen."""
        draft = steps.result(DRAFT)
        if draft is None or not is_used_up(self._api, str(draft["media_id"])):
            return None
        if (seen := self._published(product, steps)) is not None:
            return seen
        raise _gone(product)

    def _published(self, product: Product, steps: Steps) -> Receipt | None:
        """Among what was published without a push, else in the figures, which know what was sent the day before."""
        since = steps.begun_at(DRAFT)
        raw = {"mode": "by_hand"}
        return listed(self._api, product, since=since, raw=raw) or self._counted(product, since)

    def _counted(self, product: Product, since: datetime | None) -> Receipt | None:
        if since is None:
            return None
        first = since.astimezone(BEIJING).date()
        yesterday = datetime.now(BEIJING).date() - timedelta(days=1)
        days = [first + timedelta(days=ahead) for ahead in range(DAYS) if first + timedelta(days=ahead) <= yesterday]
        for day in days:
            rows = [row for row in statistics.articles_of(self._api, day) if plain(row.title) == plain(product.title)]
            if len(rows) == 1 and rows[0].url:
                at = max(since, datetime.combine(day, time(), BEIJING).astimezone(UTC))
                raw = {"mode": "by_hand", "msgid": rows[0].msgid, "publish_type": rows[0].publish_type}
                return Receipt(f"msg:{rows[0].msgid}", at, rows[0].url, Evidence.READ_BACK, raw)
        return None


def _gone(product: Product) -> PersonNeeded:
    return PersonNeeded(
        "The draft “{title}” is no longer in the WeChat console: it was sent to subscribers or deleted. What was sent "
        "is noticed by itself the next day; or enter its address here, or cancel this delivery.",
        title=product.title,
    )
