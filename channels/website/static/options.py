"""What an office sets for a website of finished pages, and what the pages say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import field_validator

from channels.base import Place
from channels.errors import SettingRefused
from channels.website.options import WebsiteOptions
from channels.website.static.pages import SiteFacts


class StaticOptions(WebsiteOptions):
    """Options of a website of finished pages.

    ``path`` is the public folder, relative to the data folder or absolute; the index stands beside it in
    ``PATH.records``. The rest from ``icp_number`` on stands in head and foot of every page.
    """

    driver: Literal["static"] = "static"
    path: str = "site"
    icp_number: str = ""
    police_number: str = ""
    host_unit: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""

    @field_validator("path")
    @classmethod
    def _is_folder(cls, path: str) -> str:
        if path.strip("/ ") in {"", "."} or ".." in Path(path).parts:
            raise SettingRefused('This is no folder for the website: write a name such as "site", without "..".')
        return path.rstrip("/")


def site_facts(options: StaticOptions, place: Place) -> SiteFacts:
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
