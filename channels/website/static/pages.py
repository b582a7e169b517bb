"""The pages of the site as bytes: templates filled in, nothing written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml.html import Element, HtmlElement

from channels.base import Column, Medium, Product
from channels.markup import inner_html, parse, place_pictures
from channels.website.render import attachments, file_name, shown_pictures
from channels.website.static.records import Entry

HERE = Path(__file__).parent
SHORT_LIST = 7
"""Items of a column on the home page."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What every page says about the site."""

    name: str
    office_name: str
    id_code: str
    base_url: str
    timezone: str
    columns: Sequence[Column] = ()
    host_unit: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""
    icp_number: str = ""
    police_number: str = ""

    @property
    def domain(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def police_digits(self) -> str:
        """The number under which the police register shows the site."""
        return "".join(digit for digit in self.police_number if digit in "0123456789")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the page, as the page shows it."""

    name: str
    href: str
    size: str


def _assets() -> dict[str, bytes]:
    """Name below the site → bytes. The digest in the name lets browsers keep a file for ever."""
    files = sorted((HERE / "assets").iterdir())
    contents = [(file, file.read_bytes()) for file in files if file.suffix in {".css", ".js"}]
    return {f"assets/{file.stem}.{_short(content)}{file.suffix}": content for file, content in contents}


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


class Pages:
    """Fills the templates for one site."""

    def __init__(self, site: SiteFacts) -> None:
        self.site = site
        self.assets = _assets()
        self._zone = ZoneInfo(site.timezone)
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["minute"] = self._minute
        self._environment.filters["day"] = self._day

    @property
    def fingerprint(self) -> str:
        """Changes whenever pages would look different with the same content: settings, templates, style."""
        templates = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "templates").iterdir())}
        looks = json.dumps([asdict(self.site), templates, sorted(self.assets)], ensure_ascii=False, default=str)
        return hashlib.sha256(looks.encode()).hexdigest()

    def article(self, product: Product, entry: Entry) -> bytes:
        """The page of one item; it lies in a folder of its month."""
        pictures = [f"{self.site.base_url}{entry.folder}/{file_name(medium)}" for medium in shown_pictures(product)]
        return self._fill(
            "article.html",
            product.title,
            root="../",
            product=product,
            fields=product.fields,
            column_key=product.fields["column_key"],
            published_at=entry.published_at,
            corrected_at=entry.changed_at,
            url=self.site.base_url + entry.path,
            image=pictures[0] if pictures else "",
            body=article_body(product),
            attachments=[_shown(medium) for medium in attachments(product)],
        )

    def notice(self, path: str, recalled_at: datetime) -> bytes:
        """What readers find in the place of a page that was taken back: nothing of what it said, not even its title."""
        return self._fill(
            "notice.html",
            "本页内容已撤回",
            root="../",
            column_key="",
            url=self.site.base_url + path,
            recalled_at=recalled_at,
        )

    def column(self, column: Column, entries: Sequence[Entry], *, newer: str, older: str, total: int) -> bytes:
        """One page of a column's list; ``newer`` and ``older`` are file names beside it, or empty."""
        return self._fill(
            "column.html",
            column.name,
            root="../",
            column=column,
            column_key=column.key,
            entries=entries,
            newer=newer,
            older=older,
            total=total,
        )

    def home(self, newest: Sequence[Entry], by_column: Mapping[str, Sequence[Entry]]) -> bytes:
        """The first page: the newest item of all, then the newest of each column."""
        return self._fill("home.html", "", root="", column_key="", is_home=True, newest=newest, by_column=by_column)

    def site_map(self) -> bytes:
        """The map of the site for people."""
        return self._fill("map.html", "站点地图", root="", column_key="")

    def _fill(self, layout: str, title: str, **values: object) -> bytes:
        style, script = (next(name for name in self.assets if name.endswith(end)) for end in (".css", ".js"))
        page = self._environment.get_template(layout).render(
            {"site": self.site, "title": title, "style": style, "script": script, "is_home": False, **values}
        )
        return f"{page.rstrip()}\n".encode()

    def _minute(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d")


def article_body(product: Product) -> str:
    """The body as the page carries it: pictures in place, wide tables able to scroll on a telephone."""
    root = parse(place_pictures(product.body, lambda sha256: file_name(product.medium(sha256))))
    for table in list(root.iter("table")):
        _wrap(table)
    for image in root.iter("img"):
        image.set("loading", "lazy")
        image.set("alt", str(image.get("alt", "")))
        paragraph = image.getparent()
        if paragraph is not None and paragraph.tag == "p" and not paragraph.text_content().strip():
            paragraph.set("class", "picture")
    return inner_html(root)


def _wrap(table: HtmlElement) -> None:
    # A region that scrolls must be reachable with the keyboard and have a name.
    frame = Element("div", {"class": "table", "role": "region", "aria-label": "表格", "tabindex": "0"})
    parent = table.getparent()
    if parent is None:
        return
    parent.replace(table, frame)
    # replace() keeps the text after the table with the table.
    frame.tail, table.tail = table.tail, None
    frame.append(table)


def _shown(medium: Medium) -> Attachment:
    return Attachment(medium.name, file_name(medium), readable_size(len(medium.content)))


def readable_size(size: int) -> str:
    """Bytes in the unit people read, e.g. ``35 KB``."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"
