"""Looking back at what an account has published, as far as the platform lists it.

Source: developers.weixin.qq.com, api_freepublish_batchget, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from zoneinfo import ZoneInfo

from channels.base import LeftOut, Past, PastPage
from channels.errors import Text
from channels.wechat.api import Api, Object
from channels.wechat.listing import PAGE_SIZE, PAGES, articles_of, made_at, numbered, objects, plain

LIST = "/cgi-bin/freepublish/batchget"


def look_back(api: Api, year: int, timezone: ZoneInfo, *, after: str) -> Iterator[PastPage]:
    """The published list page by page; the order is not documented, so it is left only behind a page of older years."""
    offset = int(after) if after.isdecimal() else 0
    gaps = [_no_mass_sends()]
    seen = 0
    while True:
        answer = api.ask(LIST, {"no_content": 1, "offset": offset, "count": PAGE_SIZE})
        rows = objects(answer.get("item"))
        yield _page(rows, timezone, after=str(offset), gaps=gaps)
        seen, offset, gaps = seen + 1, offset + PAGE_SIZE, []
        is_old = all(made_at(row).astimezone(timezone).year < year for row in rows)
        if not rows or _is_end(answer, offset) or (is_old and seen >= PAGES):
            return


def _is_end(answer: Object, offset: int) -> bool:
    total = answer.get("total_count")
    return isinstance(total, int) and offset >= total


def _page(rows: list[Object], timezone: ZoneInfo, *, after: str, gaps: list[Text]) -> PastPage:
    entries: list[Past] = []
    left_out: list[LeftOut] = []
    for row in rows:
        for number, article in enumerate(articles_of(row), start=1):
            past = _past(row, article, number, timezone)
            if article.get("is_deleted"):
                left_out.append(LeftOut(past.url, past.title, Text("The article was deleted on WeChat.")))
            else:
                entries.append(past)
    return PastPage(entries, left_out, after, gaps=gaps)


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


def _no_mass_sends() -> Text:
    return Text(
        "WeChat lists only what was published without a push (发布); take from a table what was sent with one (群发)."
    )
