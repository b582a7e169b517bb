"""What an office sets for a website of finished pages, and what the pages say of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from channels.base import Place
from channels.errors import SettingRefused
from channels.secret import Secret
from channels.website.options import WebsiteOptions
from channels.website.static.catalogue import flaw_of
from channels.website.static.pages import Link, SiteFacts

HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?|(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*")
"""A server's key in full or as its digest."""


class LinkOptions(BaseModel):
    """A site the pages lead to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    url: str


class StaticOptions(WebsiteOptions):
    """Options of a website of finished pages.

    ``path`` is the public folder, relative to the data folder or absolute; the index stands beside it in
    ``PATH.records``. ``sftp`` is a second place, where the web server reads. ``check_address``: whether a page counts
    as found only when it is seen at its public address too; None: where there is ``sftp``. ``theme`` and what follows
    stand on every page, ``organ_code`` and ``index_number`` make the index numbers of the catalogue.
    """

    driver: Literal["static"] = "static"
    path: str = "site"
    sftp: str = ""
    sftp_host_key: str = ""
    sftp_password: Secret | None = None
    sftp_key: Secret | None = None
    check_address: bool | None = None
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
    archived_until: date | None = None
    links: tuple[LinkOptions, ...] = ()

    @field_validator("sftp")
    @classmethod
    def _is_place(cls, sftp: str) -> str:
        try:
            parts = urlsplit(sftp)
            is_place = parts.scheme == "sftp" and parts.hostname and parts.username and not parts.password
            is_place = is_place and parts.path.strip("/") and parts.port != 0
        except ValueError:
            is_place = False
        if sftp and not is_place:
            raise SettingRefused(
                "This is no place reached by SFTP: write one such as sftp://user@www.example.gov.cn/var/www/site, "
                "without a password."
            )
        return sftp.rstrip("/")

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if self.sftp and not HOST_KEY.fullmatch(self.sftp_host_key):
            raise SettingRefused(
                "The server's key must be known beforehand: write it into sftp_host_key as ssh-keyscan prints it, "
                "without the name of the host, or its SHA256:…"
            )
        if self.sftp and (self.sftp_password is None) == (self.sftp_key is None):
            raise SettingRefused("Signing in by SFTP needs either sftp_password or sftp_key: give one of them.")
        return self

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
        archived_until=options.archived_until,
        links=tuple(Link(link.name, link.url) for link in options.links),
    )
