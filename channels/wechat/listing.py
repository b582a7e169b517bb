"""Looking through the platform's lists of drafts, publications and pictures.

Source: developers.weixin.qq.com, api_draft_batchget, api_freepublish_batchget and api_batchgetmaterial, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple

from channels.errors import PersonNeeded
from channels.wechat.api import Api, Object, clean_text

PAGE_SIZE = 20
PAGES = 2
"""The order of the lists is not documented; what is new was always seen on the first page."""

MOST_PAGES = 100
"""More than are published in days: how far a list is read where even its second page is newer than what is wanted."""


class Mark(NamedTuple):
    """By what an article is known again: its title, and its source address.

    A picture post has no address: its ``text`` stands for it, which names the item's page where there is one; None for
    an article. Its pictures do not tell, since the platform may number one picture twice.
    """

    title: str
    source_url: str
    text: str | None = None


CLOCK_SLACK = timedelta(seconds=60)
"""How far the platform's clock and ours may be apart."""


def rows(api: Api, path: str, body: Mapping[str, object], *, since: datetime | None = None) -> Iterator[Object]:
    """The rows of the first pages; with ``since`` on to the page that holds only older ones."""
    for page in range(MOST_PAGES):
        found = objects(api.ask_about(path, {**body, "offset": page * PAGE_SIZE, "count": PAGE_SIZE}).get("item"))
        yield from found
        is_far_enough = since is None or all(made_at(row) < since for row in found)
        if len(found) < PAGE_SIZE or (page + 1 >= PAGES and is_far_enough):
            return


def newest_match(api: Api, path: str, marks: Sequence[Mark], *, since: datetime, whole: bool = False) -> Object | None:
    """The newest row that holds our articles (see ``ours_in``) and is not older than ``since``."""
    return max(_matches(_new_rows(api, path, marks, since), marks, whole=whole), key=made_at, default=None)


def sure_match(api: Api, path: str, marks: Sequence[Mark], *, since: datetime) -> Object | None:
    """The same among what is out, where what is not found may be sent again.

    Raises PersonNeeded: a picture post is there that may be ours, and nothing tells.
    """
    new = _new_rows(api, path, marks, since)
    found = max(_matches(new, marks), key=made_at, default=None)
    if found is None and any(_may_be(article, mark) for row in new for article in articles_of(row) for mark in marks):
        raise PersonNeeded(
            "WeChat has a picture post “{title}” with another text, and nothing else tells whether it is this one: "
            "look in the WeChat console, and confirm or deny.",
            title=marks[0].title,
        )
    return found


def ours_in(row: Object, marks: Sequence[Mark], *, whole: bool = False) -> list[Object]:
    """Our articles in a row, each with its number there, from 1, as ``index``; empty where the row is none of ours.

    Several are ours only if the row holds all of them in this order, and no others. One may have been put beside others
    by a person, unless it must be the ``whole`` row.
    """
    found = [{**article, "index": index} for index, article in enumerate(articles_of(row), start=1)]
    if len(marks) == 1 and not whole:
        return [article for article in found if _is(article, marks[0])][:1]
    is_ours = len(found) == len(marks) and all(map(_is, found, marks))
    return found if is_ours else []


def numbered(number: str, index: int) -> str:
    """What tells an article of a publication from the others: the publication's number, with its own behind it."""
    return number if index == 1 else f"{number}#{index}"


def made_at(row: Object) -> datetime:
    """When the row was made, by the platform's clock."""
    content = row.get("content")
    seconds = (content.get("create_time") if isinstance(content, dict) else None) or row.get("update_time") or 0
    return datetime.fromtimestamp(int(seconds), UTC)


def _is(article: Object, mark: Mark) -> bool:
    """Whether an article has this title and source address, or text; read back, all of them may be escaped."""
    if plain(str(article.get("title", ""))) != plain(mark.title):
        return False
    if mark.text is not None:
        text = plain(mark.text)
        return bool(text) and article.get("article_type") != "news" and plain(str(article.get("content", ""))) == text
    return unescape(str(article.get("content_source_url", ""))) == mark.source_url


def _may_be(article: Object, mark: Mark) -> bool:
    """Whether an article may be a picture post of ours whose text was changed, or has none."""
    is_post = article.get("article_type") != "news" and not article.get("content_source_url")
    return mark.text is not None and is_post and plain(str(article.get("title", ""))) == plain(mark.title)


def _matches(new: Sequence[Object], marks: Sequence[Mark], *, whole: bool = False) -> Iterator[Object]:
    return (row for row in new if ours_in(row, marks, whole=whole))


def _new_rows(api: Api, path: str, marks: Sequence[Mark], since: datetime) -> list[Object]:
    """The rows that are not older than ``since``."""
    first = since - CLOCK_SLACK
    # Only the long form has the texts of picture posts.
    has_posts = any(mark.text is not None for mark in marks)
    found = rows(api, path, {"no_content": 0}, since=first) if has_posts else _article_rows(api, path, first)
    return [row for row in found if made_at(row) >= first]


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


def plain(text: str) -> str:
    """A title or text as it was written: read back, it may be escaped, and its blanks may be others."""
    return " ".join(unescape(clean_text(text)).split())
