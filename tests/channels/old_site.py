"""An office's old website, served for real: several styles of lists, old encodings, and what goes wrong there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS = 20

SUBJECTS = ("市科知局", "全市科技系统", "釩鈦创新联盟", "市知识产权局", "我市3家企业", "朱镕基金项目组", "科技特派员")
DEEDS = (
    "召开工作会议",
    "开展专利执法检查",
    "到米易县调研",
    "通过省级验收",
    "举办培训班",
    "签订合作协议",
    "慰问困难群众",
)
ROBOTS = "User-agent: *\nDisallow: /admin/\nDisallow: /secret/\n"


@dataclass(frozen=True)
class Published:
    """One publication as the office once made it."""

    number: int
    title: str
    day: date

    @property
    def shown(self) -> str:
        """The title as a narrow list shows it."""
        return self.title if len(self.title) <= 16 else f"{self.title[:14]}…"

    @property
    def path(self) -> str:
        return f"{self.day:%Y%m}/t{self.day:%Y%m%d}_{self.number}.html"


def published(count: int, last: date, *, step_days: int = 1, first_number: int = 1) -> list[Published]:
    """``count`` publications, newest first, one every ``step_days`` days up to ``last``; every title is another one."""
    return [
        Published(
            first_number + count - position,
            f"{SUBJECTS[position % 7]}第{first_number + count - position}次{DEEDS[(position // 7) % 7]}",
            last - timedelta(days=position * step_days),
        )
        for position in range(count)
    ]


@dataclass
class Reply:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})


Page = Callable[[dict[str, list[str]]], Reply]


def html(text: str, encoding: str = "utf-8", *, claim: str = "") -> Reply:
    """A page in ``encoding`` that claims ``claim``."""
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={claim or encoding}"></head>'
    return Reply(f"{head}<body>{text}</body></html>".encode(encoding))


def go(target: str) -> Reply:
    return Reply(b"", 302, {"Location": target})


@dataclass
class OldSite:
    """Pages by path. ``troubles`` are answered first, in the place of a page; ``calls`` counts what was asked for."""

    pages: dict[str, Page] = field(default_factory=dict)
    troubles: dict[str, list[Reply]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    robots: str = ROBOTS
    url: str = ""

    def answer(self, address: str) -> Reply:
        parts = urlsplit(address)
        self.calls[address] += 1
        if waiting := self.troubles.get(address):
            return waiting.pop(0)
        if parts.path == "/robots.txt":
            return Reply(self.robots.encode(), 200 if self.robots else 404)
        page = self.pages.get(parts.path)
        return page(parse_qs(parts.query)) if page else Reply("<h1>您访问的页面不存在</h1>".encode(), 404)

    def add_news(self, items: list[Published], folder: str = "/gzdt/") -> None:
        """The style of the great site systems: index.html, index_1.html …, a small old encoding claimed, more used.

        A notice stays on top of every page, each page repeats the last row of the page before, titles are cut, links
        are relative, and behind them there are articles.
        """
        top = items[-1]
        for number in range((len(items) + ROWS - 1) // ROWS):
            shown = items[max(0, number * ROWS - 1) : (number + 1) * ROWS]
            rows = "".join(
                f"<li><span>[{item.day:%Y-%m-%d}]</span>"
                f'<a href="./{item.path}" title="{item.title}">{item.shown}</a></li>'
                for item in (top, *shown)
            )
            text = f'<ul class="nav"><li><a href="/">首页</a></li></ul><ul class="list">{rows}</ul>'
            name = "index.html" if number == 0 else f"index_{number}.html"
            self.pages[folder + name] = _always(html(text, "gb18030", claim="gb2312"))
        for item in items:
            article = f"<h1>{item.title}</h1><p>发布时间：{item.day.year}年{item.day.month}月{item.day.day}日</p>"
            self.pages[folder + item.path] = _always(html(article, "gb18030", claim="gb2312"))

    def add_notices(self, items: list[Published], path: str = "/list.asp") -> None:
        """A program with a page number: table rows, Chinese days, and its last page for any number that is too high."""

        def page(query: dict[str, list[str]]) -> Reply:
            last = (len(items) + ROWS - 1) // ROWS
            number = min(int(query["page"][0]), last)
            rows = "".join(
                f'<tr><td>{item.number}</td><td><a href="show.asp?id={item.number}">{item.title}</a></td>'
                f"<td>{item.day.year}年{item.day.month}月{item.day.day}日</td></tr>"
                for item in items[(number - 1) * ROWS : number * ROWS]
            )
            return html(f"<table><tr><th>序号</th><th>标题</th></tr>{rows}</table>")

        self.pages[path] = page

    def add_policies(self, items: list[Published], folder: str = "/zcwj/") -> None:
        """Cut titles, no day in the list, a link to the next page; the article says both."""
        count = (len(items) + ROWS - 1) // ROWS
        for number in range(count):
            shown = items[number * ROWS : (number + 1) * ROWS]
            rows = "".join(f'<p class="row"><a href="{item.number}.htm">{item.shown}</a></p>' for item in shown)
            following = f'<a href="p{number + 2}.htm">下一页</a>' if number + 1 < count else "<a href='#'>下一页</a>"
            self.pages[f"{folder}p{number + 1}.htm"] = _always(html(f"{rows}<div>{following}</div>"))
        for item in items:
            article = f"<h2>{item.title}</h2><i>{item.day:%Y/%m/%d} 10:20　浏览：20170101次</i>"
            self.pages[f"{folder}{item.number}.htm"] = _always(html(article))

    def add_scripted(self, items: list[Published], path: str = "/col/col406/index.html") -> None:
        """Rows as data in a script, as another great site system delivers them."""

        def page(query: dict[str, list[str]]) -> Reply:
            number = int(query.get("pageNum", ["1"])[0])
            records = "".join(
                f"<record><![CDATA[<li><a href='/art/{item.day.year}/{item.day.month}/{item.day.day}/"
                f"art_406_{item.number}.html'>{item.title}</a></li>]]></record>"
                for item in items[(number - 1) * ROWS : number * ROWS]
            )
            return html(f'<script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script>')

        self.pages[path] = page


NEWS = {
    "column": "dynamics",
    "url": "gzdt/index_{page}.html",
    "first_url": "gzdt/index.html",
    "row": "ul.list li",
    "date": "span",
}
NOTICES = {"column": "notices", "url": "list.asp?page={page}", "row": "table tr", "date": "td:nth-of-type(3)"}
POLICIES = {
    "column": "policies",
    "url": "zcwj/p1.htm",
    "row": "p.row",
    "next": 'a:-soup-contains("下一页")',
    "article_title": "h2",
    "article_date": "i",
}
SCRIPTED = {
    "column": "annual-reports",
    "url": "col/col406/index.html?uid=1&pageNum={page}",
    "row": "li",
    "date": "a@href",
    "in_script": True,
}
"""How the lists above stand in a configuration."""


@contextmanager
def served(site: OldSite) -> Iterator[OldSite]:
    """The site on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = site.answer(self.path)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _always(reply: Reply) -> Page:
    return lambda _: reply
