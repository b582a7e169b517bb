"""Picture posts of WeChat: which items become one, what is sent, and that it is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Medium, Receipt
from channels.errors import OutcomeUnknown, PersonNeeded
from channels.sandbox.server import Sandbox
from channels.wechat.channel import WechatChannel
from channels.wechat.options import WechatOptions
from channels.wechat.picture_post import is_one, suits
from channels.wechat.render import check, render
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import make_article, picture
from tests.channels.test_wechat import SECRETS, SUBMIT, make_wechat, published

OPTIONS = WechatOptions.model_validate({"app_id": "env:A", "app_secret": "env:B", "picture_posts": "short"})
SHOWN = [picture(colour, (400, 300), f"{colour}.png") for colour in ("navy", "olive", "maroon")]
PICTURES = "".join(f'<p><img src="asset:{medium.sha256}" alt=""></p>' for medium in SHOWN)
HTML = f"<p>知识产权宣传周<b>启动</b>。</p>{PICTURES}"


def post(html: str = HTML, **changes: Any) -> Any:
    return make_article(**{"html": html, "media": SHOWN, "attachments": (), **changes})


@pytest.mark.parametrize(
    ("changes", "is_post"),
    [
        ({}, True),
        ({"html": HTML + f"<p>{'长' * 200}</p>"}, False),
        ({"html": HTML + "<table><tr><td>1</td></tr></table>"}, False),
        ({"html": HTML + '<p><a href="https://x.cn">x</a></p>'}, False),
        ({"html": "<p>无图</p>"}, False),
        ({"html": HTML + '<img src="https://x.cn/a.png">'}, False),
        ({"attachments": (Medium("a.pdf", "application/pdf", b"1"),)}, False),
    ],
    ids=["pictures", "long", "table", "link", "none", "foreign", "attachment"],
)
def test_only_what_is_made_of_pictures_becomes_one(changes: dict[str, Any], is_post: bool) -> None:
    article = post(**changes)
    assert suits(article, OPTIONS) is is_post
    assert is_one(render(article, OPTIONS)) is is_post
    assert not suits(article, OPTIONS.model_copy(update={"picture_posts": "never"}))


def test_it_arrives_with_its_pictures_in_order_and_is_found_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    channel, steps = make_wechat(sandbox, picture_posts="short"), MemorySteps()
    product = channel.render(post(source="新华社"))
    assert check(product, OPTIONS) == []
    sandbox.misbehave(SUBMIT, "reset_after")
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    assert isinstance(channel.find(product, steps), Receipt)
    (sent,) = sandbox.wechat.published[0].articles
    pictures = [sandbox.wechat.picture(media_id) for media_id in sent.pictures]
    assert [found.content for found in pictures if found] == [medium.content for medium in SHOWN]
    assert sent.content == "知识产权宣传周启动。\n来源：新华社\n详见：https://www.example.gov.cn/item/31"
    assert sandbox.wechat.images == []
    ordinary = channel.render(make_article(key="kzj-32-r1", item=32, page_url="https://www.example.gov.cn/item/32"))
    assert published(channel, ordinary, MemorySteps()).url == sandbox.wechat.published[-1].url


@pytest.mark.parametrize(
    ("kind", "text"),
    [("newspic", "另一段文字。"), ("newspic", ""), ("newspic", None), ("news", "")],
    ids=["another text", "no text", "its own text", "an article"],
)
def test_what_has_the_same_title_is_taken_for_it_only_with_the_same_text(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str, text: str | None
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    channel, steps = make_wechat(sandbox, picture_posts="short"), MemorySteps()
    product = channel.render(post())
    sandbox.misbehave(SUBMIT, "reset_before")
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    entry = sandbox.wechat.publish_by_hand(product.title, at=datetime.now(UTC))
    shown = product.body.replace("\n", " \n") if text is None else text
    article = replace(entry.articles[0], article_type=kind, content=shown)
    sandbox.wechat.publication_shelf.put(str(entry.publish_id), replace(entry, articles=(article,)))
    if kind == "news":
        assert channel.find(product, steps) is None
    elif text is None:
        found = channel.find(product, steps)
        assert isinstance(found, Receipt)
        assert found.remote_id == entry.article_id
    else:
        with pytest.raises(PersonNeeded, match="with another text"):
            channel.find(product, steps)


def test_its_limits_stop_it() -> None:
    product = render(post(), OPTIONS)
    many = replace(product, fields={**product.fields, "pictures": " ".join([SHOWN[0].sha256] * 21)})
    (found,) = [str(problem.text) for problem in check(many, OPTIONS)]
    assert "1 to 20" in found
    (found,) = [str(problem.text) for problem in check(replace(product, body="长" * 1001), OPTIONS)]
    assert "1001 of 1000" in found


def test_the_phone_shows_every_picture_of_it(sandbox: Sandbox) -> None:
    channel: WechatChannel = make_wechat(sandbox, picture_posts="short")
    product = channel.render(post(html=HTML + "<p>a&lt;b</p>"))
    page = channel.preview(product, at=datetime(2026, 11, 27, tzinfo=UTC)).files["index.html"].content.decode()
    assert all(f'src="{medium.sha256}.png"' in page for medium in SHOWN)
    assert "知识产权宣传周启动。" in page


@given(st.text(max_size=60))
def test_any_text_of_one_is_plain(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    product = render(post(html=f"{HTML}<p>{escaped}</p>"), OPTIONS)
    assert "<" not in product.body
