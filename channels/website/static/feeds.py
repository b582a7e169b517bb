"""What programs read: the feeds, the maps for search engines, and what robots may do.

Sources: the RSS 2.0 specification (rssboard.org), RFC 4287 (Atom) and the sitemap protocol 0.9 (sitemaps.org), read
2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from lxml import etree

from channels.markup import NOT_XML
from channels.website.static.pages import SiteFacts
from channels.website.static.records import Entry

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MAP_LENGTH = 50_000
"""Addresses one map may name at most."""

Line = tuple[str, datetime | None]
"""Absolute address and time of the last change, where it is known."""


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
        _add(item, "title", _title(entry))
        _add(item, "link", site.base_url + entry.path)
        _add(item, "description", entry.summary)
        _add(item, "category", columns.get(entry.column_key, entry.column_key))
        _add(item, "guid", site.base_url + entry.path).set("isPermaLink", "true")
        _add(item, "pubDate", _mail_date(entry.published_at, zone))
    return _written(feed)


def atom(site: SiteFacts, entries: Sequence[Entry]) -> bytes:
    """The same as Atom 1.0."""
    zone = ZoneInfo(site.timezone)
    columns = {column.key: column.name for column in site.columns}
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", "zh-CN")
    _add_atom(feed, "id", f"{site.base_url}atom.xml")
    _add_atom(feed, "title", site.name)
    # A feed must say when it last changed; one that has never had an item changed at the beginning of time.
    updated = max((entry.last_at for entry in entries), default=datetime(1970, 1, 1, tzinfo=zone))
    _add_atom(feed, "updated", updated.astimezone(zone).isoformat(timespec="seconds"))
    _add_atom(etree.SubElement(feed, f"{{{ATOM}}}author"), "name", site.host_unit or site.office_name)
    etree.SubElement(feed, f"{{{ATOM}}}link", href=f"{site.base_url}atom.xml", rel="self", type="application/atom+xml")
    etree.SubElement(feed, f"{{{ATOM}}}link", href=site.base_url, rel="alternate", type="text/html")
    for entry in entries:
        item = etree.SubElement(feed, f"{{{ATOM}}}entry")
        _add_atom(item, "id", site.base_url + entry.path)
        _add_atom(item, "title", _title(entry))
        _add_atom(item, "updated", entry.last_at.astimezone(zone).isoformat(timespec="seconds"))
        _add_atom(item, "published", entry.published_at.astimezone(zone).isoformat(timespec="seconds"))
        etree.SubElement(item, f"{{{ATOM}}}link", href=site.base_url + entry.path, rel="alternate", type="text/html")
        etree.SubElement(item, f"{{{ATOM}}}category", term=columns.get(entry.column_key, entry.column_key))
        _add_atom(item, "summary", entry.summary)
    return _written(feed)


def robots(base_url: str) -> bytes:
    """Everybody may read everything; the map says where it is."""
    return f"User-agent: *\nDisallow:\n\nSitemap: {base_url}sitemap.xml\n".encode()


def parts(pages: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """The pages in as many maps as they need, at least one."""
    for first in range(0, max(1, len(pages)), MAP_LENGTH):
        yield pages[first : first + MAP_LENGTH]


def sitemap(pages: Sequence[Line]) -> bytes:
    """A map of pages."""
    return _map("urlset", "url", pages)


def sitemap_index(maps: Sequence[Line]) -> bytes:
    """A map of maps: a single one may name 50,000 pages at most."""
    return _map("sitemapindex", "sitemap", maps)


def _map(root: str, row: str, lines: Sequence[Line]) -> bytes:
    tree = etree.Element(root, xmlns=SITEMAP)
    for address, changed_at in lines:
        line = etree.SubElement(tree, row)
        _add(line, "loc", address)
        if changed_at is not None:
            _add(line, "lastmod", changed_at.isoformat(timespec="seconds"))
    return _written(tree)


def _title(entry: Entry) -> str:
    return f"【{entry.mark}】{entry.title}" if entry.mark else entry.title


def _mail_date(moment: datetime, zone: ZoneInfo) -> str:
    return format_datetime(moment.astimezone(zone))


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = NOT_XML.sub("", text)
    return child


def _add_atom(parent: etree._Element, name: str, text: str) -> None:
    _add(parent, f"{{{ATOM}}}{name}", text)


def _written(tree: etree._Element) -> bytes:
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True)
