"""What an office sets for a Weibo account."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
from channels.secret import Secret

OFFICIAL_HOSTS = frozenset({"api.weibo.com", "upload.api.weibo.com", "c.api.weibo.com"})


class Quotas(BaseModel):
    """Calls of one account in one app. Source: open.weibo.com/wiki, Rate-limiting, read 2026-11."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    posts_per_hour: int = Field(default=30, gt=0)
    calls_per_day: int = Field(default=100, gt=0)
    min_gap_s: float = Field(default=1, ge=0)


class WeiboOptions(ChannelOptions):
    """One table ``[channels.…]`` of kind ``weibo``.

    Attributes:
        access_token: ``env:`` or ``file:``, or ``desk:NAME`` where an administrator signs in on a page of the program,
            which needs ``app_key``, ``app_secret`` and ``redirect_uri``: the address registered as 授权回调页, exactly.
        uid: number of the office's account; somebody who signs in with another one is turned away.
        safe_domain: the domain (安全域名) that Weibo has approved for the app; every post must link below it;
            empty leaves that to Weibo.
        rip: the office's public IPv4 address, which the newest documentation requires.
        correction: what becomes of a post whose item is corrected: taken back and posted anew, a person's comment, or
            whichever of the two a person chooses each time.
        max_units: longest text in half-width units; the documented limit is 280, the difference is for emoji and
            addresses, which Weibo counts in ways that are not documented.
        mode: ``share`` is what every app may do: a text with the link and one picture. ``update`` needs Weibo's grant:
            several pictures, and topics stay. ``article`` needs another one: the whole text as 头条文章.
        max_pictures: how many pictures go along with ``update``; each costs a call of the day.
        article_cover: public web address of the picture that stands for articles, which Weibo fetches.
        looks_before: whether the account's newest posts are read before each post, so that what stands there already is
            noticed; it costs a call of the day.
        tall_picture: whether the whole item goes along as one tall picture (长图), in place of its first picture:
            never, where the text does not fit into the post, or always.
    """

    api_base: str = "https://api.weibo.com"
    access_token: Secret
    app_key: str = ""
    app_secret: Secret | None = None
    redirect_uri: str = ""
    uid: str = ""
    safe_domain: str = ""
    rip: str = ""
    quotas: Quotas = Quotas()
    correction: Literal["anew", "comment", "ask"] = "anew"
    max_units: int = Field(default=270, ge=60, le=280)
    mode: Literal["share", "update", "article"] = "share"
    max_pictures: int = Field(default=9, ge=1, le=9)
    article_cover: str = ""
    looks_before: bool = True
    tall_picture: Literal["never", "overflow", "always"] = "never"

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise SettingRefused(
                "This is no web address: write one such as {example}.", example="https://api.weibo.com"
            )
        return address.rstrip("/")

    @field_validator("safe_domain")
    @classmethod
    def _is_domain(cls, domain: str) -> str:
        bare = domain.strip().lower().rstrip(".")
        if not bare or "/" in bare or ":" in bare or " " in bare:
            raise SettingRefused(
                "This is no host name: write one such as www.example.gov.cn, without https:// and without a path."
            )
        return bare

    @field_validator("rip")
    @classmethod
    def _is_ipv4(cls, address: str) -> str:
        try:
            return address and str(ipaddress.IPv4Address(address))
        except ValueError:
            raise SettingRefused("This is no IPv4 address: write one such as 203.0.113.7.") from None

    @field_validator("redirect_uri")
    @classmethod
    def _is_return_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if address and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment):
            raise SettingRefused(
                "This is no web address: write one such as {example}.",
                example="https://desk.example.gov.cn/accounts/return/",
            )
        return address

    @field_validator("uid", "app_key")
    @classmethod
    def _is_number(cls, number: str) -> str:
        if number and not (number.isascii() and number.isdigit()):
            raise SettingRefused("Write a number in quotation marks, as it stands on open.weibo.com.")
        return number

    @model_validator(mode="after")
    def _can_sign_in(self) -> WeiboOptions:
        if self.access_token.kept_as and not (self.app_key and self.app_secret and self.redirect_uri):
            raise SettingRefused(
                "Signing in on a page of the program needs {names}: add them, or write env: or file: for the token.",
                names="app_key, app_secret, redirect_uri",
            )
        return self

    @model_validator(mode="after")
    def _has_cover(self) -> WeiboOptions:
        if self.mode == "article" and urlsplit(self.article_cover).scheme not in {"http", "https"}:
            raise SettingRefused("Articles need a cover: write the public web address of a picture as article_cover.")
        return self

    @property
    def official_host(self) -> str:
        """The platform's own host this account speaks to, empty with a stand-in."""
        host = urlsplit(self.api_base).hostname or ""
        return host if host in OFFICIAL_HOSTS else ""

    def covers(self, link: str) -> bool:
        """Whether ``link`` is a web address on the safe domain or below it."""
        try:
            parts = urlsplit(link)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        below = not self.safe_domain or host == self.safe_domain or host.endswith(f".{self.safe_domain}")
        return parts.scheme in {"http", "https"} and below
