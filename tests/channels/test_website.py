"""The website as a channel: the promises of every channel, and what a folder of pages adds to them."""

from __future__ import annotations

import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from filelock import FileLock
from lxml import html as lxml_html
from pydantic import ValidationError

from channels.base import Channel, Column, Evidence, Medium, Place, Product
from channels.errors import ChannelUnavailable, ConfigurationError, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.registry import channel_class
from channels.website.static.channel import StaticOptions, StaticWebsite
from tests.channels.afterwards import Corrects, TakesBack
from tests.channels.contract import Platform
from tests.channels.killing import killed_homes
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article, picture

BASE_URL = "https://www.example.gov.cn/kzj/"
OTHER = Column("notices", "通知公告", "通知公告")


def make_channel(home: Path, **options: Any) -> StaticWebsite:
    place = Place(home, "攀枝花市科学技术和知识产权局", "5104000000", columns=(COLUMN, OTHER))
    return StaticWebsite("portal", StaticOptions(**{"base_url": BASE_URL, "name": "门户网站", **options}), place)


def product_of(channel: Channel, item: int, **changes: Any) -> Product:
    product = channel.render(make_article(key=f"kzj-{item}-r1", item=item, title=f"第{item}条", **changes))
    assert not channel.check(product)
    return product


class SiteFolder(Platform):
    """The folder as a reader's browser sees it."""

    def books(self) -> list[str]:
        pages = [lxml_html.fromstring(page.read_bytes()) for page in sorted(self.home.glob("site/2*/t*.html"))]
        shown = [(page, page.find_class("text")) for page in pages]
        return [f"{page.findtext('.//h1')}\n{text[0].text_content()}" for page, text in shown if text]


class TestWebsite(TakesBack, Corrects):
    speaks = SiteFolder
    cannot_keep: ClassVar = {
        "test_nobody_home_is_unavailable": "a folder is not called over a network; its troubles are tested below",
        "test_each_trouble_gets_its_error_and_the_look_tells_the_truth": "the disk's troubles are tested below",
        "test_each_trouble_of_a_recall_gets_its_error_and_the_look_tells_the_truth": "the disk's troubles are tested "
        "with its recalls",
    }

    def make_channel(self, url: str) -> Channel:  # noqa: ARG002 - a folder has no address to call
        return make_channel(self.home)


@pytest.fixture
def channel(tmp_path: Path) -> StaticWebsite:
    return make_channel(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


def links(page: Path) -> set[Path]:
    """Files the page links to or loads, as paths."""
    root = lxml_html.fromstring(page.read_bytes())
    found = [str(value) for value in root.xpath("//@href | //@src")]
    # What may be shown at any address names the site from its top.
    found = [link.removeprefix("/kzj/") if link.startswith("/kzj/") else link for link in found]
    own = [link.partition("#")[0] for link in found if not link.startswith(("https://", "http://", "#"))]
    return {(page.parent / link).resolve() for link in own}


def dead_links(folder: Path) -> list[str]:
    pages = folder.rglob("*.html")
    return [
        f"{page.relative_to(folder)} -> {link.name}" for page in pages for link in links(page) if not link.is_file()
    ]


def test_the_registry_knows_it() -> None:
    assert channel_class("website") is channel_class("website", "static") is StaticWebsite


def test_the_receipt_says_where_it_is_and_that_it_was_read_back(channel: StaticWebsite, folder: Path) -> None:
    article = make_article()
    receipt = channel.publish(channel.render(article), MemorySteps())
    assert receipt.remote_id == "202611/t20261120_31.html"
    assert receipt.url == channel.address(article) == f"{BASE_URL}202611/t20261120_31.html"
    assert receipt.evidence is Evidence.READ_BACK
    assert (folder / receipt.remote_id).is_file()
    assert dead_links(folder) == []


def test_pictures_and_attachments_stand_beside_the_page(channel: StaticWebsite, folder: Path) -> None:
    shown, article = picture(), make_article()
    channel.publish(channel.render(article), MemorySteps())
    assert (folder / f"202611/{shown.sha256[:16]}.png").read_bytes() == shown.content
    assert (folder / f"202611/{article.attachments[0].sha256[:16]}.pdf").read_bytes() == article.attachments[0].content


def test_the_time_is_kept_with_the_delivery(channel: StaticWebsite, folder: Path) -> None:
    steps = MemorySteps()
    steps.repeatable("time", lambda: {"at": "2026-11-20T01:02:03+00:00"})
    receipt = channel.publish(product_of(channel, 31), steps)
    assert receipt.published_at.isoformat() == "2026-11-20T01:02:03+00:00"
    assert '发布时间：<time datetime="2026-11-20T01:02:03+00:00">2026-11-20 09:02</time>' in (
        folder / receipt.remote_id
    ).read_text(encoding="utf-8")


def test_a_second_publication_touches_no_file(channel: StaticWebsite, folder: Path) -> None:
    product = product_of(channel, 31)
    first = channel.publish(product, MemorySteps())
    before = {path: path.stat().st_ino for path in folder.rglob("*")}
    assert make_channel(folder.parent, contact="新电话").publish(product, MemorySteps()) == first
    changed = {path.name for path in folder.rglob("*") if path.stat().st_ino != before.get(path)}
    assert "t20261120_31.html" not in changed
    assert "index.html" in changed, "lists show the new settings"


def test_a_new_item_touches_only_what_shows_it(channel: StaticWebsite, folder: Path) -> None:
    for item in range(1, 62):
        channel.publish(product_of(channel, item), MemorySteps())
    before = {path: path.stat().st_ino for path in folder.rglob("*")}
    channel.publish(product_of(channel, 62), MemorySteps())
    changed = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_ino != before.get(path)
    }
    pages = {"202611/t20261120_62.html", "dynamics/index.html", "index.html", "catalogue.html"}
    found = {f"assets/{name}.js" for name in ("search/contents", "search/t1", "search/r1", "catalogue/" + month())}
    assert changed - {"sitemap.xml"} == {*pages, *found, "202611/sitemap.xml", "feed.xml", "atom.xml"}


def month() -> str:
    """The file of the catalogue in which stands what is published now."""
    return f"c{datetime.now(ZoneInfo('Asia/Shanghai')):%Y%m}"


def test_a_changed_page_is_not_taken_for_ours(channel: StaticWebsite, folder: Path) -> None:
    product = product_of(channel, 31)
    page = folder / channel.publish(product, MemorySteps()).remote_id
    page.write_bytes(page.read_bytes().replace("第31条".encode(), "别的".encode()))
    assert channel.find(product, MemorySteps()) is None


def test_a_later_revision_takes_the_place_and_stays(channel: StaticWebsite, folder: Path) -> None:
    first = product_of(channel, 31)
    channel.publish(first, MemorySteps())
    second = channel.render(make_article(key="kzj-31-r2", item=31, revision=2, title="更正后的标题", column=OTHER))
    channel.publish(second, MemorySteps())
    assert "更正后的标题" in (folder / "notices/index.html").read_text(encoding="utf-8")
    assert "t20261120_31" not in (folder / "dynamics/index.html").read_text(encoding="utf-8")
    assert channel.find(first, MemorySteps()) is None
    with pytest.raises(ProductRefused):
        channel.publish(first, MemorySteps())


def test_a_column_that_left_the_configuration_still_gets_its_item(channel: StaticWebsite, folder: Path) -> None:
    gone = Column("old", "旧栏目", "政务动态")
    channel.publish(product_of(channel, 31, column=gone), MemorySteps())
    assert "第31条" in (folder / "old/index.html").read_text(encoding="utf-8")
    assert dead_links(folder) == []


# Troubles


@pytest.mark.parametrize("others", [0, 39], ids=["first item of all", "item that fills a list"])
def test_killed_at_any_line_the_item_is_there_everywhere_or_nowhere(tmp_path: Path, others: int) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for item in range(1, others + 1):
        make_channel(before).publish(product_of(make_channel(before), item), MemorySteps())
    product = product_of(make_channel(before), 99)

    def publish(home: Path) -> None:
        make_channel(home).publish(product, MemorySteps())

    for home in killed_homes(before, tmp_path / "homes", publish, within=WRITERS):
        channel = make_channel(home)
        receipt = channel.find(product, MemorySteps())
        assert showing(home / "site", 99) == (ALL_OF_99 if receipt else set())
        assert not dead_links_of_lists(home / "site")
        publish(home)
        assert showing(home / "site", 99) == ALL_OF_99
        assert not list((home / "site").glob(".*"))


ALL_OF_99 = {
    *("202611/t20261120_99.html", "202611/sitemap.xml", "assets/catalogue/" + month() + ".js"),
    *("atom.xml", "catalogue.html", "dynamics/index.html", "feed.xml", "index.html", "assets/search/r.js"),
}


def showing(folder: Path, item: int) -> set[str]:
    """Files that name an item; a search says what it shows in one of several."""
    files = [path for path in folder.rglob("*") if path.suffix in {".html", ".xml", ".js"}]
    named = f"t20261120_{item}.html".encode()
    found = {str(path.relative_to(folder)) for path in files if named in path.read_bytes()}
    return {re.sub(r"search/r\d+", "search/r", name) for name in found}


def dead_links_of_lists(folder: Path) -> list[str]:
    """Dead links of all that can have changed: the lists and the page of the last item."""
    pages = [*folder.glob("*.html"), *folder.glob("[!2]*/*.html"), *folder.glob("2*/t*_99.html")]
    return [f"{page.name} -> {link.name}" for page in pages for link in links(page) if not link.is_file()]


WRITERS = ("/static/site.py", "/static/lists.py", "/static/records.py", "/static/change.py", "/channels/files.py")
"""The modules whose every line may be the last."""


@contextmanager
def full_disk(free: int) -> Iterator[None]:
    """No file can grow beyond ``free`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("free", [0, 2000, 60_000], ids=["nothing", "no page", "no attachment"])
def test_a_full_disk_is_waited_for(channel: StaticWebsite, folder: Path, free: int) -> None:
    article = make_article(attachments=(Medium("大.pdf", "application/pdf", bytes(100_000)),))
    product, steps = channel.render(article), MemorySteps()
    with full_disk(free), pytest.raises(ChannelUnavailable):
        channel.publish(product, steps)
    assert channel.find(product, steps) is None
    assert channel.publish(product, steps).url
    assert dead_links(folder) == []


def test_a_file_in_the_place_of_the_folder_needs_a_person(channel: StaticWebsite, folder: Path) -> None:
    folder.write_text("not a folder")
    with pytest.raises(PersonNeeded):
        channel.publish(product_of(channel, 31), MemorySteps())
    assert [line.ok for line in channel.probe()] == [False, True]
    folder.unlink()
    assert channel.publish(product_of(channel, 31), MemorySteps()).url


def test_trouble_after_the_page_is_out_is_doubt_and_the_look_completes_it(channel: StaticWebsite, folder: Path) -> None:
    channel.publish(product_of(channel, 1), MemorySteps())
    (folder / "feed.xml").unlink()
    (folder / "feed.xml").mkdir()
    product, steps = product_of(channel, 31), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    assert (folder / "202611/t20261120_31.html").is_file()
    (folder / "feed.xml").rmdir()
    assert channel.find(product, steps) is not None
    assert "第31条" in (folder / "feed.xml").read_text(encoding="utf-8")


def test_broken_records_need_a_person(channel: StaticWebsite, tmp_path: Path) -> None:
    product = product_of(channel, 31)
    (tmp_path / "site.records").mkdir()
    (tmp_path / "site.records/index.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(PersonNeeded):
        channel.publish(product, MemorySteps())


def test_a_site_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, timeout_s=0.02)
    channel.publish(product_of(channel, 1), MemorySteps())
    with FileLock(tmp_path / "site.records/site.lock"), pytest.raises(ChannelUnavailable):
        channel.publish(product_of(channel, 2), MemorySteps())


def test_a_lost_site_is_rebuilt_with_its_frame(channel: StaticWebsite, folder: Path) -> None:
    channel.publish(product_of(channel, 1), MemorySteps())
    shutil.rmtree(folder)
    channel.publish(product_of(channel, 1), MemorySteps())
    assert dead_links(folder) == []


# Settings and checks


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"driver": "ftp"}, "static", id="another driver"),
        pytest.param({"base_url": "www.example.gov.cn"}, "address", id="no scheme"),
        pytest.param({"base_url": "ftp://www.example.gov.cn/"}, "address", id="other scheme"),
        pytest.param({"base_url": "https://www.example.gov.cn/?a=1"}, "address", id="query"),
        pytest.param({"path": "../site"}, "folder", id="outside"),
        pytest.param({"path": "."}, "folder", id="the data folder itself"),
        pytest.param({"colour": "red"}, "Extra", id="unknown key"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        StaticOptions(**{"base_url": BASE_URL, **options})


def test_the_address_of_the_site_ends_with_a_slash() -> None:
    assert StaticOptions(base_url="http://127.0.0.1:8000/site").base_url == "http://127.0.0.1:8000/site/"


@pytest.mark.parametrize("key", ["assets", "202611", "a/b", "..", "栏目", ""])
def test_columns_that_cannot_be_folders_are_refused(tmp_path: Path, key: str) -> None:
    place = Place(tmp_path, "局", columns=(Column(key, "栏目", "政务动态"),))
    with pytest.raises(ConfigurationError):
        StaticWebsite("portal", StaticOptions(base_url=BASE_URL), place)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"title": "  "}, "title is empty", id="no title"),
        pytest.param({"title": "一\n二"}, "line break", id="title of two lines"),
        pytest.param({"html": "<p> <br></p>", "media": ()}, "text is empty", id="no text"),
        pytest.param({"media": ()}, "missing", id="picture missing"),
        pytest.param({"html": '<p>x<img src="https://a.cn/b.png"></p>'}, "missing", id="picture from elsewhere"),
        pytest.param({"attachments": (Medium("a.exe", "x", b""),)}, "does not belong", id="program"),
        pytest.param({"attachments": (Medium("a.html", "text/html", b""),)}, "does not belong", id="page"),
        pytest.param({"attachments": (Medium("pdf", "x", b""),)}, "does not belong", id="no ending"),
        pytest.param({"attachments": (Medium(" ", "x", b""),)}, "file name", id="no name"),
        pytest.param({"column": replace(COLUMN, key="assets")}, "column", id="column"),
    ],
)
def test_check_finds(channel: StaticWebsite, changes: dict[str, Any], said: str) -> None:
    problems = channel.check(channel.render(make_article(**changes)))
    assert [problem for problem in problems if problem.is_error and said in str(problem.text)]


def test_a_picture_alone_is_enough(channel: StaticWebsite) -> None:
    article = make_article(html=f'<figure><img src="asset:{picture().sha256}"></figure>')
    assert channel.check(channel.render(article)) == []


def test_large_pictures_become_smaller_and_the_preview_says_so(channel: StaticWebsite) -> None:
    large = picture(size=(3000, 10))
    product = channel.render(make_article(html=f'<p>x<img src="asset:{large.sha256}"></p>', media=(large,)))
    assert channel.check(product) == []
    assert product.media[0].sha256 != large.sha256
    assert f"asset:{product.media[0].sha256}" in product.body
    assert "picture.png" in str(product.notes[0].text)


def test_a_broken_picture_is_refused(channel: StaticWebsite) -> None:
    broken = Medium("a.png", "image/png", b"no picture")
    with pytest.raises(ProductRefused):
        channel.render(make_article(html=f'<img src="asset:{broken.sha256}">', media=(broken,)))
