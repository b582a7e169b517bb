"""Every page by WCAG 2.2 AA, as far as axe can tell, on an office screen and on a telephone; and with the keyboard."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.items.drafts import saving
from publisher.items.drafts.content import Content
from publisher.items.models import Item
from publisher.office import get_office
from publisher.queue import accounts
from publisher.queue.moves import error_json
from publisher.queue.states import State
from publisher.review.checks.scan import scan_draft
from publisher.review.models import LiveFindings
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.desk_samples import REASON, age, put, released, submitted

pytestmark = needs_browser

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """(rules) => axe.run(document, { runOnly: rules, iframes: false }).then((found) =>
    found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`))"""

PAGES = (
    "/todo/",
    "/board/",
    "/board/?state=held",
    "/items/{item}/",
    "/deliveries/retry/?delivery={held}&delivery={doubtful}",
    "/deliveries/confirm/?delivery={doubtful}",
    "/calendar/",
    "/calendar/?week",
    "/drafts/",
    "/drafts/new/",
    "/drafts/{draft}/findings/",
    "/items/{item}/findings/",
    "/findings/",
    "/words/",
    "/words/respect/",
    "/reviews/",
    "/recalls/",
    "/statistics/",
    "/reports/2017/",
    "/freshness",
    "/log/",
    "/people/",
    "/people/new/",
    "/me/",
    "/health",
)


def something_of_everything() -> dict[str, int]:
    """Items in every look, a paused channel; the numbers that stand in addresses."""
    item = released("攀枝花市启动科技活动周")
    put(item, "portal", State.DONE, url="https://www.example.gov.cn/1.html")
    held = put(item, "wechat", State.HELD, kind="Overdue")
    doubtful = put(item, "weibo", State.UNCERTAIN, kind="OutcomeUnknown")
    age(doubtful, 7200, due_at=item.created_at)
    for state in (State.REFUSED, State.FAILED, State.CANCELLED, State.ACCEPTED, State.SENDING, State.WAITING):
        put(released(f"稿件：{state.label}", to="portal"), "portal", state, kind="ProductRefused")
    submitted("未放行的稿件")
    accounts.pause(get_office().channels["daily"], by="system", report=error_json(REASON), now=item.created_at)
    content = Content(title="作出布署", html="<p>问题己经解决，身份证号99000020000229001X。</p>")
    draft = saving.begin(get_office(), content, by="zhangwei", now=item.created_at)
    errors = [one for one in scan_draft(get_office(), draft, on=date(2026, 11, 27)) if one.is_error]
    LiveFindings.objects.create(
        office=item.office,
        item=item.pk,
        title="攀枝花市启动科技活动周",
        looked_at=item.created_at,
        errors=1,
        warnings=0,
        found=[error.json() for error in errors],
    )
    return {"item": item.pk, "held": held.pk, "doubtful": doubtful.pk, "draft": draft.pk}


def violations(page: Page) -> list[str]:
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, RULES)
    return found


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_pages_are_accessible(page: Page, live_server: LiveServer, size: tuple[int, int]) -> None:
    numbers = something_of_everything()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server.url}/login/")
    found = {"/login/": violations(page)}
    enter(page, live_server)
    for pattern in PAGES:
        address = pattern.format(**numbers)
        answer = page.goto(live_server.url + address)
        assert answer
        assert answer.status == 200, address
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
        found[address] = violations(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_axe_would_notice(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/login/")
    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert {line.split(":")[0] for line in violations(page)} == {"label", "html-has-lang"}


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(page: Page, live_server: LiveServer) -> None:
    item: Item = submitted("攀枝花市启动科技活动周")
    enter(page, live_server)
    page.goto(f"{live_server.url}/board/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    title = page.get_by_role("link", name=item.title)
    for _step in range(12):
        page.keyboard.press("Tab")
        if title.evaluate("link => link === document.activeElement"):
            break
    expect(title).to_be_focused()
    style: dict[str, Any] = title.evaluate("link => ({ ...getComputedStyle(link) })")
    assert (style["outlineStyle"], style["outlineWidth"]) == ("solid", "3px")
