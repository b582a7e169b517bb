"""One Official Account: its settings and what it holds. The calls themselves are in the modules beside this one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError
from werkzeug.wrappers import Request

from channels.sandbox.books import BEIJING, Books, adapter_of, now
from channels.sandbox.faults import Fault
from channels.sandbox.pictures import Picture
from channels.sandbox.platform import Platform, PlatformError
from channels.sandbox.wechat.entries import (
    SENT_WELL,
    Draft,
    NewsArticle,
    Publication,
    PublishStatus,
    Send,
    SendStatus,
    Token,
)

Body = TypeVar("Body")

PICTURE_PATH = "/mmbiz/"
ARTICLE_PATH = "/wechat/articles/"
ARTICLES_AT_WECHAT = "https://mp.weixin.qq.com/"

LITERAL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u(?=[0-9a-fA-F]{4})")


def default_quotas() -> dict[str, int]:
    """Calls a day. Source: developers.weixin.qq.com, API_Call_Limits, read 2026-11."""
    return {
        "/cgi-bin/token": 2000,
        "/cgi-bin/draft/add": 1000,
        "/cgi-bin/draft/get": 500,
        "/cgi-bin/draft/batchget": 1000,
        "/cgi-bin/draft/count": 1000,
        "/cgi-bin/draft/delete": 1000,
        "/cgi-bin/freepublish/submit": 100,
        "/cgi-bin/freepublish/get": 100,
        "/cgi-bin/freepublish/getarticle": 100,
        "/cgi-bin/freepublish/batchget": 100,
        "/cgi-bin/freepublish/delete": 10,
        "/cgi-bin/message/mass/sendall": 100,
        "/cgi-bin/message/mass/delete": 10,
    }


@dataclass
class WechatSettings:
    """How the account behaves; may be changed at any time, a publication keeps what held when it was submitted.

    Attributes:
        verified: False takes the publish calls away (48001).
        ip_whitelist: addresses that may ask for tokens; empty lets everybody.
        token_lives_s: life of a token; ``token_overlap_s``: how long the one before lives on; ``force_gap_s``: least
            time between two forced refreshes, ``forces_per_day`` their number.
        publish_takes_s: from submit to the outcome; ``publish_outcome``: the ``publish_status`` it ends with, 1 is
            never over.
        publish_fails: numbers, from 1, of the articles that outcomes 2 and 4 blame.
        listed_after_s: how much later than that a publication appears in freepublish/batchget.
        gone_after_s: how long freepublish/getarticle goes on showing a deleted article.
        material_visible_after_s: how long draft/add does not know a new cover (40007).
        no_content_hides_source_url: answers with ``no_content`` leave out ``content_source_url`` as well.
        escapes_source_url: read-back answers write ``&amp;`` in ``content_source_url``.
        comments_allowed: False refuses drafts that ask for comments (88000).
        mixed_drafts: True lets picture posts stand in one draft with others (else 45166); no documentation says it.
        title_units, author_units, digest_units: limits in half-width units, a Chinese character has two.
        daily_quotas: calls a day by path; a path that is not there is not limited.
        account_type: a subscription account may send ``sends_per_day``; a service account also at most four times a
            month to all.
        tags: numbers of the tags there are.
        mass_takes_s: from sendall to its outcome; ``mass_outcome``: the ``Status`` of its event.
        administrator: "asked" lets sendall answer 89504, "silent" lets it go on SENDING, both until
            ``confirm_sends`` or until half an hour is over.
        repeats_after_s: a repetition under the same ``clientmsgid`` that comes sooner is told 45066.
        mass_tells_addresses: False leaves the addresses out of the event of a send.
        callback_url: where events go; "" tells nobody. ``callback_mode``: plain, compatible or safe; ``told_after_s``:
            how long after its end an event of a publication or a send goes there.
        readers: how often each article was read on the day it came out; ``subscribers``: how many there are.
        figures_late: the statistics of yesterday are not ready yet (61503).
    """

    app_id: str = "wx0123456789abcdef"
    app_secret: str = field(default="sandbox-app-secret", repr=False)
    account_name: str = "示例单位"
    verified: bool = True
    ip_whitelist: tuple[str, ...] = ()
    token_lives_s: float = 7200
    token_overlap_s: float = 300
    force_gap_s: float = 30
    forces_per_day: int = 20
    publish_takes_s: float = 1.0
    publish_outcome: int = PublishStatus.PUBLISHED
    publish_fails: tuple[int, ...] = (1,)
    listed_after_s: float = 0.0
    gone_after_s: float = 0.0
    material_visible_after_s: float = 0.0
    no_content_hides_source_url: bool = False
    escapes_source_url: bool = True
    comments_allowed: bool = True
    mixed_drafts: bool = False
    title_units: int = 64
    author_units: int = 16
    digest_units: int = 240
    daily_quotas: dict[str, int] = field(default_factory=default_quotas)
    account_type: str = "subscription"
    sends_per_day: int = 1
    tags: tuple[int, ...] = (2,)
    mass_takes_s: float = 1.0
    mass_outcome: str = SENT_WELL
    administrator: str = ""
    repeats_after_s: float = 60.0
    mass_tells_addresses: bool = True
    callback_url: str = ""
    callback_mode: str = "safe"
    told_after_s: float = 0.0
    callback_token: str = field(default="sandbox-callback-token", repr=False)
    callback_aes_key: str = field(default="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", repr=False)
    readers: int = 120
    subscribers: int = 5321
    figures_late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was told, by its key."""

    key: str


class Account(Platform):
    """What the account holds."""

    name: ClassVar[str] = "wechat"
    own_words: ClassVar[Mapping[Fault, int]] = {
        Fault.BUSY: -1,
        Fault.BUSY_AFTER: -1,
        Fault.RATE_LIMITED: 45011,
        Fault.RATE_LIMITED_AFTER: 45011,
        Fault.REFUSED: 45166,
    }

    def __init__(self, books: Books, url: str) -> None:
        super().__init__(books, url)
        self.settings = WechatSettings()
        self.token_shelf = books.shelf("wechat.tokens", Token)
        self.image_shelf = books.shelf("wechat.images", Picture)
        self.material_shelf = books.shelf("wechat.materials", Picture)
        self.draft_shelf = books.shelf("wechat.drafts", Draft)
        self.publication_shelf = books.shelf("wechat.publications", Publication)
        self.send_shelf = books.shelf("wechat.sends", Send)
        self.told_shelf = books.shelf("wechat.told", Told)

    @property
    def images(self) -> list[Picture]:
        """Pictures for the text (uploadimg), oldest first."""
        return self.image_shelf.all()

    @property
    def materials(self) -> list[Picture]:
        """Pictures of the library (add_material), oldest first."""
        return self.material_shelf.all()

    @property
    def drafts(self) -> list[Draft]:
        """What the draft box shows now, oldest first; published and deleted drafts are not there."""
        at = now()
        return [draft for draft in self.draft_shelf.all() if draft.is_there(at)]

    @property
    def submitted(self) -> list[Publication]:
        """Every submit that took effect, oldest first, whatever became of it."""
        return self.publication_shelf.all()

    @property
    def published(self) -> list[Publication]:
        """What readers can see now, oldest first: finished well and not deleted."""
        at = now()
        return [entry for entry in self.submitted if entry.status(at) is PublishStatus.PUBLISHED]

    @property
    def sends(self) -> list[Send]:
        """Every sendall that took effect, oldest first, whatever became of it."""
        return self.send_shelf.all()

    @property
    def sent(self) -> list[Send]:
        """What subscribers got and can still open, oldest first."""
        at = now()
        return [entry for entry in self.sends if entry.status(at) is SendStatus.SUCCESS]

    def publish_by_hand(self, *titles: str, at: datetime, source_url: str = "", by_push: bool = False) -> Publication:
        """Publish articles together as a person does in the console, at a time that may be long ago."""
        number = int(at.timestamp() * 1000)
        while self.publication_shelf.get(str(number)) is not None:
            number += 1
        article_id = secrets.token_urlsafe(32)
        publication = Publication(
            publish_id=number,
            msg_data_id=number,
            article_id=article_id,
            media_id="",
            articles=tuple(NewsArticle(title, "", "", "", "", source_url, "") for title in titles),
            urls=self.addresses(article_id, len(titles)),
            submitted_at=at,
            due_at=at,
            outcome=PublishStatus.PUBLISHED,
            by_push=by_push,
        )
        self.publication_shelf.put(str(number), publication)
        return publication

    def addresses(self, article_id: str, count: int) -> tuple[str, ...]:
        """Where readers find the articles of a publication."""
        numbers = range(1, count + 1)
        return tuple(f"{self.url}{ARTICLE_PATH}{article_id}" + (f"/{n}" if n > 1 else "") for n in numbers)

    def day_window(self, path: str) -> str:
        return f"{now().astimezone(BEIJING):%Y-%m-%d} {path}"

    def picture(self, key: str) -> Picture | None:
        return self.image_shelf.get(key) or self.material_shelf.get(key)

    def is_own_picture(self, address: str) -> bool:
        """Whether ``address`` is one this account was given for a picture; scheme and query do not matter."""
        parts = urlsplit(address)
        picture = self.picture(parts.path.removeprefix(PICTURE_PATH).partition("/")[0])
        return picture is not None and urlsplit(picture.url)[1:3] == parts[1:3]

    def is_own_page(self, address: str) -> bool:
        """Whether ``address`` leads to an article on the platform: only such links stay links."""
        return address.startswith((ARTICLES_AT_WECHAT, self.url + ARTICLE_PATH))


def read_json(request: Request, shape: type[Body]) -> Body:
    r"""The JSON body in the given shape.

    ``\uXXXX`` is taken as the six characters it is written with: that is what readers of the article would see.

    Raises PlatformError: 44002 nothing there, 40033 not UTF-8, 47001 no JSON, a field missing or of the wrong type.
    """
    raw = request.get_data()
    if not raw:
        raise PlatformError(44002)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise PlatformError(40033) from None
    try:
        return adapter_of(shape).validate_json(LITERAL_ESCAPE.sub(r"\1\\\\u", text))
    except ValidationError:
        raise PlatformError(47001) from None
