"""The Weibo stand-in does what the documentation says, errors included."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from channels.sandbox.books import now
from channels.sandbox.server import Sandbox
from channels.sandbox.weibo.numbers import next_mid, second_of, to_base62
from channels.sandbox.weibo.text import shorten, tidy, units
from tests.channels.sandbox_callers import SHARE, SITE, TIMELINE, WeiboCaller, picture

LINK = f"{SITE}/item/1"


@pytest.fixture
def weibo(sandbox: Sandbox) -> WeiboCaller:
    return WeiboCaller(sandbox)


@pytest.mark.parametrize("where", ["form", "query", "header"])
def test_token_is_taken_wherever_it_may_stand(sandbox: Sandbox, where: str) -> None:
    token = {"access_token": sandbox.weibo.settings.access_token}
    response = requests.post(
        sandbox.url + SHARE,
        params=token if where == "query" else {},
        data={"status": LINK} | (token if where == "form" else {}),
        headers={"Authorization": f"OAuth2 {token['access_token']}"} if where == "header" else {},
        timeout=5,
    )
    assert (response.status_code, len(sandbox.weibo.posts)) == (200, 1)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({}, 400, 10006, id="none"),
        pytest.param({"Authorization": "Bearer sandbox-access-token"}, 400, 10006, id="wrong scheme"),
        pytest.param({"Authorization": "OAuth2 wrong"}, 403, 21332, id="unknown"),
    ],
)
def test_bad_tokens_are_refused(weibo: WeiboCaller, headers: dict[str, str], status: int, code: int) -> None:
    response = weibo.post(SHARE, {"status": LINK}, headers=headers)
    assert (response.status_code, response.json()["error_code"], response.json()["request"]) == (status, code, SHARE)


def test_expired_token_is_refused(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.token_expired = True
    assert weibo.share()["error_code"] == 21327


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", 20008, id="empty"),
        pytest.param("  \n ", 20008, id="blank"),
        pytest.param("没有链接", 10017, id="no link"),
        pytest.param("http://elsewhere.example/ 通知", 10017, id="foreign link"),
        pytest.param("http://sub.www.example.gov.cn/1", 10017, id="sub-domain"),
        pytest.param("字" * 130 + f" {LINK}", 20012, id="281 units"),
    ],
)
def test_texts_that_are_refused(weibo: WeiboCaller, text: str, code: int) -> None:
    assert weibo.share(text)["error_code"] == code
    assert weibo.sandbox.weibo.posts == []


def test_text_of_280_units_is_taken_however_long_its_link(weibo: WeiboCaller) -> None:
    assert weibo.share("字" * 129 + f"x {SITE}/{'long/' * 60}")["textLength"] == 280


def test_app_without_domains_hears_another_10017(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    assert "text not find domain!" in weibo.share("没有链接")["error"]
    sandbox.weibo.settings.safe_domains = ()
    assert "appkey not bind domain!" in weibo.share()["error"]


def test_links_are_shortened_and_topics_vanish(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    answer = weibo.share(f"  #科技# 一  二 {SITE}/a#x#y & 三\n")
    short = re.search(r"http://t\.cn/A6\w{6}", answer["text"])
    assert short is not None
    assert answer["text"] == f"一 二 {short[0]} &amp; 三"
    assert answer["url_objects"][0]["info"]["url_long"] == f"{SITE}/a#x#y"
    assert sandbox.weibo.posts[0].link == f"{SITE}/a#x#y"


def test_answer_has_the_fields_of_a_status(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    answer = weibo.share()
    assert answer["idstr"] == answer["mid"] == str(answer["id"])
    written = datetime.strptime(answer["created_at"], "%a %b %d %H:%M:%S %z %Y")
    assert abs((now() - written).total_seconds()) < 5
    assert second_of(answer["id"]) == written.timestamp()
    assert answer["user"]["idstr"] == sandbox.weibo.settings.uid
    page = f"{sandbox.url}/weibo/{sandbox.weibo.settings.uid}/{to_base62(answer['id'])}"
    assert sandbox.weibo.posts[0].url == page
    assert requests.get(page, timeout=5).status_code == 200


def test_same_text_is_refused_while_the_window_covers_it(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    weibo.share(f"通知 {LINK}")
    response = weibo.post(SHARE, {"status": f"  通知  {LINK}"})
    assert (response.status_code, response.json()["error_code"]) == (400, 20019)
    sandbox.weibo.settings.repeat_window = 0
    assert "mid" in weibo.share(f"通知 {LINK}")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_picture_is_kept_and_served(weibo: WeiboCaller, kind: str) -> None:
    answer = weibo.share(files={"pic": ("a", picture(kind))})
    assert requests.get(answer["original_pic"], timeout=5).content == picture(kind)
    assert answer["pic_urls"] == [{"thumbnail_pic": answer["thumbnail_pic"]}]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"files": {"pic": ("a.jpg", b"no picture")}}, 20005, id="no picture"),
        pytest.param({"files": {"pic": ("a.bmp", picture("BMP"))}}, 20005, id="bmp"),
        pytest.param({"files": {"pic": ("a.png", picture() + bytes(5 * 1024 * 1024))}}, 20006, id="five megabytes"),
        pytest.param({"params": {"pic": "bytes"}}, 20007, id="not multipart"),
    ],
)
def test_bad_pictures_are_refused(weibo: WeiboCaller, options: dict[str, Any], code: int) -> None:
    assert weibo.share(**options)["error_code"] == code
    assert weibo.sandbox.weibo.posts == []


@pytest.mark.parametrize(("rip", "code"), [("", 10016), ("abc", 10017), ("203.0.113.7", None)])
def test_callers_address_is_asked_for_where_required(
    weibo: WeiboCaller, sandbox: Sandbox, rip: str, code: int | None
) -> None:
    sandbox.weibo.settings.require_rip = True
    assert weibo.post(SHARE, {"status": LINK, "rip": rip}).json().get("error_code") == code


def test_timeline_shows_the_newest_five(weibo: WeiboCaller) -> None:
    mids = [weibo.share(f"{number} {LINK}")["mid"] for number in range(7)]
    answer = weibo.get(TIMELINE, count=100, trim_user=1)
    assert [row["mid"] for row in answer["statuses"]] == mids[:1:-1]
    assert answer["total_number"] == 7
    assert {row["uid"] for row in answer["statuses"]} == {1234567890}
    assert [row["mid"] for row in weibo.get(TIMELINE, since_id=mids[5])["statuses"]] == [mids[6]]
    assert [row["mid"] for row in weibo.get(TIMELINE, max_id=mids[3])["statuses"]] == [mids[3], mids[2]]
    assert [row["mid"] for row in weibo.get(TIMELINE, count=2, page=2)["statuses"]] == [mids[4], mids[3]]


def test_timeline_knows_what_the_app_posted(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    mid = weibo.share()["mid"]
    by_hand = sandbox.weibo.post_by_hand("手工发布")
    assert [row["mid"] for row in weibo.get(TIMELINE, base_app=1)["statuses"]] == [mid]
    assert [row["mid"] for row in weibo.get(TIMELINE)["statuses"]] == [str(by_hand.mid), mid]


def test_timeline_may_lag(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.visible_after_s = 60
    mid = weibo.share()["mid"]
    assert weibo.get(TIMELINE)["statuses"] == []
    assert weibo.get("/2/statuses/show.json", id=mid)["mid"] == mid
    assert weibo.share()["error_code"] == 20019


@pytest.mark.parametrize("who", [{"uid": "1"}, {"screen_name": "别人"}], ids=["uid", "name"])
def test_timeline_of_others_is_closed(weibo: WeiboCaller, who: dict[str, str]) -> None:
    assert weibo.get(TIMELINE, **who)["error_code"] == 21335


def test_destroyed_post_is_gone(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    mid = weibo.share()["mid"]
    url = sandbox.weibo.posts[0].url
    assert weibo.post("/2/statuses/destroy.json", {"id": mid}).json()["mid"] == mid
    assert weibo.post("/2/statuses/destroy.json", {"id": mid}).json()["error_code"] == 20101
    assert weibo.get("/2/statuses/show.json", id=mid)["error_code"] == 20101
    assert weibo.get("/2/statuses/count.json", ids=mid) == []
    assert requests.get(url, timeout=5).status_code == 404
    assert ([str(post.mid) for post in sandbox.weibo.destroyed], sandbox.weibo.posts) == ([mid], [])


def test_counts_come_for_many_posts_at_once(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.attitudes = 12
    mids = [weibo.share(f"{number} {LINK}")["mid"] for number in range(2)]
    rows = weibo.get("/2/statuses/count.json", ids=",".join([*mids, "404"]))
    assert [(str(row["id"]), row["attitudes"]) for row in rows] == [(mid, 12) for mid in mids]
    assert weibo.get("/2/statuses/count.json", ids=",".join(["1"] * 101))["error_code"] == 20009


def test_account_calls_tell_who_it_is(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    settings = sandbox.weibo.settings
    assert weibo.get("/2/account/get_uid.json") == {"uid": int(settings.uid)}
    assert weibo.get("/2/users/show.json", uid=settings.uid)["screen_name"] == settings.screen_name
    info = weibo.post("/oauth2/get_token_info", {}).json()
    assert (info["uid"], info["appkey"]) == (int(settings.uid), settings.app_key)
    assert info["expire_in"] > 0


def test_posts_per_hour_are_limited(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.posts_per_hour = 1
    weibo.share()
    response = weibo.post(SHARE, {"status": f"另一条 {LINK}"})
    assert (response.status_code, response.json()["error_code"], len(sandbox.weibo.posts)) == (403, 10024, 1)


def test_calls_per_day_are_limited_but_asking_for_the_limit_is_free(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.calls_per_day = 1
    weibo.get("/2/account/get_uid.json")
    assert weibo.get("/2/account/get_uid.json")["error_code"] == 10023
    answer = weibo.get("/2/account/rate_limit_status.json")
    assert (answer["remaining_user_hits"], answer["user_limit"]) == (0, 1)
    assert 0 < answer["reset_time_in_seconds"] <= 3600


@pytest.mark.parametrize(
    ("path", "code"),
    [("/2/statuses/update.json", 10014), ("/2/unknown.json", 10020), (TIMELINE, 10021)],
    ids=["not granted", "unknown", "wrong method"],
)
def test_paths_that_are_not_open(weibo: WeiboCaller, path: str, code: int) -> None:
    assert weibo.post(path, {}).json()["error_code"] == code


def test_cards_show_text_as_text(weibo: WeiboCaller, sandbox: Sandbox) -> None:
    weibo.share(f"<script>alert(1)</script> {LINK}")
    page = requests.get(f"{sandbox.url}/weibo/", timeout=5).text
    assert "<script" not in page
    assert f'href="{LINK}"' in page


def test_books_survive_a_restart(tmp_path: Path) -> None:
    with Sandbox(store=tmp_path) as first:
        WeiboCaller(first).share(files={"pic": ("a.png", picture())})
        before = first.weibo.posts, first.weibo.calls
    with Sandbox(store=tmp_path) as second:
        assert (second.weibo.posts, second.weibo.calls) == before
        assert WeiboCaller(second).share()["error_code"] == 20019
        stored = second.weibo.picture_shelf.all()[0]
        assert stored.content == picture()


@pytest.mark.parametrize(
    ("mid", "name"),
    [
        (4331051486294436, "Hd1N2qpta"),
        (4404101091169383, "I1IGF4Ud1"),
        (3512191498379699, "z579Hz9Wr"),
        (3500330408906190, "z08AUBmUe"),
    ],
)
def test_base62_of_known_posts(mid: int, name: str) -> None:
    assert to_base62(mid) == name


@given(latest=st.integers(0, 2**52), at=st.datetimes(datetime(2020, 1, 1), datetime(2036, 1, 1)))  # noqa: DTZ001
def test_mids_grow(latest: int, at: datetime) -> None:
    assert next_mid(at.astimezone(), latest) > latest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"通知 {LINK}", 25),
        ("字" * 129 + f" {LINK}", 279),
        ("é", 1),
        ("“—”", 6),
        ("😀", 4),
        (f"  {LINK} {LINK}\n", 41),
    ],
)
def test_units_are_counted_as_documented(text: str, expected: int) -> None:
    assert units(text) == expected


@given(text=st.text(max_size=60))
def test_shortening_changes_nothing_but_links(text: str) -> None:
    kept, links = shorten(f"{text} {LINK}")
    for link in links:
        kept = kept.replace(link.short, link.long)
    assert kept == f"{text} {LINK}"


@given(text=st.text(max_size=60))
def test_tidying_twice_changes_nothing_more_than_topics(text: str) -> None:
    assert not tidy(text).startswith(" ")
    assert "  " not in tidy(text)
    assert len(tidy(text)) <= len(text)
