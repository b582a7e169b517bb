"""Taking back everywhere in a real browser, in Chinese: ask, see what is left, hand in the evidence, file it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.sandbox.server import Sandbox
from publisher.office import Office
from publisher.queue.models import Recall
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.clocks import run
from tests.queued import close_the_page, released

pytestmark = needs_browser


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_item_is_taken_back_until_every_channel_has_its_evidence(
    page: Page, live_server: LiveServer, office: Office, sandbox: Sandbox, tmp_path: Path, complaints: list[str]
) -> None:
    item = released(office, "portal", "weibo", "daily", title="三百余名市民参加科技活动周")
    run(item)
    close_the_page(item)
    enter(page, live_server)
    page.goto(f"{live_server.url}/items/{item.pk}/")
    page.get_by_role("link", name="全渠道撤回").click()
    expect(page.locator(".outlook li")).to_have_count(3)
    expect(page.locator(".outlook li").first).to_contain_text("页面换成撤回说明")
    page.get_by_role("button", name="全渠道撤回").click()
    expect(page.locator(".alarm")).to_contain_text("撤回须写明理由")
    assert ["400" in complaint for complaint in complaints] == [True]
    complaints.clear()
    page.get_by_label("原因").fill("人数有误，应为二百余名")
    page.get_by_role("button", name="全渠道撤回").click()
    run(item)
    page.reload()
    expect(page.locator("#portal header .chip")).to_have_text("已删除（已回读）")
    expect(page.locator("#daily header .chip")).to_have_text("须刊登更正启事")
    expect(page.locator("#daily .instruction li").first).to_contain_text("立即致电攀枝花日报")
    page.locator("#daily summary", has_text="提交凭证").click()
    picture = tmp_path / "报社答复.png"
    picture.write_bytes(b"\x89PNG")
    daily = page.locator("#daily")
    daily.get_by_label("说明：谁、何时、如何办理").fill("报社值班室 10:05 答复：尚未付印，已撤稿")
    daily.get_by_label("截图或答复文件").set_input_files(picture)
    daily.get_by_role("button", name="提交凭证").click()
    expect(page.locator(".heading .chip")).to_have_text("已办结")
    expect(page.locator("#daily .proof")).to_contain_text("报社答复.png")
    assert Recall.objects.get().closed_at is not None
    page.get_by_role("link", name="打印处置记录").click()
    expect(page.locator(".record")).to_contain_text("尚未付印，已撤稿")
    page.goto(f"{live_server.url}/recalls/")
    expect(page.locator(".times")).to_contain_text("本年办结")
    for width, height in (DESKTOP, TELEPHONE):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
