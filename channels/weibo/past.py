"""Looking back at an account's posts, as far as the platform shows them: ordinary apps see the newest few.

Source: open.weibo.com/wiki, 2/statuses/user_timeline, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from channels.base import Evidence, Past, PastPage
from channels.errors import Text
from channels.weibo.api import Api, Object, mid_of
from channels.weibo.text import cut, normalised, units
from channels.weibo.timeline import long_links, made_at, receipt_of

LIST = "/2/statuses/user_timeline.json"
PAGE_SIZE = 100
TITLE_UNITS = 80
HEADLINE = re.compile(r"\s*【([^】]+)】")
SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")


@dataclass(frozen=True, slots=True)
class Seen:
    """How much of the timeline was read: the number of the oldest post, its day, and how many there were."""

    oldest: int
    day: date
    count: int

    def written(self) -> str:
        return f"{self.oldest} {self.day} {self.count}"

    @classmethod
    def parse(cls, text: str) -> Seen | None:
        """None where that is no cursor of ours: then it begins at the beginning."""
        try:
            oldest, day, count = text.split()
            return cls(int(oldest), date.fromisoformat(day), int(count))
        except ValueError:
            return None


def look_back(api: Api, year: int, timezone: ZoneInfo, *, after: str) -> Iterator[PastPage]:
    """The timeline from the newest post on, until older years or what the platform shows no more."""
    seen = Seen.parse(after)
    while seen is None or seen.day.year >= year:
        # ``max_id`` names the newest one wanted.
        answer = api.ask("GET", LIST, {"count": PAGE_SIZE} | ({"max_id": seen.oldest - 1} if seen else {}))
        found = answer.get("statuses")
        posts = [post for post in found if isinstance(post, dict) and mid_of(post)] if isinstance(found, list) else []
        if not posts:
            yield PastPage(after=seen.written() if seen else "", gaps=_gaps(answer, year, seen))
            return
        seen = Seen(
            min(int(mid_of(post)) for post in posts),
            min(made_at(post) for post in posts).astimezone(timezone).date(),
            len(posts) + (seen.count if seen else 0),
        )
        yield PastPage([_past(post, timezone) for post in posts], after=seen.written())


def _gaps(answer: Object, year: int, seen: Seen | None) -> list[Text]:
    """What is older than the oldest post that was seen stays unseen, unless that is all there are."""
    total = answer.get("total_number")
    if isinstance(total, int) and total <= (seen.count if seen else 0):
        return []
    if seen is None:
        return [Text("Weibo shows no posts here: take the year {year} from a table.", year=year)]
    return [
        Text(
            "Weibo shows only the newest {count} posts, back to {day}: take what is older from a table.",
            count=seen.count,
            day=seen.day,
        )
    ]


def _past(post: Object, timezone: ZoneInfo) -> Past:
    receipt = receipt_of(post, Evidence.READ_BACK)
    on: datetime = receipt.published_at.astimezone(timezone)
    reposted = post.get("retweeted_status")
    return Past(
        title=title_of(str(post.get("text", ""))) or receipt.remote_id,
        published_on=on.date(),
        remote_id=receipt.remote_id,
        url=receipt.url,
        about=next(iter(long_links(post)), ""),
        source=_author(reposted) if isinstance(reposted, dict) else "",
        where=f"{LIST} {receipt.remote_id}",
        raw={"text": post.get("text", ""), "created_at": post.get("created_at", "")},
    )


def title_of(text: str) -> str:
    """What a post calls itself: the words in 【】 it begins with, else its first sentence."""
    plain = normalised(text)
    if headline := HEADLINE.match(plain):
        return headline[1].strip()
    sentence = SENTENCE.match(plain)
    words = sentence[0].strip() if sentence else ""
    return words if units(words) <= TITLE_UNITS else cut(words, TITLE_UNITS)


def _author(post: Object) -> str:
    """Whose post was passed on; a deleted one names nobody."""
    user = post.get("user")
    name = str(user.get("screen_name") or "") if isinstance(user, dict) else ""
    return f"@{name}" if name else "@?"
