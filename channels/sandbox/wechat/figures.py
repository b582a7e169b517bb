"""Statistics: readers of each article, and subscribers, of days that are over.

Source: developers.weixin.qq.com, api_getarticletotaldetail and api_getusercumulate, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from werkzeug.wrappers import Request

from channels.sandbox.books import BEIJING, now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import Account, read_json
from channels.sandbox.wechat.entries import NewsArticle

FIRST_DAY = date(2025, 11, 1)
USER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Days:
    begin_date: str
    end_date: str

    def read(self, account: Account, *, most: int, first: date) -> list[date]:
        """Raises PlatformError: 61500 no dates, 61501 days that may not be asked for, 61503 not counted yet."""
        try:
            begin, end = date.fromisoformat(self.begin_date), date.fromisoformat(self.end_date)
        except ValueError:
            raise PlatformError(61500) from None
        today = now().astimezone(BEIJING).date()
        if not first <= begin <= end < today or (end - begin).days >= most:
            raise PlatformError(61501)
        if account.settings.figures_late and end == today - timedelta(days=1):
            raise PlatformError(61503)
        return [begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1)]


def article_totals(account: Account, request: Request) -> Json:
    """POST /datacube/getarticletotaldetail: the articles of one day with their figures up to yesterday."""
    (day,) = read_json(request, Days).read(account, most=1, first=FIRST_DAY)
    yesterday = now().astimezone(BEIJING).date() - timedelta(days=1)
    rows = [
        {
            "ref_date": day.isoformat(),
            "msgid": f"{number}_{index}",
            "publish_type": publish_type,
            "title": article.title,
            "content_url": url,
            "detail_list": [_figures(account, day + timedelta(days=ahead), ahead) for ahead in _shown(day, yesterday)],
        }
        for number, index, publish_type, article, url in _out_on(account, day)
    ]
    return {"list": rows, "is_delay": False}


def subscribers(account: Account, request: Request) -> Json:
    """POST /datacube/getusercumulate: how many subscribers there were at the end of each day."""
    days = read_json(request, Days).read(account, most=USER_DAYS, first=date(2014, 12, 1))
    count = account.settings.subscribers
    return {"list": [{"ref_date": day.isoformat(), "user_source": 0, "cumulate_user": count} for day in days]}


def _shown(day: date, yesterday: date) -> range:
    return range(min((yesterday - day).days, 29) + 1)


def _figures(account: Account, day: date, ahead: int) -> Json:
    readers = account.settings.readers + ahead
    return {
        "stat_date": day.isoformat(),
        "read_user": readers,
        "share_user": readers // 10,
        "zaikan_user": readers // 20,
        "like_user": readers // 15,
        "comment_count": 0,
        "collection_user": readers // 40,
    }


def _out_on(account: Account, day: date) -> Iterator[tuple[int, int, int, NewsArticle, str]]:
    for entry in account.published:
        if _day(entry.due_at) == day:
            for index, (article, url) in enumerate(zip(entry.articles, entry.urls, strict=True), start=1):
                yield entry.msg_data_id, index, 0 if entry.by_push else 1, article, url
    for send in account.sent:
        if _day(send.due_at) == day:
            for index, (article, url) in enumerate(zip(send.articles, send.urls, strict=True), start=1):
                yield send.msg_data_id, index, 0, article, url


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()
