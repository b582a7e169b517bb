"""What an office sets for a website, whatever system it runs on."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import field_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
from channels.website.past_options import PastSite


class WebsiteOptions(ChannelOptions):
    """Options every website's table may have; each driver adds its own.

    ``driver`` names the system that shows the pages; ``base_url`` is where readers find them; ``past`` tells how the
    site that was there before can be read.
    """

    driver: str
    base_url: str
    past: PastSite | None = None

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, base_url: str) -> str:
        parts = urlsplit(base_url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise SettingRefused("This is no address of a website: write one such as https://www.example.gov.cn/.")
        return base_url.rstrip("/") + "/"
