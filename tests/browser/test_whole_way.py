"""The whole way in a real browser, with the real processes, on both engines: from a Word file to the year's count."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.utils.timezone import localdate
from playwright.sync_api import Browser, Page, expect, sync_playwright

from channels.sandbox.server import Sandbox
from tests.browser.window import CHROMIUM, DESKTOP, EXPECTED, QUIET, needs_chromium
from tests.desk_samples import PASSWORD
from tests.world import World

pytestmark = [pytest.mark.browser(engines="both"), needs_chromium]

DOCUMENT = Path(__file__).parents[1] / "data" / "science-week.docx"
TITLE = "攀枝花市启动2018年科技活动周"
NUMBER = "99000020000229001X"
STEPS = """steps = [
    { key = "head", name = "科室负责人初审", kind = "review" },
    { key = "secrecy", name = "保密审查", kind = "secrecy" },
    { key = "leader", name = "分管领导签发", kind = "sign" },
]
"""
PEOPLE = {"zhang": "drafter", "li": "reviewer", "bao": "secrecy_reviewer", "zhao": "signer", "fabu": "publisher"}
TAKE_ON = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "publisher.settings"
django.setup()
from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.people.actions import Place, add
ensure_schema()
for person in sys.argv[1:]:
    name, role, password = person.split(":")
    add(get_office(), name, Place((role,)), by="admin", password=password)
"""
CHANNELS = ("portal", "wechat", "weibo", "daily")
PATIENCE_MS = 30_000
Enter = Callable[[str], Page]


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox, changes=[("\nsteps = [] ", f"\n{STEPS}# ")])
    take_on(made)
    yield made
    made.stop()


def take_on(world: World) -> None:
    """Make the accounts, all in one process."""
    people = [f"{name}:{role}:{PASSWORD}" for name, role in PEOPLE.items()]
    environment = {**os.environ, **world.environment}
    subprocess.run([sys.executable, "-c", TAKE_ON, *people], env=environment, check=True, capture_output=True)


@pytest.fixture
def enter(world: World, complaints: list[str]) -> Iterator[Enter]:
    """Signs somebody in, each in a window of their own, while the program runs."""
    _program, url = world.up()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield lambda name: signed_in(browser, url, name, complaints)
        browser.close()
    assert complaints == [], world.log()


def signed_in(browser: Browser, url: str, name: str, complaints: list[str]) -> Page:
    size = {"width": DESKTOP[0], "height": DESKTOP[1]}
    context = browser.new_context(base_url=url, locale="zh-CN", viewport=size)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda said: None if said.text.startswith(EXPECTED) else complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("待办")
    return page


def send_up(page: Page) -> None:
    expect(page.locator(".bar [data-saving]")).to_have_text(re.compile(r"^\s*已保存 [-\d ]*\d\d:\d\d\s*$"))
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_have_text(TITLE)


def write(page: Page) -> None:
    """Drop the Word file, give its pictures their words, and mask with one click what the checks find."""
    page.get_by_role("link", name="新建稿件").first.click()
    page.wait_for_url("**/drafts/new/**")
    page.locator("input[type=file]").first.set_input_files(DOCUMENT)
    expect(page.locator("#field-title")).to_have_value(TITLE)
    expect(page.locator(".ProseMirror figure img")).to_have_count(2)
    for number, words in enumerate(("木棉花枝后的城区", "市民在展台前")):
        page.get_by_label("文字描述").nth(number).fill(words)
    for box in page.locator("input[name=channels]").all():
        box.check()
    page.locator(".ProseMirror > p").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f"，联系人身份证号{NUMBER}")
    expect(page.locator(".surface .finding", has_text=NUMBER)).to_be_visible()
    page.get_by_role("button", name="脱敏为").click()
    expect(page.locator(".ProseMirror")).not_to_contain_text(NUMBER)
    send_up(page)


def open_review(page: Page) -> None:
    page.goto("/reviews/")
    page.get_by_role("link", name=TITLE).click()
    expect(page.locator("h1")).to_have_text(TITLE)


def send_back(page: Page) -> None:
    open_review(page)
    page.locator(".piece summary", has_text="批注").last.click()
    page.locator("details.write[open] textarea").fill("请写明联系电话。")
    page.get_by_role("textbox", name="意见").fill("请修改后再报。")
    page.get_by_role("button", name="退回修改").click()
    expect(page.locator("main")).to_contain_text("退回")


def change(page: Page) -> None:
    page.goto("/reviews/1/")
    expect(page.locator(".remark")).to_contain_text("请写明联系电话。")
    page.get_by_role("button", name="修改稿件").click()
    page.locator(".ProseMirror > p").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("，联系电话3333482")
    send_up(page)


def approve(page: Page) -> None:
    open_review(page)
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.locator("#decision")).to_have_count(0)


def previewed(page: Page) -> dict[str, str]:
    """The digest that stands below each preview. A page whose product is being made comes again by itself."""
    found = {}
    for channel in CHANNELS:
        page.goto(f"/items/1/previews/{channel}/")
        digest = page.locator(".digest code")
        expect(digest).to_be_visible(timeout=PATIENCE_MS)
        found[channel] = digest.inner_text()
    return found


def signed(world: World) -> dict[str, str]:
    address = world.environment["DATABASE_URL"]
    database = psycopg.connect(address) if address else sqlite3.connect(world.home / "publisher.sqlite3")
    with closing(database) as opened:
        return dict(opened.execute("SELECT channel, digest FROM review_channelproduct").fetchall())


def take_back(page: Page) -> None:
    page.goto("/items/1/")
    page.get_by_role("link", name="全渠道撤回").click()
    page.get_by_label("原因").fill("人数有误，须核实")
    page.get_by_role("button", name="全渠道撤回").click()
    page.wait_for_url("**/recalls/*/")


def close(page: Page, answer: Path) -> None:
    """The machine reads back what it removed; of the newspaper a person hands in what they were answered."""
    for channel in ("portal", "wechat", "weibo"):
        wait_for(page, f"#{channel} header .chip", "已删除（已回读）")
    expect(page.locator(".heading .chip")).not_to_have_text("已办结")
    daily = page.locator("#daily")
    daily.locator("summary", has_text="提交凭证").click()
    daily.get_by_label("说明：谁、何时、如何办理").fill("报社值班室答复：尚未付印，已撤稿")
    daily.get_by_label("截图或答复文件").set_input_files(answer)
    daily.get_by_role("button", name="提交凭证").click()
    expect(page.locator(".heading .chip")).to_have_text("已办结")
    expect(page.locator("#asked")).to_be_visible()
    expect(page.get_by_text("撤回用时", exact=False).first).to_be_visible()


def wait_for(page: Page, query: str, words: str) -> None:
    """Load a page that does not renew itself until it says so."""
    for _ in range(60):
        if page.locator(query).inner_text().strip() == words:
            return
        with page.expect_response(re.compile("/recalls/")):
            page.reload()
        page.wait_for_timeout(500)
    expect(page.locator(query)).to_have_text(words)


def test_an_item_goes_from_a_word_file_to_the_count_of_the_year(
    world: World, enter: Enter, sandbox: Sandbox, tmp_path: Path
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    drafter, head, desk = enter("zhang"), enter("li"), enter("fabu")
    write(drafter)
    send_back(head)
    change(drafter)
    seen = previewed(drafter)
    desk.goto("/board/")
    desk.evaluate("document.querySelector('h1').dataset.mine = 'same page'")
    for approving in (head, enter("bao"), enter("zhao")):
        approve(approving)
    expect(desk.locator("#item-1 .channels .chip")).to_have_text(["已发布", "已发布", "已发布", "已送交报社"])
    assert desk.evaluate("document.querySelector('h1').dataset.mine") == "same page"
    assert seen == previewed(drafter) == signed(world)
    (publication,), (post,) = sandbox.wechat.submitted, sandbox.weibo.posts
    (article,) = publication.articles
    assert article.title == TITLE
    assert "联系电话3333482" in article.content
    assert TITLE in post.text
    assert NUMBER not in article.content + post.text
    for package in (world.home / "exports/daily").glob("kzj-*"):
        shutil.rmtree(package)  # the newspaper has fetched it: only its editors can say what becomes of it
    take_back(desk)
    answer = tmp_path / "报社答复.png"
    answer.write_bytes(b"\x89PNG")
    close(desk, answer)
    counted = world.publisher("count", str(localdate().year), "--json", "--rule", "sent").json
    assert (counted["count"], counted["items"]) == (len(CHANNELS), 1)
    assert world.publisher("log", "verify").status == 0
    desk.goto("/statistics/")
    expect(desk.locator("main")).to_contain_text("微信公众号")
