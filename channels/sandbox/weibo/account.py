"""One Weibo account: its settings and what it holds. The calls themselves are in the modules beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from channels.sandbox.books import BEIJING, Books, now
from channels.sandbox.faults import Fault
from channels.sandbox.pictures import Picture
from channels.sandbox.platform import Platform
from channels.sandbox.weibo.entries import Article, Code, Post, Token
from channels.sandbox.weibo.numbers import next_mid, to_base62
from channels.sandbox.weibo.text import shorten, tidy

PICTURE_PATH = "/weibo/pictures/"
PAGE_PATH = "/weibo/"


@dataclass
class WeiboSettings:
    """How the account and its app behave; may be changed at any time.

    Attributes:
        token_expired: every call answers 21327.
        redirect_uri: where browsers are sent back after signing in, as registered for the app.
        followers: how many follow the account.
        grants: what the app may do beyond ``share``: "update" (its own posts, several pictures), "article" (头条文章).
        safe_domains: hosts of which a post must name one; an entry does not cover its sub-domains. Empty: the app has
            none approved yet.
        visible_after_s: how long a new post is missing in the timeline; ``timeline_length``: how many it shows.
        gone_after_s: how long a deleted post can still be asked for by its number.
        posts_per_hour, calls_per_day: quotas by Beijing time.
        length_units: limit of a text in half-width units.
        repeat_window: with how many of the latest posts a new text is compared (20019); 0 lets repeats through, so that
            nothing hides a double post.
        require_rip: answer 10016 without the ``rip`` parameter.
        gives_url_objects: statuses carry ``url_objects`` with the long addresses.
        reposts, comments, attitudes: counts that every post has.
    """

    access_token: str = field(default="sandbox-access-token", repr=False)
    app_key: str = "1234567890"
    app_name: str = "政务发布"
    uid: str = "1234567890"
    screen_name: str = "示例单位发布"
    token_expired: bool = False
    token_left_s: int = 157_679_999
    app_secret: str = field(default="sandbox-app-secret", repr=False)
    redirect_uri: str = "http://127.0.0.1:8000/accounts/return/"
    followers: int = 0
    grants: tuple[str, ...] = ()
    safe_domains: tuple[str, ...] = ("127.0.0.1", "localhost", "www.example.gov.cn")
    visible_after_s: float = 0.0
    gone_after_s: float = 0.0
    timeline_length: int = 5
    posts_per_hour: int = 30
    calls_per_day: int = 100
    length_units: int = 280
    repeat_window: int = 20
    require_rip: bool = False
    gives_url_objects: bool = True
    reposts: int = 0
    comments: int = 0
    attitudes: int = 0


class Account(Platform):
    """What the account holds."""

    name: ClassVar[str] = "weibo"
    own_words: ClassVar[Mapping[Fault, int]] = {
        Fault.BUSY: 10001,
        Fault.BUSY_AFTER: 10001,
        Fault.RATE_LIMITED: 10023,
        Fault.RATE_LIMITED_AFTER: 10023,
        Fault.REFUSED: 20021,
        Fault.DUPLICATE: 20019,
        Fault.SYNC_DELAYED: 20032,
        Fault.UNDER_REVIEW: 20053,
    }

    def __init__(self, books: Books, url: str) -> None:
        super().__init__(books, url)
        self.settings = WeiboSettings()
        self.post_shelf = books.shelf("weibo.posts", Post)
        self.picture_shelf = books.shelf("weibo.pictures", Picture)
        self.code_shelf = books.shelf("weibo.codes", Code)
        self.token_shelf = books.shelf("weibo.tokens", Token)

    @property
    def posts(self) -> list[Post]:
        """Posts that are out, oldest first, also those the timeline does not show yet."""
        return [post for post in self.post_shelf.all() if not post.deleted]

    @property
    def destroyed(self) -> list[Post]:
        """Posts that were deleted, oldest first."""
        return [post for post in self.post_shelf.all() if post.deleted]

    @property
    def timeline(self) -> list[Post]:
        """Posts that readers see now, newest first."""
        at = now()
        return [post for post in reversed(self.posts) if post.visible_at <= at]

    def post_by_hand(self, text: str, *, at: datetime | None = None, reposted: str = "") -> Post:
        """Post as a person does on the platform itself, past the API and its rules.

        ``at`` may be long ago, but not before the newest post.
        """
        return self.add_post(text, by_app=False, at=at, reposted=reposted)

    def add_post(
        self,
        text: str,
        *,
        pictures: tuple[str, ...] = (),
        article: Article | None = None,
        by_app: bool = True,
        at: datetime | None = None,
        reposted: str = "",
    ) -> Post:
        """Write a post into the books."""
        with self.books.page():
            at = at or now()
            latest = next(self.post_shelf.newest_first(), None)
            mid = next_mid(at, latest.mid if latest else 0)
            kept, links = shorten(tidy(text))
            uid = self.settings.uid
            post = Post(
                mid=mid,
                uid=uid,
                sent=text,
                text=kept,
                links=links,
                picture=next(iter(pictures), ""),
                more_pictures=pictures[1:],
                article=article,
                url=f"{self.url}{PAGE_PATH}{uid}/{to_base62(mid)}",
                created_at=at,
                visible_at=at + timedelta(seconds=self.settings.visible_after_s),
                by_app=by_app,
                reposted=reposted,
            )
            self.post_shelf.put(str(mid), post)
            return post

    def day_window(self) -> str:
        return f"{now().astimezone(BEIJING):%Y-%m-%d}"

    def hour_window(self) -> str:
        return f"{now().astimezone(BEIJING):%Y-%m-%d %H} share"
