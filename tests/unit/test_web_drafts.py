"""The pages of drafts as clerks, their colleagues and scripts use them."""

from __future__ import annotations

import random
import re
from html import escape
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from publisher.items.cleaning import clean
from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.saving import Hand
from publisher.items.models import Draft, DraftState, Item
from publisher.office import Office
from publisher.people.roles import Role
from publisher.web.drafts import uploads
from publisher.web.drafts.typed import from_page, to_page
from tests.channels.samples import picture
from tests.desk_samples import elements, links, submitted, texts
from tests.staff import person
from tests.unit.test_cleaning import data_url

pytestmark = [pytest.mark.django_db, pytest.mark.once]

DATA = {"Accept": "application/json"}
WHOLE = {
    "title": "通知",
    "html": "<p>请按时报名。</p>",
    "column": "notices",
    "channels-there": "yes",
    "channels": ["portal"],
}


@pytest.fixture
def clerk(office: Office) -> User:
    return person("zhangwei", Role.DRAFTER)


@pytest.fixture
def client(clerk: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(clerk)
    return client


@pytest.fixture
def draft(office: Office, clerk: User) -> Draft:
    content = Content(title="科技活动周", html="<p>欢迎参加。</p>", column="dynamics", channels=("portal",))
    return saving.begin(office, content, by="zhangwei", now=timezone.now())


def as_(name: str, *roles: Role) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person(name, *roles))
    return client


def post(client: Client, draft: Draft, /, **fields: Any) -> Any:
    fields = {"version": draft.version, "window": "w1", **{name.replace("_", "-"): v for name, v in fields.items()}}
    return client.post(f"/drafts/{draft.pk}/", fields)


def autosave(client: Client, draft: Draft, /, **fields: Any) -> Any:
    fields = {"version": draft.version, "window": "w1", "do": "autosave", **fields}
    return client.post(f"/drafts/{draft.pk}/", fields, headers=DATA)


def now(draft: Draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


# Beginning


def test_an_empty_draft_is_begun_once(client: Client, office: Office) -> None:
    first = client.post("/drafts/new/")
    assert client.post("/drafts/new/")["Location"] == first["Location"]
    draft = Draft.objects.get()
    assert (draft.owner, draft.column, draft.channels) == (
        "zhangwei",
        "dynamics",
        ["portal", "wechat", "weibo", "daily"],
    )


def test_whoever_submits_for_one_section_has_it_filled_in(client: Client, clerk: User) -> None:
    clerk.memberships.update(sections=["办公室"])
    client.post("/drafts/new/")
    assert Draft.objects.get().section == "办公室"


def test_a_file_begins_a_draft_and_what_its_reader_says_stays_until_it_was_read(client: Client) -> None:
    file = SimpleUploadedFile("通知.md", "# 通知\n\n正文。\n\n![图](https://example.cn/a.png)".encode())
    answer = client.post("/drafts/new/", {"file": file}, headers=DATA)
    draft = Draft.objects.get()
    assert answer.json() == {"state": "go", "address": f"/drafts/{draft.pk}/"}
    for _time in range(2):
        assert "lies on another server" in texts(client.get(f"/drafts/{draft.pk}/"), ".remarks li")[0]
    post(client, now(draft), do="dismiss")
    assert texts(client.get(f"/drafts/{draft.pk}/"), ".remarks li") == []


def test_a_file_that_cannot_be_read_says_why(client: Client) -> None:
    wanted = "old Word or WPS file"
    answer = client.post("/drafts/new/", {"file": SimpleUploadedFile("a.wps", b"x")}, headers=DATA)
    assert answer.status_code == 422
    assert wanted in answer.json()["message"]
    page = client.post("/drafts/new/", {"file": SimpleUploadedFile("a.wps", b"x")})
    assert page.status_code == 400
    assert wanted in texts(page, ".mistake")[0]


# Saving


def test_a_script_saves_and_hears_the_version(client: Client, draft: Draft) -> None:
    answer = autosave(client, draft, title="科技活动周启动").json()
    assert (answer["state"], answer["version"]) == ("saved", 2)
    assert re.fullmatch(r"\d\d:\d\d", answer["at"])
    assert now(draft).title == "科技活动周启动"


def test_fields_the_form_does_not_have_stay_as_they_are(client: Client, draft: Draft) -> None:
    autosave(client, draft, note="请快些。")
    kept = now(draft)
    assert (kept.note, kept.title, kept.html, kept.channels) == (
        "请快些。",
        "科技活动周",
        "<p>欢迎参加。</p>",
        ["portal"],
    )


def test_no_box_ticked_is_no_channel(client: Client, draft: Draft) -> None:
    autosave(client, draft, **{"channels-there": "yes"})
    assert now(draft).channels == []


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("column", "gone", "dynamics"),
        ("disclosure", "gone", "proactive"),
        ("origin", "gone", "own"),
        ("title", "甲\x00乙", "甲乙"),
        ("title", "长" * 5000, "长" * 5000),
        ("html", "<p onclick=x>甲<script>1</script></p>", "<p>甲</p>"),
    ],
)
def test_what_is_typed_is_kept_as_far_as_it_can_be(
    client: Client, draft: Draft, field: str, typed: str, kept: str
) -> None:
    assert autosave(client, draft, **{field: typed}).status_code == 200
    assert getattr(now(draft), field) == kept


def test_the_time_is_that_of_the_office(client: Client, draft: Draft) -> None:
    autosave(client, draft, publish_at="2030-01-02T09:30")
    kept = now(draft).publish_at
    assert kept is not None
    assert kept.isoformat() == "2030-01-02T01:30:00+00:00"
    assert elements(client.get(f"/drafts/{draft.pk}/"), "#field-publish_at")[0]["value"] == "2030-01-02T09:30"
    autosave(client, now(draft), publish_at="2030-01-0")
    assert now(draft).publish_at == kept


def test_what_cannot_be_kept_is_said_and_changes_nothing(client: Client, draft: Draft) -> None:
    answer = autosave(client, draft, html="<div>" * 6000)
    assert (answer.status_code, answer.json()["state"]) == (422, "refused")
    assert now(draft).html == "<p>欢迎参加。</p>"


def test_a_script_that_is_no_longer_signed_in_hears_it(client: Client, draft: Draft) -> None:
    client.logout()
    assert autosave(client, draft, title="x").status_code == 401


def test_a_draft_that_was_sent_up_takes_no_more(client: Client, draft: Draft) -> None:
    Draft.objects.update(state=DraftState.DISCARDED)
    answer = autosave(client, draft, title="x")
    assert (answer.status_code, answer.json()["state"]) == (409, "closed")


# Two people


def test_a_second_writer_is_told_and_both_texts_are_put_together(client: Client, draft: Draft) -> None:
    colleague = as_("wangfang", Role.REVIEWER)
    autosave(colleague, draft, title="她的标题", html="<p>欢迎参加。</p><p>她的话。</p>", window="w2")
    answer = autosave(client, draft, title="科技活动周", html="<p>欢迎参加！</p>")
    assert (answer.status_code, answer.json()["who"]) == (409, "wangfang")
    address = answer.json()["address"]
    page = client.get(address)
    assert texts(page, "mark.come")[-1] == "！"
    version = elements(page, 'input[name="version"]')[0]["value"]
    client.post(address, {"version": version, "field-title": "here", "part-0": "both"})
    kept = now(draft)
    assert kept.title == "她的标题"
    assert kept.html == "<p>欢迎参加。</p><p>她的话。</p><p>欢迎参加！</p>"
    assert client.get(address)["Location"] == f"/drafts/{draft.pk}/history/", "it is settled"
    titles = [version.content["title"] for version in draft.versions.order_by("pk")]
    assert titles.count("科技活动周") == 2, "what was put aside is still there"


def test_without_scripts_the_form_leads_to_both_texts(client: Client, draft: Draft) -> None:
    autosave(as_("wangfang", Role.PUBLISHER), draft, title="她的标题", window="w2")
    answer = post(client, draft, title="我的标题")
    assert re.fullmatch(rf"/drafts/{draft.pk}/conflict/\d+/", answer["Location"])
    assert "wangfang" in texts(client.get(answer["Location"]), ".pair-heads")[0]


def test_what_changed_since_the_page_was_shown_is_shown_once_more(client: Client, draft: Draft) -> None:
    autosave(as_("wangfang", Role.PUBLISHER), draft, title="她的标题", window="w2")
    address = autosave(client, draft, title="我的标题").json()["address"]
    answer = client.post(address, {"version": "1", "field-title": "there"})
    assert (answer.status_code, now(draft).title) == (409, "她的标题")


def test_fields_only_the_other_one_changed_are_chosen_beforehand(client: Client, draft: Draft) -> None:
    autosave(as_("wangfang", Role.PUBLISHER), draft, author="李红", window="w2")
    address = autosave(client, draft, title="我的标题", author="").json()["address"]
    chosen = {str(box["name"]): box["value"] for box in elements(client.get(address), "input[checked]")}
    assert chosen == {"field-title": "there", "field-author": "here"}, "each side's own change"


# History


def test_an_earlier_version_is_shown_beside_what_stands_there_and_put_back(client: Client, draft: Draft) -> None:
    saving.save(draft, Content(title="全变了", column="dynamics"), Hand("zhangwei", 1), now=timezone.now())
    page = client.get(f"/drafts/{draft.pk}/history/")
    assert texts(page, ".version-title") == ["全变了", "科技活动周"]
    (address,) = links(page, ".versions a")
    assert "欢迎参加。" in texts(client.get(address), "mark.come")
    client.post(address)
    kept = now(draft)
    assert (kept.title, kept.html, kept.version) == ("科技活动周", "<p>欢迎参加。</p>", 3)
    assert draft.versions.count() == 3


def test_a_version_of_another_draft_is_not_shown(client: Client, office: Office, draft: Draft) -> None:
    other = saving.begin(office, Content(title="别的"), by="zhangwei", now=timezone.now())
    assert client.get(f"/drafts/{draft.pk}/history/{other.versions.get().pk}/").status_code == 404


# Files


def test_pictures_and_attachments_come_and_go(client: Client, draft: Draft) -> None:
    shown = picture()
    upload = SimpleUploadedFile("a.png", shown.content, "image/png")
    answer = client.post(f"/drafts/{draft.pk}/", {"version": 1, "do": "picture", "pictures": upload}, headers=DATA)
    assert answer.json()["added"] == [f"/drafts/{draft.pk}/assets/{shown.sha256}"]
    assert f'name="alt-{shown.sha256}"' in answer.json()["pictures"]
    assert client.get(answer.json()["added"][0])["Content-Type"] == shown.media_type
    post(client, now(draft), do="attachment", attachments=SimpleUploadedFile("名单.pdf", b"%PDF-"))
    assert [file.name for file in content_of(now(draft)).files] == ["a.png", "名单.pdf"]
    post(client, now(draft), do=f"remove:picture:{shown.sha256}")
    assert [file.name for file in content_of(now(draft)).files] == ["名单.pdf"]
    assert client.get(answer.json()["added"][0]).status_code == 200, "the history still shows it"
    assert client.get(f"/drafts/{draft.pk}/assets/{'0' * 64}").status_code == 404


def test_without_scripts_a_picture_stands_at_the_end_of_the_text(client: Client, draft: Draft) -> None:
    shown = picture()
    post(client, draft, do="picture", pictures=SimpleUploadedFile("a.png", shown.content, "image/png"))
    kept = now(draft)
    assert kept.html == f'<p>欢迎参加。</p><figure><img src="asset:{shown.sha256}" alt=""></figure>'
    post(client, kept, **{f"alt-{shown.sha256}": "现场", f"caption-{shown.sha256}": "图1 <现场>"})
    assert now(draft).html.endswith('alt="现场"><figcaption>图1 &lt;现场&gt;</figcaption></figure>')


def test_what_was_typed_is_kept_when_a_file_is_read(client: Client, draft: Draft) -> None:
    file = SimpleUploadedFile("通知.md", "# 通知\n\n正文。".encode())
    post(client, draft, do="read", file=file, author="李红", title="没保存的标题")
    kept = now(draft)
    assert (kept.title, kept.html, kept.author) == ("通知", "<p>正文。</p>", "李红")


def test_the_clipboard_is_cleaned_and_its_pictures_become_the_drafts(client: Client, draft: Draft) -> None:
    html = (
        '<p class="MsoNormal" style="text-align:right">甲<img src="file:///C:/a.png"><img src="file:///C:/b.png"></p>'
    )
    answer = client.post(f"/drafts/{draft.pk}/paste/", {"html": html}, headers=DATA).json()
    assert answer["html"] == '<p data-align="right">甲</p>'
    assert len(answer["notes"]) == 1
    assert now(draft).version == 1


def test_a_large_picture_within_the_clipboard_is_taken_along(client: Client, draft: Draft) -> None:
    noise = random.Random(1).randbytes(1100 * 1100 * 3)
    buffer = BytesIO()
    Image.frombytes("RGB", (1100, 1100), noise).save(buffer, "PNG")
    html = f'<p>甲</p><img src="{data_url(buffer.getvalue())}">'
    assert len(html) > 4 * 1024**2
    answer = client.post(f"/drafts/{draft.pk}/paste/", {"html": html}, headers=DATA)
    assert answer.status_code == 200
    assert answer.json()["html"].startswith('<p>甲</p><figure><img src="/drafts/')
    assert len(content_of(now(draft)).pictures) == 1


def test_a_file_too_large_to_be_read_says_so(client: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 3)
    file = SimpleUploadedFile("通知.md", b"1234")
    answer = client.post(f"/drafts/{draft.pk}/", {"version": 1, "do": "read", "file": file}, headers=DATA)
    assert (answer.status_code, now(draft).version) == (422, 1)


# Sending up


def test_a_draft_is_sent_up_once_and_leads_to_its_item(client: Client, draft: Draft) -> None:
    answer = post(client, draft, do="send", **WHOLE)
    item = Item.objects.get()
    assert answer["Location"] == f"/items/{item.pk}/"
    assert item.revisions.get().title == "通知"
    for again in (post(client, draft, do="send", **WHOLE), client.get(f"/drafts/{draft.pk}/")):
        assert again["Location"] == f"/items/{item.pk}/"
    assert Item.objects.count() == 1


def test_what_is_missing_is_said_above_and_at_the_field(client: Client, draft: Draft) -> None:
    answer = post(client, draft, do="send", **{**WHOLE, "title": " "})
    page = client.get(answer["Location"])
    assert links(page, ".alarm a") == ["#field-title"]
    assert texts(page, "#field-title-mistake") == ["The title is missing: write it."]
    assert elements(page, "#field-title")[0]["aria-describedby"] == "field-title-mistake"
    assert now(draft).html == WHOLE["html"], "what was typed is kept all the same"


def test_an_editor_who_does_not_submit_sends_nothing_up(draft: Draft) -> None:
    answer = post(as_("wangfang", Role.REVIEWER), draft, do="send", **WHOLE)
    assert (answer.status_code, Item.objects.count()) == (403, 0)


def test_the_same_text_again_is_offered_as_the_item_that_is_there(client: Client, draft: Draft) -> None:
    html = "<p>" + "攀枝花市科学技术和知识产权局组织开展科技活动周系列活动，欢迎市民参加。" * 4 + "</p>"
    there = submitted("通知", html=html)
    answer = post(client, draft, do="send", **{**WHOLE, "html": html})
    page = client.get(answer["Location"])
    assert f"/items/{there.pk}/" in links(page, ".alike a")
    post(client, now(draft), do=f"join:{there.pk}")
    assert now(draft).item == there
    post(client, now(draft), do="send", **{**WHOLE, "html": html})
    assert (Item.objects.count(), there.revisions.count()) == (1, 2)


# Revising


def test_an_item_is_revised_in_a_draft_whose_column_stays(client: Client) -> None:
    item = submitted("授牌")
    answer = client.post(f"/items/{item.pk}/revise/")
    draft = Draft.objects.get()
    assert answer["Location"] == f"/drafts/{draft.pk}/"
    assert elements(client.get(answer["Location"]), 'select[name="column"]') == []
    post(client, draft, do="send", **{**WHOLE, "title": "授牌（更正）"})
    item.refresh_from_db()
    assert (item.column, item.revisions.count()) == ("dynamics", 2)


def test_only_whose_item_it_is_or_who_may_edit_all_may_revise_it(client: Client, clerk: User) -> None:
    item = submitted("授牌")
    assert texts(client.get(f"/items/{item.pk}/"), "form button.second").count("Change the text") == 1
    stranger = as_("lina", Role.DRAFTER)
    assert "Change the text" not in texts(stranger.get(f"/items/{item.pk}/"), "button")
    assert stranger.post(f"/items/{item.pk}/revise/").status_code == 403
    Item.objects.update(section="办公室")
    User.objects.get(username="lina").memberships.update(sections=["办公室"])
    assert stranger.post(f"/items/{item.pk}/revise/").status_code == 302


# Whose draft it is


def test_a_draft_of_another_office_is_not_there(client: Client, draft: Draft) -> None:
    Draft.objects.update(office="elsewhere")
    for address in ("", "history/", "paste/", "discard/", "take-up/"):
        assert client.post(f"/drafts/{draft.pk}/{address}").status_code in (404, 405)
    assert client.get(f"/drafts/{draft.pk}/").status_code == 404
    assert texts(client.get("/drafts/"), ".drafts li") == []


def test_a_colleague_neither_sees_nor_changes_it_without_the_permission(draft: Draft) -> None:
    colleague = as_("lina", Role.DRAFTER)
    assert colleague.get(f"/drafts/{draft.pk}/").status_code == 403
    assert autosave(colleague, draft, title="x").status_code == 403
    assert texts(colleague.get("/drafts/?whose=all"), ".drafts h2") == []
    assert now(draft).title == "科技活动周"


def test_an_editor_sees_the_drafts_of_everybody(draft: Draft) -> None:
    editor = as_("wangfang", Role.PUBLISHER)
    assert "/drafts/" in links(editor.get("/drafts/"), ".rooms a")
    assert texts(editor.get("/drafts/"), ".drafts h2") == []
    assert texts(editor.get("/drafts/?whose=all"), ".drafts h2") == ["科技活动周"]


def test_a_discarded_draft_is_found_again(client: Client, draft: Draft) -> None:
    client.post(f"/drafts/{draft.pk}/discard/")
    assert texts(client.get("/drafts/"), ".drafts h2") == []
    assert texts(client.get("/drafts/?state=discarded"), ".drafts h2") == ["科技活动周"]
    client.post(f"/drafts/{draft.pk}/take-up/")
    assert texts(client.get("/drafts/"), ".drafts h2") == ["科技活动周"]


def test_the_number_of_queries_does_not_grow_with_the_drafts(client: Client, office: Office, draft: Draft) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get("/drafts/")
        return len(seen)

    before = queries()
    for number in range(20):
        saving.begin(office, Content(title=f"第{number}篇"), by="zhangwei", now=timezone.now())
    assert queries() == before


# The page and the house's HTML


PARAGRAPH = st.text(alphabet='甲乙 style="text-align:right"<>&asset:/', max_size=30)


@given(
    st.lists(
        st.tuples(st.sampled_from(["p", "h2", "td"]), st.sampled_from(["", "right", "center"]), PARAGRAPH), max_size=4
    )
)
def test_what_goes_to_the_page_comes_back_as_it_was(parts: list[tuple[str, str, str]]) -> None:
    draft = Draft(pk=7)
    sha256 = "a" * 64
    written = "".join(
        f'<{tag} style="text-align:{side}">{escape(text)}</{tag}>' if side else f"<{tag}>{escape(text)}</{tag}>"
        for tag, side, text in parts
    )
    html = clean(written).html + f'<figure><img src="asset:{sha256}" alt=""></figure>'
    shown = to_page(draft, html)
    assert f'src="/drafts/7/assets/{sha256}"' in shown
    assert not re.search(r"<[^>]* style=", shown)
    assert from_page(draft, shown) == html


def test_an_absolute_address_of_a_picture_is_known_too() -> None:
    draft = Draft(pk=7)
    html = f'<img src="http://127.0.0.1:8000/drafts/7/assets/{"b" * 64}" alt="">'
    assert from_page(draft, html) == f'<img src="asset:{"b" * 64}" alt="">'
    assert "/drafts/8/" in from_page(draft, html.replace("/7/", "/8/"))


def test_the_page_runs_its_own_scripts_only(client: Client, draft: Draft) -> None:
    page = client.get(f"/drafts/{draft.pk}/")
    policy = page["Content-Security-Policy"]
    nonces = {str(script["nonce"]) for script in elements(page, "script")}
    assert len(nonces) == 1
    assert f"script-src 'nonce-{nonces.pop()}'" in policy
    assert "unsafe" not in policy
    assert all(script["src"] and not script.get_text() for script in elements(page, "script"))
    assert elements(page, "[style], [onclick]") == []
    assert "connect-src 'self'" in policy
