"""What a page of an existing site says: the rows of a list, the title and day of an article. Nothing is asked here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from channels.base import LeftOut
from channels.errors import Text
from channels.website.dates import read_by_pattern, read_day
from channels.website.past_options import PastList

CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
WEB = frozenset({"http", "https"})
CUT = ("…", "...", "。。。", "··")
"""How lists end a title that is too long for them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list; ``day`` is None where the list does not say it."""

    url: str
    title: str
    day: date | None

    @property
    def is_cut(self) -> bool:
        return not self.title or self.title.endswith(CUT)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The rows of one page in its order, what was left out, and the address of the next page where there is a link."""

    rows: list[Row]
    left_out: list[LeftOut]
    next_url: str


def read_list(text: str, plan: PastList, url: str) -> ListPage:
    """Read a list page that stands at ``url``."""
    soup = _soup(text)
    base = _base(soup, url)
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for element in _rows(soup, text, plan):
        row = _row(element, plan, base)
        if row.url:
            rows.append(row)
        elif row.title:
            left_out.append(LeftOut(url, row.title, Text("The row has no link to a page.")))
    return ListPage(rows, left_out, _next_url(soup, plan, base))


def read_article(text: str, plan: PastList, row: Row) -> Row:
    """``row`` with what the page of the article itself says."""
    soup = _soup(text)
    title = _value(soup, plan.article_title) if plan.article_title else ""
    day = _day(_value(soup, plan.article_date), plan) if plan.article_date else None
    return replace(row, title=title or row.title, day=row.day or day)


def _soup(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "lxml")


def _rows(soup: BeautifulSoup, text: str, plan: PastList) -> list[Tag]:
    if plan.in_script:
        soup = _soup("".join(CDATA.findall(text)))
    return list(soup.select(plan.row))


def _row(element: Tag, plan: PastList, base: str) -> Row:
    link = _link(element, plan)
    title = _value(element, plan.title) if plan.title else ""
    if not title and link is not None:
        title = _tidy(_attribute(link, "title")) or _tidy(link.get_text())
    written = _value(element, plan.date) if plan.date else _beside(element, link)
    return Row(_address(link, plan, base), title, _day(written, plan))


def _link(element: Tag, plan: PastList) -> Tag | None:
    css = plan.link.partition("@")[0].strip()
    if not css:
        return element
    return element if element.name == css == "a" else element.select_one(css)


def _address(link: Tag | None, plan: PastList, base: str) -> str:
    """Where the row leads, without the place on the page; empty where that is no web page."""
    written = _attribute(link, plan.link.partition("@")[2] or "href") if link is not None else ""
    if not written or written.startswith("#"):
        return ""
    try:
        parts = urlsplit(urljoin(base, written))
    except ValueError:
        return ""
    return parts._replace(fragment="").geturl() if parts.scheme in WEB and parts.netloc else ""


def _beside(element: Tag, link: Tag | None) -> str:
    """What stands in the row beside the link: a title may name days of its own."""
    inside = set(map(id, link.descendants)) if link is not None and link is not element else set()
    return _tidy(" ".join(string for string in element.strings if id(string) not in inside))


def _value(element: Tag, selector: str) -> str:
    """The text or attribute a selector means; empty where there is none."""
    css, _, name = (part.strip() for part in selector.partition("@"))
    found = element.select_one(css) if css else element
    if found is None:
        return ""
    return _tidy(_attribute(found, name) if name else found.get_text(" "))


def _attribute(element: Tag, name: str) -> str:
    value = element.get(name)
    return " ".join(value) if isinstance(value, list) else (value or "").strip()


def _day(written: str, plan: PastList) -> date | None:
    return read_by_pattern(written, plan.pattern) if plan.pattern else read_day(written)


def _next_url(soup: BeautifulSoup, plan: PastList, base: str) -> str:
    """The first link of that sort that leads to a page; scripts do not."""
    css, _, name = (part.strip() for part in plan.next.partition("@"))
    for found in soup.select(css) if css else ():
        written = _attribute(found, name or "href")
        if written and not written.startswith("#") and urlsplit(address := urljoin(base, written)).scheme in WEB:
            return address
    return ""


def _base(soup: BeautifulSoup, url: str) -> str:
    element = soup.select_one("base[href]")
    return urljoin(url, _attribute(element, "href")) if element is not None else url


def _tidy(text: str) -> str:
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())
