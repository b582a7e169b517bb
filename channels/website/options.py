"""What an office sets for its website, and what the pages say of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import field_validator

from channels.base import ChannelOptions, Place
from channels.errors import SettingRefused
from channels.website.pages import SiteFacts
from channels.website.past_options import PastSite


class WebsiteOptions(ChannelOptions):
    """Options of a website's table.

    ``path`` is the public folder, relative to the data folder or absolute; the index stands beside it in
    ``PATH.records``; ``past`` tells how the site that was there before can be read. The rest from ``icp_number`` on
    stands in head and foot of every page.
    """

    driver: str = "static"
    base_url: str
    path: str = "site"
    past: PastSite | None = None
    icp_number: str = ""
    police_number: str = ""
    host_unit: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""

    @field_validator("driver")
    @classmethod
    def _is_known(cls, driver: str) -> str:
        if driver in {"wordpress", "http"}:
            raise SettingRefused('The driver "{driver}" comes in a later version: write "static".', driver=driver)
        if driver != "static":
            raise SettingRefused('There is no driver "{driver}": write "static".', driver=driver)
        return driver

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

    @field_validator("path")
    @classmethod
    def _is_folder(cls, path: str) -> str:
        if path.strip("/ ") in {"", "."} or ".." in Path(path).parts:
            raise SettingRefused('This is no folder for the website: write a name such as "site", without "..".')
        return path.rstrip("/")


def site_facts(options: WebsiteOptions, place: Place) -> SiteFacts:
    """What the pages say about the site. Its official name is the office's name with the channel's name after it."""
    name = options.name if options.name.startswith(place.office_name) else place.office_name + options.name
    return SiteFacts(
        name=name,
        office_name=place.office_name or name,
        id_code=place.site_id_code,
        base_url=options.base_url,
        timezone=place.timezone,
        columns=tuple(place.columns),
        host_unit=options.host_unit or place.office_name,
        contact=options.contact,
        description=options.description,
        keywords=options.keywords,
        icp_number=options.icp_number,
        police_number=options.police_number,
    )
