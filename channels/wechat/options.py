"""What an office sets for a WeChat account."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
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
    confirms_per_day: int = Field(default=100, gt=0)
    lookups_per_day: int = Field(default=100, gt=0)
    deletes_per_day: int = Field(default=10, gt=0)


class WechatOptions(ChannelOptions):
    """One table ``[channels.…]`` of kind ``wechat``.

    Attributes:
        mode: ``publish`` puts articles out without a push to subscribers; ``draft`` leaves them in the console's draft
            box for a person.
        title_units, author_units, digest_chars: limits that the platform does not document clearly, in half-width
            characters (a Chinese one counts two).
        theme: name of a style sheet in ``themes/``.
    """

    api_base: str = "https://api.weixin.qq.com"
    app_id: Secret
    app_secret: Secret
    mode: Literal["publish", "draft"] = "publish"
    account_type: Literal["subscription", "service"] = "subscription"
    audience: str = "all"
    callback_token: Secret | None = None
    callback_aes_key: Secret | None = None
    quotas: Quotas = Quotas()
    title_units: int = Field(default=64, gt=0)
    author_units: int = Field(default=16, gt=0)
    digest_chars: int = Field(default=120, gt=0)
    theme: Literal["official"] = "official"

    @field_validator("mode", mode="before")
    @classmethod
    def _is_available(cls, mode: object) -> object:
        if mode == "mass":
            raise SettingRefused(
                'The mode "mass" (a push to subscribers) is not available in this version: write "publish".'
            )
        return mode

    @field_validator("audience")
    @classmethod
    def _is_audience(cls, audience: str) -> str:
        if audience != "all" and not (audience.isascii() and audience.isdigit()):
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

    @property
    def official_host(self) -> str:
        """The platform's own host this account speaks to, empty with a stand-in."""
        host = urlsplit(self.api_base).hostname or ""
        return host if host in OFFICIAL_HOSTS else ""
