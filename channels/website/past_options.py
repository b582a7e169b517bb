"""How an office's existing site shows what was published: its lists, and where in them title, address and day stand."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

import soupsieve
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from channels.errors import SettingRefused

PAGE = "{page}"


class PastList(BaseModel):
    """One list of the site, page after page.

    A selector is CSS; with ``@name`` behind it the attribute is meant instead of the text, and ``@name`` alone is an
    attribute of the row itself.

    Attributes:
        column: key of the office's column these pages belong to.
        url: address of a page of the list, ``{page}`` where its number stands; below ``site``, or a whole one.
        first_url: address of the first page where it is another one.
        first_page: the number in the first address that has one.
        row: what is repeated, one for each publication.
        link: in the row; ``title``: empty takes the link's own ``title``, or else its text.
        date: in the row; empty takes what stands in the row beside the link.
        date_pattern: regular expression with the groups year, month and day, where the day is written in an odd way.
        next: link to the next page, instead of a number in the address.
        article_title, article_date: on the page itself, which is then asked for where the list cuts the title off or
            says no day.
        encoding: where pages claim a wrong one.
        newest_first: then a page with nothing but older years ends the list.
        in_script: rows stand in ``<![CDATA[ ]]>`` inside a script, as some site systems deliver them.
        pause_s: between two calls.
        own_site: it is the office's own, so its robots.txt is not asked.
        internal: the site has an address of the internal network, or of this machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    url: str
    site: str = ""
    first_url: str = ""
    first_page: int = Field(default=1, ge=0)
    row: str
    link: str = "a"
    title: str = ""
    date: str = ""
    date_pattern: str = ""
    next: str = ""
    article_title: str = ""
    article_date: str = ""
    encoding: str = ""
    newest_first: bool = True
    in_script: bool = False
    max_pages: int = Field(default=500, gt=0, le=100_000)
    pause_s: float = Field(default=1, ge=0, le=3600)
    own_site: bool = False
    internal: bool = False

    @field_validator("row", "link", "title", "date", "next", "article_title", "article_date")
    @classmethod
    def _is_selector(cls, selector: str) -> str:
        css = selector.partition("@")[0].strip()
        try:
            if css:
                soupsieve.compile(css)
        except soupsieve.SelectorSyntaxError:
            raise SettingRefused(
                "This is no CSS selector: write one such as {example}.", example="ul.list li, a@href"
            ) from None
        return selector.strip()

    @field_validator("row")
    @classmethod
    def _is_element(cls, selector: str) -> str:
        if not selector or "@" in selector:
            raise SettingRefused("This is no CSS selector: write one such as {example}.", example="ul.list li")
        return selector

    @field_validator("date_pattern")
    @classmethod
    def _names_a_day(cls, pattern: str) -> str:
        try:
            groups = set(re.compile(pattern).groupindex)
        except re.error:
            groups = set()
        if pattern and not {"year", "month", "day"} <= groups:
            raise SettingRefused(
                "This is no regular expression for a day: write one with the groups {groups}.",
                groups="(?P<year>…) (?P<month>…) (?P<day>…)",
            )
        return pattern

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding or "utf-8")
        except LookupError:
            raise SettingRefused("There is no such encoding: write gb18030, utf-8 or big5.") from None
        return encoding

    @field_validator("site")
    @classmethod
    def _is_address(cls, site: str) -> str:
        if site and not _is_web(urlsplit(site)):
            raise SettingRefused("This is no address of a website: write one such as https://www.example.gov.cn/.")
        return site

    @model_validator(mode="after")
    def _leads_on_one_way(self) -> PastList:
        if PAGE in self.url and self.next:
            raise SettingRefused("Write either {page} in the address or a link to the next page, not both.", page=PAGE)
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        return re.compile(self.date_pattern) if self.date_pattern else None


class PastSite(BaseModel):
    """The table ``past`` of a website: what stands beside ``lists`` holds for all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: list[PastList] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _share(cls, table: Any) -> Any:
        lists = table.get("lists") if isinstance(table, dict) else None
        if not isinstance(lists, list):
            return table
        shared = {name: value for name, value in table.items() if name != "lists"}
        return {"lists": [{**shared, **own} if isinstance(own, dict) else own for own in lists]}


def _is_web(parts: SplitResult) -> bool:
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
