"""What an office sets for a website of finished pages, and what the pages say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from channels.base import Place
from channels.errors import SettingRefused
from channels.website.options import WebsiteOptions
from channels.website.static.catalogue import flaw_of
from channels.website.static.pages import Link, SiteFacts


class LinkOptions(BaseModel):
    """A site the pages lead to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    url: str


class StaticOptions(WebsiteOptions):
    """Options of a website of finished pages.

    ``path`` is the public folder, relative to the data folder or absolute; the index stands beside it in
    ``PATH.records``. ``theme`` and what follows it stand on every page, ``organ_code`` and ``index_number`` make the
    index numbers of the catalogue.
    """

    driver: Literal["static"] = "static"
    path: str = "site"
    theme: Literal["blue", "red", "green"] = "blue"
    icp_number: str = ""
    police_number: str = ""
    host_unit: str = ""
    run_by: str = ""
    address: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""
    faults_url: str = ""
    identity_url: str = ""
    organ_code: str = ""
    index_number: str = ""
    links: tuple[LinkOptions, ...] = ()

    @field_validator("index_number")
    @classmethod
    def _is_template(cls, index_number: str) -> str:
        if index_number and (wrong := flaw_of(index_number)):
            raise SettingRefused(
                "This is no template of index numbers ({wrong}): write one such as "
                "{{organ_code}}/{{year}}-{{number:05}}.",
                wrong=wrong,
            )
        return index_number

    @field_validator("faults_url", "identity_url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise SettingRefused("This is no web address: write one that begins with https://.")
        return url

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
        theme=options.theme,
        run_by=options.run_by,
        address=options.address,
        faults_url=options.faults_url.replace("{id_code}", place.site_id_code),
        identity_url=options.identity_url,
        organ_code=options.organ_code,
        index_number=options.index_number or ("{organ_code}/{year}-{number:05}" if options.organ_code else ""),
        links=tuple(Link(link.name, link.url) for link in options.links),
    )
