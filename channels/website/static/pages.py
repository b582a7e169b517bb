"""The pages of the site as bytes: templates filled in, nothing written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from lxml.html import Element, HtmlElement

from channels.base import Column, Medium, Product, Withdrawal
from channels.markup import inner_html, parse, place_pictures
from channels.website.render import attachments, file_name, shown_pictures
from channels.website.static import archive, frame, marks
from channels.website.static.records import Entry
from channels.website.static.related import Related

HERE = Path(__file__).parent
SHORT_LIST = 7
"""Items of a column on the home page."""

GUIDE, RULES, CATALOGUE, ANNUAL, REQUEST = "信息公开指南", "信息公开制度", "信息公开目录", "信息公开年报", "依申请公开"
DISCLOSURE = (GUIDE, RULES, ANNUAL, REQUEST)
"""Classes of the columns that belong to the platform of open government information, in its order."""


DOCUMENTS = frozenset({"政策文件", "规划计划", "信息公开年报", "信息公开指南", "信息公开制度", "法定主动公开内容"})
"""Classes of columns whose items say at their head what the catalogue says of them."""

WITHDRAWN = {"superseded": "已被替代", "law": "已撤回"}
THEME = "assets/theme.css"
"""The colours; without a digest in its name, so that the pages of all years change with it."""


@dataclass(frozen=True, slots=True)
class Link:
    """Another site an office leads to."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What every page says about the site."""

    name: str
    office_name: str
    id_code: str
    base_url: str
    timezone: str
    columns: Sequence[Column] = ()
    theme: str = "blue"
    host_unit: str = ""
    run_by: str = ""
    address: str = ""
    contact: str = ""
    description: str = ""
    keywords: str = ""
    icp_number: str = ""
    police_number: str = ""
    faults_url: str = ""
    identity_url: str = ""
    organ_code: str = ""
    index_number: str = ""
    archived_until: date | None = None
    links: Sequence[Link] = ()

    @property
    def domain(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def top(self) -> str:
        """Path of the site on its host, for pages that are shown at any address."""
        return urlsplit(self.base_url).path or "/"

    @property
    def police_digits(self) -> str:
        """The number under which the police register shows the site."""
        return "".join(digit for digit in self.police_number if digit in "0123456789")

    @property
    def top_columns(self) -> Sequence[Column]:
        return [column for column in self.columns if not column.parent]

    @property
    def disclosure(self) -> Sequence[Column]:
        """The columns of the platform of open government information."""
        found = [column for column in self.columns if column.column_class in DISCLOSURE]
        return sorted(found, key=lambda column: DISCLOSURE.index(column.column_class))

    def is_disclosure(self, key: str) -> bool:
        return any(key in self.family(column.key) for column in self.disclosure)

    @property
    def navigation(self) -> Sequence[Column]:
        """The columns every page leads to; those of the platform share one way in."""
        return [column for column in self.top_columns if column not in self.disclosure]

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    def children(self, key: str) -> list[Column]:
        """The parts of a column."""
        return [column for column in self.columns if column.parent == key]

    def family(self, key: str) -> list[str]:
        """Keys of a column and its parts."""
        return [key, *(column.key for column in self.children(key))]

    def way_to(self, key: str) -> list[Column]:
        """The columns from the top down to this one."""
        column = self.column(key)
        if column is None:
            return []
        parent = self.column(column.parent)
        return [column] if parent is None else [parent, column]


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a page of a list stands among the others: number 0 is the first page, ``full`` the youngest full one."""

    stem: str
    number: int
    full: int
    total: int

    @property
    def is_first(self) -> bool:
        return self.number == 0

    @property
    def pages(self) -> int:
        return self.full + 1

    @property
    def first(self) -> str:
        return f"{self.stem}.html"

    @property
    def newer(self) -> str:
        """File name of the page with newer items, empty where there is none: full pages are older than the first."""
        if self.number == 0:
            return ""
        return self.first if self.number == self.full else f"{self.stem}_{self.number + 1}.html"

    @property
    def older(self) -> str:
        if self.number == 0:
            return f"{self.stem}_{self.full}.html" if self.full else ""
        return f"{self.stem}_{self.number - 1}.html" if self.number > 1 else ""

    @property
    def last(self) -> str:
        return f"{self.stem}_1.html" if self.full else self.first


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the page, as the page shows it."""

    name: str
    href: str
    size: str


def _assets() -> dict[str, bytes]:
    """Name below the site → bytes. The digest in the name lets browsers keep a file for ever."""
    files = sorted((HERE / "assets").iterdir())
    contents = [(file, file.read_bytes()) for file in files if file.suffix in {".css", ".js", ".svg"}]
    return {f"assets/{file.stem}.{_short(content)}{file.suffix}": content for file, content in contents}


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


class Pages:
    """Fills the templates for one site."""

    def __init__(self, site: SiteFacts) -> None:
        self.site = site
        self.zone = ZoneInfo(site.timezone)

    @cached_property
    def assets(self) -> Mapping[str, bytes]:
        """What pages load, by name below the site."""
        return {**_assets(), THEME: (HERE / "themes" / f"{self.site.theme}.css").read_bytes()}

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever lists would look different with the same content: settings, templates, style."""
        templates = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "templates").iterdir())}
        looks = json.dumps([asdict(self.site), templates, sorted(self.assets)], ensure_ascii=False, default=str)
        return hashlib.sha256(looks.encode() + self.assets[THEME]).hexdigest()

    def article(self, product: Product, entry: Entry, about: Related) -> bytes:
        """The page of one item; it lies in a folder of its month."""
        pictures = [f"{self.site.base_url}{entry.folder}/{file_name(medium)}" for medium in shown_pictures(product)]
        return self._fill(
            "article.html",
            product.title,
            root="../",
            product=product,
            fields=product.fields,
            column_key=product.fields["column_key"],
            way=self.site.way_to(product.fields["column_key"]),
            entry=entry,
            catalogue=self._catalogue_lines(entry, product.fields["column_name"]),
            published_at=entry.published_at,
            corrected_at=entry.changed_at,
            url=self.site.base_url + entry.path,
            image=pictures[0] if pictures else "",
            body=article_body(product),
            attachments=[_shown(medium) for medium in attachments(product)],
            related=self.related(about).decode(),
            archived=self.archived().decode() if archive.concerns(entry, self.site.archived_until) else "",
        )

    def related(self, about: Related) -> bytes:
        """The part of an article's page that says what else there is about it; empty where nothing is."""
        if not about.policies and not about.interpretations:
            return b""
        return (
            _environment().get_template("related.html").render(about=about, root="../", zone=self.zone).strip().encode()
        )

    def reframed(self, page: bytes, entry: Entry) -> bytes:
        """The page or notice of an entry with what the site says around it by now."""
        title = f"{marks.before_title(entry.mark)}{entry.title}" if entry.is_shown else frame.title_of(page)
        column_key = entry.column_key if entry.is_shown else ""
        return frame.reframed(page, self._fill("frame.html", title, root="../", column_key=column_key))

    def archived(self) -> bytes:
        """The mark of a page that is kept for the record."""
        return _environment().get_template("archived.html").render(until=self.site.archived_until).strip().encode()

    def withdrawn(self, entry: Entry, marked_at: datetime, why: Withdrawal, instead: str) -> bytes:
        """The mark of a page that stays though it no longer holds; ``instead`` is called what takes its place."""
        template = _environment().get_template("withdrawn.html")
        values = {"entry": entry, "marked_at": marked_at, "why": why, "instead": instead, "zone": self.zone}
        return template.render(values).strip().encode()

    def notice(self, entry: Entry, recalled_at: datetime, why: Withdrawal, instead: str) -> bytes:
        """What readers find in the place of a page that was taken back.

        Nothing of what it said where it should never have been there, not even its title; what is superseded leads to
        what takes its place, and what was withdrawn by law keeps its name.
        """
        return self._fill(
            "notice.html",
            "本页内容已撤回" if why.ground in {"error", "secrecy"} else f"{entry.title}（{WITHDRAWN[why.ground]}）",
            root="../",
            column_key="",
            url=self.site.base_url + entry.path,
            entry=entry,
            why=why,
            instead=instead,
            mark=WITHDRAWN.get(why.ground, ""),
            recalled_at=recalled_at,
        )

    def column(
        self, column: Column, entries: Sequence[Entry], turn: Turn, cards: Mapping[str, Sequence[Entry]]
    ) -> bytes:
        """One page of a column's list; ``cards`` are the newest of each of its parts, by their keys."""
        parent = self.site.column(column.parent) or column
        return self._fill(
            "column.html",
            column.name,
            root="../",
            column=column,
            column_key=column.key,
            way=self.site.way_to(column.key) or [column],
            family=[parent, *self.site.children(parent.key)],
            cards=cards,
            entries=entries,
            turn=turn,
        )

    def catalogue(self, entries: Sequence[Entry], turn: Turn) -> bytes:
        """One page of the catalogue of open government information."""
        return self._fill("catalogue.html", "政府信息公开目录", root="", column_key="", entries=entries, turn=turn)

    def home(
        self, headlines: Sequence[Entry], pictures: Sequence[Entry], by_column: Mapping[str, Sequence[Entry]]
    ) -> bytes:
        """The first page: the newest of all, with pictures; then the newest of each column."""
        return self._fill(
            "home.html",
            "",
            root="",
            column_key="",
            is_home=True,
            headlines=headlines,
            pictures=pictures,
            by_column=by_column,
        )

    def site_map(self) -> bytes:
        """The map of the site for people."""
        return self._fill("map.html", "站点地图", root="", column_key="")

    def search(self) -> bytes:
        """The page on which the browser searches."""
        return self._fill("search.html", "站内搜索", root="", column_key="")

    def missing(self) -> bytes:
        """What a web server shows where nothing is; it may be shown at any address."""
        return self._fill("missing.html", "页面不存在", root=self.site.top, column_key="")

    def _catalogue_lines(self, entry: Entry, column_name: str) -> Sequence[tuple[str, str]]:
        """What the head of a document's page says of it; nothing for mere news."""
        details = entry.details
        if not (details.get("document_number") or (details.get("index_number") and details.get("class") in DOCUMENTS)):
            return ()
        lines = (
            ("索引号", details.get("index_number", "")),
            ("主题分类", column_name),
            ("发布机构", details.get("organ", "")),
            ("成文日期", details.get("made_on", "")),
            ("发文字号", details.get("document_number", "")),
            ("发布日期", f"{entry.published_at.astimezone(self.zone):%Y-%m-%d}"),
            ("公开方式", "主动公开"),
            ("有效期至", details.get("in_force_until", "")),
        )
        return [(name, value) for name, value in lines if value]

    def _fill(self, layout: str, title: str, **values: object) -> bytes:
        common = {"site": self.site, "zone": self.zone, "title": title, "asset": self._asset_names, "theme": THEME}
        page = _environment().get_template(layout).render({**common, "is_home": False, **values})
        return f"{page.rstrip()}\n".encode()

    @cached_property
    def _asset_names(self) -> Mapping[str, str]:
        """Path of each asset by the name it has without its digest."""
        return {re.sub(r"\.[0-9a-f]{8}\.", ".", name.removeprefix("assets/")): name for name in self.assets}


@cache
def _environment() -> Environment:
    """The templates, compiled once for all sites of the program."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minute"] = _minute
    environment.filters["day"] = _day
    return environment


@pass_context
def _minute(context: Context, moment: datetime) -> str:
    return f"{moment.astimezone(context['zone']):%Y-%m-%d %H:%M}"


@pass_context
def _day(context: Context, moment: datetime) -> str:
    return f"{moment.astimezone(context['zone']):%Y-%m-%d}"


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
