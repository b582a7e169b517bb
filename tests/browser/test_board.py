"""The board in a real browser: it shows by itself what changes, says when it cannot, and what is red may be decided."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.web import live
from tests.browser.window import enter, needs_browser
from tests.desk_samples import put, released

pytestmark = needs_browser


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY_S", 0.2)


def change(delivery: Delivery, state: State) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, attempt=delivery.attempt + 1)


def test_the_board_shows_by_itself_what_changes(page: Page, live_server: LiveServer) -> None:
    first, second = released("甲稿", to="portal"), released("乙稿", to="portal")
    enter(page, live_server)
    page.goto(f"{live_server.url}/board/")
    row = page.locator(f"#item-{first.pk}")
    expect(row.locator(".chip")).to_have_text("待发布")
    page.evaluate("document.querySelector('h1').dataset.mine = 'same page'")
    page.locator(f"#link-{second.pk}").focus()
    put(first, "portal", State.HELD, kind="Overdue", attempt=1)
    expect(row.locator(".chip")).to_have_text("待人工处理")
    expect(page.locator("#strip")).to_contain_text("等待人工处理的投递：1 件。")
    released("丙稿", to="portal")
    expect(page.locator("#rows h2")).to_have_text(["丙稿", "乙稿", "甲稿"])
    expect(page.locator(f"#link-{second.pk}")).to_be_focused()
    assert page.evaluate("document.querySelector('h1').dataset.mine") == "same page"


def test_what_no_longer_matches_goes_and_red_stays_on_top(page: Page, live_server: LiveServer) -> None:
    held = put(released("甲稿", to="portal"), "portal", State.HELD, kind="Overdue")
    refused = put(released("乙稿", to="portal"), "portal", State.REFUSED, kind="ProductRefused")
    enter(page, live_server)
    page.goto(f"{live_server.url}/board/?state=held")
    expect(page.locator("#rows h2")).to_have_text(["甲稿"])
    change(held, State.DONE)
    expect(page.locator("#rows h2")).to_have_count(0)
    expect(page.locator("#strip p")).to_have_count(1)
    expect(page.locator("#strip")).to_contain_text("被拒绝")
    change(refused, State.DONE)
    expect(page.locator("#strip p")).to_have_count(0)


def test_a_board_that_gets_no_answer_says_so(page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    released("甲稿", to="portal")
    enter(page, live_server)
    page.goto(f"{live_server.url}/board/")
    notice = page.locator("[data-offline]")
    expect(notice).to_be_hidden()
    page.context.set_offline(True)
    expect(notice).to_contain_text("没有收到服务器的应答")
    page.context.set_offline(False)
    expect(notice).to_be_hidden()
    assert complaints, "what the browser and htmx say of a request that failed is theirs"
    complaints.clear()


def test_an_item_shows_by_itself_how_it_goes_on(page: Page, live_server: LiveServer) -> None:
    item = released("甲稿", to="portal")
    enter(page, live_server)
    page.goto(f"{live_server.url}/items/{item.pk}/")
    expect(page.locator("#channels .chip")).to_have_text("待发布")
    put(item, "portal", State.DONE, attempt=1, url="https://www.example.gov.cn/1.html")
    expect(page.locator("#channels .chip")).to_have_text("已发布")
    expect(page.locator("#channels .address")).to_have_attribute("href", "https://www.example.gov.cn/1.html")


def test_whoever_is_signed_out_meanwhile_is_asked_to_sign_in(
    page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    released("甲稿", to="portal")
    enter(page, live_server)
    page.goto(f"{live_server.url}/board/?state=waiting")
    page.context.clear_cookies()
    expect(page.locator("h1")).to_have_text("登录")
    assert page.url.endswith("/login/?next=/board/%3Fstate%3Dwaiting")
    complaints.clear()


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without"])
def test_what_waits_is_marked_and_decided_together(page: Page, live_server: LiveServer) -> None:
    made = [
        put(released(title, to="portal"), "portal", State.HELD, kind="Overdue") for title in ("甲稿", "乙稿", "丙稿")
    ]
    enter(page, live_server)
    expect(page.locator(".badge")).to_contain_text("3")
    page.get_by_label("勾选 甲稿").check()
    page.get_by_label("勾选 乙稿").check()
    page.get_by_role("button", name="重新处理").click()
    expect(page.locator(".consequence")).to_have_text(["现在发送到门户网站。"] * 2)
    page.get_by_role("button", name="重新处理").click()
    expect(page.get_by_role("status").first).to_have_text("重新处理：已处理 2 件。")
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert [states[found.pk] for found in made] == [State.WAITING, State.WAITING, State.HELD]


def test_what_is_ticked_is_not_swept_away_by_news(page: Page, live_server: LiveServer) -> None:
    put(released("甲稿", to="portal"), "portal", State.HELD, kind="Overdue")
    enter(page, live_server)
    page.get_by_label("勾选 甲稿").check()
    put(released("乙稿", to="portal"), "portal", State.HELD, kind="Overdue")
    expect(page.locator("[data-news]")).to_be_visible()
    expect(page.get_by_label("勾选 甲稿")).to_be_checked()
    page.get_by_role("link", name="重新载入页面").click()
    expect(page.locator(".candidate")).to_have_count(2)
