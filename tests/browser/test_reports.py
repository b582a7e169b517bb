"""Reports in a real browser: fill in, see the sum and the preview, declare final, hand over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from publisher.office import get_office
from publisher.reports import finishing
from publisher.reports.figures.entering import Given, enter_all
from publisher.reports.models import EnteredValue, FinalReport
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.forms import COMPLETE, moment, office_with_example, publish

pytestmark = needs_browser

HERE = "/reports/2017/short-report/"


@pytest.fixture(autouse=True)
def _office(committed: None, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The office with the example form, all but one figure given; it is January 2018."""
    monkeypatch.setattr(finishing, "FILES", ("html", "docx", "xlsx"))  # a PDF takes seconds
    office_with_example(home)
    settings.PUBLISHER_CONFIG = home / "office.toml"
    get_office.cache_clear()
    with time_machine.travel(moment("2018-01-24")):
        publish(get_office(), "2017-03-01", "portal", range(1, 8))
        known = {key: typed for key, typed in COMPLETE.items() if key != "short.requests.granted.natural"}
        enter_all(get_office(), 2017, [Given(key, typed) for key, typed in known.items()], by="lihong")
        yield


def test_a_report_is_filled_in_declared_final_and_handed_over(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.get_by_role("link", name="报告", exact=True).click()
    page.get_by_role("link", name="政府信息公开工作简报").click()
    page.locator(".missing a").first.click()
    field = page.get_by_label("三、予以公开 自然人")
    field.fill("3")
    total = page.locator('.sum[data-key="short.requests.granted.total"]')
    expect(total).to_have_text("6")
    page.get_by_label("本次填报的依据").fill("台账")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_have_text("已保存 1 项。")
    kept = EnteredValue.objects.order_by("-seq")[0]
    assert (kept.key, kept.value, kept.by, kept.source) == ("short.requests.granted.natural", "3", "zhangwei", "台账")
    page.get_by_role("link", name="预览").click()
    expect(page.frame_locator("iframe").locator("h1")).to_contain_text("2017年度政府信息公开工作简报")
    page.goto(f"{live_server.url}{HERE}final/")
    page.get_by_role("button", name="定稿").click()
    expect(page).to_have_url(f"{live_server.url}{HERE}v1/")
    assert FinalReport.objects.get().by == "zhangwei"
    page.get_by_role("button", name="提交为稿件").click()
    expect(page.locator("h1")).to_contain_text("2017年度政府信息公开工作简报")


def test_leaving_with_something_typed_is_asked_about(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.goto(f"{live_server.url}{HERE}fill/")
    page.get_by_label("三、予以公开 自然人").fill("3")
    with page.expect_event("dialog") as asked:
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("link", name="统计", exact=True).click()
    assert asked.value.type == "beforeunload"
    expect(page.locator("h1")).to_have_text("统计")


@pytest.mark.parametrize("runs_scripts", [False])
def test_filling_in_works_without_scripts(page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    enter(page, live_server)
    page.goto(f"{live_server.url}{HERE}fill/")
    page.get_by_label("三、予以公开 自然人").fill("many")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".mistake")).to_contain_text("many")
    assert all("status of 400" in complaint for complaint in complaints), "nothing but what the answer says itself"
    complaints.clear()
    page.get_by_label("三、予以公开 自然人").fill("3")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_have_text("已保存 1 项。")


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_nothing_sticks_out_of_the_window(page: Page, live_server: LiveServer, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, live_server)
    for address in ("/reports/2017/", HERE, f"{HERE}fill/", f"{HERE}figures/short.powers/", f"{HERE}preview/"):
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
