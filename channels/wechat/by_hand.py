"""Leaving the draft to a person, who publishes it in the console, and noticing that it was done.

Source: developers.weixin.qq.com, api_getdraft, api_freepublish_batchget, api_getarticletotaldetail, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from channels.base import Accepted, Evidence, Product, Receipt, Steps
from channels.errors import PersonNeeded
from channels.wechat import statistics
from channels.wechat.api import Api
from channels.wechat.codes import BEIJING
from channels.wechat.drafting import DRAFT, Drafting, is_used_up
from channels.wechat.listing import plain
from channels.wechat.publishing import listed
from channels.wechat.statistics import Counted
from channels.wechat.together import articles_of, led

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
        if product.companions:
            raise PersonNeeded(
                "The draft “{title}” with its {count} articles waits in the WeChat console: publish it there as it is. "
                "That is noticed by itself, or enter its address here.",
                title=product.title,
                count=len(articles_of(product)),
            )
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
            found = _ours(statistics.articles_of(self._api, day), product)
            if len(found) == 1 and all(row.url for row in found[0]):
                at = max(since, datetime.combine(day, time(), BEIJING).astimezone(UTC))
                return led([_receipt(row, at) for row in found[0]])
        return None


def _ours(rows: Iterable[Counted], product: Product) -> list[list[Counted]]:
    """What was put out together and has our titles in our order; a single article may have been put beside others."""
    titles = [plain(article.title) for article in articles_of(product)]
    if len(titles) == 1:
        return [[row] for row in rows if plain(row.title) == titles[0]]
    together: dict[str, list[Counted]] = {}
    for row in sorted(rows, key=lambda row: row.index):
        together.setdefault(row.msg_data_id, []).append(row)
    return [found for found in together.values() if [plain(row.title) for row in found] == titles]


def _receipt(row: Counted, at: datetime) -> Receipt:
    raw = {"mode": "by_hand", "msgid": row.msgid, "publish_type": row.publish_type}
    return Receipt(f"msg:{row.msgid}", at, row.url, Evidence.READ_BACK, raw)


def _gone(product: Product) -> PersonNeeded:
    return PersonNeeded(
        "The draft “{title}” is no longer in the WeChat console: it was sent to subscribers or deleted. What was sent "
        "is noticed by itself the next day; or enter its address here, or cancel this delivery.",
        title=product.title,
    )
