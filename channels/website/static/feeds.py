"""What programs read: the RSS feed and the maps for search engines.

Sources: the RSS 2.0 specification (rssboard.org) and the sitemap protocol 0.9 (sitemaps.org), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from lxml import etree

from channels.markup import NOT_XML
from channels.website.static.pages import SiteFacts
from channels.website.static.records import Entry

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def rss(site: SiteFacts, entries: Sequence[Entry]) -> bytes:
    """The newest items as RSS 2.0, newest first."""
    zone = ZoneInfo(site.timezone)
    columns = {column.key: column.name for column in site.columns}
    feed = etree.Element("rss", version="2.0", nsmap={"atom": ATOM})
    channel = etree.SubElement(feed, "channel")
    _add(channel, "title", site.name)
    _add(channel, "link", site.base_url)
    _add(channel, "description", site.description or f"{site.name}最新发布")
    _add(channel, "language", "zh-CN")
    if entries:
        _add(channel, "lastBuildDate", _mail_date(max(entry.last_at for entry in entries), zone))
    etree.SubElement(
        channel, f"{{{ATOM}}}link", href=f"{site.base_url}feed.xml", rel="self", type="application/rss+xml"
    )
    for entry in entries:
        item = etree.SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", site.base_url + entry.path)
        _add(item, "description", entry.summary)
        _add(item, "category", columns.get(entry.column_key, entry.column_key))
        _add(item, "guid", site.base_url + entry.path).set("isPermaLink", "true")
        _add(item, "pubDate", _mail_date(entry.published_at, zone))
    return _written(feed)


def sitemap(pages: Sequence[tuple[str, datetime | None]]) -> bytes:
    """A map of pages: absolute address and time of the last change, where it is known."""
    return _map("urlset", "url", pages)


def sitemap_index(maps: Sequence[tuple[str, datetime | None]]) -> bytes:
    """A map of maps: a single one may name 50,000 pages at most."""
    return _map("sitemapindex", "sitemap", maps)


def _map(root: str, row: str, lines: Sequence[tuple[str, datetime | None]]) -> bytes:
    tree = etree.Element(root, xmlns=SITEMAP)
    for address, changed_at in lines:
        line = etree.SubElement(tree, row)
        _add(line, "loc", address)
        if changed_at is not None:
            _add(line, "lastmod", changed_at.isoformat(timespec="seconds"))
    return _written(tree)


def _mail_date(moment: datetime, zone: ZoneInfo) -> str:
    return format_datetime(moment.astimezone(zone))


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = NOT_XML.sub("", text)
    return child


def _written(tree: etree._Element) -> bytes:
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True)
