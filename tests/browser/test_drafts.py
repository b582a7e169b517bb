"""Writing in a real browser: nothing that is typed is lost, files become texts, and what is sent up is there once."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.sandbox.server import Sandbox
from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.saving import Hand
from publisher.items.models import Draft, Item
from publisher.office import get_office
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.channels.samples import picture
from tests.desk_samples import PASSWORD
from tests.starter import Started
from tests.world import World, answers, free_port, wait_until

pytestmark = needs_browser

DATA = Path(__file__).parents[1] / "data"
DROP = """([query, name, type, data]) => {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type }));
    const place = document.querySelector(query);
    for (const kind of ["dragover", "drop"]) {
        const { left, top } = place.getBoundingClientRect();
        const more = { clientX: left + 20, clientY: top + 20, bubbles: true, cancelable: true };
        place.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, ...more }));
    }
}"""
PASTE = """([html, plain]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", plain);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".ProseMirror").dispatchEvent(event);
}"""


@pytest.fixture
def open_draft(page: Page, live_server: LiveServer) -> Callable[..., Draft]:
    """Opens a draft of the person who is signed in."""

    def opened(**content: object) -> Draft:
        enter(page, live_server)
        made = Content(column="dynamics", channels=("portal", "weibo"), **content)  # type: ignore[arg-type]
        draft = saving.begin(get_office(), made, by="zhangwei", now=timezone.now())
        page.goto(f"{live_server.url}/drafts/{draft.pk}/")
        expect(page.locator(".ProseMirror")).to_be_visible()
        return draft

    return opened


def text_of(draft: Draft) -> str:
    draft.refresh_from_db()
    return draft.html


def is_saved(page: Page) -> None:
    expect(page.locator(".bar [data-saving]")).to_have_text(re.compile(r"^\s*已保存 \d\d:\d\d\s*$"))


def drop(page: Page, query: str, name: str, content: bytes, media_type: str = "") -> None:
    expect(page.locator("html.has-script")).to_be_attached()
    page.evaluate(DROP, [query, name, media_type, base64.b64encode(content).decode()])


def test_a_word_file_is_dropped_mended_and_sent_up_once(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.get_by_role("link", name="新建稿件").click()
    drop(page, ".drop", "science-week.docx", (DATA / "science-week.docx").read_bytes())
    expect(page.locator("#field-title")).to_have_value("攀枝花市启动2018年科技活动周")
    expect(page.locator(".ProseMirror figure img")).to_have_count(2)
    expect(page.locator(".ProseMirror td").first).to_be_visible()
    page.get_by_label("文字描述").first.fill("")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert").filter(has_text="还没有提交")).to_contain_text("图片 1 缺少文字描述")
    page.get_by_label("文字描述").first.fill("木棉花枝后的城区")
    is_saved(page)
    page.get_by_role("button", name="提交").dblclick()
    expect(page.locator("h1")).to_have_text("攀枝花市启动2018年科技活动周")
    revision = Item.objects.get().revisions.get()
    assert next(asset.alt for asset in revision.assets.all()) == "木棉花枝后的城区"
    assert "<figcaption>图1 金沙江畔的攀枝花市区</figcaption>" in revision.html
    page.go_back()
    expect(page.locator("h1")).to_have_text("攀枝花市启动2018年科技活动周")
    assert Item.objects.count() == 1


def test_what_is_typed_and_shaped_is_saved_by_itself(page: Page, open_draft: Callable[..., Draft]) -> None:
    draft = open_draft()
    page.get_by_label("标题", exact=True).fill("关于开展科技活动周的通知")
    page.keyboard.press("Enter")
    page.keyboard.type("一、总体要求")
    page.get_by_label("段落样式").select_option(label="一级标题")
    page.keyboard.press("Enter")
    page.keyboard.type("各科室：")
    page.get_by_role("button", name="加粗").click()
    page.keyboard.type("请按时报名。")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="靠右").click()
    page.keyboard.type("2026年11月27日")
    is_saved(page)
    assert text_of(draft) == (
        "<h2>一、总体要求</h2><p>各科室：<strong>请按时报名。</strong></p>"
        '<p style="text-align:right">2026年11月27日</p>'
    )
    page.reload()
    expect(page.locator(".ProseMirror h2")).to_have_text("一、总体要求")
    expect(page.locator(".ProseMirror p").last).to_have_css("text-align", "right")


def test_what_word_puts_on_the_clipboard_becomes_the_houses_text(page: Page, open_draft: Callable[..., Draft]) -> None:
    draft = open_draft(html="<p>开头。</p>")
    page.locator(".ProseMirror").click()
    page.keyboard.press("Control+End")
    page.evaluate(PASTE, [(DATA / "word-clipboard.html").read_text(encoding="utf-8"), "总体要求"])
    expect(page.locator(".ProseMirror ul > li")).to_have_count(2)
    expect(page.locator("[data-pasted]")).to_contain_text("从 Word、WPS 粘贴带不出图片")
    is_saved(page)
    html = text_of(draft)
    assert html.startswith('<p>开头。</p><h2 style="text-align:center">一、总体要求</h2>')
    assert "<ul><li>第一项<ol><li>小项甲</li><li>小项乙</li></ol></li><li>第二项</li></ul>" in html
    assert '<td style="text-align:center"><strong>县区</strong></td><td colspan="2">名额</td>' in html


def test_a_picture_dropped_into_the_text_stands_there_with_its_words(
    page: Page, open_draft: Callable[..., Draft]
) -> None:
    draft = open_draft(html="<p>授牌仪式。</p>")
    shown = picture()
    drop(page, ".ProseMirror p", "shoupai.png", shown.content, "image/png")
    expect(page.locator(".ProseMirror figure")).to_have_attribute("data-missing", "缺少文字描述")
    page.get_by_label("文字描述").fill("授牌现场")
    page.get_by_label("图注").fill("图1 授牌")
    expect(page.locator(".ProseMirror figcaption")).to_have_text("图1 授牌")
    is_saved(page)
    figure = f'<figure><img src="asset:{shown.sha256}" alt="授牌现场"><figcaption>图1 授牌</figcaption></figure>'
    assert figure in text_of(draft)
    page.get_by_role("button", name="移除图片 1").click()
    expect(page.locator(".picture")).to_have_count(0)
    is_saved(page)
    assert text_of(draft) == "<p>授牌仪式。</p>"


def test_two_people_at_one_draft_lose_nothing_and_put_it_together(
    page: Page, open_draft: Callable[..., Draft], complaints: list[str]
) -> None:
    draft = open_draft(title="通知", html="<p>第一段。</p><p>第二段。</p>")
    theirs = Content.from_json(
        {**content_of(draft).as_json(), "title": "通知（修订）", "html": "<p>第一段。</p><p>她的第二段。</p>"}
    )
    saving.save(draft, theirs, Hand("wangfang", base=1), now=timezone.now())
    page.locator(".ProseMirror p").last.click()
    page.keyboard.press("End")
    page.keyboard.type("我加的话。")
    expect(page.locator(".banners [data-conflict]")).to_contain_text("wangfang 也改了这份草稿")
    page.get_by_role("link", name="比较并合并").click()
    expect(page.locator("h1")).to_have_text("合并两份文字")
    expect(page.locator("mark.come")).to_have_text("我加的话。")
    page.get_by_role("button", name="按所选合并").click()
    expect(page.locator(".ProseMirror p")).to_have_text(["第一段。", "她的第二段。", "第二段。我加的话。"])
    expect(page.locator("#field-title")).to_have_value("通知（修订）")
    page.goto("about:blank")  # nothing is saved, and nothing said, any more
    assert all("409" in complaint for complaint in complaints), "the browser tells of the refused saving itself"
    complaints.clear()


@pytest.mark.parametrize("runs_scripts", [False])
def test_without_scripts_the_form_does_the_same(page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    enter(page, live_server)
    page.goto(f"{live_server.url}/drafts/new/")
    page.get_by_role("button", name="直接撰写").click()
    page.get_by_label("标题", exact=True).fill("通知")
    page.locator("#text").fill("<p>全体人员。</p>")
    page.locator('input[name="pictures"]').set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": picture().content}
    )
    page.get_by_role("button", name="上传").first.click()
    page.get_by_label("文字描述").fill("会场")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_have_text("通知")
    assert "会场" in Item.objects.get().revisions.get().html


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox)
    yield made
    made.stop()


def test_a_killed_server_and_a_closed_window_lose_nothing(page: Page, world: World, complaints: list[str]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def start() -> Started:
        process = world.start("web", "--port", str(port))
        assert wait_until(lambda: answers(f"{url}/health"), 30), world.log()
        return process

    world.publisher("user", "create", "zhangwei", "--password-stdin", stdin=PASSWORD.encode())
    server = start()
    page.goto(f"{url}/login/?next=/drafts/new/")
    page.get_by_label("用户名").fill("zhangwei")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="直接撰写").click()
    page.locator(".ProseMirror").click()
    page.keyboard.type("服务器还在。")
    is_saved(page)
    server.kill()
    server.wait()
    page.keyboard.type("服务器没了。")
    expect(page.locator(".bar [data-saving]")).to_contain_text("内容已存在本机")
    address = page.url
    page.close()
    start()
    again = page.context.new_page()
    again.goto(address)
    expect(again.locator(".ProseMirror")).to_have_text("服务器还在。服务器没了。")
    expect(again.locator("[data-pasted]")).to_contain_text("已在本机找到")
    complaints.clear()  # of the connection that was refused


def test_nothing_sticks_out_of_the_window(
    page: Page, live_server: LiveServer, open_draft: Callable[..., Draft]
) -> None:
    cells = "".join(f"<td>第{number}列的内容</td>" for number in range(12))
    html = f"<table><tbody><tr>{cells}</tr></tbody></table>"
    draft = open_draft(title="关于组织申报省级科技计划项目的通知" * 4, html=html)
    theirs = replace(content_of(draft), title="短")
    saving.save(draft, theirs, Hand("wangfang", base=1), now=timezone.now())
    found = saving.save(draft, content_of(draft), Hand("zhangwei", base=1), now=timezone.now())
    assert isinstance(found, saving.Conflict)
    first = draft.versions.earliest("pk").pk
    pages = ("", "?mend=yes", "history/", f"history/{first}/", f"conflict/{found.aside.pk}/", "../", "../new/")
    for width, height in (DESKTOP, TELEPHONE):
        page.set_viewport_size({"width": width, "height": height})
        for address in pages:
            page.goto(f"{live_server.url}/drafts/{draft.pk}/{address}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
