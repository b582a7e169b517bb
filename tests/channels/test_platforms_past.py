"""Looking back at WeChat and Weibo, as far as the platforms show what was published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Channel, Past, PastPage, Place, Visit
from channels.errors import ChannelUnavailable
from channels.sandbox.server import Sandbox
from channels.wechat.channel import WechatChannel
from channels.weibo.channel import WeiboChannel
from channels.weibo.past import title_of
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article

PLACE = Place(Path("/nowhere"), "科知局", columns=(COLUMN,))
# Half past midnight in Beijing: still the day before by UTC.
NEW_YEAR = datetime(2016, 12, 31, 16, 30, tzinfo=UTC)


@pytest.fixture
def wechat(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WechatChannel:
    monkeypatch.setenv("WECHAT_APP_ID", sandbox.wechat.settings.app_id)
    monkeypatch.setenv("WECHAT_APP_SECRET", sandbox.wechat.settings.app_secret)
    options = WechatChannel.Options.model_validate(
        {"api_base": sandbox.url, "app_id": "env:WECHAT_APP_ID", "app_secret": "env:WECHAT_APP_SECRET"}
    )
    return WechatChannel("wechat", options, PLACE)


@pytest.fixture
def weibo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WeiboChannel:
    monkeypatch.setenv("WEIBO_ACCESS_TOKEN", sandbox.weibo.settings.access_token)
    options = WeiboChannel.Options.model_validate({"api_base": sandbox.url, "access_token": "env:WEIBO_ACCESS_TOKEN"})
    return WeiboChannel("weibo", options, PLACE)


def read(channel: Channel, year: int = 2017, *, after: str = "") -> list[PastPage]:
    return list(channel.past(year, after=after, is_known=lambda _: False))


def entries(pages: list[PastPage], year: int = 2017) -> list[Past]:
    return [entry for page in pages for entry in page.entries if entry.published_on.year == year]


def gaps(pages: list[PastPage]) -> list[str]:
    return [str(gap) for page in pages for gap in page.gaps]


def calls(sandbox: Sandbox, ending: str) -> int:
    platform = sandbox.weibo if ending.endswith(".json") else sandbox.wechat
    return sum(call.path.endswith(ending) for call in platform.calls)


def test_wechat_lists_each_article_of_a_publication(sandbox: Sandbox, wechat: WechatChannel) -> None:
    entry = sandbox.wechat.publish_by_hand(
        "科技活动周 &amp; 知识产权日", "第二条", at=NEW_YEAR, source_url="https://www.example.gov.cn/1?a=1&b=2"
    )
    sandbox.wechat.publish_by_hand("前一年的", at=NEW_YEAR - timedelta(hours=1))
    first, second = entries(read(wechat))
    assert (first.title, first.published_on, first.remote_id) == (
        "科技活动周 & 知识产权日",
        date(2017, 1, 1),
        entry.article_id,
    )
    assert (first.url, first.about) == (entry.urls[0], "https://www.example.gov.cn/1?a=1&b=2")
    assert (second.title, second.remote_id, second.url) == ("第二条", f"{entry.article_id}#2", entry.urls[1])
    assert first.evidence == "E2"


def test_wechat_is_read_page_by_page_until_older_years(sandbox: Sandbox, wechat: WechatChannel) -> None:
    for number in range(150):
        sandbox.wechat.publish_by_hand(f"第{number}条", at=NEW_YEAR + timedelta(days=10 * (number - 100)))
    pages = read(wechat)
    assert {entry.title for entry in entries(pages)} == {f"第{number}条" for number in range(100, 137)}
    # 13 newer, 37 of the year, then a page of older ones.
    assert calls(sandbox, "freepublish/batchget") == len(pages) == 4
    again = read(wechat, after=pages[1].after)
    assert entries(pages[1:]) == entries(again)


@pytest.fixture
def pushes(sandbox: Sandbox) -> Iterator[list[str]]:
    """Three pushes and a publication of 2026, which is not over yet; the titles of the pushes."""
    with time_machine.travel(datetime(2026, 4, 1, 2, tzinfo=UTC), tick=False):
        for title, day in {"早的": (3, 3), "同日的": (3, 20), "昨天的": (3, 31), "今天的": (4, 1)}.items():
            sandbox.wechat.publish_by_hand(title, at=datetime(2026, *day, 1, tzinfo=UTC), by_push=True)
        sandbox.wechat.publish_by_hand("发布的", at=datetime(2026, 3, 20, 1, tzinfo=UTC))
        yield ["早的", "同日的", "昨天的"]


def test_wechat_counts_what_was_pushed_from_march_2026_on(
    sandbox: Sandbox, wechat: WechatChannel, pushes: list[str]
) -> None:
    pages = read(wechat, 2026)
    listed, *found = entries(pages, 2026)
    assert (listed.title, [push.title for push in found]) == ("发布的", pushes)
    first = next(entry for entry in sandbox.wechat.published if entry.title == "早的")
    assert (found[0].remote_id, found[0].url) == (f"msg:{first.msg_data_id}_1", first.url)
    assert found[0].published_on.isoformat() == "2026-03-03"
    assert ["2026-03-03" in gap or "morning after" in gap for gap in gaps(pages)] == [True, True]
    # 29 days, a week on each page; from any of them it goes on.
    assert (len(pages), calls(sandbox, "getarticletotaldetail")) == (1 + 5, 29)
    rest = read(wechat, 2026, after=pages[2].after)
    assert [entry.title for entry in entries(rest, 2026)] == ["同日的", "昨天的"]


def test_wechat_says_where_an_account_has_no_figures(
    sandbox: Sandbox, wechat: WechatChannel, pushes: list[str]
) -> None:
    pages = wechat.past(2026, after="", is_known=lambda _: False)
    first = next(pages)
    assert (pushes, [entry.title for entry in first.entries]) == (pushes, ["发布的"])
    sandbox.wechat.settings.verified = False
    (last,) = pages
    assert "gives this account no figures" in str(last.gaps[0])


def test_wechat_says_that_mass_sends_of_earlier_years_are_not_listed(sandbox: Sandbox, wechat: WechatChannel) -> None:
    sandbox.wechat.publish_by_hand("群发的", at=NEW_YEAR, by_push=True)
    sandbox.wechat.publish_by_hand("发布的", at=NEW_YEAR)
    pages = read(wechat)
    assert [entry.title for entry in entries(pages)] == ["发布的"]
    assert ["群发" in gap for gap in gaps(pages)] == [True]


def test_a_deleted_article_of_a_publication_is_left_out_and_named(sandbox: Sandbox, wechat: WechatChannel) -> None:
    entry = sandbox.wechat.publish_by_hand("留着的", "删了的", at=NEW_YEAR)
    shelf = sandbox.wechat.publication_shelf
    shelf.put(str(entry.publish_id), replace(entry, deleted=(2,)))
    pages = read(wechat)
    assert [past.title for past in entries(pages)] == ["留着的"]
    assert [(left.title, str(left.text)) for page in pages for left in page.left_out] == [
        ("删了的", "The article was deleted on WeChat.")
    ]


def test_weibo_shows_the_newest_five_and_says_how_far_back_that_is(sandbox: Sandbox, weibo: WeiboChannel) -> None:
    for number in range(12):
        sandbox.weibo.post_by_hand(
            f"【第{number}条】内容。 https://www.example.gov.cn/{number}", at=NEW_YEAR + timedelta(days=number)
        )
    pages = read(weibo)
    assert [entry.title for entry in entries(pages)] == [f"第{number}条" for number in (11, 10, 9, 8, 7)]
    assert gaps(pages) == ["Weibo shows only the newest 5 posts, back to 2017-01-08: take what is older from a table."]
    assert calls(sandbox, "user_timeline.json") == 2
    newest = entries(pages)[0]
    assert newest.about == "https://www.example.gov.cn/11"
    assert newest.url.startswith("https://weibo.com/1234567890/")


def test_weibo_is_read_to_the_end_where_the_app_may(sandbox: Sandbox, weibo: WeiboChannel) -> None:
    sandbox.weibo.settings.timeline_length = 10_000
    for number in range(260):
        sandbox.weibo.post_by_hand(f"第{number}条。", at=NEW_YEAR + timedelta(days=number - 30))
    pages = read(weibo)
    assert len(entries(pages)) == 230
    assert gaps(pages) == []
    # The third page has the last year's, so nothing older is asked for.
    assert calls(sandbox, "user_timeline.json") == 3
    everything = read(weibo, 2016)
    assert len(entries(everything, 2016)) == 30
    assert gaps(everything) == []
    assert entries(read(weibo, after=pages[0].after)) == entries(pages[1:])


def test_posts_that_are_passed_on_name_whose_they_are(sandbox: Sandbox, weibo: WeiboChannel) -> None:
    sandbox.weibo.post_by_hand("转发微博", at=NEW_YEAR, reposted="四川科技")
    sandbox.weibo.post_by_hand("自己的。", at=NEW_YEAR)
    assert [(entry.title, entry.source) for entry in entries(read(weibo))] == [
        ("自己的。", ""),
        ("转发微博", "@四川科技"),
    ]


def test_a_platform_that_is_busy_stops_the_listing_where_it_was(sandbox: Sandbox, wechat: WechatChannel) -> None:
    for number in range(30):
        sandbox.wechat.publish_by_hand(f"第{number}条", at=NEW_YEAR + timedelta(days=number))
    pages = wechat.past(2017, after="", is_known=lambda _: False)
    first = next(pages)
    sandbox.misbehave("/cgi-bin/freepublish/batchget", "busy")
    with pytest.raises(ChannelUnavailable):
        next(pages)
    rest = read(wechat, after=first.after)
    assert {entry.title for entry in [*first.entries, *entries(rest)]} == {f"第{number}条" for number in range(30)}


@pytest.mark.parametrize("name", ["wechat", "weibo"])
def test_what_a_channel_published_is_listed_under_the_number_of_its_receipt(
    sandbox: Sandbox, name: str, request: pytest.FixtureRequest
) -> None:
    channel: Channel = request.getfixturevalue(name)
    assert channel.capabilities.past
    assert channel.limits.costs[Visit.PAST]
    page = "https://www.example.gov.cn/31.html"
    steps = MemorySteps()
    product = channel.render(make_article(title="我市新增5家", page_url=page))
    channel.publish(product, steps)
    receipt = channel.find(product, steps)
    if name == "wechat":
        receipt = channel.confirm(product, receipt, steps)  # type: ignore[arg-type]
    assert receipt is not None
    (found,) = entries(read(channel, datetime.now(UTC).year), datetime.now(UTC).year)
    assert (found.remote_id, found.title, found.about) == (receipt.remote_id, "我市新增5家", page)


TITLES = {
    "a headline": ("【科技活动周启动】今天，全市…… http://t.cn/A6abcdef", "科技活动周启动"),
    "a topic before it": ("#政务公开# 【通知】内容", "通知"),
    "a sentence": ("今天召开会议。会上强调了三点。", "今天召开会议。"),
    "only an address": ("http://t.cn/A6abcdef", ""),
    "escaped": ("甲 &amp; 乙公司！", "甲 & 乙公司！"),
    "a long sentence": ("一" * 100, "一" * 39 + "…"),
}


@pytest.mark.parametrize(("text", "title"), TITLES.values(), ids=TITLES)
def test_a_post_is_called_by_its_headline_or_first_sentence(text: str, title: str) -> None:
    assert title_of(text) == title


@given(text=st.text())
def test_any_post_has_a_name_on_one_line(text: str) -> None:
    assert "\n" not in title_of(text)
