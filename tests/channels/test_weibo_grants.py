"""Weibo with rights that ordinary apps do not have: several pictures in a post, and long articles."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from channels.base import Evidence, Medium, Product, Receipt, Visit
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.sandbox.server import Sandbox
from channels.weibo.article import CONTENT_SIGNS
from channels.weibo.channel import WeiboChannel
from channels.weibo.codes import article_error
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import PAGE, picture
from tests.channels.test_weibo import SECRETS, make_weibo, product_of

UPLOAD, UPDATE = "/2/statuses/upload_pic.json", "/2/statuses/update.json"
WITH_PICTURES, ARTICLE = "/2/statuses/upload_url_text.json", "/proxy/article/publish.json"
COVER = "https://www.example.gov.cn/cover.jpg"
LOST = ("reset_before", "reset_after", "error_before", "error_after", "garbage_after", "half_after")


@pytest.fixture
def granted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.weibo.settings.grants = ("update", "article")
    sandbox.weibo.settings.repeat_window = 0
    return sandbox


def updating(sandbox: Sandbox, **changes: Any) -> WeiboChannel:
    return make_weibo(sandbox, mode="update", **changes)


def writing(sandbox: Sandbox, **changes: Any) -> WeiboChannel:
    return make_weibo(sandbox, mode="article", article_cover=COVER, **changes)


def illustrated(channel: WeiboChannel, count: int) -> Product:
    shown = [picture(colour) for colour in ("navy", "teal", "maroon", "olive")[:count]]
    html = "".join(f'<figure><img src="asset:{one.sha256}" alt=""></figure>' for one in shown)
    return product_of(channel, html=f"<p>活动照片。</p>{html}", media=tuple(shown))


def find_or_none(channel: WeiboChannel, product: Product, steps: MemorySteps) -> object:
    return channel.find(product, steps.fresh_process())


def test_several_pictures_go_out_in_their_order(granted: Sandbox) -> None:
    channel = updating(granted)
    product = illustrated(channel, 3)
    receipt = channel.publish(product, MemorySteps())
    assert isinstance(receipt, Receipt)
    post = granted.weibo.posts[0]
    held = [granted.weibo.picture_shelf.get(key) for key in post.pictures]
    assert [one.content for one in held if one] == [medium.content for medium in product.media]
    assert channel.capabilities.max_pictures == 9


def test_more_than_the_platform_takes_are_left_out_and_said(granted: Sandbox) -> None:
    product = illustrated(updating(granted, max_pictures=2), 4)
    assert len(product.media) == 2
    assert "2 are left out" in " ".join(str(note.text) for note in product.notes)


def test_without_pictures_and_with_topics(granted: Sandbox) -> None:
    channel = updating(granted)
    product = product_of(channel, title="#科技活动周# 开幕")
    assert product.body.startswith("【#科技活动周# 开幕】")
    assert isinstance(channel.publish(product, MemorySteps()), Receipt)
    assert granted.weibo.calls[-1].path == UPDATE


def test_pictures_that_are_there_are_not_uploaded_again(granted: Sandbox) -> None:
    channel, steps = updating(granted), MemorySteps()
    product = illustrated(channel, 2)
    granted.misbehave(WITH_PICTURES, "rate_limited")
    with pytest.raises(ChannelUnavailable):
        channel.publish(product, steps)
    steps.prove_absence()
    assert isinstance(channel.publish(product, steps.fresh_process()), Receipt)
    assert len(granted.weibo.picture_shelf.all()) == 2


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_upload_is_no_doubt_about_the_post(granted: Sandbox, fault: str) -> None:
    channel, steps = updating(granted), MemorySteps()
    product = illustrated(channel, 1)
    granted.misbehave(UPLOAD, fault)
    with pytest.raises(ChannelUnavailable):
        channel.publish(product, steps)
    assert isinstance(channel.publish(product, steps.fresh_process()), Receipt)
    assert len(granted.weibo.posts) == 1


@pytest.mark.parametrize("fault", [*LOST, "busy_after"])
@pytest.mark.parametrize("count", [0, 1], ids=["text", "picture"])
def test_a_lost_post_is_found_and_not_repeated(granted: Sandbox, fault: str, count: int) -> None:
    channel, steps = updating(granted), MemorySteps()
    product = illustrated(channel, count)
    granted.misbehave(WITH_PICTURES if count else UPDATE, fault)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    found = find_or_none(channel, product, steps)
    assert (found is not None) == (len(granted.weibo.posts) == 1) == fault.endswith("_after")


def test_a_right_that_is_missing_is_the_administrators(granted: Sandbox) -> None:
    granted.weibo.settings.grants = ()
    for channel, count in ((updating(granted), 0), (updating(granted), 1), (writing(granted), 0)):
        with pytest.raises(CredentialsRefused, match="10014"):
            channel.publish(illustrated(channel, count), MemorySteps())


def test_a_picture_the_platform_refuses_is_the_editors(granted: Sandbox) -> None:
    channel = updating(granted)
    product = product_of(channel)
    broken = Product(product.key, product.title, product.body, product.fields, (Medium("a.png", "image/png", b"no"),))
    with pytest.raises(ProductRefused, match="20005"):
        channel.publish(broken.with_link(f"{PAGE}31"), MemorySteps())


def test_every_call_of_a_post_is_charged(granted: Sandbox) -> None:
    costs = [c.limits.costs[Visit.PUBLISH]["calls_per_day"] for c in (updating(granted), writing(granted))]
    assert costs == [11, 2]
    channel = updating(granted, max_pictures=2)
    channel.publish(illustrated(channel, 2), MemorySteps())
    assert len(granted.weibo.calls) == channel.limits.costs[Visit.PUBLISH]["calls_per_day"]


# Long articles


def test_an_article_goes_out_with_the_post_that_carries_it(granted: Sandbox) -> None:
    channel = writing(granted)
    html = '<h2>一</h2><p>全文 &amp; <strong>要点</strong>100%。</p><figure><img src="asset:{}" alt=""></figure>'
    shown = picture()
    product = product_of(channel, html=html.format(shown.sha256), media=(shown,), title="标题" * 20)
    assert channel.check(product) == []
    receipt = channel.publish(product, MemorySteps())
    assert isinstance(receipt, Receipt)
    post = granted.weibo.posts[0]
    assert post.article is not None
    assert post.article.title == "标题" * 15 + "标…"
    assert "<p>全文 &amp; <strong>要点</strong>100%。</p>" in post.article.content
    assert "img" not in post.article.content
    assert f'<a href="{PAGE}31">' in post.article.content
    assert (receipt.remote_id, receipt.evidence) == (str(post.mid), Evidence.ACCEPTED)
    assert receipt.url == post.article.url
    assert abs((receipt.published_at - post.created_at).total_seconds()) <= 1
    notes = " ".join(str(note.text) for note in product.notes)
    assert "cut to 32" in notes
    assert "Pictures are left out of the article: 1" in notes
    assert channel.look(receipt).is_there


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_article_is_found_by_its_post(granted: Sandbox, fault: str) -> None:
    channel, steps = writing(granted), MemorySteps()
    product = product_of(channel)
    granted.misbehave(ARTICLE, fault)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    found = find_or_none(channel, product, steps)
    assert (found is not None) == fault.endswith("_after")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("10001", OutcomeUnknown),
        ("10008", ProductRefused),
        ("11001", ChannelUnavailable),
        ("11002", OutcomeUnknown),
        ("11003", OutcomeUnknown),
        ("99999", OutcomeUnknown),
        ("", OutcomeUnknown),
    ],
)
def test_each_code_of_an_article_names_who_must_act(code: str, error: type[ChannelError]) -> None:
    found = article_error(code, "its words")
    assert (type(found), found.code) == (error, code)
    assert "its words" in str(found)


def test_what_the_platform_would_refuse_is_said_before(granted: Sandbox) -> None:
    channel = writing(granted, rip="", timeout_s=30)
    product = product_of(channel, html=f"<p>{'长' * CONTENT_SIGNS}</p>")
    assert [problem.is_error for problem in channel.check(product)].count(True) == 2
    with pytest.raises(ProductRefused, match="10008"):
        channel.publish(product, MemorySteps())


def test_an_article_needs_a_cover(granted: Sandbox) -> None:
    with pytest.raises(ValidationError, match="cover"):
        make_weibo(granted, mode="article")


def test_an_article_somebody_has_published_already_is_noticed(granted: Sandbox) -> None:
    channel = writing(granted)
    channel.publish(product_of(channel), MemorySteps())
    with pytest.raises(PersonNeeded, match="says the same"):
        channel.publish(product_of(channel), MemorySteps())
