"""The draft box.

Source: developers.weixin.qq.com, api_draft_add, api_getdraft, api_draft_batchget, api_draft_count and
api_draft_delete, read 2026-11.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from werkzeug.wrappers import Request

from channels.sandbox.books import now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import Account, read_json
from channels.sandbox.wechat.entries import Draft, NewsArticle
from channels.sandbox.wechat.markup import filter_article, plain_text

ARTICLES_PER_DRAFT = 8
CONTENT_CHARACTERS = 20_000
CONTENT_BYTES = 1024 * 1024
SOURCE_URL_BYTES = 1024
DIGEST_FROM_TEXT = 54
PICTURES_PER_POST = 20
POST_CHARACTERS = 1000
CROP = re.compile(r"(?:(?:0|1|0\.\d{1,6}|1\.0{1,6})_){3}(?:0|1|0\.\d{1,6}|1\.0{1,6})")
PAGE_SIZE = 20
DRAFT_PATH = "/wechat/drafts/"


@dataclass(frozen=True, slots=True)
class PostPicture:
    image_media_id: str


@dataclass(frozen=True, slots=True)
class PostPictures:
    image_list: tuple[PostPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleBody:
    title: str
    content: str = ""
    article_type: str = "news"
    author: str = ""
    digest: str = ""
    content_source_url: str = ""
    thumb_media_id: str = ""
    need_open_comment: int = 0
    only_fans_can_comment: int = 0
    pic_crop_235_1: str = ""
    pic_crop_1_1: str = ""
    image_info: PostPictures = PostPictures()


@dataclass(frozen=True, slots=True)
class AddBody:
    articles: tuple[ArticleBody, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftBody:
    media_id: str


@dataclass(frozen=True, slots=True)
class PageBody:
    offset: int
    count: int
    no_content: int = 0

    def check(self) -> None:
        """Raises PlatformError: 40097 outside of what may be asked for."""
        if self.offset < 0 or not 1 <= self.count <= PAGE_SIZE:
            raise PlatformError(40097)


def add_draft(account: Account, request: Request) -> Json:
    """POST /cgi-bin/draft/add: keep up to eight articles as one draft."""
    body = read_json(request, AddBody)
    if not body.articles:
        raise PlatformError(44003)
    if len(body.articles) > ARTICLES_PER_DRAFT:
        raise PlatformError(45008)
    is_mixed = len(body.articles) > 1 and any(article.article_type == "newspic" for article in body.articles)
    if is_mixed and not account.settings.mixed_drafts:
        raise PlatformError(45166)
    articles = tuple(_accept(account, article) for article in body.articles)
    draft = Draft(secrets.token_urlsafe(32), articles, now())
    account.draft_shelf.put(draft.media_id, draft)
    return {"media_id": draft.media_id, "item": []}


def get_draft(account: Account, request: Request) -> Json:
    """POST /cgi-bin/draft/get. Raises PlatformError: 40007 unknown, deleted or published."""
    draft = find_draft(account, read_json(request, DraftBody).media_id)
    if draft is None:
        raise PlatformError(40007)
    return _content(account, draft)


def list_drafts(account: Account, request: Request) -> Json:
    """POST /cgi-bin/draft/batchget: the draft box, newest first."""
    body = read_json(request, PageBody)
    body.check()
    drafts = account.drafts[::-1]
    rows = [
        {
            "media_id": draft.media_id,
            "content": _content(account, draft, bare=bool(body.no_content)),
            "update_time": _seconds(draft.created_at),
        }
        for draft in drafts[body.offset : body.offset + body.count]
    ]
    return {"item": rows, "total_count": len(drafts), "item_count": len(rows)}


def count_drafts(account: Account, request: Request) -> Json:  # noqa: ARG001 - all calls look alike
    """GET /cgi-bin/draft/count."""
    return {"total_count": len(account.drafts)}


def delete_draft(account: Account, request: Request) -> Json:
    """POST /cgi-bin/draft/delete: deleting twice is no error."""
    draft = find_draft(account, read_json(request, DraftBody).media_id)
    if draft is not None:
        account.draft_shelf.put(draft.media_id, replace(draft, deleted=True))
    return {"errcode": 0, "errmsg": "ok"}


def find_draft(account: Account, media_id: str) -> Draft | None:
    """The draft, if the draft box shows it now."""
    draft = account.draft_shelf.get(media_id)
    return draft if draft is not None and draft.is_there(now()) else None


def news_item(account: Account, article: NewsArticle, url: str, *, bare: bool = False) -> Json:
    """An article as it is read back; ``bare`` leaves out its HTML."""
    settings = account.settings
    cover = account.picture(article.thumb_media_id)
    if article.article_type == "newspic":
        return _picture_post(article, url, bare=bare)
    item = {
        "article_type": "news",
        "title": article.title,
        "author": article.author,
        "digest": article.digest,
        "content": article.content,
        "content_source_url": article.content_source_url,
        "thumb_media_id": article.thumb_media_id,
        "show_cover_pic": 0,
        "need_open_comment": article.need_open_comment,
        "only_fans_can_comment": article.only_fans_can_comment,
        "url": url,
        "thumb_url": cover.url if cover else "",
    }
    if settings.escapes_source_url:
        item["content_source_url"] = escape(article.content_source_url, quote=False)
    if bare:
        del item["content"]
    if bare and settings.no_content_hides_source_url:
        del item["content_source_url"]
    return item


def _picture_post(article: NewsArticle, url: str, *, bare: bool) -> Json:
    item: Json = {
        "article_type": "newspic",
        "title": article.title,
        "content": article.content,
        "need_open_comment": article.need_open_comment,
        "only_fans_can_comment": article.only_fans_can_comment,
        "image_info": {"image_list": [{"image_media_id": media_id} for media_id in article.pictures]},
        "url": url,
    }
    if bare:
        del item["content"]
    return item


def width(text: str) -> int:
    """Length in half-width units: two for a wide character, one for any other."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _content(account: Account, draft: Draft, *, bare: bool = False) -> Json:
    items = [
        news_item(account, article, f"{account.url}{DRAFT_PATH}{draft.media_id}/{number}", bare=bare)
        for number, article in enumerate(draft.articles, start=1)
    ]
    created = _seconds(draft.created_at)
    return {"news_item": items, "create_time": created, "update_time": created}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _accept(account: Account, body: ArticleBody) -> NewsArticle:
    if body.article_type == "newspic":
        return _accept_picture_post(account, body)
    _check(account, body)
    content = filter_article(body.content, is_own_picture=account.is_own_picture, is_own_page=account.is_own_page)
    if not content:
        raise PlatformError(44004)
    return NewsArticle(
        title=body.title,
        author=body.author,
        digest=body.digest or plain_text(content)[:DIGEST_FROM_TEXT],
        content=content,
        sent_content=body.content,
        content_source_url=body.content_source_url,
        thumb_media_id=body.thumb_media_id,
        need_open_comment=body.need_open_comment,
        only_fans_can_comment=body.only_fans_can_comment,
        pic_crop_235_1=body.pic_crop_235_1,
        pic_crop_1_1=body.pic_crop_1_1,
    )


def _accept_picture_post(account: Account, body: ArticleBody) -> NewsArticle:
    """A picture post has pictures of the library and plain text; no address, no author, no cover of its own."""
    pictures = tuple(picture.image_media_id for picture in body.image_info.image_list)
    _refuse_if(
        {
            47001: not body.title.strip() or not 1 <= len(pictures) <= PICTURES_PER_POST,
            45003: width(body.title) > account.settings.title_units,
            45166: len(body.content) > POST_CHARACTERS or "<" in body.content,
            40007: not all(_is_known_cover(account, picture) for picture in pictures),
            88000: bool(body.need_open_comment) and not account.settings.comments_allowed,
        }
    )
    return NewsArticle(
        title=body.title,
        author="",
        digest="",
        content=body.content,
        sent_content=body.content,
        content_source_url="",
        thumb_media_id=pictures[0],
        need_open_comment=body.need_open_comment,
        only_fans_can_comment=body.only_fans_can_comment,
        article_type="newspic",
        pictures=pictures,
    )


def _check(account: Account, body: ArticleBody) -> None:
    settings = account.settings
    faults = {
        47001: body.article_type != "news" or not body.title.strip(),
        45003: width(body.title) > settings.title_units,
        45110: width(body.author) > settings.author_units,
        45004: width(body.digest) > settings.digest_units,
        45002: len(body.content) >= CONTENT_CHARACTERS or len(body.content.encode()) >= CONTENT_BYTES,
        44004: not body.content.strip(),
        45005: len(body.content_source_url.encode()) > SOURCE_URL_BYTES,
        41039: bool(body.content_source_url) and not body.content_source_url.startswith(("http://", "https://")),
        40007: not _is_known_cover(account, body.thumb_media_id),
        88000: bool(body.need_open_comment) and not settings.comments_allowed,
        40097: not all(map(_is_crop, (body.pic_crop_235_1, body.pic_crop_1_1))),
    }
    _refuse_if(faults)


def _refuse_if(faults: Mapping[int, bool]) -> None:
    for code, is_so in faults.items():
        if is_so:
            raise PlatformError(code)


def _is_crop(crop: str) -> bool:
    """``X1_Y1_X2_Y2``, each from 0 to 1 with at most six decimals, the second corner below and right of the first."""
    if not crop:
        return True
    if not CROP.fullmatch(crop):
        return False
    left, top, right, bottom = map(float, crop.split("_"))
    return left < right and top < bottom


def _is_known_cover(account: Account, media_id: str) -> bool:
    cover = account.material_shelf.get(media_id)
    known_after = timedelta(seconds=account.settings.material_visible_after_s)
    return cover is not None and now() - cover.created_at >= known_after
