"""What the platform counts: readers of an article by day, and subscribers.

Source: developers.weixin.qq.com, api_getarticletotaldetail, api_getusercumulate, read 2026-11. Figures of a day are
ready the next morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from html import unescape

from channels.errors import ChannelUnavailable
from channels.wechat.api import Api, Object
from channels.wechat.listing import objects

FIRST_DAY = date(2025, 11, 1)
"""Figures of single articles begin there."""

PUSHED, UNPUSHED = "0", "1"
"""``publish_type``: sent with a notification (群发), and without one (发布)."""

METRICS = {
    "read_user": "reads",
    "like_user": "likes",
    "share_user": "shares",
    "zaikan_user": "recommendations",
    "comment_count": "comments",
    "collection_user": "favourites",
}
"""Their names → the names under which figures of all channels are kept."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One article of a day; ``msgid`` is ``msg_data_id`` with the article's number behind it."""

    msgid: str
    title: str
    url: str
    publish_type: str
    metrics: Mapping[str, int] = field(default_factory=dict)

    @property
    def msg_data_id(self) -> str:
        """The same for all that was put out together."""
        return self.msgid.rpartition("_")[0]

    @property
    def index(self) -> int:
        """Its number among them, from 1; 0 where the platform does not say."""
        told = self.msgid.rpartition("_")[2]
        return int(told) if told.isdecimal() else 0


def articles_of(api: Api, day: date) -> list[Counted]:
    """What was put out on a day, by whatever hand. Raises ChannelUnavailable: it is not counted yet."""
    return [_counted(row) for row in objects(_ask(api, "getarticletotaldetail", day).get("list"))]


def subscribers(api: Api, day: date) -> int | None:
    """How many subscribers there were at the end of a day, None where the platform does not say.

    Raises ChannelUnavailable: it is not counted yet.
    """
    rows = objects(_ask(api, "getusercumulate", day).get("list"))
    found = next((row.get("cumulate_user") for row in rows if row.get("ref_date") == day.isoformat()), None)
    return found if isinstance(found, int) else None


def _ask(api: Api, name: str, day: date) -> Object:
    answer = api.ask(f"/datacube/{name}", {"begin_date": day.isoformat(), "end_date": day.isoformat()})
    if answer.get("is_delay"):
        raise ChannelUnavailable(
            "WeChat has no figures of {day} yet. It will be asked again.", day=day.isoformat(), retry_after_s=7200
        )
    return answer


def _counted(row: Object) -> Counted:
    days = objects(row.get("detail_list"))
    # Each day says how much it has become until then; whichever is the latest, no figure ever falls.
    metrics = {
        ours: max(int(day[theirs]) for day in days if isinstance(day.get(theirs), int))
        for theirs, ours in METRICS.items()
        if any(isinstance(day.get(theirs), int) for day in days)
    }
    return Counted(
        msgid=str(row.get("msgid", "")),
        title=str(row.get("title", "")),
        url=unescape(str(row.get("content_url", ""))),
        publish_type=str(row.get("publish_type", "")),
        metrics=metrics,
    )
