"""Previews of what was submitted: what they show is what goes out, byte for byte, and nothing in them runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin
from urllib.request import urlopen

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.sandbox.server import Sandbox
from channels.sandbox.wechat.markup import filter_article
from publisher.items.actions import Wish, asset_store, submit
from publisher.items.models import Item
from publisher.items.readers import read
from publisher.items.variants import with_variants
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import orders
from publisher.review.actions import release_directly
from publisher.review.models import ChannelProduct
from publisher.review.products import signed_product
from tests.approval import sent_up, with_steps
from tests.channels.samples import picture
from tests.clocks import HandClock, run
from tests.desk_samples import elements, links, sign_in, submitted, texts
from tests.workshops import Busy

pytestmark = [pytest.mark.django_db, pytest.mark.once]

REPORT = Path(__file__).parents[1] / "data" / "science-week.docx"
NOW = datetime(2026, 11, 27, 1, 5, 30, tzinfo=UTC)


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    sign_in(client)
    return client


def sent_in(office: Office, variants: Mapping[str, Mapping[str, str]] | None = None, to: str = "") -> Item:
    """A real Word file with a table and pictures, submitted for all channels."""
    manuscript = with_variants(read(REPORT, REPORT.read_bytes(), name=REPORT.name), variants or {})
    return submit(office, manuscript, Wish(channels=to.split(",") if to else ()), by="zhangwei").item


def frame(desk: Client, item: Item, channel: str) -> tuple[str, Any]:
    """The address of the frame on the page of that channel, and what it answers."""
    (found,) = elements(desk.get(f"/items/{item.pk}/previews/{channel}/"), "iframe")
    return str(found["src"]), desk.get(str(found["src"]))


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.content.decode(), "html.parser")


def published(office: Office, item: Item) -> None:
    release_directly(office, item.revisions.get(), by="zhangwei")
    orders.collect()
    deliveries = run(item, clock=HandClock(NOW))
    assert {delivery.state for delivery in deliveries.values()} == {"done"}


@time_machine.travel(NOW, tick=False)
def test_what_is_shown_before_the_release_is_what_goes_out(desk: Client, office: Office, home: Path) -> None:
    item = sent_in(office, {"weibo": {"title": "科技活动周来了"}})
    shown = {key: frame(desk, item, key) for key in office.channels}
    files = {key: everything(desk, item, key) for key in office.channels}
    digests = {key: digest(desk, item, key) for key in office.channels}
    published(office, item)

    signed = {row.channel: row.digest for row in ChannelProduct.objects.all()}
    assert digests == signed
    sent = LogEntry.objects.filter(item=item.pk, event__in=("published", "handed_over"))
    assert dict(sent.values_list("channel", "digest")) == signed

    # The page on the site and each file beside it, byte for byte.
    path = shown["portal"][0].split("/previews/portal/")[1]
    assert (home / "site" / path).read_bytes() == shown["portal"][1].content
    assert len(files["portal"]) >= 4
    for name, content in files["portal"].items():
        assert (home / "site" / name).read_bytes() == content

    # The whole package for the newspaper.
    (folder,) = (home / "exports" / "daily").glob("kzj-*")
    assert files["daily"] == {f"package/{file.name}": file.read_bytes() for file in folder.iterdir()}


def digest(desk: Client, item: Item, channel: str) -> str:
    (found,) = texts(desk.get(f"/items/{item.pk}/previews/{channel}/"), ".digest code")
    return found


def everything(desk: Client, item: Item, channel: str) -> dict[str, bytes]:
    """What the page names and hands over, by path."""
    page = desk.get(f"/items/{item.pk}/previews/{channel}/")
    address, start = frame(desk, item, channel)
    named = [str(e.get("src") or e.get("href")) for e in soup(start).select("img, script, link[rel=stylesheet]")]
    addresses = {urljoin(address, name) for name in named} if channel == "portal" else set()
    addresses |= {link.split("?")[0] for link in links(page, ".files a")}
    base = f"/items/{item.pk}/previews/{channel}/"
    return {unquote(address.removeprefix(base)): desk.get(address).content for address in addresses}


@time_machine.travel(NOW, tick=False)
def test_the_platforms_get_what_the_phone_and_the_card_show(desk: Client, office: Office, sandbox: Sandbox) -> None:
    item = sent_in(office)
    article, card = (soup(frame(desk, item, key)[1]) for key in ("wechat", "weibo"))
    shown = {key: pictures_of(desk, item, key) for key in ("wechat", "weibo")}
    published(office, item)

    ((out,),) = [publication.articles for publication in sandbox.wechat.published]
    assert out.title == inner(article, "h1")
    # The platform writes what it gets anew; what stands in the phone must become the same that way.
    addresses = [
        str(i.get("data-src") or i.get("src")) for i in BeautifulSoup(out.content, "html.parser").select("img")
    ]
    content = with_addresses(inner(article, ".content"), addresses)
    assert out.content == filter_article(content, is_own_picture=lambda _: True, is_own_page=lambda _: True)
    assert [fetched(address) for address in addresses] == shown["wechat"]

    (post,) = sandbox.weibo.posts
    assert post.sent.replace(post.link, "网页链接") == BeautifulSoup(inner(card, ".text"), "html.parser").get_text()
    assert [sandbox.weibo.picture_shelf.get(post.picture).content] == shown["weibo"]


def pictures_of(desk: Client, item: Item, channel: str) -> list[bytes]:
    """The bytes of the pictures in the text shown, in reading order."""
    address, start = frame(desk, item, channel)
    found = soup(start).select(".content img, .card > .picture")
    return [desk.get(urljoin(address, str(image["src"]))).content for image in found]


def fetched(address: str) -> bytes:
    """A picture as the stand-in of the platform serves it."""
    with urlopen(address) as answer:
        content: bytes = answer.read()
        return content


def inner(page: BeautifulSoup, query: str) -> str:
    found = page.select_one(query)
    assert found is not None
    return found.decode_contents()


def with_addresses(html: str, addresses: Sequence[str]) -> str:
    """HTML whose pictures stand at these addresses, in reading order."""
    left = iter(addresses)
    return re.sub(r'src="[^"]*"', lambda _: f'src="{escape(next(left))}"', html)


# What a page says


def test_a_page_says_what_its_channel_changes_and_what_must_be_mended(desk: Client, office: Office) -> None:
    item = submitted("长" * 150, to="portal,weibo")
    page = desk.get(f"/items/{item.pk}/previews/weibo/")
    assert "The title is too long for Weibo" in texts(page, ".verdict .bad")[0]
    assert texts(page, ".tabs li") == ["门户网站", "新浪微博 cannot go out"]
    assert texts(page, ".gauge .left") == ["28 characters too many: the end is cut."]
    assert texts(desk.get(f"/items/{item.pk}/previews/portal/"), ".reason.good") == [
        "Nothing: it goes out as it was written."
    ]


def test_what_nobody_wrote_is_fitted_and_not_called_too_long(desk: Client, office: Office) -> None:
    item = submitted(html=f"<p>{'字' * 500}</p>", to="portal,weibo")
    assert texts(desk.get(f"/items/{item.pk}/previews/weibo/"), ".gauge .tally") == ["270 / 270 half-width characters"]


def test_a_channel_with_its_own_words_is_marked(desk: Client, office: Office) -> None:
    item = sent_in(office, {"weibo": {"title": "科技活动周来了"}})
    marked = [tab.get_text() for tab in elements(desk.get(f"/items/{item.pk}/previews/portal/"), ".tabs li") if ".own"]
    assert [" ".join(text.split()) for text in marked if "own wording" in text] == ["新浪微博 own wording"]


def test_after_the_release_the_signed_product_is_shown(desk: Client, office: Office) -> None:
    item = sent_in(office)
    before = digest(desk, item, "weibo")
    release_directly(office, item.revisions.get(), by="zhangwei")
    row = ChannelProduct.objects.get(channel="weibo")
    page = desk.get(f"/items/{item.pk}/previews/weibo/")
    assert digest(desk, item, "weibo") == row.digest == before
    assert "Signed; this and nothing else goes out." in texts(page, ".under span")


def test_in_approval_what_is_decided_on_is_shown(desk: Client, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    review = sent_up(with_steps(office), by="somebody", to=("weibo",))
    # It is kept since it was sent up; what would be made now has no say any more.
    monkeypatch.delattr("publisher.web.previews.subjects.as_it_would_be")
    page = desk.get(f"/items/{review.item_id}/previews/weibo/")
    assert digest(desk, review.item, "weibo") == review.products.get().digest
    assert "In approval; the decision is about exactly this." in texts(page, ".under span")


def test_a_damaged_signed_product_is_not_shown(desk: Client, office: Office) -> None:
    item = submitted()
    release_directly(office, item.revisions.get(), by="zhangwei")
    drawn_cover = signed_product(ChannelProduct.objects.get(channel="wechat")).fields["cover"]
    asset_store().path(drawn_cover).write_bytes(b"something else")
    page = desk.get(f"/items/{item.pk}/previews/wechat/")
    assert (page.status_code, elements(page, "iframe")) == (500, [])


def test_an_item_whose_picture_is_gone_is_not_shown(desk: Client, office: Office) -> None:
    item = sent_in(office)
    asset_store().path(item.revisions.get().assets.all()[0].sha256).unlink()
    assert desk.get(f"/items/{item.pk}/previews/portal/").status_code == 500


# What may happen in a frame


def test_nothing_runs_in_a_frame_and_nobody_else_may_frame_it(desk: Client, office: Office) -> None:
    item = submitted("<script>alert(1)</script>", html="<p>正文。</p>")
    for key in office.channels:
        page = desk.get(f"/items/{item.pk}/previews/{key}/")
        assert [" ".join(e["sandbox"]) for e in elements(page, "iframe")] == ["allow-same-origin"]
        _, start = frame(desk, item, key)
        policy = dict(part.strip().split(" ", 1) for part in start.headers["Content-Security-Policy"].split(";"))
        assert (policy["default-src"], policy["sandbox"]) == ("'none'", "allow-same-origin")
        assert not {"script-src", "connect-src", "frame-src"} & set(policy)
        assert (policy["frame-ancestors"], start.headers["X-Frame-Options"]) == ("'self'", "SAMEORIGIN")
        assert "alert(1)" not in "".join(script.get_text() for script in soup(start).select("script"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("portal/index.html", 204),
        ("portal/feed.xml", 204),
        ("portal/none.png", 404),
        ("portal/../../etc/passwd", 404),
        ("fax/index.html", 404),
        ("fax/", 404),
    ],
)
def test_only_files_of_the_preview_are_answered(desk: Client, office: Office, path: str, status: int) -> None:
    item = submitted()
    assert desk.get(f"/items/{item.pk}/previews/{path}").status_code == status


def test_files_that_are_handed_over_are_saved_and_not_shown(desk: Client, office: Office) -> None:
    item = submitted("通知", to="daily")
    page = desk.get(f"/items/{item.pk}/previews/daily/")
    for address in links(page, ".files a"):
        answer = desk.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/octet-stream"


# That it is quick, and writes nothing


def test_a_preview_writes_nothing(desk: Client, office: Office, home: Path) -> None:
    item = sent_in(office, {"weibo": {"title": "科技活动周来了"}})
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    entries = LogEntry.objects.count()
    for key in office.channels:
        frame(desk, item, key)
        everything(desk, item, key)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    assert (LogEntry.objects.count(), ChannelProduct.objects.count()) == (entries, 0)


def test_a_page_asks_the_database_as_often_for_many_pictures_as_for_one(desk: Client, office: Office) -> None:
    few, many = with_pictures(1), with_pictures(12)
    desk.get("/me/")
    assert questions(desk, few) == questions(desk, many) <= 20


def with_pictures(number: int) -> Item:
    media = tuple(picture(size=(60 + place, 40), name=f"{place}.png") for place in range(number))
    html = "".join(f'<figure><img src="asset:{medium.sha256}" alt="图"></figure>' for medium in media)
    return submitted(html=f"<p>正文。</p>{html}", media=media)


def questions(desk: Client, item: Item) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(f"/items/{item.pk}/previews/wechat/").status_code == 200
    return len(asked)


def test_a_product_that_takes_time_lets_the_page_answer_and_come_again(
    desk: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = submitted()
    monkeypatch.setattr("publisher.web.previews.page.HERE_WAIT_S", 0)
    monkeypatch.setattr("publisher.web.previews.subjects.workshop", Busy())
    page = desk.get(f"/items/{item.pk}/previews/wechat/")
    assert (page.status_code, page.headers["Refresh"], elements(page, "iframe")) == (200, "2", [])
    assert links(page, ".look a") == [f"/items/{item.pk}/previews/wechat/"]
