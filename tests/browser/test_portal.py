"""The office's website in a real browser: accessible, searched without a server, readable without scripts."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.base import Column, Place, Withdrawal
from channels.website.static.channel import StaticWebsite
from channels.website.static.options import LinkOptions, StaticOptions
from tests.browser.test_access import violations
from tests.browser.window import DESKTOP, TELEPHONE, needs_browser
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article

pytestmark = needs_browser

POLICIES = Column("policies", "政策文件", "政策文件")
INTERPRETATION = Column("interpretation", "政策解读", "政策解读", parent="policies")
COLUMNS = (COLUMN, POLICIES, INTERPRETATION, Column("guide", "公开指南", "信息公开指南"))
PAGES = (
    *("index.html", "dynamics/index.html", "dynamics/index_1.html", "policies/index.html", "catalogue.html"),
    *("search.html?q=钒钛", "map.html", "404.html", "202611/t20261120_1.html", "202611/t20261120_2.html"),
    *("202611/t20261120_43.html", "202611/t20261120_44.html", "guide/index.html", "202611/t20261120_45.html"),
)
LAST = 45


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, live_server: LiveServer) -> Path:
    """A home with a site of lists of two pages, a document with its interpretation, and notices."""
    home = tmp_path_factory.mktemp("portal")
    place = Place(home, "攀枝花市科学技术和知识产权局", "5104000000", columns=COLUMNS)
    policy = f"{live_server.url}/site/202611/t20261120_1.html"
    options = StaticOptions(
        base_url=f"{live_server.url}/site/",
        organ_code="008282882",
        archived_until=date(2026, 12, 31),
        contact="0812-3333482",
        links=(LinkOptions(name="中国政府网", url="https://www.gov.cn/"),),
    )
    channel = StaticWebsite("portal", options, place)
    link = f'<p>见<a href="{policy}">办法</a>。</p>'
    own: dict[int, dict[str, Any]] = {
        1: {"column": POLICIES, "document_number": "攀科〔2026〕12号", "title": "钒钛产业管理办法"},
        2: {
            "column": INTERPRETATION,
            "html": link,
            "media": (),
            "title": "办法解读",
        },
    }
    for item in range(1, LAST + 1):
        values = {"key": f"kzj-{item}-r1", "item": item, "title": f"第{item}条工作动态", **own.get(item, {})}
        receipt = channel.publish(channel.render(make_article(**values)), MemorySteps())
        if item > LAST - 2:
            why = Withdrawal("superseded", policy) if item == LAST else Withdrawal()
            channel.withdraw(receipt, MemorySteps(), why)
        if item == LAST - 2:
            channel.mark(receipt, MemorySteps(), Withdrawal("law", policy, "依据攀科〔2026〕30号"))
    return home


@pytest.fixture
def site(home: Path, published: Path, live_server: LiveServer) -> str:
    """Its address."""
    shutil.copytree(published / "site", home / "site")
    return f"{live_server.url}/site/"


@pytest.mark.parametrize(("size", "pages"), [(DESKTOP, PAGES), (TELEPHONE, PAGES[::2])], ids=["desktop", "telephone"])
def test_every_kind_of_page_is_accessible_and_fits(
    page: Page, site: str, size: tuple[int, int], pages: tuple[str, ...]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = {}
    for name in pages:
        answer = page.goto(site + name)
        assert answer
        assert answer.status == 200, name
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        found[name] = violations(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_site_is_searched_without_a_server(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("searchbox", name="站内搜索").fill("钒钛产业")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_have_text("“钒钛产业”：找到 1 条结果。")
    expect(page.locator(".results mark")).to_have_text("钒钛产业")
    page.get_by_role("searchbox", name="搜索内容").fill("高新技术")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_have_text("“高新技术”：找到 42 条结果。")
    page.get_by_role("button", name="下一页").click()
    expect(page.locator(".results li").first).to_contain_text("第23条工作动态")
    page.go_back()
    expect(page.locator(".results mark")).to_have_text("钒钛产业")
    page.locator(".results a").click()
    expect(page.locator("article h1")).to_have_text("钒钛产业管理办法")


def test_the_catalogue_is_searched_by_number_title_and_date(page: Page, site: str) -> None:
    page.goto(f"{site}catalogue.html")
    page.get_by_label("索引号或文号").fill("〔2026〕12号")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("[data-status]")).to_have_text("找到 1 条信息。")
    expect(page.locator("[data-rows] a")).to_have_text("钒钛产业管理办法")
    page.get_by_role("button", name="清空").click()
    page.get_by_label("标题").fill("第39条")
    page.get_by_label("发布日期，从").fill("2026-01-01")
    page.keyboard.press("Enter")
    expect(page.locator("[data-rows] a")).to_have_text("第39条工作动态")
    page.get_by_label("发布日期，到").fill("2026-01-02")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_contain_text("没有找到")


def test_the_size_of_the_text_stays_chosen_and_the_keyboard_skips_to_the_text(page: Page, site: str) -> None:
    page.goto(f"{site}202611/t20261120_1.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.get_by_role("button", name="大").click()
    before = page.locator(".text").evaluate("text => getComputedStyle(text).fontSize")
    page.goto(f"{site}202611/t20261120_2.html")
    assert page.locator(".text").evaluate("text => getComputedStyle(text).fontSize") == before == "22px"


class TestWithoutScripts:
    @pytest.fixture
    def runs_scripts(self) -> bool:
        return False

    def test_everything_can_be_read_and_nothing_is_shown_that_does_not_work(self, page: Page, site: str) -> None:
        page.goto(site)
        expect(page.get_by_role("searchbox")).to_have_count(0)
        page.get_by_role("link", name="政府信息公开目录").click()
        expect(page.locator(".sift")).to_be_hidden()
        page.get_by_role("link", name="下一页").click()
        page.get_by_role("link", name="钒钛产业管理办法").click()
        expect(page.locator(".tools")).to_be_hidden()
        expect(page.locator(".related a")).to_have_text("办法解读")
