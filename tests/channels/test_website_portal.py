"""The website as a portal: catalogue, search, parts of columns, withdrawals, documents and interpretations."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from lxml import etree
from pydantic import ValidationError

from channels.base import Column, Evidence, Place, Receipt, Withdrawal
from channels.errors import PersonNeeded
from channels.website.static.channel import StaticOptions, StaticWebsite
from channels.website.static.index import content_of
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article, picture
from tests.channels.test_website import dead_links

BASE_URL = "https://www.example.gov.cn/kzj/"
POLICIES = Column("policies", "政策文件", "政策文件")
INTERPRETATION = Column("interpretation", "政策解读", "政策解读", parent="policies")
GUIDE = Column("guide", "公开指南", "信息公开指南")
COLUMNS = (COLUMN, POLICIES, INTERPRETATION, GUIDE)
AT = "2026-11-22T16:05:30+00:00"


def make_portal(home: Path, **options: Any) -> StaticWebsite:
    place = Place(home, "攀枝花市科学技术和知识产权局", "5104000000", columns=COLUMNS)
    return StaticWebsite("portal", StaticOptions(**{"base_url": BASE_URL, "organ_code": "008282882", **options}), place)


@pytest.fixture
def portal(tmp_path: Path) -> StaticWebsite:
    return make_portal(tmp_path)


def publish(portal: StaticWebsite, item: int, *, at: str = AT, **changes: Any) -> Receipt:
    steps = MemorySteps()
    steps.repeatable("time", lambda: {"at": at})
    article = make_article(key=f"kzj-{item}-r1", item=item, **{"title": f"第{item}条", "attachments": (), **changes})
    return portal.publish(portal.render(article), steps)


def keep_up(portal: StaticWebsite) -> None:
    """Until nothing is left."""
    while portal.keep_up(seconds=9):
        pass


def text(portal: StaticWebsite, name: str) -> str:
    return (portal.site.folder / name).read_text(encoding="utf-8")


def data(portal: StaticWebsite, name: str) -> Any:
    content = (portal.site.folder / f"assets/{name}.js").read_text(encoding="utf-8")
    return content_of(content.encode())


# Catalogue


def test_an_item_gets_the_next_index_number_of_its_year_and_keeps_it(portal: StaticWebsite) -> None:
    publish(portal, 1, at="2025-12-31T15:59:00+00:00")
    receipt = publish(portal, 2, at="2025-12-31T16:00:00+00:00", column=POLICIES)
    publish(portal, 3, at="2026-01-02T00:00:00+00:00")
    numbers = {item: portal.site.entry(item).index_number for item in (1, 2, 3)}  # type: ignore[union-attr]
    assert numbers == {1: "008282882/2025-00001", 2: "008282882/2026-00001", 3: "008282882/2026-00002"}
    second = portal.render(make_article(key="kzj-2-r2", item=2, revision=2, title="更正", column=POLICIES))
    portal.correct(receipt, second, MemorySteps())
    assert "008282882/2026-00001" in text(portal, receipt.remote_id)
    portal.recall(publish(portal, 4, at="2026-01-03T00:00:00+00:00"), MemorySteps())
    publish(portal, 5, at="2026-01-04T00:00:00+00:00")
    assert portal.site.entry(5).index_number == "008282882/2026-00004", "a number is not given twice"  # type: ignore[union-attr]


def test_the_head_of_a_document_says_what_the_catalogue_says(portal: StaticWebsite) -> None:
    values = {"column": POLICIES, "document_number": "攀科〔2026〕12号", "in_force_until": date(2031, 11, 20)}
    page = text(portal, publish(portal, 7, **values).remote_id)
    lines = dict(re.findall(r"<dt>(.+?)</dt>\s*<dd>\s*(.+?)\s*</dd>", page))
    assert lines == {
        "索引号": "008282882/2026-00001",
        "主题分类": "政策文件",
        "发布机构": "攀枝花市科学技术和知识产权局",
        "成文日期": "2026-11-20",
        "发文字号": "攀科〔2026〕12号",
        "发布日期": "2026-11-23",
        "公开方式": "主动公开",
        "有效期至": "2031-11-20",
    }
    assert 'data-until="2031-11-20"' in page


def test_the_catalogue_is_searched_month_by_month(portal: StaticWebsite) -> None:
    publish(portal, 7, at="2026-10-31T15:00:00+00:00", document_number="攀科〔2026〕7号", column=POLICIES)
    publish(portal, 8, at="2026-10-31T16:30:00+00:00")
    months = text(portal, "assets/catalogue/months.js")
    assert '["202611","202610"]' in months
    october = text(portal, "assets/catalogue/c202610.js")
    assert (
        '"008282882/2026-00001","攀科〔2026〕7号","攀枝花市科学技术和知识产权局","2026-11-20","2026-10-31"' in october
    )
    assert "第8条" not in october
    assert "第8条" in text(portal, "catalogue.html")


@pytest.mark.parametrize(
    "template",
    ["{organ_code}", "{number", "{wrong}-{number}", "{number:%Y}"],
    ids=["no number", "broken", "name", "form"],
)
def test_templates_that_cannot_number_are_refused(template: str) -> None:
    with pytest.raises(ValidationError, match="template of index numbers"):
        StaticOptions(base_url=BASE_URL, index_number=template)


def test_another_template_may_be_set(tmp_path: Path) -> None:
    portal = make_portal(tmp_path, index_number="{organ_code}/{year}{month}-{number:04}")
    publish(portal, 1)
    entry = portal.site.entry(1)
    assert entry is not None
    assert entry.index_number == "008282882/202611-0001"


# Search


def test_a_search_finds_title_number_text_and_attachments_until_it_is_taken_back(portal: StaticWebsite) -> None:
    receipt = publish(portal, 7, column=POLICIES, document_number="攀科〔2026〕12号")
    title, words = data(portal, "search/t0")["1"]
    assert title == "第7条"
    assert all(word in words for word in ("攀科〔2026〕12号", "高新技术企业", "甲 & 乙公司"))
    row = data(portal, "search/r0")["1"]
    assert row[:4] == [receipt.remote_id, "第7条", "2026-11-23", "政策文件"]
    before = data(portal, "search/contents")
    portal.recall(receipt, MemorySteps())
    assert (data(portal, "search/t0"), data(portal, "search/r0")) == ({}, {})
    assert data(portal, "search/contents")["version"] > before["version"]


# Columns and home page


def test_a_column_with_parts_shows_the_newest_of_each(portal: StaticWebsite) -> None:
    publish(portal, 1, column=POLICIES)
    publish(portal, 2, column=INTERPRETATION)
    parent, child = text(portal, "policies/index.html"), text(portal, "interpretation/index.html")
    assert "第1条" in parent
    assert "第2条" in parent
    assert 'href="../policies/index.html">政策文件</a>' in child
    home = text(portal, "index.html")
    assert home.count("第2条") >= 2, "among the newest, and with the column it is a part of"
    assert '<a href="interpretation/index.html">' not in home
    assert '<a href="guide/index.html"><strong>公开指南</strong>' in home
    assert dead_links(portal.site.folder) == []


def test_the_columns_of_open_government_share_one_way_in_and_lead_to_each_other(portal: StaticWebsite) -> None:
    publish(portal, 1, column=GUIDE)
    guide, home = text(portal, "guide/index.html"), text(portal, "index.html")
    navigation = home[home.index('<nav class="columns"') : home.index("</nav>")]
    assert re.findall(r"<a [^>]*>([^<]+)</a>", navigation) == ["首页", "工作动态", "政策文件", "政府信息公开"]
    assert '<a href="../catalogue.html" aria-current="true">政府信息公开</a>' in guide
    assert '<a href="../guide/index.html" aria-current="true">公开指南</a>' in guide
    assert 'class="family flat"' not in text(portal, "dynamics/index.html")


def test_the_home_page_shows_the_newest_pictures(portal: StaticWebsite) -> None:
    publish(portal, 1)
    publish(portal, 2, html="<p>无图</p>", media=())
    name = f"202611/{picture().sha256[:16]}.png"
    assert re.findall(r'<img src="([^"]+)"', text(portal, "index.html")) == [name]
    assert (portal.site.folder / name).is_file()


@pytest.mark.parametrize("theme", ["blue", "red", "green"])
def test_another_theme_changes_the_colours_of_every_page(portal: StaticWebsite, tmp_path: Path, theme: str) -> None:
    page = publish(portal, 1).remote_id
    other = make_portal(tmp_path, theme=theme)
    publish(other, 2)
    assert 'href="../assets/theme.css"' in text(other, page)
    colours = Path(text.__code__.co_filename).parents[2] / f"channels/website/static/themes/{theme}.css"
    assert text(other, "assets/theme.css") == colours.read_text(encoding="utf-8")


def test_what_stands_at_any_address_names_the_site_from_its_top(portal: StaticWebsite) -> None:
    publish(portal, 1)
    missing = text(portal, "404.html")
    assert 'href="/kzj/index.html"' in missing
    assert 'href="/kzj/assets/theme.css"' in missing
    assert text(portal, "robots.txt") == f"User-agent: *\nDisallow:\n\nSitemap: {BASE_URL}sitemap.xml\n"


def test_the_atom_feed_has_what_readers_need(portal: StaticWebsite) -> None:
    receipt = publish(portal, 1)
    feed = etree.parse(portal.site.folder / "atom.xml").getroot()
    space = {"a": "http://www.w3.org/2005/Atom"}
    for name in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:entry/a:published", "a:entry/a:summary"):
        assert feed.findtext(name, namespaces=space), name
    assert feed.findtext("a:entry/a:id", namespaces=space) == receipt.url
    assert feed.findtext("a:entry/a:updated", namespaces=space) == "2026-11-23T00:05:30+08:00"


# Withdrawals


@pytest.mark.parametrize(
    ("why", "said", "unsaid"),
    [
        (Withdrawal("error"), ["本页内容已撤回"], ["第7条", "攀科"]),
        (Withdrawal("secrecy"), ["本页内容已撤回"], ["第7条", "攀科"]),
        (
            Withdrawal("superseded", f"{BASE_URL}202611/t20261120_8.html"),
            ["已被替代", "第7条", f'<a href="{BASE_URL}202611/t20261120_8.html">'],
            ["高新技术企业5家"],
        ),
        (Withdrawal("law"), ["已撤回", "第7条", "攀科〔2026〕12号", "依法依规撤回"], ["高新技术企业5家"]),
    ],
    ids=lambda value: value.ground if isinstance(value, Withdrawal) else "",
)
def test_a_notice_says_why(portal: StaticWebsite, why: Withdrawal, said: list[str], unsaid: list[str]) -> None:
    receipt = publish(portal, 7, column=POLICIES, document_number="攀科〔2026〕12号")
    portal.withdraw(receipt, MemorySteps(), why)
    notice = text(portal, receipt.remote_id)
    assert [part for part in said if part not in notice] == []
    assert [part for part in unsaid if part in notice] == []
    assert not portal.look(receipt).is_there
    assert "第7条" not in text(portal, "catalogue.html")


MARKED = ("catalogue.html", "policies/index.html", "index.html", "feed.xml", "atom.xml")


def test_what_no_longer_holds_stays_with_its_text_and_says_so_wherever_it_is_shown(portal: StaticWebsite) -> None:
    policy = publish(portal, 7, column=POLICIES, document_number="攀科〔2026〕12号", title="“办法”<试行>")
    reading = publish(portal, 8, **linking(policy.url))
    before = text(portal, policy.remote_id)
    note, instead = "依据攀科〔2026〕30号", f"{BASE_URL}202611/t20261120_9.html"
    marked = portal.mark(policy, MemorySteps(), Withdrawal("law", instead, note))
    page = text(portal, policy.remote_id)
    assert (marked.url, marked.evidence) == (policy.url, Evidence.READ_BACK)
    for said in (
        "高新技术企业5家",
        "已废止",
        "标注：本文件已废止，不再执行",
        note,
        f'<a href="{instead}">{instead}</a>',
    ):
        assert said in page
    assert "<title>【已废止】“办法”&lt;试行&gt; - " in page
    assert [name for name in MARKED if "已废止" not in text(portal, name)] == []
    assert [row[-1] for row in data(portal, "catalogue/c202611") if row[0] == policy.remote_id] == ["已废止"]
    assert data(portal, "search/r0")["1"][-1] == "已废止"
    assert "已废止" in text(portal, reading.remote_id), "where it is named as what is interpreted"
    seen = portal.look(policy)
    assert (seen.is_there, seen.is_unchanged, seen.is_marked) == (True, True, True)
    assert portal.look(reading).is_marked is False
    portal.mark(policy, MemorySteps(), Withdrawal("law", reading.url))
    assert f'<a href="{reading.url}">第8条</a>' in text(portal, policy.remote_id)
    again = text(portal, policy.remote_id)
    assert again.count("【已废止】") == again.count('class="withdrawn"') == 1
    assert note not in again
    assert len(again) > len(before)


def test_a_document_whose_time_is_up_is_called_so(portal: StaticWebsite) -> None:
    for item, last_day in ((7, date(2026, 11, 30)), (8, date(2999, 1, 1))):
        receipt = publish(portal, item, column=POLICIES, in_force_until=last_day)
        with time_machine.travel("2027-01-05T09:00:00+08:00", tick=False):
            portal.mark(receipt, MemorySteps(), Withdrawal("law"))
    assert "标注：本文件已失效，不再执行" in text(portal, "202611/t20261120_7.html")
    assert "标注：本文件已废止，不再执行" in text(portal, "202611/t20261120_8.html")


def test_a_new_revision_takes_the_mark_away_and_what_must_go_goes_with_it(portal: StaticWebsite) -> None:
    first, second = (publish(portal, item, column=POLICIES) for item in (7, 8))
    for receipt in (first, second):
        portal.mark(receipt, MemorySteps(), Withdrawal("law"))
    revised = make_article(key="kzj-7-r2", item=7, revision=2, title="重新印发", column=POLICIES, attachments=())
    portal.correct(first, portal.render(revised), MemorySteps())
    portal.withdraw(second, MemorySteps(), Withdrawal("secrecy"))
    assert not portal.look(second).is_there
    assert not [name for name in (first.remote_id, *MARKED) if "已废止" in text(portal, name)]
    assert dead_links(portal.site.folder) == []


def test_what_is_gone_or_was_replaced_is_not_marked(portal: StaticWebsite) -> None:
    receipt = publish(portal, 7)
    portal.recall(receipt, MemorySteps())
    with pytest.raises(PersonNeeded, match="no page"):
        portal.mark(receipt, MemorySteps(), Withdrawal("law"))
    assert "本页内容已撤回" in text(portal, receipt.remote_id)


def test_a_page_an_earlier_version_wrote_can_be_marked_and_one_that_somebody_altered_cannot(
    portal: StaticWebsite,
) -> None:
    receipt = publish(portal, 7)
    path = portal.site.folder / receipt.remote_id
    path.write_text(text(portal, receipt.remote_id).replace("<!--withdrawn--><!--/withdrawn-->", ""), encoding="utf-8")
    with pytest.raises(PersonNeeded, match="no page"):
        portal.mark(receipt, MemorySteps(), Withdrawal("law"))
    with sqlite3.connect(portal.site.records_path) as connection:
        connection.execute("UPDATE entries SET page_sha256 = ?", (hashlib.sha256(path.read_bytes()).hexdigest(),))
    connection.close()
    portal.mark(receipt, MemorySteps(), Withdrawal("law"))
    assert text(portal, receipt.remote_id).index('class="withdrawn"') < text(portal, receipt.remote_id).index("<h1>")
    assert "标注：本页内容已撤回" in text(portal, receipt.remote_id)


# Documents and their interpretations


def linking(url: str) -> dict[str, Any]:
    return {"column": INTERPRETATION, "html": f'<p>全文见<a href="{url}">原文</a>。</p>', "media": ()}


def test_a_document_and_its_interpretation_lead_to_each_other(portal: StaticWebsite) -> None:
    policy = publish(portal, 1, column=POLICIES)
    other = publish(portal, 2, column=POLICIES)
    reading = publish(portal, 3, **linking(policy.url))
    assert "相关解读" in text(portal, policy.remote_id)
    assert f'href="../{reading.remote_id}"' in text(portal, policy.remote_id)
    assert "解读的文件" in text(portal, reading.remote_id)
    assert "相关解读" not in text(portal, other.remote_id)
    assert portal.look(policy).is_there
    corrected = make_article(key="kzj-3-r2", item=3, revision=2, title="更正后的解读", **linking(other.url))
    portal.correct(reading, portal.render(corrected), MemorySteps())
    assert "相关解读" not in text(portal, policy.remote_id)
    assert "更正后的解读" in text(portal, other.remote_id)
    portal.recall(reading, MemorySteps())
    assert "相关解读" not in text(portal, other.remote_id)
    assert dead_links(portal.site.folder) == []


def test_what_was_said_to_interpret_a_document_needs_no_link_and_may_come_first(portal: StaticWebsite) -> None:
    said = {"column": INTERPRETATION, "html": "<p>图解。</p>", "media": ()}
    early = publish(portal, 3, interprets=(1, 2), **said)
    assert "解读的文件" not in text(portal, early.remote_id)
    policy = publish(portal, 1, column=POLICIES)
    publish(portal, 2)
    late = publish(portal, 4, interprets=(1,), **said)
    assert f'href="../{policy.remote_id}"' in text(portal, early.remote_id)
    assert "第2条" in text(portal, early.remote_id)
    assert text(portal, policy.remote_id).index(early.remote_id) < text(portal, policy.remote_id).index(late.remote_id)
    assert "相关解读" in text(portal, policy.remote_id)
    second = portal.render(make_article(key="kzj-1-r2", item=1, revision=2, title="更正后的文件", column=POLICIES))
    portal.correct(policy, second, MemorySteps())
    assert "更正后的文件" in text(portal, early.remote_id)
    assert late.remote_id in text(portal, policy.remote_id)
    portal.mark(policy, MemorySteps(), Withdrawal("law"))
    assert '<span class="tag">已废止</span>' in text(portal, early.remote_id)
    portal.recall(policy, MemorySteps())
    assert "更正后的文件" not in text(portal, early.remote_id)
    assert "第2条" in text(portal, early.remote_id)


def test_a_corrected_document_keeps_its_interpretation_and_a_withdrawn_one_is_no_longer_named(
    portal: StaticWebsite,
) -> None:
    policy = publish(portal, 1, column=POLICIES)
    reading = publish(portal, 3, **linking(policy.url))
    second = portal.render(make_article(key="kzj-1-r2", item=1, revision=2, title="更正后的文件", column=POLICIES))
    portal.correct(policy, second, MemorySteps())
    assert "相关解读" in text(portal, policy.remote_id)
    assert "更正后的文件" in text(portal, reading.remote_id)
    assert portal.find(second, MemorySteps()) is not None
    portal.recall(policy, MemorySteps())
    assert "更正后的文件" not in text(portal, reading.remote_id)


# Pages of past years and of the version before


def test_pages_of_past_years_say_that_they_are_archived(tmp_path: Path) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    old = {"created_on": datetime(2018, 12, 31, 9, tzinfo=zone)}
    portal = make_portal(tmp_path)
    receipts = [publish(portal, 1, **old), publish(portal, 2, created_on=datetime(2019, 1, 1, 9, tzinfo=zone))]
    archiving = make_portal(tmp_path, archived_until="2018-12-31")
    receipts.append(publish(archiving, 3, **old))
    keep_up(archiving)
    said = ["本页已归档" in text(archiving, receipt.remote_id) for receipt in receipts]
    assert said == [True, False, True]
    product = archiving.render(make_article(key="kzj-1-r1", item=1, title="第1条", attachments=(), **old))
    assert archiving.find(product, MemorySteps()) is not None, "the mark is no other page"


def test_pages_of_the_version_before_are_found_too_and_stay_as_they_are(portal: StaticWebsite, tmp_path: Path) -> None:
    receipt = publish(portal, 1, column=POLICIES, document_number="攀科〔2026〕1号")
    page = portal.site.folder / receipt.remote_id
    old = re.sub(rb"<!--.*?-->|<dl.*?</dl>", b"", page.read_bytes(), flags=re.DOTALL)
    old = old.replace("作者：".encode(), "发文字号：攀科〔2026〕1号</span><span>作者：".encode())
    page.write_bytes(old)
    with sqlite3.connect(portal.site.records_path) as connection:
        connection.execute(
            "UPDATE entries SET number = 0, details = '{}', image = '', page_sha256 = ?",
            (hashlib.sha256(old).hexdigest(),),
        )
        connection.execute("DELETE FROM facts")
    connection.close()
    again = make_portal(tmp_path)
    reading = publish(again, 2, **linking(receipt.url))
    assert again.look(receipt).is_there
    entry = again.site.entry(1)
    assert entry is not None
    assert (entry.number, entry.image.endswith(".png")) == (1, True)
    assert entry.details["document_number"] == "攀科〔2026〕1号"
    assert "高新技术企业" in data(again, "search/t0")["1"][1]
    assert "第1条" in text(again, "assets/catalogue/c202611.js")
    assert reading.remote_id in page.read_text(encoding="utf-8"), "it says what has come to interpret it"
