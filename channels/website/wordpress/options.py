"""What an office sets for a WordPress site."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from channels.errors import SettingRefused
from channels.secret import Secret
from channels.website.options import WebsiteOptions

SLUG = re.compile(r"[a-z0-9%_-]{1,200}")


class WordpressOptions(WebsiteOptions):
    """Options of a WordPress site; ``base_url`` is the address of its front page.

    Attributes:
        username, app_password: login name and Application Password (用户 → 个人资料 → 应用程序密码).
        categories: column's key → slug of its category there.
        status: ``publish``: out at once; ``pending``: a person on the site looks at it first.
        delay_minutes: WordPress itself puts it out that much later, so that somebody may still stop it there.
    """

    driver: Literal["wordpress"]
    username: Secret
    app_password: Secret
    categories: dict[str, str] = Field(default_factory=dict)
    status: Literal["publish", "pending"] = "publish"
    delay_minutes: int = Field(default=0, ge=0, le=10_080)
    timeout_s: float = Field(default=60, gt=0, le=300)

    @field_validator("categories")
    @classmethod
    def _are_slugs(cls, categories: dict[str, str]) -> dict[str, str]:
        for slug in categories.values():
            if not SLUG.fullmatch(slug):
                raise SettingRefused(
                    "{slug} is no slug of a category: write it as WordPress shows it (别名), such as gongzuo-dongtai.",
                    slug=slug,
                )
        return categories
