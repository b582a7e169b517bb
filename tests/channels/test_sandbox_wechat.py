"""The WeChat stand-in does what the documentation says, errors included."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fragment_fromstring

from channels.sandbox.server import Sandbox
from channels.sandbox.wechat.markup import filter_article, for_readers, plain_text
from tests.channels.sandbox_callers import SITE, SUBMIT, WechatCaller, picture

UPLOAD = "/cgi-bin/media/uploadimg"
LIBRARY = "/cgi-bin/material/add_material"


@pytest.fixture
def wechat(sandbox: Sandbox) -> WechatCaller:
    return WechatCaller(sandbox)


@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"grant_type": "password"}, 40002, id="grant type"),
        pytest.param({"appid": ""}, 41002, id="no app id"),
        pytest.param({"appid": "wx0"}, 40013, id="app id"),
        pytest.param({"secret": ""}, 41004, id="no secret"),
        pytest.param({"secret": "wrong"}, 40125, id="secret"),
    ],
)
def test_wrong_credentials_get_no_token(wechat: WechatCaller, path: str, changes: dict[str, str], code: int) -> None:
    assert wechat.ask_token(path, **changes)["errcode"] == code


def test_stable_token_stays_the_same_and_plain_token_changes(wechat: WechatCaller) -> None:
    assert wechat.ask_token()["access_token"] == wechat.ask_token()["access_token"]
    first, second = (wechat.ask_token("/cgi-bin/token")["access_token"] for _ in range(2))
    assert first != second
    wechat.token = first  # lives on for some minutes
    assert "errcode" not in wechat.raw("/cgi-bin/draft/count", method="GET").json()


def test_forced_refresh_ends_the_old_token_but_not_twice_in_a_row(wechat: WechatCaller, sandbox: Sandbox) -> None:
    old = wechat.ask_token()["access_token"]
    assert wechat.ask_token(force_refresh=True)["access_token"] == old  # sooner than the gap: nothing happens
    sandbox.wechat.settings.force_gap_s = 0
    assert wechat.ask_token(force_refresh=True)["access_token"] != old
    wechat.token = old
    assert wechat.raw("/cgi-bin/draft/count", method="GET").json()["errcode"] == 40001


def test_stable_token_is_renewed_in_its_last_minutes_and_both_live(wechat: WechatCaller, sandbox: Sandbox) -> None:
    old = wechat.ask_token()["access_token"]
    sandbox.wechat.settings.token_lives_s, sandbox.wechat.settings.token_overlap_s = 10_000, 8_000
    new = wechat.ask_token()["access_token"]
    assert new != old
    for wechat.token in (old, new):
        assert "errcode" not in wechat.raw("/cgi-bin/draft/count", method="GET").json()


@pytest.mark.parametrize(("token", "code"), [("", 41001), ("x", 40014), ("x" * 136, 40001)], ids=str)
def test_calls_need_a_good_token(sandbox: Sandbox, token: str, code: int) -> None:
    response = requests.post(sandbox.url + SUBMIT, params={"access_token": token}, json={"media_id": "x"}, timeout=5)
    assert (response.status_code, response.json()["errcode"]) == (200, code)
    assert " rid: " in response.json()["errmsg"]


def test_expired_and_revoked_tokens_are_told_apart(wechat: WechatCaller, sandbox: Sandbox) -> None:
    assert "errcode" not in wechat.raw("/cgi-bin/draft/count", method="GET").json()
    sandbox.wechat.expire_tokens()
    assert wechat.raw("/cgi-bin/draft/count", method="GET").json()["errcode"] == 42001
    sandbox.wechat.revoke_tokens()
    assert wechat.raw("/cgi-bin/draft/count", method="GET").json()["errcode"] == 40001


def test_token_endpoints_heed_the_list_of_addresses(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.ip_whitelist = ("192.0.2.1",)
    answer = wechat.ask_token()
    assert (answer["errcode"], "127.0.0.1" in answer["errmsg"]) == (40164, True)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("a.png", b"", 44001, id="empty"),
        pytest.param("a", picture(), 40113, id="no ending"),
        pytest.param("a.pdf", picture(), 40113, id="odd ending"),
        pytest.param("a.jpg", picture(), 40113, id="ending of another format"),
        pytest.param("a.jpg", b"no picture at all", 40137, id="no picture"),
        pytest.param("a.png", picture()[:40], 40137, id="broken picture"),
        pytest.param("a.gif", picture("GIF"), 40005, id="gif in a text"),
        pytest.param("a.bmp", picture("BMP", (700, 600)), 40005, id="bmp in a text"),
        pytest.param("a.png", picture() + bytes(1024 * 1024), 40009, id="one megabyte"),
    ],
)
def test_pictures_are_checked_by_content(wechat: WechatCaller, name: str, content: bytes, code: int) -> None:
    assert wechat.upload(UPLOAD, content, name)["errcode"] == code
    assert wechat.sandbox.wechat.images == []


def test_upload_without_a_file_is_told_so(wechat: WechatCaller) -> None:
    assert wechat.raw(UPLOAD, b"x=1").json()["errcode"] == 41005


def test_uploaded_pictures_are_kept_and_served(wechat: WechatCaller, sandbox: Sandbox) -> None:
    url = wechat.upload(UPLOAD, picture("JPEG"), "a.jpg")["url"]
    response = requests.get(url, timeout=5)
    assert (response.content, response.headers["Content-Type"]) == (picture("JPEG"), "image/jpeg")
    assert [entry.url for entry in sandbox.wechat.images] == [url]


def test_library_lists_newest_first_with_names(wechat: WechatCaller) -> None:
    for name in ("item-1-ab.png", "item-2-cd.png", "item-3-ef.png"):
        wechat.upload(LIBRARY, picture(), name, type="image")
    page = wechat.post("/cgi-bin/material/batchget_material", {"type": "image", "offset": 1, "count": 1})
    assert (page["total_count"], page["item_count"]) == (3, 1)
    assert page["item"][0]["name"] == "item-2-cd.png"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"title": ""}, 47001, id="no title"),
        pytest.param({"title": 5}, 47001, id="title of wrong type"),
        pytest.param({"title": "题" * 33}, 45003, id="long title"),
        pytest.param({"author": "九个汉字的作者名字"}, 45110, id="long author"),
        pytest.param({"digest": "摘" * 121}, 45004, id="long digest"),
        pytest.param({"content": ""}, 44004, id="no content"),
        pytest.param({"content": "<p>" + "x" * 20_000}, 45002, id="long content"),
        pytest.param(
            {"content": "<script>x()</script><img src='http://elsewhere.example/a.png'>"}, 44004, id="nothing left"
        ),
        pytest.param({"content_source_url": "http://a/" + "x" * 1024}, 45005, id="long source"),
        pytest.param({"content_source_url": "javascript:x"}, 41039, id="odd source"),
        pytest.param({"thumb_media_id": ""}, 40007, id="no cover"),
        pytest.param({"thumb_media_id": "unknown"}, 40007, id="unknown cover"),
    ],
)
def test_draft_fields_are_checked(wechat: WechatCaller, changes: dict[str, object], code: int) -> None:
    assert wechat.add(**changes)["errcode"] == code
    assert wechat.sandbox.wechat.drafts == []


@pytest.mark.parametrize(
    "changes",
    [{"title": "题" * 32}, {"author": "八个汉字作者名字"}, {"digest": "摘" * 120}, {"content": "字" * 19_999}],
    ids=["title", "author", "digest", "content"],
)
def test_drafts_at_the_limit_are_taken(wechat: WechatCaller, changes: dict[str, str]) -> None:
    assert "media_id" in wechat.add(**changes)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", 44002, id="nothing"),
        pytest.param(b"{", 47001, id="half"),
        pytest.param(b'{"articles": {}}', 47001, id="object for list"),
        pytest.param(b'{"articles": []}', 44003, id="no articles"),
        pytest.param('{"articles": [{"title": "题"}]}'.encode("gbk"), 40033, id="not UTF-8"),
        pytest.param(json.dumps({"articles": [{"title": "t"}] * 9}).encode(), 45008, id="nine articles"),
    ],
)
def test_broken_bodies_are_refused(wechat: WechatCaller, body: bytes, code: int) -> None:
    assert wechat.raw("/cgi-bin/draft/add", body).json()["errcode"] == code


def test_escaped_json_is_counted_and_shown_as_it_was_sent(wechat: WechatCaller, sandbox: Sandbox) -> None:
    fits, too_long = ({"articles": [wechat.article(title="题" * count, author="")]} for count in (10, 11))
    assert "media_id" in wechat.raw("/cgi-bin/draft/add", json.dumps(fits).encode()).json()
    assert sandbox.wechat.drafts[0].title == r"\u9898" * 10
    assert wechat.raw("/cgi-bin/draft/add", json.dumps(too_long).encode()).json()["errcode"] == 45003


def test_backslashes_that_are_no_escapes_stay(wechat: WechatCaller, sandbox: Sandbox) -> None:
    wechat.add(title=r"C:\users \n \\u4e00" + "\n")
    assert sandbox.wechat.drafts[0].title == r"C:\users \n \\u4e00" + "\n"


def test_read_back_is_written_anew_without_a_charset(wechat: WechatCaller) -> None:
    own = wechat.upload(UPLOAD, picture())["url"]
    content = (
        f'<p id="a" style="color:#FA5151">一<br>二<a href="http://x.example/">三</a></p><img src="{own}"><!-- x -->'
    )
    media_id = wechat.draft(content=content)
    response = wechat.raw("/cgi-bin/draft/get", json.dumps({"media_id": media_id}).encode())
    assert response.headers["Content-Type"] == "text/plain"
    item = json.loads(response.content)["news_item"][0]
    assert item["content"] == (
        f'<p style="color:rgb(250, 81, 81);"><span leaf="">一</span><br  />二三</p><img data-src="{own}">'
    )
    assert item["content_source_url"] == f"{SITE}/item/1?a=1&amp;b=2"
    assert requests.get(item["url"], timeout=5).status_code == 200


def test_empty_digest_is_taken_from_the_text(wechat: WechatCaller, sandbox: Sandbox) -> None:
    wechat.add(content=f"<h2>题</h2><p>{'文' * 80}</p>", digest="")
    assert sandbox.wechat.drafts[0].articles[0].digest == "题" + "文" * 53


def test_draft_box_pages_counts_and_deletes_twice(wechat: WechatCaller) -> None:
    first, second = wechat.draft(title="一"), wechat.draft(title="二")
    page = wechat.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 1, "no_content": 1})
    assert [row["media_id"] for row in page["item"]] == [second]
    assert "content" not in page["item"][0]["content"]["news_item"][0]
    for _ in range(2):
        assert wechat.post("/cgi-bin/draft/delete", {"media_id": first})["errcode"] == 0
    assert wechat.raw("/cgi-bin/draft/count", method="GET").json() == {"total_count": 1}
    assert wechat.post("/cgi-bin/draft/get", {"media_id": first})["errcode"] == 40007


def test_publication_takes_its_time_and_uses_up_the_draft(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.publish_takes_s = 60
    under_way = wechat.draft()
    publish_id = wechat.submit(under_way)["publish_id"]
    assert wechat.outcome(publish_id)["publish_status"] == 1
    assert [draft.media_id for draft in sandbox.wechat.drafts] == [under_way]
    assert sandbox.wechat.published == []
    sandbox.wechat.settings.publish_takes_s = 0
    finished = wechat.draft(title="已完成")
    answer = wechat.outcome(wechat.submit(finished)["publish_id"])
    assert (answer["publish_status"], answer["article_detail"]["count"]) == (0, 1)
    assert wechat.post("/cgi-bin/draft/get", {"media_id": finished})["errcode"] == 40007
    assert wechat.submit(finished)["errcode"] == 40007
    assert [entry.title for entry in sandbox.wechat.published] == ["已完成"]


def test_second_submit_under_way_makes_a_second_publication(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.publish_takes_s = 60
    draft = wechat.draft()
    assert wechat.submit(draft)["publish_id"] != wechat.submit(draft)["publish_id"]
    assert [entry.media_id for entry in sandbox.wechat.submitted] == [draft, draft]


@pytest.mark.parametrize(
    ("outcome", "blamed", "draft_stays"),
    [(2, [1], True), (3, [], True), (4, [1], True), (5, [], False), (6, [], False)],
    ids=["not original", "failed", "refused by review", "deleted", "banned"],
)
def test_other_outcomes_are_no_publication(
    wechat: WechatCaller, sandbox: Sandbox, outcome: int, blamed: list[int], draft_stays: bool
) -> None:
    sandbox.wechat.settings.publish_outcome = outcome
    answer = wechat.publish()
    assert (answer["publish_status"], answer["fail_idx"]) == (outcome, blamed)
    assert (len(sandbox.wechat.drafts) == 1) is draft_stays
    assert sandbox.wechat.published == []


def test_list_and_article_lead_to_a_page(wechat: WechatCaller) -> None:
    answer = wechat.publish()
    page = wechat.post("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20, "no_content": 1})
    item = page["item"][0]["content"]["news_item"][0]
    url = answer["article_detail"]["item"][0]["article_url"]
    assert (page["item"][0]["article_id"], item["url"]) == (answer["article_id"], url)
    assert (
        wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": answer["article_id"]})["news_item"][0]["url"]
        == url
    )
    assert "全市科技工作会议召开" in requests.get(url, timeout=5).content.decode()


def test_list_may_lag_and_hide_the_source(wechat: WechatCaller, sandbox: Sandbox) -> None:
    wechat.publish()
    body = {"offset": 0, "count": 20, "no_content": 1}
    sandbox.wechat.settings.no_content_hides_source_url = True
    listed = wechat.post("/cgi-bin/freepublish/batchget", body)["item"][0]["content"]["news_item"][0]
    assert "content_source_url" not in listed
    sandbox.wechat.settings.listed_after_s = 60
    assert wechat.post("/cgi-bin/freepublish/batchget", body)["total_count"] == 0


@pytest.mark.parametrize(("offset", "count"), [(0, 0), (0, 21), (-1, 5)])
def test_pages_have_limits(wechat: WechatCaller, offset: int, count: int) -> None:
    body = {"offset": offset, "count": count, "no_content": 0}
    assert wechat.post("/cgi-bin/freepublish/batchget", body)["errcode"] == 40097


def test_deleting_takes_articles_one_by_one(wechat: WechatCaller, sandbox: Sandbox) -> None:
    both = [wechat.article(title="一"), wechat.article(title="二")]
    media_id = wechat.post("/cgi-bin/draft/add", {"articles": both})["media_id"]
    publish_id = wechat.submit(media_id)["publish_id"]
    article_id = wechat.outcome(publish_id)["article_id"]
    second_url = sandbox.wechat.published[0].urls[1]
    delete = "/cgi-bin/freepublish/delete"
    assert wechat.post(delete, {"article_id": article_id, "index": 2})["errcode"] == 0
    assert requests.get(second_url, timeout=5).status_code == 410
    assert wechat.outcome(publish_id)["publish_status"] == 0
    assert wechat.post(delete, {"article_id": article_id})["errcode"] == 0
    assert wechat.outcome(publish_id)["publish_status"] == 5
    assert (sandbox.wechat.published, len(sandbox.wechat.submitted)) == ([], 1)
    assert wechat.post(delete, {"article_id": "unknown"})["errcode"] == 53600


@pytest.mark.parametrize(("mixed", "code"), [(False, 45166), (True, 0)])
def test_a_picture_post_stands_by_itself(wechat: WechatCaller, sandbox: Sandbox, mixed: bool, code: int) -> None:
    sandbox.wechat.settings.mixed_drafts = mixed
    post = {
        "article_type": "newspic",
        "title": "图",
        "content": "文",
        "image_info": {"image_list": [{"image_media_id": wechat.cover()}]},
    }
    answer = wechat.post("/cgi-bin/draft/add", {"articles": [wechat.article(), post]})
    assert answer.get("errcode", 0) == code


def test_unverified_account_may_draft_but_not_publish(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.verified = False
    assert wechat.submit(wechat.draft())["errcode"] == 48001


def test_daily_quota_ends_with_45009_and_can_be_asked_for(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.daily_quotas[SUBMIT] = 1
    wechat.submit(wechat.draft())
    assert wechat.submit(wechat.draft(title="二"))["errcode"] == 45009
    quota = wechat.post("/cgi-bin/openapi/quota/get", {"cgi_path": SUBMIT})["quota"]
    assert quota == {"daily_limit": 1, "used": 1, "remain": 0}
    assert wechat.post("/cgi-bin/openapi/quota/get", {"cgi_path": "/x"})["errcode"] == 76021
    assert len(sandbox.wechat.submitted) == 1


def test_default_quotas_are_the_documented_ones(sandbox: Sandbox) -> None:
    quotas = sandbox.wechat.settings.daily_quotas
    names = ("submit", "get", "batchget", "getarticle", "delete")
    assert [quotas[f"/cgi-bin/freepublish/{name}"] for name in names] == [100, 100, 100, 100, 10]


def test_fresh_cover_may_be_unknown_for_a_while(wechat: WechatCaller, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.material_visible_after_s = 60
    assert wechat.add()["errcode"] == 40007
    sandbox.wechat.settings.material_visible_after_s = 0
    assert "media_id" in wechat.add()


def test_wrong_method_and_unknown_path_are_told(wechat: WechatCaller) -> None:
    assert wechat.raw(SUBMIT, method="GET").json()["errcode"] == 43002
    assert wechat.raw("/cgi-bin/draft/count", b"{}").json()["errcode"] == 43001
    assert wechat.raw("/cgi-bin/unknown", b"{}").json()["errcode"] == 40066


def test_pages_run_no_scripts_whatever_the_title_says(wechat: WechatCaller) -> None:
    hostile = "<script>alert(1)</script>"
    url = wechat.publish(title=hostile, content=f"<p onclick='x()'>文{hostile}</p>")["article_detail"]["item"][0][
        "article_url"
    ]
    response = requests.get(url, timeout=5)
    assert "<script" not in response.text
    assert "onclick" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    overview = requests.get(f"{wechat.sandbox.url}/wechat/", timeout=5).text
    assert "<script" not in overview


def test_books_survive_a_restart(tmp_path: Path) -> None:
    with Sandbox(store=tmp_path) as first:
        first.wechat.settings.publish_takes_s = 0
        caller = WechatCaller(first)
        caller.publish()
        media_id = caller.draft(title="草稿")
        before = first.wechat.published, first.wechat.drafts, first.wechat.materials, first.wechat.calls
    with Sandbox(store=tmp_path) as second:
        after = second.wechat.published, second.wechat.drafts, second.wechat.materials, second.wechat.calls
        assert after == before
        again = WechatCaller(second)
        again.token = caller.token
        assert again.submit(media_id)["errcode"] == 0


@given(html=st.text(alphabet=st.sampled_from("<>/=\"'& abscriptonleaf;:x-!汉"), max_size=60))
def test_filter_leaves_nothing_that_runs(html: str) -> None:
    content = (
        f"<p>字{html}</p><script>{html}</script><img src='//x.example/a' onerror='x()'><a href='javascript:x()'>y</a>"
    )
    shown = for_readers(filter_article(content, is_own_picture=lambda _: False, is_own_page=lambda _: False))
    elements = list(fragment_fromstring(shown, create_parent="div").iter())
    assert {element.tag for element in elements}.isdisjoint({"script", "img", "a", "iframe", "form"})
    assert not [name for element in elements for name in element.attrib if name not in {"style", "align"}]


@given(text=st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=80))
def test_filter_keeps_every_word_of_plain_text(text: str) -> None:
    kept = filter_article(f"<p>字{escape(text)}</p>", is_own_picture=lambda _: False, is_own_page=lambda _: False)
    assert plain_text(kept) == " ".join(f"字{text}".split())
    assert for_readers(kept).count("<p>") == 1
