"""What a WeChat account holds: tokens, drafts, publications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class PublishStatus(IntEnum):
    """``publish_status`` of freepublish/get.

    Source: developers.weixin.qq.com, api_freepublish_get, read 2026-11.
    """

    PUBLISHED = 0
    UNDER_WAY = 1
    NOT_ORIGINAL = 2
    FAILED = 3
    REVIEW_REFUSED = 4
    DELETED = 5
    BANNED = 6


USES_UP_DRAFT = frozenset({PublishStatus.PUBLISHED, PublishStatus.DELETED, PublishStatus.BANNED})
"""Outcomes after which the draft is gone: it was published, whatever happened later."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; ``ends_at`` is set when a newer one takes its place."""

    value: str
    stable: bool
    issued_at: datetime
    expires_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewsArticle:
    """One article of a draft, as it is kept: ``content`` is filtered and written anew, ``sent_content`` is not.

    ``pictures`` are those of a picture post (newspic), by their ``media_id``.
    """

    title: str
    author: str
    digest: str
    content: str
    sent_content: str
    content_source_url: str
    thumb_media_id: str
    need_open_comment: int = 0
    only_fans_can_comment: int = 0
    article_type: str = "news"
    pictures: tuple[str, ...] = ()
    pic_crop_235_1: str = ""
    pic_crop_1_1: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "content_source_url": self.content_source_url,
            "thumb_media_id": self.thumb_media_id,
            "content": self.content,
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft; from ``used_at`` on it has been published, and the draft box no longer shows it."""

    media_id: str
    articles: tuple[NewsArticle, ...]
    created_at: datetime
    used_at: datetime | None = None
    deleted: bool = False

    @property
    def title(self) -> str:
        return self.articles[0].title

    @property
    def content_source_url(self) -> str:
        return self.articles[0].content_source_url

    def is_there(self, at: datetime) -> bool:
        return not self.deleted and (self.used_at is None or at < self.used_at)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.media_id,
            "title": self.title,
            "content_source_url": self.content_source_url,
            "created_at": self.created_at.isoformat(),
            "articles": [article.as_json() for article in self.articles],
        }


@dataclass(frozen=True, slots=True)
class Publication:
    """One accepted freepublish/submit: it ends with ``outcome`` at ``due_at``.

    ``by_push``: sent to subscribers from the console (群发), which the list of publications never shows.
    ``article_id`` is only told to callers once it is published; ``urls`` has one address for each article;
    ``deleted`` are the numbers, from 1, of the articles that were deleted afterwards, ``deleted_at`` the last time.
    """

    publish_id: int
    msg_data_id: int
    article_id: str
    media_id: str
    articles: tuple[NewsArticle, ...]
    urls: tuple[str, ...]
    submitted_at: datetime
    due_at: datetime
    outcome: PublishStatus
    deleted: tuple[int, ...] = ()
    deleted_at: datetime | None = None
    by_push: bool = False

    @property
    def title(self) -> str:
        return self.articles[0].title

    @property
    def content_source_url(self) -> str:
        return self.articles[0].content_source_url

    @property
    def url(self) -> str:
        """Where readers find the first article."""
        return self.urls[0]

    def status(self, at: datetime) -> PublishStatus:
        if at < self.due_at:
            return PublishStatus.UNDER_WAY
        if self.outcome is PublishStatus.PUBLISHED and len(self.deleted) == len(self.articles):
            return PublishStatus.DELETED
        return self.outcome

    def as_json(self, at: datetime) -> dict[str, Any]:
        return {
            "id": self.article_id,
            "publish_id": self.publish_id,
            "media_id": self.media_id,
            "title": self.title,
            "content_source_url": self.content_source_url,
            "url": self.url,
            "status": int(self.status(at)),
            "created_at": self.submitted_at.isoformat(),
            "published_at": self.due_at.isoformat(),
            "urls": list(self.urls),
            "deleted": list(self.deleted),
            "articles": [article.as_json() for article in self.articles],
        }


class SendStatus(StrEnum):
    """``msg_status`` of message/mass/get. Source: developers.weixin.qq.com, api_massmsgget, read 2026-11."""

    SUCCESS = "SEND_SUCCESS"
    UNDER_WAY = "SENDING"
    FAILED = "SEND_FAIL"
    DELETED = "DELETE"


SENT_WELL = "send success"


@dataclass(frozen=True, slots=True)
class Send:
    """One send to subscribers (群发) that was accepted; it ends with ``outcome`` at ``due_at``.

    ``outcome`` is the ``Status`` of its event. Where the administrator must confirm, ``due_at`` is when that is too
    late. ``deleted`` are numbers of articles from 1; ``tried_at`` is the newest call with its ``clientmsgid``.
    """

    msg_id: int
    msg_data_id: int
    media_id: str
    articles: tuple[NewsArticle, ...]
    urls: tuple[str, ...]
    clientmsgid: str
    audience: str
    submitted_at: datetime
    tried_at: datetime
    due_at: datetime
    outcome: str
    deleted: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        return self.articles[0].title

    def status(self, at: datetime) -> SendStatus:
        if at < self.due_at:
            return SendStatus.UNDER_WAY
        if self.outcome != SENT_WELL:
            return SendStatus.FAILED
        return SendStatus.DELETED if len(self.deleted) == len(self.articles) else SendStatus.SUCCESS

    def as_json(self, at: datetime) -> dict[str, Any]:
        return {
            "id": str(self.msg_id),
            "media_id": self.media_id,
            "title": self.title,
            "content_source_url": self.articles[0].content_source_url,
            "url": self.urls[0],
            "audience": self.audience,
            "status": self.status(at).value,
            "outcome": self.outcome,
            "created_at": self.submitted_at.isoformat(),
            "articles": [article.as_json() for article in self.articles],
        }
