"""Signing in with a real browser, in Chinese: a one-time password, a second factor, and being locked out."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.people import second_factor
from publisher.people.roles import Role
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.staff import code_of, person

pytestmark = needs_browser

CHOSEN = "a-sentence-only-lina-knows"


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_a_new_person_comes_in_and_sets_up_a_second_factor(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.get_by_role("link", name="人员").click()
    page.get_by_role("link", name="新增人员").click()
    page.get_by_label("用户名").fill("lina")
    page.get_by_label("姓名").fill("李娜")
    page.get_by_role("checkbox", name="拟稿人").check()
    page.get_by_role("button", name="新增人员").click()
    given = page.locator(".one-time").inner_text()
    page.get_by_role("button", name="退出").click()

    sign_in(page, "lina", given)
    expect(page.locator("h1")).to_have_text("设置自己的密码")
    page.get_by_label("新密码", exact=True).fill(CHOSEN)
    page.get_by_label("再次输入新密码").fill(CHOSEN)
    page.get_by_role("button", name="保存密码").click()
    expect(page.locator("h1")).to_have_text("待办")
    expect(page.get_by_role("link", name="人员")).to_have_count(0)

    page.get_by_role("link", name="李娜").click()
    page.get_by_role("link", name="设置", exact=True).click()
    factor = second_factor.begin(User.objects.get(username="lina"))
    expect(page.locator(".square svg")).to_be_visible()
    page.get_by_label("口令").fill(code_of(factor))
    page.get_by_role("button", name="设置").click()
    expect(page.locator("[role=status]")).to_contain_text("今后登录时需要输入手机上的动态口令")
    page.get_by_role("button", name="退出").click()

    sign_in(page, "lina", CHOSEN)
    expect(page.locator("h1")).to_have_text("动态口令")
    expect(page.get_by_label("口令")).to_be_focused()


def test_too_many_wrong_passwords_lock_out(page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    person("lina", Role.DRAFTER, password=CHOSEN)
    page.goto(f"{live_server.url}/login/")
    for _number in range(5):
        sign_in(page, "lina", "wrong")
        expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, "lina", "wrong")
    expect(page.locator("h1")).to_have_text("登录已锁定")
    page.get_by_role("link", name="返回密码登录").click()
    sign_in(page, "lina", CHOSEN)
    expect(page.locator("h1")).to_have_text("登录已锁定")
    assert all("429" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_nothing_sticks_out_of_the_window(page: Page, live_server: LiveServer, size: tuple[int, int]) -> None:
    somebody = person("a-very-long-user-name-without-any-break-" * 3, *Role)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, live_server)
    member = somebody.memberships.get()
    for address in ("/people/", "/people/new/", f"/people/{member.pk}/", "/me/", "/me/password/", "/me/second-factor/"):
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
