"""What readers, search engines and inspectors find on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from channels.base import Article, Column, Place
from channels.website.static import pages as pages_module
from channels.website.static.channel import StaticOptions, StaticWebsite
from channels.website.static.lists import PAGE_LENGTH, full_pages
from channels.website.static.pages import readable_size
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article, picture

BASE_URL = "https://www.example.gov.cn/"
TRICKY = "<script>alert(1)</script> & \"甲\" '乙' {{ 7*7 }}"
ASSETS = Path(pages_module.__file__).parent / "assets"
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture
def channel(tmp_path: Path) -> StaticWebsite:
    other = Column("notices", "通知公告", "通知公告")
    place = Place(tmp_path, "攀枝花市科学技术和知识产权局", "5104000000", columns=(COLUMN, other))
    options = StaticOptions(
        base_url=BASE_URL,
        name="门户网站",
        icp_number="蜀ICP备10014763号",
        police_number="川公网安备51040202000210号",
        contact="0812-3333482",
        description="全市科技工作",
    )
    return StaticWebsite("portal", options, place)


def publish(channel: StaticWebsite, article: Article) -> HtmlElement:
    """Publish and return the page."""
    steps = MemorySteps()
    steps.repeatable("time", lambda: {"at": "2026-11-22T16:05:09+00:00"})
    receipt = channel.publish(channel.render(article), steps)
    return read(channel, receipt.remote_id)


def read(channel: StaticWebsite, name: str) -> HtmlElement:
    return lxml_html.fromstring((channel.site.folder / name).read_bytes())


def metas(page: HtmlElement) -> dict[str, str]:
    return {str(meta.get("name")): str(meta.get("content")) for meta in page.findall(".//meta[@name]")}


# Meta tags: the names are those of the State Council's guide for government websites


def test_an_article_carries_every_tag_of_the_guide(channel: StaticWebsite) -> None:
    found = metas(publish(channel, make_article(source="办公室")))
    assert found["SiteName"] == "攀枝花市科学技术和知识产权局门户网站"
    assert found["SiteDomain"] == "www.example.gov.cn"
    assert found["SiteIDCode"] == "5104000000"
    assert found["ColumnName"] == "工作动态"
    assert found["ColumnDescription"] == "全市科技和知识产权工作动态"
    assert found["ColumnKeywords"]
    assert found["ColumnType"] == "政务动态"
    assert found["ArticleTitle"] == "我市新增5家国家高新技术企业"
    assert found["PubDate"] == "2026-11-23 00:05"
    assert found["ContentSource"] == "办公室"
    assert found["Keywords"]
    assert found["Author"] == "规划科"
    assert found["Description"] == "近日，全市新增国家高新技术企业5家。"
    assert found["Image"] == f"{BASE_URL}202611/{picture().sha256[:16]}.png"
    assert found["Url"] == f"{BASE_URL}202611/t20261120_31.html"


def test_lists_and_home_carry_their_tags(channel: StaticWebsite) -> None:
    publish(channel, make_article())
    column, home = metas(read(channel, "dynamics/index.html")), metas(read(channel, "index.html"))
    assert {name: column[name] for name in ("ColumnName", "ColumnType")} == {
        "ColumnName": "工作动态",
        "ColumnType": "政务动态",
    }
    assert column["ColumnDescription"]
    assert column["ColumnKeywords"]
    assert home["SiteIDCode"] == "5104000000"
    assert "ColumnName" not in home


# What a reader sees


def test_an_article_shows_time_source_author_and_attachments(channel: StaticWebsite) -> None:
    page = publish(channel, make_article(source="办公室", section="法规科"))
    shown = " ".join(page.find_class("facts")[0].text_content().split())
    for part in ("发布时间：2026-11-23 00:05", "来源：办公室", "作者：规划科", "供稿：法规科"):
        assert part in shown
    link = page.find_class("attachments")[0].find(".//a")
    assert (link.text, link.get("download")) == ("名单.pdf", "名单.pdf")
    assert re.fullmatch(r"[0-9a-f]{16}\.pdf", str(link.get("href")))


def test_the_foot_names_who_answers_for_the_site(channel: StaticWebsite) -> None:
    foot = publish(channel, make_article()).find_class("foot")[0]
    shown = foot.text_content()
    for part in (
        "主办单位：攀枝花市科学技术和知识产权局",
        "0812-3333482",
        "网站标识码：5104000000",
        "蜀ICP备10014763号",
    ):
        assert part in shown
    assert foot.xpath(".//a[contains(@href, 'code=51040202000210')]")
    assert foot.xpath(".//a[text()='站点地图']")


def test_the_body_is_as_approved_with_pictures_in_place_and_tables_that_scroll(channel: StaticWebsite) -> None:
    body = publish(channel, make_article()).find_class("text")[0]
    image = body.find(".//img")
    assert image.get("src") == f"{picture().sha256[:16]}.png"
    assert image.get("alt") == "示意图"
    table = body.find(".//table")
    assert table.getparent().get("class") == "table"
    assert "甲 & 乙公司" in table.text_content()


def test_text_after_a_table_stays_after_it(channel: StaticWebsite) -> None:
    page = publish(channel, make_article(html="<p>前</p><table><tr><td>中</td></tr></table>后", media=()))
    assert page.find_class("text")[0].text_content().strip() == "前中后"


def test_nothing_people_type_becomes_markup(channel: StaticWebsite) -> None:
    column = Column("dynamics", TRICKY, TRICKY, description=TRICKY, keywords=TRICKY)
    changes = {"title": TRICKY, "author": TRICKY, "source": TRICKY, "section": f"{TRICKY}科", "summary": TRICKY}
    page = publish(channel, make_article(column=column, **changes))
    assert page.findtext(".//h1") == TRICKY
    assert metas(page)["ColumnName"] == TRICKY
    for name in ("202611/t20261120_31.html", "index.html", "dynamics/index.html"):
        text = (channel.site.folder / name).read_text(encoding="utf-8")
        assert "<script>" not in text
        assert "49" not in re.sub(r"[0-9a-f]{8,}", "", text)
    feed = etree.parse(channel.site.folder / "feed.xml")
    assert feed.findtext(".//item/title") == TRICKY


def test_nothing_is_loaded_from_elsewhere_and_no_script_stands_in_a_page(channel: StaticWebsite) -> None:
    publish(channel, make_article())
    for path in channel.site.folder.rglob("*.html"):
        page = lxml_html.fromstring(path.read_bytes())
        loaded = page.xpath("//script/@src | //img/@src | //link[@rel='stylesheet']/@href")
        assert loaded
        assert not [address for address in loaded if "//" in str(address)]
        assert not [script for script in page.iter("script") if script.text]
        assert not page.xpath("//@style | //@onclick")
    assert "url(" not in (ASSETS / "site.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "shown"), [(0, "1 KB"), (1500, "1 KB"), (300_000, "293 KB"), (3_500_000, "3.3 MB")])
def test_sizes_are_shown_as_people_read_them(size: int, shown: str) -> None:
    assert readable_size(size) == shown


THEMES = sorted(path.stem for path in (ASSETS.parent / "themes").iterdir())


def colours(theme: str) -> dict[str, str]:
    style = (ASSETS / "site.css").read_text(encoding="utf-8") + (ASSETS.parent / f"themes/{theme}.css").read_text()
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", style))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours after WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "sheet"),
        ("soft", "sheet"),
        ("soft", "ground"),
        ("main", "sheet"),
        ("sheet", "main"),
        ("sheet", "main-deep"),
        ("main", "main-soft"),
        ("main-deep", "main-soft"),
        ("soft", "main-soft"),
        ("accent", "sheet"),
        ("foot-text", "foot"),
    ],
)
@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(colours(theme)[text], colours(theme)[ground]) >= 4.5


# Lists


def listed(channel: StaticWebsite, name: str) -> list[int]:
    links = read(channel, f"dynamics/{name}").xpath("//ul[@class='entries']//a/@href")
    return [int(re.findall(r"_(\d+)\.html", str(link))[0]) for link in links]


def walk(channel: StaticWebsite, *, direction: str, start: str) -> Iterator[str]:
    """File names met by following the links to the next or previous page."""
    name = start
    while name:
        yield name
        links = read(channel, f"dynamics/{name}").xpath(f"//nav[@class='turn']/a[@rel='{direction}']/@href")
        name = str(links[0]) if links else ""


def test_every_item_is_listed_once_newest_first_whatever_their_number(channel: StaticWebsite) -> None:
    kept: dict[str, bytes] = {}
    for number in range(1, 63):
        publish(channel, make_article(key=f"kzj-{number}-r1", item=number, title=f"第{number}条"))
        if number not in {1, 20, 21, 39, 40, 41, 59, 60, 61, 62}:
            continue
        names = list(walk(channel, direction="next", start="index.html"))
        assert [item for name in names for item in listed(channel, name)] == list(range(number, 0, -1))
        assert list(walk(channel, direction="prev", start=names[-1])) == names[::-1]
        assert all(len(listed(channel, name)) == PAGE_LENGTH for name in names[1:])
        kept[f"index_1 at {number}"] = (channel.site.folder / f"dynamics/{names[-1]}").read_bytes()
    assert kept["index_1 at 60"] == kept["index_1 at 62"], "a full page stays as it is"


@given(st.integers(0, 5000))
def test_the_first_page_is_never_nearly_empty(count: int) -> None:
    first = count - full_pages(count) * PAGE_LENGTH
    assert first == count if count < PAGE_LENGTH else PAGE_LENGTH <= first < 2 * PAGE_LENGTH


def test_an_empty_column_says_so_and_is_not_shown_at_home(channel: StaticWebsite) -> None:
    publish(channel, make_article())
    assert "本栏目暂无信息。" in read(channel, "notices/index.html").text_content()
    cards = [card.findtext(".//h2") for card in read(channel, "index.html").find_class("card")]
    assert [str(title).strip() for title in cards] == ["工作动态"]


# Feed and maps


def test_the_feed_is_rss_with_absolute_addresses_and_mail_dates(channel: StaticWebsite) -> None:
    publish(channel, make_article())
    feed = etree.parse(channel.site.folder / "feed.xml").getroot()
    assert feed.get("version") == "2.0"
    assert all(feed.findtext(f"channel/{name}") for name in ("title", "link", "description", "language"))
    item = feed.find("channel/item")
    assert item is not None
    assert item.findtext("link") == item.findtext("guid") == f"{BASE_URL}202611/t20261120_31.html"
    assert item.findtext("category") == "工作动态"
    assert item.findtext("pubDate") == "Mon, 23 Nov 2026 00:05:09 +0800"
    assert parsedate_to_datetime(str(item.findtext("pubDate"))).isoformat() == "2026-11-23T00:05:09+08:00"


def test_the_feed_stays_readable_whatever_the_summary_holds(channel: StaticWebsite) -> None:
    publish(channel, make_article(summary="a\x0bb\x00c 😀"))
    assert etree.parse(channel.site.folder / "feed.xml").findtext(".//item/description") == "abc 😀"


def test_the_maps_lead_to_every_page(channel: StaticWebsite) -> None:
    older = make_article().created_on.replace(month=9)
    publish(channel, make_article())
    publish(channel, replace(make_article(), item=7, key="kzj-7-r1", created_on=older))
    index = etree.parse(channel.site.folder / "sitemap.xml")
    maps = [str(address) for address in index.xpath("//s:loc/text()", namespaces=SITEMAP)]
    assert maps == [f"{BASE_URL}{name}" for name in ("sitemap_lists.xml", "202609/sitemap.xml", "202611/sitemap.xml")]
    pages = set()
    for address in maps:
        tree = etree.parse(channel.site.folder / address.removeprefix(BASE_URL))
        pages |= {str(page) for page in tree.xpath("//s:url/s:loc/text()", namespaces=SITEMAP)}
    articles = {f"{BASE_URL}202609/t20260920_7.html", f"{BASE_URL}202611/t20261120_31.html"}
    own = {f"{BASE_URL}{name}" for name in ("catalogue.html", "map.html", "dynamics/index.html", "notices/index.html")}
    assert pages == {BASE_URL, *own, *articles}
    changed = index.xpath("//s:lastmod/text()", namespaces=SITEMAP)
    assert [datetime.fromisoformat(str(moment)).isoformat() for moment in changed] == ["2026-11-22T16:05:09+00:00"] * 2
