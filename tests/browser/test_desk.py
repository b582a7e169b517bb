"""The desk in a real browser, in Chinese: sign in, read the list, open an item, sign out."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.items.models import Item
from publisher.log.events import Event
from publisher.queue.states import State
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.channels.samples import picture
from tests.desk_samples import put, released, submitted

pytestmark = needs_browser


def chinese(word: object) -> str:
    """A translatable word as the pages show it."""
    with translation.override("zh-hans"):
        return str(word)


def everything() -> Item:
    """An item with a picture, published, in doubt, held and handed over."""
    item = released("攀枝花市启动科技活动周")
    put(item, "portal", State.DONE, url="https://www.example.gov.cn/1.html")
    put(item, "wechat", State.HELD, kind="CredentialsRefused")
    put(item, "weibo", State.UNCERTAIN, kind="OutcomeUnknown")
    put(item, "daily", State.DONE)
    return item


def test_staff_sign_in_read_the_list_open_an_item_and_sign_out(page: Page, live_server: LiveServer) -> None:
    item = everything()
    enter(page, live_server)
    page.get_by_role("link", name="稿件", exact=True).click()
    expected = [Event.PUBLISHED.label, State.HELD.label, State.UNCERTAIN.label, Event.HANDED_OVER.label]
    expect(page.locator(".channels .chip")).to_have_text([chinese(word) for word in expected])
    expect(page.locator(".sheet .reason").first).to_contain_text("请管理员处理")
    expect(page.locator(".channels a")).to_have_attribute("href", "https://www.example.gov.cn/1.html")
    page.get_by_role("link", name="攀枝花市启动科技活动周", exact=True).click()
    expect(page).to_have_url(f"{live_server.url}/items/{item.pk}/")
    expect(page.frame_locator("iframe").locator("p")).to_have_text("攀枝花市启动科技活动周，欢迎参加。")
    expect(page.locator(".delivery h3")).to_have_text(["门户网站", "微信公众号", "新浪微博", "攀枝花日报"])
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{live_server.url}/login/")
    page.go_back()
    expect(page.locator("h1")).to_have_text("登录")


def test_pictures_of_the_text_are_shown(page: Page, live_server: LiveServer) -> None:
    shown = picture()
    html = f'<figure><img src="asset:{shown.sha256}" alt="示意图"></figure>'
    item = submitted("授牌", html=html, media=(shown,))
    enter(page, live_server)
    page.goto(f"{live_server.url}/items/{item.pk}/")
    image = page.frame_locator("iframe").locator("img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_nothing_sticks_out_of_the_window(page: Page, live_server: LiveServer, size: tuple[int, int]) -> None:
    item = everything()
    put(item, "daily", State.DONE, remote_id="x" * 300)
    released("关于组织申报省级科技计划项目的通知" * 3, to="portal")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, live_server)
    for address in ("/todo/", "/board/", f"/items/{item.pk}/", f"/items/{item.pk}/text/", "/freshness"):
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


EVIL = """<!DOCTYPE html><title>before</title>
<script>document.title = "inline"</script>
<img src="missing.png" onerror="document.title = 'handler'">
<form method="post" action="/logout/"><button>退出</button></form>"""


def test_published_page_cannot_act_as_who_is_signed_in(
    page: Page, live_server: LiveServer, home: Path, complaints: list[str]
) -> None:
    (home / "site").mkdir()
    (home / "site" / "evil.html").write_text(EVIL, encoding="utf-8")
    enter(page, live_server)
    page.goto(f"{live_server.url}/site/evil.html")
    with page.expect_console_message(lambda message: "form-action" in message.text):
        page.get_by_role("button").dispatch_event("click")
    assert page.evaluate("document.title") == "before"
    for forbidden in ("inline script", "inline event handler"):
        assert any(forbidden in complaint for complaint in complaints)
    complaints.clear()
    page.goto(f"{live_server.url}/board/")
    expect(page.locator("h1")).to_have_text("稿件")
