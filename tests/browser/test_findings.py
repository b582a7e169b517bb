"""Findings in a real browser: marked where somebody writes, reached from the list, put right by a button."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.items.cleaning import clean
from publisher.items.drafts import saving
from publisher.items.drafts.content import Content
from publisher.items.models import Draft
from publisher.office import get_office
from tests.browser.window import enter, needs_browser

pytestmark = needs_browser

NUMBER = "99000020000229001X"
HTML = (
    "<p>第一段<br>　全面<strong>布</strong>署。</p><ul><li>甲</li><li>己经</li></ul>"
    f"<table><tbody><tr><td>姓名</td><td>证件</td></tr><tr><td>甲</td><td>{NUMBER}</td></tr></tbody></table><p>再接再励</p>"
)


def drafted(page: Page, live_server: LiveServer) -> Draft:
    enter(page, live_server)
    content = Content(title="关于工作的通知", html=clean(HTML).html, column="dynamics", channels=("portal",))
    draft = saving.begin(get_office(), content, by="zhangwei", now=timezone.now())
    page.goto(f"{live_server.url}/drafts/{draft.pk}/")
    return draft


def marks(page: Page) -> list[str]:
    return page.locator(".surface .finding").all_text_contents()


def test_findings_are_marked_where_somebody_writes_and_renewed_with_the_text(
    page: Page, live_server: LiveServer
) -> None:
    draft = drafted(page, live_server)
    expect(page.locator(".surface .finding").first).to_be_visible()
    assert marks(page) == ["布", "署", "己经", NUMBER, "再接再励"]
    page.locator("#findings button.finding-place").first.click()
    assert page.evaluate("getSelection().toString()") == NUMBER
    page.locator(".surface p").last.click()
    page.keyboard.press("End")
    page.keyboard.type("，发扬光大艰苦奋斗和坚苦卓绝")
    expect(page.locator(".surface .finding", has_text="坚苦卓绝")).to_be_visible()
    page.locator("#findings button", has_text="已经").click()
    expect(page.locator(".surface .finding", has_text="己经")).to_have_count(0)
    draft.refresh_from_db()
    assert "<li>已经</li>" in draft.html
    assert "坚苦卓绝" in draft.html
    assert "mark" not in draft.html


@pytest.mark.parametrize("runs_scripts", [False])
def test_without_scripts_the_buttons_work_too(page: Page, live_server: LiveServer, runs_scripts: bool) -> None:
    draft = drafted(page, live_server)
    page.locator("#field-title").fill("换一个标题")
    page.locator("#findings button", has_text="已经").click()
    expect(page.locator("#findings button", has_text="已经")).to_have_count(0)
    draft.refresh_from_db()
    assert draft.title == "换一个标题"
    assert "<li>已经</li>" in draft.html
