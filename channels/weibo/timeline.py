"""Reading back: the newest few posts of the account, and which of them is ours.

Source: open.weibo.com/wiki, 2/statuses/user_timeline, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from channels.base import Evidence, Receipt
from channels.errors import ChannelUnavailable, PersonNeeded
from channels.weibo import address
from channels.weibo.address import post_url
from channels.weibo.api import Api, Object, mid_of
from channels.weibo.text import is_same

TIMELINE_LENGTH = 5
"""More than that the platform does not show of one's own posts."""

CLOCK_SLACK = timedelta(seconds=60)
"""How far the platform's clock and ours may be apart."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE = re.compile(r"\w{3} (\w{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2}) (\d{4})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The post that is looked for: its text and link, and when it was first tried."""

    text: str
    link: str
    since: datetime


def look(api: Api, wanted: Wanted) -> Receipt | None:
    """The receipt of the post if the timeline shows it.

    Raises PersonNeeded: the timeline holds only newer posts, so ours may have moved out of sight.
    """
    posts = _newest(api, {"base_app": 1})
    for post in posts:
        if is_ours(post, wanted):
            return receipt_of(post, Evidence.READ_BACK)
    # The timeline knows whole seconds: one of the same second may be younger, and ours out of sight behind it.
    if len(posts) >= TIMELINE_LENGTH and min(map(made_at, posts)) >= wanted.since.replace(microsecond=0):
        raise PersonNeeded(
            "The newest {count} posts are all younger than this one, so it cannot be seen whether it is out. "
            "Look for it on the account's page, then confirm or deny it.",
            count=len(posts),
        )
    return None


def same(api: Api, text: str, link: str) -> str:
    """Address of one of the account's newest posts that says the same, whoever posted it; empty where none does.

    Where the platform tells the long addresses, a post about something else is not the same, whatever its words.
    """
    for post in _newest(api, {}):
        links = long_links(post)
        if is_same(str(post.get("text", "")), text) and (not links or link in links):
            return receipt_of(post, Evidence.READ_BACK).url
    return ""


def _newest(api: Api, params: Mapping[str, str | int]) -> list[Object]:
    answer = api.ask("GET", "/2/statuses/user_timeline.json", {**params, "count": TIMELINE_LENGTH})
    rows = answer.get("statuses")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def is_ours(post: Object, wanted: Wanted) -> bool:
    """Whether a row of the timeline is the post: young enough, and with our link or our words."""
    if made_at(post) < wanted.since - CLOCK_SLACK:
        return False
    return wanted.link in long_links(post) or is_same(str(post.get("text", "")), wanted.text)


def long_links(post: Object) -> list[str]:
    """The addresses behind the short ones, where the platform tells them."""
    found = post.get("url_objects")
    parts = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    infos = [part.get("info") for part in parts]
    return [str(info.get("url_long", "")) for info in infos if isinstance(info, dict)]


def receipt_of(post: Object, evidence: Evidence) -> Receipt:
    mid = mid_of(post)
    url = str(post.get("url") or "") if not _uid(post) else post_url(_uid(post), mid)
    return Receipt(mid, read_date(post) or address.made_at(mid), url, evidence, post)


def made_at(post: Object) -> datetime:
    """When a row of the timeline was posted. Raises ChannelUnavailable: it does not say."""
    date = read_date(post) or (address.made_at(mid) if (mid := mid_of(post)) else None)
    if date is None:
        raise ChannelUnavailable("Weibo's list of posts cannot be read. It will be asked again.")
    return date


def read_date(post: Object) -> datetime | None:
    """``created_at``, such as ``Wed Oct 24 23:49:17 +0800 2012``; English whatever the locale."""
    found = DATE.fullmatch(str(post.get("created_at", "")).strip())
    if found is None or found[1] not in MONTHS:
        return None
    day, hour, minute, second, zone_hours, zone_minutes, year = map(int, found.group(2, 3, 4, 5, 7, 8, 9))
    offset = timedelta(hours=zone_hours, minutes=zone_minutes) * (-1 if found[6] == "-" else 1)
    try:
        return datetime(year, MONTHS.index(found[1]) + 1, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        return None


def _uid(post: Object) -> str:
    user: Any = post.get("user")
    return str((user.get("idstr") or user.get("id")) if isinstance(user, dict) else post.get("uid", ""))
