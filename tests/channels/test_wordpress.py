"""WordPress: the shared promises, kept before a real site, and what only WordPress does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Self

import pytest
from pydantic import ValidationError

from channels.base import Accepted, Channel, Medium, Place, Product, Receipt
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.http import Answer
from channels.sandbox.faults import Fault
from channels.website.wordpress.api import named_error
from channels.website.wordpress.channel import WordpressWebsite
from channels.website.wordpress.options import WordpressOptions
from tests.channels.afterwards import Corrects, TakesBack
from tests.channels.contract import Platform, Trouble
from tests.channels.memory_steps import MemorySteps
from tests.channels.platforms import text_of
from tests.channels.samples import COLUMN, make_article, picture
from tests.channels.wordpress_site import PLAIN, WordpressSite, is_installed

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="WordPress, PHP or MariaDB is not installed: .ci/setup test installs Debian's packages"
)

POSTS = "POST /wp-json/wp/v2/posts"
MEDIA = "POST /wp-json/wp/v2/media"
LOST = ("reset_before", "reset_after", "error_after", "garbage_after")

_running: list[WordpressSite] = []


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[WordpressSite]:
    """One site for all tests here: each begins with an empty one."""
    with WordpressSite() as running:
        _running.append(running)
        yield running
        _running.clear()


def options(url: str, **changes: Any) -> WordpressOptions:
    values = {
        "driver": "wordpress",
        "base_url": url,
        "name": "科技网",
        "username": "env:WP_USERNAME",
        "app_password": "env:WP_APP_PASSWORD",
        "categories": {"dynamics": "gongzuo-dongtai"},
        "timeout_s": 20,
    }
    return WordpressOptions.model_validate(values | changes)


class WordpressPlatform(Platform):
    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.site = _running[0]
        self.url = self.site.url

    def __enter__(self) -> Self:
        self.site.clear()
        return self

    def books(self) -> list[str]:
        posts = [row for row in self.site.books() if row["type"] == "post" and row["status"] == "publish"]
        return [f"{unescape(row['title'])}\n{text_of(row['content'])}" for row in posts]

    def misbehave(self, path: str, fault: str) -> None:
        self.site.proxy.faults.arm(path, Fault(fault), 1)


class TestWordpress(TakesBack, Corrects):
    speaks = WordpressPlatform
    troubles = (
        *(Trouble(POSTS, fault, OutcomeUnknown) for fault in LOST),
        Trouble(POSTS, "busy", ChannelUnavailable),
        Trouble("GET /wp-json/wp/v2/posts", "error_before", ChannelUnavailable),
        Trouble(MEDIA, "error_after", ChannelUnavailable),
        Trouble("HEAD /", "reset_before", ChannelUnavailable),
    )
    recall_troubles = (
        *(Trouble("DELETE /wp-json/wp/v2/posts", fault, OutcomeUnknown) for fault in ("error_before", "reset_after")),
        Trouble("DELETE /wp-json/wp/v2/posts", "busy", ChannelUnavailable),
        Trouble("GET /wp-json/wp/v2/posts/", "error_before", ChannelUnavailable),
    )

    @pytest.fixture(autouse=True)
    def account(self, site: WordpressSite, monkeypatch: pytest.MonkeyPatch) -> None:
        sign_in(site, monkeypatch, "editor")

    def make_channel(self, url: str) -> Channel:
        return WordpressWebsite("news", options(url), self.place)

    def known_secrets(self, platform: Platform) -> list[str]:  # noqa: ARG002
        return [_running[0].passwords["editor"]]


def sign_in(site: WordpressSite, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("WP_USERNAME", name)
    monkeypatch.setenv("WP_APP_PASSWORD", site.passwords.get(name, "wrong wrong wrong"))


@pytest.fixture
def news(site: WordpressSite, monkeypatch: pytest.MonkeyPatch) -> WordpressSite:
    """The site, empty, and the editor signed in."""
    site.clear()
    sign_in(site, monkeypatch, "editor")
    return site


def make_channel(site: WordpressSite, **changes: Any) -> WordpressWebsite:
    return WordpressWebsite("news", options(site.url, **changes), Place(Path(), "局", columns=(COLUMN,)))


def product_of(channel: Channel, **changes: Any) -> Product:
    return channel.render(make_article(**changes))


def published(site: WordpressSite, **changes: Any) -> Receipt:
    channel = make_channel(site)
    receipt = channel.publish(product_of(channel, **changes), MemorySteps())
    assert isinstance(receipt, Receipt)
    return receipt


def rows(site: WordpressSite, kind: str = "post") -> list[dict[str, Any]]:
    return [row for row in site.books() if row["type"] == kind]


def test_a_post_stands_in_its_category_with_its_pictures_and_files(news: WordpressSite) -> None:
    cover = picture("red", name="cover.png")
    receipt = published(news, cover=cover)
    (post,) = rows(news)
    files = {row["id"]: row for row in rows(news, "attachment")}
    assert (post["categories"], post["slug"], post["excerpt"]) == (
        ["gongzuo-dongtai"],
        "kzj-31",
        make_article().summary,
    )
    assert cover.sha256[:24] in files[post["featured"]]["slug"]
    shown = next(row for row in files.values() if picture().sha256[:24] in row["slug"])
    assert (shown["alt"], shown["url"] in post["content"]) == ("示意图", True)
    assert "名单.pdf" in {row["title"] for row in files.values()}
    page = urllib.request.urlopen(receipt.url).read().decode()
    assert all(row["url"] in page for row in files.values() if row["id"] != post["featured"])
    assert urllib.request.urlopen(shown["url"]).read() == picture().content


def test_the_same_file_is_uploaded_once(news: WordpressSite) -> None:
    for number in (31, 32):
        published(news, item=number, key=f"kzj-{number}-r1")
    news.proxy.faults.arm(MEDIA, Fault.RESET_AFTER, 1)
    with pytest.raises(ChannelUnavailable):
        published(news, item=33, key="kzj-33-r1", attachments=(Medium("附.pdf", "application/pdf", b"%PDF-1.5"),))
    published(news, item=33, key="kzj-33-r1", attachments=(Medium("附.pdf", "application/pdf", b"%PDF-1.5"),))
    assert len(rows(news, "attachment")) == 3


def test_a_category_that_is_not_there_is_made_with_the_columns_name(news: WordpressSite) -> None:
    channel = make_channel(news, categories={"dynamics": "dongtai"})
    assert "made as “工作动态”" in str(channel.probe()[-1].detail)
    channel.publish(product_of(channel), MemorySteps())
    assert rows(news)[0]["categories"] == ["dongtai"]
    assert str(channel.probe()[-1].detail) == "Works."


def test_without_pretty_addresses_it_works_as_well(news: WordpressSite) -> None:
    news.clear(permalinks=PLAIN)
    receipt = published(news)
    assert receipt.url == f"{news.url}/?p={receipt.remote_id}"
    assert any("rest_route" in call for call in news.proxy.calls)
    assert make_channel(news).look(receipt).problems == ()


def test_what_lies_in_the_trash_is_found_after_doubt_and_not_sent_again(news: WordpressSite) -> None:
    channel, steps = make_channel(news), MemorySteps()
    product = product_of(channel)
    receipt = channel.publish(product, steps)
    assert isinstance(receipt, Receipt)
    channel.recall(receipt, MemorySteps())
    steps.lose_answer()
    with pytest.raises(PersonNeeded, match="trash"):
        channel.find(product, steps)
    assert [row["status"] for row in rows(news)] == ["trash"]


def test_published_anew_after_a_recall_it_is_the_same_post(news: WordpressSite) -> None:
    receipt = published(news)
    make_channel(news).recall(receipt, MemorySteps())
    again = published(news, key="kzj-31-r2", revision=2)
    assert (again.remote_id, again.url) == (receipt.remote_id, receipt.url)
    assert [row["status"] for row in rows(news)] == ["publish"]


def test_two_workers_at_once_leave_one_post(news: WordpressSite) -> None:
    slow, quick = make_channel(news), make_channel(news)
    product, steps = product_of(slow), MemorySteps()
    send = slow._api.send

    def overtaken(path: str, content: Any) -> Any:
        quick.publish(product, MemorySteps())
        return send(path, content)

    slow._api.send = overtaken  # type: ignore[method-assign]  # the other worker is quicker
    receipt = slow.publish(product, steps)
    (post,) = rows(news)
    assert isinstance(receipt, Receipt)
    assert (str(post["id"]), post["slug"]) == (receipt.remote_id, "kzj-31")


def test_somebody_elses_post_at_our_address_is_no_post_of_ours(news: WordpressSite) -> None:
    channel = make_channel(news)
    channel._api.send("/wp/v2/posts", {"title": "别人的", "slug": "kzj-31", "status": "draft"})
    with pytest.raises(ProductRefused, match="kzj-31"):
        published(news)
    assert [row["title"] for row in rows(news)] == ["别人的"]


@pytest.mark.parametrize(("change", "state"), [({"delay_minutes": 30}, "future"), ({"status": "pending"}, "pending")])
def test_what_waits_on_the_site_is_accepted_until_it_is_out(
    news: WordpressSite, change: dict[str, Any], state: str
) -> None:
    channel, steps = make_channel(news, **change), MemorySteps()
    product = product_of(channel)
    accepted = channel.publish(product, steps)
    assert isinstance(accepted, Accepted)
    assert isinstance(channel.confirm(product, accepted, steps), Accepted)
    assert isinstance(channel.find(product, steps), Accepted)
    assert [row["status"] for row in rows(news)] == [state]
    channel._api.send(f"/wp/v2/posts/{accepted.remote_id}", {"status": "publish", "date_gmt": "2026-01-01T00:00:00"})
    assert isinstance(channel.confirm(product, accepted, steps), Receipt)


@pytest.mark.parametrize(
    ("account", "error", "said"),
    [
        ("nobody", CredentialsRefused, "Application Password"),
        ("contributor", CredentialsRefused, "role editor"),
    ],
)
def test_each_refused_account_is_told_what_to_do(
    news: WordpressSite, monkeypatch: pytest.MonkeyPatch, account: str, error: type[ChannelError], said: str
) -> None:
    sign_in(news, monkeypatch, account)
    with pytest.raises(error, match=said):
        published(news)
    assert rows(news) == []
    assert not make_channel(news).probe()[0].ok


def test_an_author_publishes_and_is_found_though_the_site_filters_its_html(
    news: WordpressSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(news, monkeypatch, "author")
    channel, steps = make_channel(news), MemorySteps()
    product = product_of(channel, title="甲 & <乙>")
    receipt = channel.publish(product, steps)
    assert channel.find(product, steps) == receipt
    assert "<h1><a" in (page := urllib.request.urlopen(receipt.url).read().decode())  # type: ignore[union-attr]
    assert "甲 &#038; &lt;乙&gt;" in page or "甲 &amp; &lt;乙&gt;" in page


def test_a_look_tells_what_became_of_the_post(news: WordpressSite) -> None:
    channel, receipt = make_channel(news), published(news)
    assert channel.look(receipt).is_unchanged is True
    assert channel.look(receipt).problems == ()
    (file,) = [row for row in rows(news, "attachment") if row["url"].endswith(".pdf")]
    channel._api.delete(f"/wp/v2/media/{file['id']}", {"force": "true"})
    assert [str(text) for text in channel.look(receipt).problems] == [
        f"The page or file {file['url']} does not open for readers."
    ]
    channel._api.send(f"/wp/v2/posts/{receipt.remote_id}", {"title": "改了"})
    assert channel.look(receipt).is_unchanged is False
    channel._api.delete(f"/wp/v2/posts/{receipt.remote_id}", {"force": "true"})
    assert (seen := channel.look(receipt)).is_there is False
    assert seen.raw == {"status": "gone"}


def test_text_in_brackets_is_no_command_of_wordpress(news: WordpressSite) -> None:
    receipt = published(news, html="<p>见[gallery]与[1]。</p>", media=())
    assert "见&#91;gallery]与&#91;1]。" in urllib.request.urlopen(receipt.url).read().decode()


# What answers mean, without a site


def answer(status: int, code: str = "", message: str = "话", **headers: str) -> Answer:
    body = json.dumps({"code": code, "message": message, "data": {"status": status}}) if code else "<title>WAF</title>"
    return Answer(status, body.encode(), headers)


@pytest.mark.parametrize(
    ("got", "error", "said"),
    [
        (answer(400, "empty_content"), ProductRefused, "话"),
        (answer(400, "rest_invalid_param", "x rest_forbidden_status"), CredentialsRefused, "Application Password"),
        (answer(401, "rest_cannot_create"), CredentialsRefused, "Authorization"),
        (answer(403, "rest_cannot_publish"), CredentialsRefused, "role editor"),
        (answer(403, "rest_cannot_edit"), PersonNeeded, "somebody else"),
        (answer(403), PersonNeeded, "firewall"),
        (answer(404, "rest_no_route"), CredentialsRefused, "base_url"),
        (answer(404, "rest_post_invalid_id"), PersonNeeded, "deleted"),
        (answer(412, "rest_upload_hash_mismatch"), ChannelUnavailable, "sent again"),
        (answer(413), ProductRefused, "smaller"),
        (answer(500, "rest_upload_sideload_error", "<b>不允许</b>"), ProductRefused, "不允许"),
        (answer(503, **{"Retry-After": "600"}), ChannelUnavailable, "wait"),
        (answer(301, Location="https://www.example.gov.cn/"), CredentialsRefused, "https://www.example.gov.cn/"),
        (answer(500, "internal_server_error"), OutcomeUnknown, "500"),
        (answer(502), OutcomeUnknown, "WAF"),
        (answer(504), OutcomeUnknown, "504"),
    ],
    ids=lambda value: (
        f"{value.status} {json.loads(value.body)['code'] if value.body[:1] == b'{' else 'page'}"
        if isinstance(value, Answer)
        else ""
    ),
)
def test_each_answer_names_who_must_act(got: Answer, error: type[ChannelError], said: str) -> None:
    found = named_error(got)
    assert type(found) is error
    assert said in str(found)


@pytest.mark.parametrize(
    "wrong", [{"app_password": "abcd efgh"}, {"categories": {"dynamics": "工作 动态"}}, {"driver": "x"}]
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options("https://www.example.gov.cn/", **wrong)
