"""Every page by WCAG 2.2 AA, as far as axe can tell, on an office screen and on a telephone; and with the keyboard.

One home is prepared and walked once: each page is looked at whole on an office screen, then drawn narrow without being
loaded again. Where lines are full it is loaded once more in English, whose words are long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.saving import Hand
from publisher.items.models import Draft, Item
from publisher.office import get_office
from publisher.people import tokens
from publisher.people.tokens import Terms
from publisher.queue import accounts
from publisher.queue.moves import error_json
from publisher.queue.recalls.asking import Wish as RecallWish
from publisher.queue.recalls.asking import ask
from publisher.queue.states import State
from publisher.review.checks.scan import scan_draft
from publisher.review.deciding import Opinion, decide
from publisher.review.models import Decision, LiveFindings
from tests.approval import deciders, sent_up, with_steps
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.desk_samples import REASON, age, put, released, submitted

pytestmark = needs_browser

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW = ["target-size", "color-contrast", "scrollable-region-focusable"]
"""What may be different where the same page is drawn narrow."""

RUN = """(rules) => axe.run(document, { runOnly: rules, iframes: false }).then((found) =>
    found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`))"""

FULL = (
    "/todo/",
    "/board/",
    "/items/{item}/",
    "/calendar/",
    "/drafts/{draft}/",
    "/reviews/{review}/",
    "/recalls/{recall}/",
    "/statistics/",
    "/reports/2017/",
    "/log/",
    "/people/",
    "/health",
)
"""Pages with the most on a line."""

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
    "/drafts/{draft}/",
    "/drafts/{draft}/?mend=yes",
    "/drafts/{draft}/history/",
    "/drafts/{draft}/history/{version}/",
    "/drafts/{draft}/conflict/{aside}/",
    "/drafts/{draft}/previews/wechat/",
    "/items/{item}/previews/portal/",
    "/items/{item}/previews/weibo/",
    "/items/{item}/previews/daily/",
    "/items/{item}/correct/",
    "/items/{item}/recall/",
    "/drafts/{draft}/findings/",
    "/items/{item}/findings/",
    "/findings/",
    "/words/",
    "/words/respect/",
    "/reviews/",
    "/reviews/{review}/",
    "/recalls/",
    "/recalls/{recall}/",
    "/recalls/{recall}/record/",
    "/accounts/",
    "/issues/",
    "/statistics/",
    "/statistics/?show=table&by=channel&by=month",
    "/statistics/rows/",
    "/reports/2017/",
    "/reports/2017/narrative-2008/",
    "/reports/2017/narrative-2008/fill/",
    "/reports/2017/narrative-2008/preview/",
    "/tokens/",
    "/tokens/new/",
    "/freshness",
    "/log/",
    "/log/1/",
    "/log/checkpoints/",
    "/people/",
    "/people/new/",
    "/people/{person}/",
    "/me/",
    "/me/password/",
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
    html = "<p>问题己经解决，身份证号99000020000229001X。</p>"
    content = Content(title="作出布署", html=html, column="dynamics", channels=("portal", "wechat"))
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
    numbers = {"item": item.pk, "held": held.pk, "doubtful": doubtful.pk, "draft": draft.pk}
    return {**numbers, **_two_texts(draft), **_in_approval_and_taken_back()}


def _two_texts(draft: Draft) -> dict[str, int]:
    """Two people at one draft."""
    now = draft.changed_at
    saving.save(draft, replace(content_of(draft), title="作出部署"), Hand("wangfang", base=1), now=now)
    found = saving.save(draft, content_of(draft), Hand("zhangwei", base=1), now=now)
    assert isinstance(found, saving.Conflict)
    return {"version": draft.versions.earliest("pk").pk, "aside": found.aside.pk}


def _in_approval_and_taken_back() -> dict[str, int]:
    office = with_steps(get_office())
    review = sent_up(office, by="wangfang", to=("portal", "weibo"))
    decide(office, review, Opinion(Decision.Verdict.APPROVE, review.digest, 1, "同意"), by=deciders()["head"])
    back = released("要撤回的稿件")
    for channel in ("portal", "daily"):
        put(back, channel, State.DONE, url="https://www.example.gov.cn/2.html")
    asked, _changed = ask(back, RecallWish("人数有误"), by="zhangwei")
    tokens.create(office, "协同办公", Terms(days=20), by="zhangwei")
    return {"review": review.pk, "recall": asked.pk}


def violations(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, rules)
    return found


def test_pages_are_accessible(page: Page, live_server: LiveServer) -> None:
    numbers = something_of_everything()
    page.goto(f"{live_server.url}/login/")
    found = {"/login/": look_at(page)}
    enter(page, live_server)
    numbers["person"] = User.objects.get(username="zhangwei").pk
    for pattern in PAGES:
        address = pattern.format(**numbers)
        found[address] = load(page, live_server.url + address) or look_at(page)
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}])
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    for pattern in FULL:
        address = pattern.format(**numbers)
        found[f"English {address}"] = load(page, live_server.url + address) or sticking_out(page, TELEPHONE[0])
        assert page.evaluate("document.documentElement.lang") == "en"
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def load(page: Page, address: str) -> list[str]:
    answer = page.goto(address, wait_until="domcontentloaded")
    assert answer
    return [] if answer.ok else [f"answered {answer.status}"]


def look_at(page: Page) -> list[str]:
    """What is wrong with a page on an office screen, and drawn narrow."""
    found = []
    for (width, height), rules in ((DESKTOP, RULES), (TELEPHONE, NARROW)):
        page.set_viewport_size({"width": width, "height": height})
        found += sticking_out(page, width) + violations(page, rules)
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    return found


def sticking_out(page: Page, width: int) -> list[str]:
    found = page.evaluate("document.documentElement.scrollWidth")
    return [f"{found} of {width} points wide"] if found > width else []


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
