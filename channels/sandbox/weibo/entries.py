"""What a Weibo account holds: posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.sandbox.weibo.numbers import to_base62


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a post and the short one that stands in its place."""

    short: str
    long: str


@dataclass(frozen=True, slots=True)
class Code:
    """What a browser brings back when the account has agreed: good once, and not for long."""

    value: str
    made_at: datetime
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out for a code."""

    value: str
    made_at: datetime
    ends_at: datetime
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A long article (头条文章) that a post carries."""

    object_id: str
    url: str
    title: str
    content: str
    summary: str
    cover: str


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Attributes:
        mid: its number, growing with time.
        sent: the text as it arrived; ``text``: as it is kept, with short links and without topics.
        picture: key of its first picture, empty without one; ``more_pictures``: of the others.
        by_app: False for what a person posted by hand, past the API.
        visible_at: when it first shows up in the timeline.
        reposted: name of the account whose post is passed on, empty for a post of its own.
    """

    mid: int
    uid: str
    sent: str
    text: str
    links: tuple[Link, ...]
    picture: str
    url: str
    created_at: datetime
    visible_at: datetime
    by_app: bool = True
    deleted: bool = False
    deleted_at: datetime | None = None
    reposted: str = ""
    more_pictures: tuple[str, ...] = ()
    article: Article | None = None

    @property
    def pictures(self) -> tuple[str, ...]:
        """Keys of all pictures, in their order."""
        return (self.picture, *self.more_pictures) if self.picture else ()

    @property
    def name(self) -> str:
        """Its name in the page's address."""
        return to_base62(self.mid)

    @property
    def link(self) -> str:
        """The first address in it, empty without one."""
        return self.links[0].long if self.links else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.mid),
            "text": self.text,
            "sent": self.sent,
            "link": self.link,
            "links": [link.long for link in self.links],
            "url": self.url,
            "picture": self.picture,
            "pictures": list(self.pictures),
            "article": {"title": self.article.title, "content": self.article.content} if self.article else None,
            "by_app": self.by_app,
            "created_at": self.created_at.isoformat(),
        }
