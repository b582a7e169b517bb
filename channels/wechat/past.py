"""Looking back at what an account has published: the platform lists what went out without a push, and counts what was
pushed, day by day.

Source: developers.weixin.qq.com, api_freepublish_batchget, api_getarticletotaldetail, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from itertools import chain
from zoneinfo import ZoneInfo

from channels.base import LeftOut, Past, PastPage
from channels.errors import CredentialsRefused, PersonNeeded, Text
from channels.wechat import statistics
from channels.wechat.api import Api, Object
from channels.wechat.codes import BEIJING
from channels.wechat.listing import PAGE_SIZE, PAGES, articles_of, made_at, numbered, objects, plain

LIST = "/cgi-bin/freepublish/batchget"

PUSHES = "pushes:"
"""Stands before the day from which a look back at what was pushed goes on."""

NAMED_FROM = date(2026, 3, 3)
"""Before that the figures of an article name neither its title nor its address."""

DAYS = 7
"""Of figures on one page: each day is a call of its own, and none of them is scarce."""


def look_back(api: Api, year: int, timezone: ZoneInfo, *, after: str) -> Iterator[PastPage]:
    """First what the platform lists, then what it counts as pushed, a week on each page."""
    is_far = after.startswith(PUSHES)
    listed = () if is_far else _listed(api, year, timezone, after=after)
    gaps = _gaps(year)
    for page in chain(listed, _pushed(api, year, after=after.removeprefix(PUSHES) if is_far else "")):
        yield replace(page, gaps=[*gaps, *page.gaps])
        gaps = []


def _gaps(year: int) -> list[Text]:
    """What was pushed in a year and cannot be seen."""
    gaps = []
    if date(year, 1, 1) < NAMED_FROM:
        told = Text(
            "What was sent with a push (群发) WeChat tells from {day} on only: take from a table what was sent before.",
            day=NAMED_FROM.isoformat(),
        )
        gaps.append(told)
    if year == datetime.now(BEIJING).year:
        gaps.append(Text("What is sent with a push (群发) is shown by WeChat on the morning after."))
    return gaps


def _listed(api: Api, year: int, timezone: ZoneInfo, *, after: str) -> Iterator[PastPage]:
    """The published list page by page; the order is not documented, so it is left only behind a page of older years."""
    offset = int(after) if after.isdecimal() else 0
    seen = 0
    while True:
        answer = api.ask_about(LIST, {"no_content": 1, "offset": offset, "count": PAGE_SIZE})
        rows = objects(answer.get("item"))
        yield _page(rows, timezone, after=str(offset))
        seen, offset = seen + 1, offset + PAGE_SIZE
        is_old = all(made_at(row).astimezone(timezone).year < year for row in rows)
        if not rows or _is_end(answer, offset) or (is_old and seen >= PAGES):
            return


def _is_end(answer: Object, offset: int) -> bool:
    total = answer.get("total_count")
    return isinstance(total, int) and offset >= total


def _pushed(api: Api, year: int, *, after: str) -> Iterator[PastPage]:
    """What was pushed, by whatever hand, week by week to yesterday."""
    last = min(date(year, 12, 31), datetime.now(BEIJING).date() - timedelta(days=1))
    day = date.fromisoformat(after) if after else max(date(year, 1, 1), NAMED_FROM)
    try:
        while day <= last:
            behind = min(day + timedelta(days=DAYS), last + timedelta(days=1))
            days = [day + timedelta(days=ahead) for ahead in range((behind - day).days)]
            yield _week(api, days, after=f"{PUSHES}{behind.isoformat()}")
            day = behind
    except (CredentialsRefused, PersonNeeded):
        # What is listed is right without its figures, which are a right of their own.
        yield PastPage(gaps=[_no_figures()])


def _week(api: Api, days: list[date], *, after: str) -> PastPage:
    entries: list[Past] = []
    left_out: list[LeftOut] = []
    for day in days:
        for row in statistics.articles_of(api, day):
            where = f"getarticletotaldetail {day.isoformat()} {row.msgid}"
            if row.publish_type == statistics.PUSHED:
                entries.append(_push(row, day, where))
            elif row.publish_type != statistics.UNPUSHED:
                text = Text("WeChat counts it as kind {kind}, which is not documented.", kind=row.publish_type)
                left_out.append(LeftOut(where, plain(row.title), text))
    return PastPage(entries, left_out, after)


def _push(row: statistics.Counted, day: date, where: str) -> Past:
    return Past(
        title=plain(row.title),
        published_on=day,
        remote_id=f"msg:{row.msgid}",
        url=row.url,
        where=where,
        raw={"msgid": row.msgid, "publish_type": row.publish_type},
        is_same_by_title=True,
    )


def _page(rows: list[Object], timezone: ZoneInfo, *, after: str) -> PastPage:
    entries: list[Past] = []
    left_out: list[LeftOut] = []
    for row in rows:
        for number, article in enumerate(articles_of(row), start=1):
            past = _past(row, article, number, timezone)
            if article.get("is_deleted"):
                left_out.append(LeftOut(past.url, past.title, Text("The article was deleted on WeChat.")))
            else:
                entries.append(past)
    return PastPage(entries, left_out, after)


def _past(row: Object, article: Object, number: int, timezone: ZoneInfo) -> Past:
    """One article; the first of a publication has its number, as a receipt would say, the others theirs behind it."""
    article_id = str(row.get("article_id", ""))
    told = {name: str(article.get(name) or "") for name in ("author", "digest")}
    return Past(
        title=plain(str(article.get("title", ""))),
        published_on=made_at(row).astimezone(timezone).date(),
        remote_id=numbered(article_id, number),
        url=unescape(str(article.get("url", ""))),
        about=unescape(str(article.get("content_source_url", ""))),
        where=f"{LIST} {article_id}",
        raw={"article_id": article_id, "index": number, **{name: value for name, value in told.items() if value}},
    )


def _no_figures() -> Text:
    return Text(
        "WeChat gives this account no figures, so only what was published without a push (发布) is seen: take from a "
        "table what was sent with one (群发)."
    )
