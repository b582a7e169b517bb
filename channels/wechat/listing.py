"""Looking through the platform's lists of drafts, publications and pictures.

Source: developers.weixin.qq.com, api_draft_batchget, api_freepublish_batchget and api_batchgetmaterial, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape

from channels.wechat.api import Api, Object, clean_text

PAGE_SIZE = 20
PAGES = 2
"""The order of the lists is not documented; what is new was always seen on the first page."""

MOST_PAGES = 100
"""More than are published in days: how far a list is read where even its second page is newer than what is wanted."""

CLOCK_SLACK = timedelta(seconds=60)
"""How far the platform's clock and ours may be apart."""


def rows(api: Api, path: str, body: Mapping[str, object], *, since: datetime | None = None) -> Iterator[Object]:
    """The rows of the first pages; with ``since`` on to the page that holds only older ones."""
    for page in range(MOST_PAGES):
        found = objects(api.ask(path, {**body, "offset": page * PAGE_SIZE, "count": PAGE_SIZE}).get("item"))
        yield from found
        is_far_enough = since is None or all(made_at(row) < since for row in found)
        if len(found) < PAGE_SIZE or (page + 1 >= PAGES and is_far_enough):
            return


def newest_match(api: Api, path: str, title: str, source_url: str, *, since: datetime) -> Object | None:
    """The newest row that holds an article with this title and source address and is not older than ``since``."""
    matches = [
        row
        for row in _article_rows(api, path, since - CLOCK_SLACK)
        if made_at(row) >= since - CLOCK_SLACK and our_article(row, title, source_url) is not None
    ]
    return max(matches, key=made_at, default=None)


def our_article(row: Object, title: str, source_url: str) -> Object | None:
    """The article of a row with this title and source address; read back, both may be escaped.

    ``index`` is added: its number in the row, from 1.
    """
    for index, article in enumerate(articles_of(row), start=1):
        same_address = unescape(str(article.get("content_source_url", ""))) == source_url
        if same_address and plain(str(article.get("title", ""))) == plain(title):
            return {**article, "index": index}
    return None


def made_at(row: Object) -> datetime:
    """When the row was made, by the platform's clock."""
    content = row.get("content")
    seconds = (content.get("create_time") if isinstance(content, dict) else None) or row.get("update_time") or 0
    return datetime.fromtimestamp(int(seconds), UTC)


def _article_rows(api: Api, path: str, since: datetime) -> Iterator[Object]:
    """The rows with the articles' source addresses.

    Whether the short form (``no_content``) keeps the source address is not documented: where it does not, the long
    form is asked for.
    """
    short = list(rows(api, path, {"no_content": 1}, since=since))
    # Picture posts have none, in either form.
    told = [article for row in short for article in articles_of(row) if article.get("article_type") != "newspic"]
    if all("content_source_url" in article for article in told):
        yield from short
    else:
        yield from rows(api, path, {"no_content": 0}, since=since)


def articles_of(row: Object) -> list[Object]:
    """The articles of a row, in their order."""
    content = row.get("content")
    return objects(content.get("news_item")) if isinstance(content, dict) else []


def objects(value: object) -> list[Object]:
    """A list of JSON objects, empty where it is none."""
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def plain(title: str) -> str:
    """A title as it was written: read back, it may be escaped."""
    return " ".join(unescape(clean_text(title)).split())
