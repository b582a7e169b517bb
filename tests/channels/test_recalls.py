"""Taking back at WeChat and Weibo, and how many calls an account may make: what only these platforms do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.base import Accepted, Channel, Evidence, Limits, Place, Product, Quota, Receipt, Visit
from channels.errors import ChannelError, ChannelUnavailable, CredentialsRefused, OutcomeUnknown, PersonNeeded
from channels.newspaper.channel import NewspaperChannel
from channels.sandbox.server import Sandbox
from channels.wechat.channel import WechatChannel
from channels.wechat.options import WechatOptions
from channels.weibo.address import mid_in
from channels.weibo.channel import WeiboChannel
from channels.weibo.options import WeiboOptions
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import PAGE, make_article

SECRETS = {
    "WEIBO_ACCESS_TOKEN": "sandbox-access-token",
    "WECHAT_APP_ID": "wx0123456789abcdef",
    "WECHAT_APP_SECRET": "sandbox-app-secret",
}
DESTROY, DELETE = "/2/statuses/destroy.json", "/cgi-bin/freepublish/delete"
NOW = datetime(2026, 11, 22, 9, 50, tzinfo=UTC)


@pytest.fixture
def weibo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WeiboChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return make_weibo(sandbox)


@pytest.fixture
def wechat(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WechatChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return make_wechat(sandbox)


def make_weibo(sandbox: Sandbox, **changes: Any) -> WeiboChannel:
    values = {"api_base": sandbox.url, "access_token": "env:WEIBO_ACCESS_TOKEN", "timeout_s": 0.5, **changes}
    return WeiboChannel("weibo", WeiboOptions.model_validate(values), Place(Path()))


def make_wechat(sandbox: Sandbox, **changes: Any) -> WechatChannel:
    secrets = {"app_id": "env:WECHAT_APP_ID", "app_secret": "env:WECHAT_APP_SECRET"}
    values = {"api_base": sandbox.url, **secrets, "timeout_s": 0.5, **changes}
    return WechatChannel("wechat", WechatOptions.model_validate(values), Place(Path()))


def product_of(channel: Channel, number: int = 31) -> Product:
    article = make_article(key=f"kzj-{number}-r1", item=number, summary=f"第{number}条。", page_url=f"{PAGE}{number}")
    return channel.render(article).with_link(article.page_url)


def published(channel: Channel, number: int = 31) -> Receipt:
    product, steps = product_of(channel, number), MemorySteps()
    outcome = channel.publish(product, steps)
    while isinstance(outcome, Accepted):
        outcome = channel.confirm(product, outcome, steps)
    return outcome


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(call.path for call in [*sandbox.weibo.calls, *sandbox.wechat.calls])


# What is gone, and what seems to be


def test_a_post_that_somebody_deleted_by_hand_is_taken_back(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(weibo)
    sandbox.weibo.post_shelf.put(receipt.remote_id, replace(sandbox.weibo.posts[0], deleted=True))
    assert not weibo.look(receipt).is_there
    assert weibo.recall(receipt, MemorySteps()).evidence is Evidence.READ_BACK


def test_an_article_that_the_platform_does_not_know_any_more_is_taken_back(
    wechat: WechatChannel, sandbox: Sandbox
) -> None:
    receipt = replace(published(wechat), remote_id="an-older-number")
    assert not wechat.look(receipt).is_there
    assert wechat.recall(receipt, MemorySteps()).evidence is Evidence.READ_BACK
    assert len(sandbox.wechat.published) == 1


@pytest.mark.parametrize("platform", ["weibo", "wechat"])
def test_a_deleted_thing_that_still_shows_is_in_doubt_until_it_is_gone(
    sandbox: Sandbox, request: pytest.FixtureRequest, platform: str
) -> None:
    channel, steps = request.getfixturevalue(platform), MemorySteps()
    receipt = published(channel)
    settings = sandbox.weibo.settings if platform == "weibo" else sandbox.wechat.settings
    settings.gone_after_s = 3600
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match="still shows it"):
            channel.recall(receipt, steps)
    settings.gone_after_s = 0
    assert not channel.look(receipt).is_there
    assert channel.recall(receipt, steps).evidence is Evidence.READ_BACK
    assert calls(sandbox)[DESTROY] + calls(sandbox)[DELETE] == 1


@pytest.mark.parametrize(("platform", "path"), [("weibo", DESTROY), ("wechat", DELETE)])
def test_a_no_that_was_a_lie_is_noticed_and_nothing_deleted_twice(
    sandbox: Sandbox, request: pytest.FixtureRequest, platform: str, path: str
) -> None:
    channel, steps = request.getfixturevalue(platform), MemorySteps()
    receipt = published(channel)
    sandbox.misbehave(path, "rate_limited_after")
    with pytest.raises(ChannelUnavailable):
        channel.recall(receipt, steps)
    steps.prove_absence()
    assert channel.recall(receipt, steps.fresh_process()).evidence is Evidence.READ_BACK
    assert calls(sandbox)[path] == 1


@pytest.mark.parametrize(
    ("platform", "path", "look"),
    [("weibo", DESTROY, "/2/statuses/show.json"), ("wechat", DELETE, "/cgi-bin/freepublish/getarticle")],
)
def test_the_platforms_yes_is_no_proof_until_it_is_read_back(
    sandbox: Sandbox, request: pytest.FixtureRequest, platform: str, path: str, look: str
) -> None:
    channel, steps = request.getfixturevalue(platform), MemorySteps()
    receipt = published(channel)
    sandbox.misbehave(look, "error_before")
    with pytest.raises(ChannelUnavailable):
        channel.recall(receipt, steps)
    assert channel.recall(receipt, steps.fresh_process()).evidence is Evidence.READ_BACK
    assert calls(sandbox)[path] == 1


def test_only_our_article_of_a_publication_is_deleted(wechat: WechatChannel, sandbox: Sandbox) -> None:
    steps, product = MemorySteps(), product_of(wechat)
    sandbox.misbehave("/cgi-bin/freepublish/submit", "reset_after")
    with suppress(OutcomeUnknown):
        wechat.publish(product, steps)
    (entry,) = sandbox.wechat.submitted
    ours = entry.articles[0]
    both = replace(entry, articles=(replace(ours, title="别人的"), ours), urls=(entry.url, f"{entry.url}/2"))
    sandbox.wechat.publication_shelf.put(str(entry.publish_id), both)
    receipt = wechat.find(product, steps)
    assert isinstance(receipt, Receipt)
    wechat.recall(receipt, MemorySteps())
    assert sandbox.wechat.submitted[0].deleted == (2,)
    assert not wechat.look(receipt).is_there


# Credentials


@pytest.mark.parametrize("platform", ["weibo", "wechat"])
def test_without_credentials_nothing_is_in_doubt(
    sandbox: Sandbox, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    channel, steps = request.getfixturevalue(platform), MemorySteps()
    receipt = published(channel)
    for name in SECRETS:
        monkeypatch.delenv(name)
    with pytest.raises(CredentialsRefused):
        channel.recall(receipt, steps)
    assert steps.memory.open_intents() == []


# What a person has entered


@pytest.mark.parametrize(
    ("url", "mid"),
    [
        ("https://weibo.com/1234567890/Hd1N2qpta", "4331051486294436"),
        ("https://weibo.com/1234567890/z08AUBmUe?from=page", "3500330408906190"),
        ("https://m.weibo.cn/status/4331051486294436", "4331051486294436"),
        ("https://weibo.com/1234567890", ""),
        ("https://weibo.com/u/1234567890", ""),
        ("https://weibo.com/ttarticle/p/show?id=1", ""),
        ("", ""),
    ],
)
def test_a_posts_number_is_read_from_its_address(url: str, mid: str) -> None:
    assert mid_in(url) == mid


def test_a_post_of_which_only_the_address_is_known_is_taken_back(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(weibo)
    weibo.recall(Receipt("", NOW, receipt.url, Evidence.DECLARED), MemorySteps())
    assert sandbox.weibo.posts == []


@pytest.mark.parametrize(
    ("platform", "receipt"),
    [
        ("weibo", Receipt("4331051486294436", NOW, evidence=Evidence.DECLARED)),
        ("weibo", Receipt("", NOW, "https://weibo.com/1234567890", Evidence.DECLARED)),
        ("wechat", Receipt("mistyped", NOW, evidence=Evidence.DECLARED)),
        ("wechat", Receipt("", NOW, "https://mp.weixin.qq.com/s/abc", Evidence.DECLARED)),
        ("wechat", Receipt("https://mp.weixin.qq.com/s/abc", NOW, evidence=Evidence.DECLARED)),
    ],
    ids=["unknown post", "no post", "unknown article", "no number", "address as number"],
)
def test_what_was_entered_wrongly_is_not_called_taken_back(
    sandbox: Sandbox, request: pytest.FixtureRequest, platform: str, receipt: Receipt
) -> None:
    channel = request.getfixturevalue(platform)
    with pytest.raises(PersonNeeded, match="then confirm"):
        channel.recall(receipt, MemorySteps())
    assert calls(sandbox)[DESTROY] + calls(sandbox)[DELETE] == 0


# What an account may do


def test_weibo_counts_every_call_against_the_day(sandbox: Sandbox) -> None:
    quotas = {"posts_per_hour": 20, "calls_per_day": 60, "min_gap_s": 2}
    limits = make_weibo(sandbox, quotas=quotas).limits
    assert limits == Limits(
        (Quota("posts_per_hour", 20, "hour"), Quota("calls_per_day", 60, "day", reserve=6)),
        {
            Visit.PUBLISH: {"posts_per_hour": 1, "calls_per_day": 2},
            Visit.CONFIRM: {"calls_per_day": 1},
            Visit.FIND: {"calls_per_day": 1},
            Visit.RECALL: {"calls_per_day": 3},
            Visit.PAST: {"calls_per_day": 1},
            Visit.LOOK: {"calls_per_day": 1},
            Visit.STANDING: {"calls_per_day": 1},
        },
        2,
    )


@pytest.mark.parametrize(("limit", "reserve"), [(5, 0), (30, 3), (100, 10), (50_000, 10)])
def test_a_part_of_the_day_is_kept_for_looking_things_up(sandbox: Sandbox, limit: int, reserve: int) -> None:
    assert make_weibo(sandbox, quotas={"calls_per_day": limit}).limits.quotas[1].reserve == reserve


def test_wechat_has_a_quota_for_each_kind_of_visit(sandbox: Sandbox) -> None:
    names = ("submits_per_day", "confirms_per_day", "lookups_per_day", "articles_per_day", "deletes_per_day")
    quotas = {name: limit for limit, name in enumerate(names, 1)}
    limits = make_wechat(sandbox, quotas=quotas).limits
    assert [(quota.name, quota.limit, quota.window) for quota in limits.quotas] == [
        (name, limit, "day") for name, limit in quotas.items()
    ]
    assert limits.costs == {
        Visit.PUBLISH: {"submits_per_day": 1},
        Visit.CONFIRM: {"confirms_per_day": 1},
        Visit.FIND: {"lookups_per_day": 4},
        Visit.RECALL: {"deletes_per_day": 1, "articles_per_day": 2},
        Visit.PAST: {"lookups_per_day": 1},
        Visit.LOOK: {"articles_per_day": 1, "confirms_per_day": 1},
    }


def test_a_draft_uses_up_no_publication(sandbox: Sandbox) -> None:
    channel = make_wechat(sandbox, mode="draft")
    assert channel.limits.costs[Visit.PUBLISH] == {}
    assert not channel.capabilities.recall


def test_without_quotas_there_are_no_limits(tmp_path: Path) -> None:
    assert NewspaperChannel("daily", NewspaperChannel.Options(), Place(tmp_path)).limits == Limits()


COUNTED = {
    "posts_per_hour": ("/2/statuses/share.json",),
    "calls_per_day": ("/2/",),
    "submits_per_day": ("/cgi-bin/freepublish/submit",),
    "confirms_per_day": ("/cgi-bin/freepublish/get",),
    "lookups_per_day": ("/cgi-bin/freepublish/batchget",),
    "articles_per_day": ("/cgi-bin/freepublish/getarticle",),
    "deletes_per_day": (DELETE,),
}
"""The calls that each quota means: paths, or beginnings that end with a slash."""


@contextmanager
def within(channel: Channel, visit: Visit, sandbox: Sandbox, *, looks: int = 0) -> Iterator[None]:
    """A visit that must not make more calls than the channel says; ``looks`` come from the reserve of a quota."""
    before = calls(sandbox)
    with suppress(ChannelError):
        yield
    made = calls(sandbox) - before
    for quota in channel.limits.quotas:
        means = COUNTED[quota.name]
        number = sum(
            count
            for path, count in made.items()
            if path in means or path.startswith(tuple(each for each in means if each.endswith("/")))
        )
        spare = looks if quota.reserve else 0
        assert number <= channel.limits.costs.get(visit, {}).get(quota.name, 0) + spare, (visit, quota.name)


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
@pytest.mark.parametrize("platform", ["weibo", "wechat"])
def test_no_visit_makes_more_calls_than_it_says(
    sandbox: Sandbox, request: pytest.FixtureRequest, platform: str, fault: str
) -> None:
    channel: Channel = request.getfixturevalue(platform)
    sandbox.wechat.settings.no_content_hides_source_url = True
    for number in range(25):
        if platform == "wechat":
            published(channel, number)
    product, steps, recalled = product_of(channel), MemorySteps(), MemorySteps()
    sandbox.misbehave("/2/statuses/share.json", fault)
    sandbox.misbehave("/cgi-bin/freepublish/submit", fault)
    with within(channel, Visit.PUBLISH, sandbox):
        channel.publish(product, steps)
    with within(channel, Visit.FIND, sandbox):
        channel.find(product, steps)
    receipt = published(channel, 99)
    sandbox.misbehave(DESTROY, fault)
    sandbox.misbehave(DELETE, fault)
    for _ in range(2):
        with within(channel, Visit.RECALL, sandbox):
            channel.recall(receipt, recalled)
        recalled.prove_absence()
    with within(channel, Visit.LOOK, sandbox):
        channel.look(receipt)


def test_a_post_that_is_tried_again_looks_first_from_the_reserve(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    product, steps = product_of(weibo), MemorySteps()
    sandbox.misbehave("/2/statuses/share.json", "rate_limited")
    with pytest.raises(ChannelUnavailable):
        weibo.publish(product, steps)
    steps.prove_absence()
    with within(weibo, Visit.PUBLISH, sandbox, looks=1):
        weibo.publish(product, steps)
    assert len(sandbox.weibo.posts) == 1
