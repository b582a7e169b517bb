"""What an office sets for a WeChat account."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
from channels.issues import IssueOptions
from channels.secret import Secret

OFFICIAL_HOSTS = frozenset(
    {
        "api.weixin.qq.com",
        "api2.weixin.qq.com",
        "sh.api.weixin.qq.com",
        "sz.api.weixin.qq.com",
        "hk.api.weixin.qq.com",
    }
)


class Quotas(BaseModel):
    """Calls a day, counted in Beijing time. Source: developers.weixin.qq.com, API_Call_Limits, read 2026-11."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    submits_per_day: int = Field(default=100, gt=0)
    sends_per_day: int = Field(default=1, gt=0)
    sends_per_month: int | None = Field(default=None, gt=0)
    confirms_per_day: int = Field(default=100, gt=0)
    lookups_per_day: int = Field(default=100, gt=0)
    articles_per_day: int = Field(default=100, gt=0)
    deletes_per_day: int = Field(default=10, gt=0)


class BundleOptions(IssueOptions):
    """The table ``issues``: when articles are put together and go out as one, the headline (头条) first.

    ``mixed``: picture posts may stand in it beside articles; the documentation does not say whether the platform takes
    that.
    """

    close_days_before: int = Field(default=0, ge=0, le=14)
    items: int = Field(default=8, ge=1, le=100)
    mixed: bool = False

    @model_validator(mode="after")
    def _counts_articles_only(self) -> Self:
        if self.pictures or self.page:
            raise SettingRefused("WeChat counts what goes out together in articles: leave out pictures and page.")
        return self


class WechatOptions(ChannelOptions):
    """One table ``[channels.…]`` of kind ``wechat``.

    Attributes:
        mode: ``publish`` puts articles out without a push to subscribers; ``mass`` pushes them; ``draft`` leaves them
            in the console's draft box for a person.
        audience: whom ``mass`` pushes to; it must be said, since a wrong guess would reach everybody.
        send_reprints: push an article although WeChat takes it for a reprint that its author allows.
        callback_token, callback_aes_key, callback_old_aes_key: what the console's page 服务器配置 says; the old key is
            tried second while the console changes over.
        callback_plain: take events that are not encrypted, as the console sends them in 明文模式.
        correction: what becomes of an article whose item is corrected: a person changes it in the console, it is
            deleted and published anew, or whichever of the two a person chooses each time.
        title_units, author_units, digest_chars: limits that the platform does not document clearly, in half-width
            characters (a Chinese one counts two).
        theme: how articles look: a folder in ``themes/``.
        author: who stands there where an item names nobody.
        footer_code: picture at the end of each article: a file in the home, or an address that a QR code leads to.
        footer_lines: what stands under it; ``{office}`` is the office's name.
        picture_posts: whether what has pictures, no more than ``picture_post_text`` characters, and neither tables,
            links nor attachments, becomes a picture post (图片消息).
        picture_post_limit: longest text of one; the documentation names no limit, the console this one.
        cover_template: picture in the home on which the title is written where an item has no picture.
        articles_per_draft: how many articles the platform takes as one; the documentation names no number, the console
            this one.
        issues: how articles come together; without it each goes out by itself.
    """

    api_base: str = "https://api.weixin.qq.com"
    app_id: Secret
    app_secret: Secret
    mode: Literal["publish", "mass", "draft"] = "publish"
    account_type: Literal["subscription", "service"] = "subscription"
    audience: str = ""
    send_reprints: bool = False
    callback_token: Secret | None = None
    callback_aes_key: Secret | None = None
    callback_old_aes_key: Secret | None = None
    callback_plain: bool = False
    correction: Literal["person", "anew", "ask"] = "person"
    quotas: Quotas = Quotas()
    title_units: int = Field(default=64, gt=0)
    author_units: int = Field(default=16, gt=0)
    digest_chars: int = Field(default=120, gt=0)
    theme: Literal["official", "solemn", "fresh"] = "official"
    author: str = ""
    footer_code: str = ""
    footer_lines: tuple[str, ...] = ("欢迎关注{office}微信公众号",)
    cover_template: str = ""
    picture_posts: Literal["never", "short"] = "never"
    picture_post_text: int = Field(default=200, ge=0, le=1000)
    picture_post_limit: int = Field(default=1000, gt=0)
    articles_per_draft: int = Field(default=8, gt=0, le=100)
    issues: BundleOptions | None = None

    @field_validator("footer_code", "cover_template")
    @classmethod
    def _is_inside_home(cls, name: str) -> str:
        if name.startswith(("http://", "https://")):
            return name
        if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
            raise SettingRefused('Write a file inside the home, such as "brand/code.png".')
        return name

    @field_validator("footer_lines")
    @classmethod
    def _can_be_filled(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        for line in lines:
            if set("{}") & set(line.replace("{office}", "")):
                raise SettingRefused("In these lines only {place} stands for something else.", place="{office}")
        return lines

    @field_validator("audience")
    @classmethod
    def _is_audience(cls, audience: str) -> str:
        if audience not in {"", "all"} and not (audience.isascii() and audience.isdigit()):
            raise SettingRefused('Write "all", or the number of a tag in quotation marks.')
        return audience

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise SettingRefused(
                "This is no web address: write one such as {example}.", example="https://api.weixin.qq.com"
            )
        return address.rstrip("/")

    @model_validator(mode="after")
    def _has_audience(self) -> Self:
        if self.mode == "mass" and not self.audience:
            raise SettingRefused('Say whom "mass" is for: audience = "all", or the number of a tag in quotation marks.')
        return self

    @model_validator(mode="after")
    def _fits_in_a_draft(self) -> Self:
        if self.issues is not None and self.issues.items > self.articles_per_draft:
            raise SettingRefused(
                "WeChat takes {limit} articles at once (articles_per_draft): write that or less for items in the table "
                "issues.",
                limit=self.articles_per_draft,
            )
        return self

    @model_validator(mode="after")
    def _can_hear(self) -> Self:
        if self.callback_token is not None and self.callback_aes_key is None and not self.callback_plain:
            raise SettingRefused(
                "What WeChat says cannot be read like this: give callback_aes_key, or write callback_plain = true "
                "where the console has 明文模式."
            )
        return self

    @property
    def sends_per_month(self) -> int | None:
        """How often a month the account may push to all, where the platform counts that."""
        if self.quotas.sends_per_month is not None:
            return self.quotas.sends_per_month
        return 4 if self.account_type == "service" and self.audience == "all" else None

    @property
    def asks_how_to_correct(self) -> bool:
        """Whether a person chooses each time; what the program did not put out it leaves alone."""
        return self.correction == "ask" and self.mode != "draft"

    @property
    def official_host(self) -> str:
        """The platform's own host this account speaks to, empty with a stand-in."""
        host = urlsplit(self.api_base).hostname or ""
        return host if host in OFFICIAL_HOSTS else ""
