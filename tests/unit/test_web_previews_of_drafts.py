"""Previews of drafts, and the form in which a channel is given its own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels.markup import plain_text
from channels.newspaper.fitting import cells
from publisher.items.drafts import files, saving, sending
from publisher.items.drafts.content import Content, content_of
from publisher.items.models import Draft, DraftState, Item, Variant
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.review.products import drafts as products
from tests.channels.samples import picture
from tests.desk_samples import elements, links, sign_in, submitted, texts
from tests.workshops import Busy
from tests.world import write_office

pytestmark = [pytest.mark.django_db, pytest.mark.once]

REPORT = Path(__file__).parents[1] / "data" / "science-week.docx"
OWN = {"title": "科技活动周来了", "summary": "五月十九日，公园见。"}


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    sign_in(client)
    return client


@pytest.fixture
def draft(office: Office) -> Draft:
    """A draft of a real Word file for all channels."""
    content = Content(column="dynamics", channels=tuple(office.channels), section="规划科")
    content, _notes = files.with_manuscript(content, REPORT.name, REPORT.read_bytes())
    return saving.begin(office, content, by="zhangwei", now=timezone.now())


def address(draft: Draft, channel: str = "weibo") -> str:
    return f"/drafts/{draft.pk}/previews/{channel}/"


def state(desk: Client, draft: Draft, channel: str = "weibo") -> str:
    (field,) = elements(desk.get(address(draft, channel)), "input[name=state]")
    return str(field["value"])


def say(desk: Client, draft: Draft, channel: str = "weibo", **fields: str) -> Any:
    """Send the form as the page that is open now would."""
    return desk.post(address(draft, channel), {"state": state(desk, draft, channel), **fields})


def variants(draft: Draft) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = Draft.objects.get(pk=draft.pk).variants
    return found


def shown(desk: Client, draft: Draft, channel: str, query: str) -> list[str]:
    (frame,) = elements(desk.get(address(draft, channel)), "iframe")
    return texts(desk.get(str(frame["src"])), query)


def test_own_words_are_kept_and_shown(desk: Client, draft: Draft) -> None:
    answer = say(desk, draft, **OWN)
    assert (answer.status_code, answer.headers["Location"]) == (302, address(draft))
    assert variants(draft) == {"weibo": OWN}
    assert shown(desk, draft, "weibo", ".text") == ["【科技活动周来了】五月十九日，公园见。 网页链接"]
    assert shown(desk, draft, "wechat", "h1") == ["攀枝花市启动2018年科技活动周"]


def test_what_is_shown_is_what_is_released_once_it_is_sent_up(desk: Client, office: Office, draft: Draft) -> None:
    item = submitted("前一稿")
    draft = sending.draft_of(item, by="zhangwei", now=timezone.now())
    say(desk, draft, **OWN)
    (frame,) = elements(desk.get(address(draft)), "iframe")
    before = desk.get(str(frame["src"])).content
    (digest,) = texts(desk.get(address(draft)), ".digest code")
    revision = sending.send_up(office, Draft.objects.get(pk=draft.pk), by="zhangwei", now=timezone.now())
    made = {product.entry.key: product.product for product in products(office, revision)}
    assert made["weibo"] is not None
    assert made["weibo"].digest == digest
    assert desk.get(address(draft)).headers["Location"] == f"/items/{item.pk}/previews/weibo/"
    after = desk.get(f"/items/{item.pk}/previews/weibo/index.html").content
    assert without_time(after) == without_time(before)


def without_time(page: bytes) -> str:
    lines = page.decode().splitlines()
    return "\n".join(line for line in lines if "<time" not in line)


def test_the_items_own_again(desk: Client, draft: Draft) -> None:
    say(desk, draft, **OWN)
    say(desk, draft, **OWN, own="title")
    assert variants(draft) == {"weibo": {"summary": OWN["summary"]}}
    say(desk, draft, title="", summary=" \n ")
    assert variants(draft) == {}


def test_the_way_back_to_the_items_own_is_shown_where_there_is_something_else(desk: Client, draft: Draft) -> None:
    say(desk, draft, title="短")
    hidden = {e.button["value"]: e.has_attr("hidden") for e in elements(desk.get(address(draft)), ".again") if e.button}
    assert hidden == {"title": False, "summary": True}


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("portal", {"state", "title", "summary", "html"}),
        ("wechat", {"state", "title", "summary", "html", "cover"}),
        ("weibo", {"state", "title", "summary", "cover"}),
        ("daily", {"state", "title", "html"}),
    ],
)
def test_the_form_has_what_the_channel_has_a_use_for(
    desk: Client, draft: Draft, channel: str, fields: set[str]
) -> None:
    named = elements(desk.get(address(draft, channel)), ".own-words [name]")
    others = {"csrfmiddlewaretoken", "own", "start"}
    assert {str(e["name"]) for e in named} - others == fields
    labels = {str(label["for"]) for label in elements(desk.get(address(draft, channel)), ".own-words label[for]")}
    assert {str(e["id"]) for e in named if e.name == "textarea"} <= labels


def test_another_picture_may_stand_for_it_and_a_strange_one_may_not(desk: Client, draft: Draft) -> None:
    first, second = (asset.sha256 for asset in draft.assets.all())
    say(desk, draft, cover=second)
    assert variants(draft) == {"weibo": {"cover": second}}
    (frame,) = elements(desk.get(address(draft)), "iframe")
    (image,) = elements(desk.get(str(frame["src"])), ".picture")
    assert image["src"] == f"{second}.png"
    say(desk, draft, cover=picture("pink").sha256)
    assert variants(draft) == {}
    assert first != second


def test_an_own_text_begins_with_the_items_and_keeps_its_pictures(desk: Client, draft: Draft) -> None:
    page = desk.post(address(draft, "daily"), {"state": state(desk, draft, "daily"), "title": "短", "start": "html"})
    (field,) = elements(page, "#own-html")
    assert "<table>" in field.get_text()
    assert f"/drafts/{draft.pk}/assets/" in field.get_text()
    assert variants(draft) == {}
    say(desk, draft, "daily", title="短", html=field.get_text())
    assert variants(draft) == {"daily": {"title": "短"}}
    kept = field.get_text().split("<table>")[0]
    say(desk, draft, "daily", html=kept)
    assert variants(draft)["daily"]["html"] in draft.html
    assert 'src="asset:' in variants(draft)["daily"]["html"]


def test_an_own_text_is_cleaned(desk: Client, draft: Draft) -> None:
    say(desk, draft, "daily", html="<p onclick=x>短<script>alert(1)</script>讯</p>")
    assert variants(draft) == {"daily": {"html": "<p>短讯</p>"}}


def test_what_somebody_else_said_meanwhile_is_not_overwritten_unseen(desk: Client, draft: Draft) -> None:
    mine = state(desk, draft)
    say(desk, draft, title="别人的")
    answer = desk.post(address(draft), {"state": mine, "title": "我的"})
    assert answer.status_code == 409
    assert "别人的" in texts(answer, ".told .reason")[-1]
    assert texts(answer, "#own-title") == ["我的"]
    assert variants(draft) == {"weibo": {"title": "别人的"}}
    (field,) = elements(answer, "input[name=state]")
    desk.post(address(draft), {"state": str(field["value"]), "title": "我的"})
    assert variants(draft) == {"weibo": {"title": "我的"}}


def test_channels_and_the_writer_do_not_disturb_each_other(desk: Client, office: Office, draft: Draft) -> None:
    weibo, wechat = state(desk, draft), state(desk, draft, "wechat")
    desk.post(address(draft), {"state": weibo, "title": "微博"})
    desk.post(address(draft, "wechat"), {"state": wechat, "title": "微信"})
    assert {key: said["title"] for key, said in variants(draft).items()} == {"weibo": "微博", "wechat": "微信"}
    # The page on which the draft is written knows nothing of it, and saves what it saw.
    content = replace(content_of(draft), title="新标题", variants={})
    hand = saving.Hand("zhangwei", draft.version)
    saving.save(Draft.objects.get(pk=draft.pk), content, hand, now=timezone.now())
    assert set(variants(draft)) == {"weibo", "wechat"}


def test_nothing_is_kept_in_a_draft_that_was_sent_up(desk: Client, office: Office, draft: Draft) -> None:
    open_page = state(desk, draft)
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.DISCARDED)
    answer = desk.post(address(draft), {"state": open_page, **OWN})
    assert answer.status_code == 400
    assert texts(answer, "#own-title") == [OWN["title"]]
    assert variants(draft) == {}


def test_own_words_go_up_with_the_draft(desk: Client, office: Office) -> None:
    item = submitted("科技活动周启动")
    answer = desk.post(f"/items/{item.pk}/own-words/weibo/")
    draft = Draft.objects.get(item=item)
    assert answer.headers["Location"] == address(draft)
    say(desk, draft, **OWN)
    revision = sending.send_up(office, Draft.objects.get(pk=draft.pk), by="zhangwei", now=timezone.now())
    assert list(Variant.objects.values_list("revision", "channel", "title")) == [(revision.pk, "weibo", OWN["title"])]
    # And come back where it is revised again.
    again = sending.draft_of(item, by="zhangwei", now=timezone.now())
    assert again.variants == {"weibo": OWN}


def test_looking_at_a_draft_writes_nothing(desk: Client, draft: Draft, home: Path, office: Office) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    kept = Draft.objects.values().get(pk=draft.pk)
    for key in office.channels:
        page = desk.get(address(draft, key))
        for link in (str(elements(page, "iframe")[0]["src"]), *links(page, ".files a")):
            assert desk.get(link).status_code == 200
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    assert Draft.objects.values().get(pk=draft.pk) == kept
    assert (Item.objects.count(), LogEntry.objects.count(), draft.versions.count()) == (0, 0, 1)


def test_a_draft_without_a_word_can_be_looked_at(desk: Client, office: Office) -> None:
    draft = saving.begin(office, Content(channels=tuple(office.channels)), by="zhangwei", now=timezone.now())
    for key in office.channels:
        page = desk.get(address(draft, key))
        assert page.status_code == 200
        assert texts(page, ".verdict .bad")


def test_a_draft_for_no_channel_goes_back_to_its_page(desk: Client, office: Office) -> None:
    draft = saving.begin(office, Content(title="通知"), by="zhangwei", now=timezone.now())
    assert desk.get(f"/drafts/{draft.pk}/previews/").headers["Location"] == f"/drafts/{draft.pk}/"
    assert desk.get(address(draft)).status_code == 404


def test_nobody_types_into_a_page_that_comes_again(desk: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page = state(desk, draft)
    say(desk, draft, title="别人的")
    monkeypatch.setattr("publisher.web.previews.subjects.workshop", Busy())
    page = desk.get(address(draft))
    assert (page.headers["Refresh"], elements(page, ".own-words"), elements(page, "iframe")) == ("2", [], [])
    # What was typed meanwhile is not lost for it.
    answer = desk.post(address(draft), {"state": open_page, "title": "我的"})
    assert (answer.status_code, texts(answer, "#own-title")) == (409, ["我的"])
    assert "Refresh" not in answer.headers


def test_a_shorter_text_is_proposed_where_the_column_is_too_small(desk: Client, office: Office, draft: Draft) -> None:
    page = desk.get(address(draft, "daily"))
    assert [button["value"] for button in elements(page, "button[name=start]")] == ["html"]
    write_office(office.path.parent, "http://127.0.0.1:9", changes=[("capacity_chars = 1200", "capacity_chars = 60")])
    get_office.cache_clear()
    page = desk.post(address(draft, "daily"), {"state": state(desk, draft, "daily"), "start": "shorter"})
    (field,) = elements(page, "#own-html")
    assert 0 < cells(plain_text(field.get_text())) <= 60
    assert "Proposed by the program" in page.content.decode()
    assert variants(draft) == {}
