"""Previews in a real browser: what is counted while somebody types, and giving a channel its own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.markup import plain_text
from channels.newspaper.fitting import cells
from channels.newspaper.plain import character_count
from channels.preview import Way
from channels.wechat.width import units as half_width
from channels.weibo.text import units as post_units
from channels.weibo.text import without_topics
from publisher.items.cleaning import clean
from publisher.items.drafts import files, saving
from publisher.items.drafts.content import Content
from publisher.items.models import Draft
from publisher.items.wishes import one_line
from publisher.office import get_office
from tests.browser.window import TELEPHONE, enter, needs_browser
from tests.channels.samples import fragments

pytestmark = needs_browser

COUNTING = Path(__file__).parents[2] / "publisher" / "web" / "static" / "web" / "previews" / "counting.js"
REPORT = Path(__file__).parents[1] / "data" / "science-week.docx"

LINES = (
    "",
    " \u3000攀枝花\t2026年 \n科技活动周 ",
    "#科技活动周# 详见https://www.example.gov.cn/202611/t1_1.html。欢迎",
    "https://a.cn/1 https://a.cn/2http://b",
    "👨\u200d👩\u200d👧 😀𠮷é\u0301ÿĀ",
    "\ufeff不是空白\u200b，\u2028\u0085\x1c是空白",
    "a\x00b\x07c\x7f\x9f d",
    "“引号”——破折号……",
)
TEXTS = (
    "<p>短讯。</p>",
    "<ul><li>一<ul><li>甲</li><li>乙</li></ul></li><li>二</li></ul>",
    '<ol start="9"><li>九</li><li><p>十</p><p>又一段</p></li><li><ol><li>只有内层</li></ol></li></ol>',
    "<ul><li><ul><li>内层在先</li></ul>后面的话</li><li> </li><li><strong>粗</strong>体</li></ul>",
    "<table><caption>表</caption><tr><th>序号</th><td>1 &amp; 2</td></tr></table><hr><p>a\u3000b&nbsp;c<br>d</p>",
    '<figure><img src="asset:0" alt="不算"><figcaption>图 1</figcaption></figure><blockquote><p>引用</p></blockquote>',
)


SIGNS = st.text(
    st.sampled_from("政务，。 #\u3000\t\n\u00a0\u2003aÿĀ😀𠮷\u200d\ufeff:/.http")
    | st.characters(exclude_categories=("Cs",))
)
SOURCE = re.sub(r"^export ", "", COUNTING.read_text(encoding="utf-8"), flags=re.MULTILINE)
COUNT = f"([way, texts]) => {{ {SOURCE}; return texts.map((text) => count(way, text)); }}"


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(SIGNS, min_size=20), htmls=st.lists(fragments(), min_size=5))
def test_the_browser_counts_as_the_server_does(page: Page, lines: list[str], htmls: list[str]) -> None:
    lines = [*LINES, *lines, *(f"{line}https://x.cn/{line}" for line in lines)]
    texts = [clean(html).html for html in (*TEXTS, *htmls)]
    one = [one_line(line) for line in lines]
    wanted = {
        Way.HALF_WIDTH: dict(zip(lines, map(half_width, one), strict=True)),
        Way.POST: dict(zip(lines, (post_units(without_topics(line)) for line in one), strict=True)),
        Way.SIGNS: {html: character_count(plain_text(html)) for html in texts},
        Way.CELLS: {html: cells(plain_text(html)) for html in texts},
    }
    for way, lengths in wanted.items():
        counted = page.evaluate(COUNT, [way.value, list(lengths)])
        assert dict(zip(lengths, counted, strict=True)) == lengths, way


@pytest.fixture
def draft(live_server: LiveServer, page: Page) -> Draft:
    """A draft of a real Word file for all channels, and its writer signed in."""
    enter(page, live_server)
    office = get_office()
    content = Content(column="dynamics", channels=tuple(office.channels), section="规划科")
    content, _notes = files.with_manuscript(content, REPORT.name, REPORT.read_bytes())
    return saving.begin(office, content, by="zhangwei", now=timezone.now())


def room(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".gauge").all_inner_texts()]


def test_own_words_are_given_with_the_keyboard_and_counted_on_the_way(
    page: Page, live_server: LiveServer, draft: Draft
) -> None:
    page.goto(f"{live_server.url}/drafts/{draft.pk}/previews/weibo/")
    expect(page.locator(".left")).to_have_text("未写摘要：自动取正文开头，写满为止。")
    page.get_by_role("textbox", name="摘要").focus()
    page.keyboard.type("五月十九日，攀枝花公园见！#科技#")
    expect(page.locator(".unsaved")).to_be_visible()
    expect(page.locator(".used")).to_have_text("87")
    page.get_by_role("textbox", name="标题").focus()
    page.keyboard.type("科技活动周来了")
    while_typing = room(page)
    page.get_by_role("button", name="保存并预览").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told .good")).to_have_text("已保存。")
    assert room(page) == while_typing
    card = page.frame_locator(".look iframe")
    expect(card.locator(".text")).to_have_text("【科技活动周来了】五月十九日，攀枝花公园见！＃科技＃ 网页链接")  # noqa: RUF001

    # The item's own again, without a word to the server.
    page.get_by_role("button", name="恢复使用稿件原文").first.press("Enter")
    expect(page.get_by_role("textbox", name="标题")).to_have_value("")
    expect(page.get_by_role("textbox", name="标题")).to_be_focused()
    page.get_by_role("button", name="保存并预览").click()
    expect(card.locator(".text")).to_contain_text("【攀枝花市启动2018年科技活动周】五月十九日")


def test_an_own_text_is_written_in_the_editor(page: Page, live_server: LiveServer, draft: Draft) -> None:
    page.goto(f"{live_server.url}/drafts/{draft.pk}/previews/daily/")
    page.get_by_text("单独的正文").click()
    page.locator(".own-words .ProseMirror").click()
    page.keyboard.type("短讯一条。")
    expect(page.locator(".used")).to_have_text("5")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.frame_locator(".look iframe").locator(".columns")).to_have_text("短讯一条。")
    assert Draft.objects.get(pk=draft.pk).variants == {"daily": {"html": "<p>短讯一条。</p>"}}


def test_previews_fit_on_a_telephone(page: Page, live_server: LiveServer, draft: Draft) -> None:
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    for channel in ("wechat", "weibo", "daily"):
        page.goto(f"{live_server.url}/drafts/{draft.pk}/previews/{channel}/")
        expect(page.frame_locator(".look iframe").locator("body")).to_be_visible()
        for frame in page.frames:
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), (channel, frame.url)
