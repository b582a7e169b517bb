"""Findings on pages: marked where they stand, put right by a button, told to scripts, and never with a number whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from publisher.items.actions import asset_store
from publisher.items.drafts import saving
from publisher.items.drafts.content import Content, File, content_of
from publisher.items.models import Draft
from publisher.office import Office, get_office
from publisher.people.roles import Role
from publisher.review.models import Decision
from publisher.review.opening import open_review
from publisher.web.findings import findings_of
from tests.approval import deciders, with_steps
from tests.channels.samples import picture
from tests.desk_samples import elements, links, sign_in, submitted, texts
from tests.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NUMBER = "99000020000229001X"
HTML = f"<p>作出全面<strong>布</strong>署，问题己经解决。</p><p>张某（{NUMBER}）</p>"


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    sign_in(client)
    return client


def drafted(html: str = HTML, **more: Any) -> Draft:
    content = Content(title=more.pop("title", "关于布署的通知"), html=html, **more)
    return saving.begin(get_office(), content, by="zhangwei", now=timezone.now())


def press(desk: Client, draft: Draft, word: str, version: int | None = None) -> Any:
    address = f"/drafts/{draft.pk}/findings/"
    button = next(b for b in elements(desk.get(address), "button[name=do]") if word in b.get_text())
    form = {"do": button["value"], "version": draft.version if version is None else version}
    return desk.post(address, form, follow=True)


def now(draft: Draft) -> Content:
    return content_of(Draft.objects.get(pk=draft.pk))


def test_a_draft_shows_what_was_found_where_it_stands(desk: Client) -> None:
    page = desk.get(f"/drafts/{drafted().pk}/findings/")
    assert texts(page, ".findings-sum .chip") == ["Errors: 1", "Warnings: 3"]
    assert texts(page, ".finding-place") == ["paragraph 2", "title", "paragraph 1", "paragraph 1"]
    assert texts(page, ".finding-excerpt mark") == ["990000********001X", "布署", "布署", "己经"]
    assert NUMBER not in page.content.decode()
    assert len(links(page, "a.finding-place")) == 3


def test_the_text_has_the_marks_the_list_leads_to(desk: Client) -> None:
    draft = drafted()
    page = desk.get(f"/drafts/{draft.pk}/findings/")
    address, _, name = links(page, "a.finding-place")[1].partition("#")
    text = desk.get(address)
    assert [mark.get_text() for mark in elements(text, f"#{name}")] == ["布"]
    assert "script" not in text.headers["Content-Security-Policy"]


def test_one_button_replaces_one_word(desk: Client) -> None:
    draft = drafted()
    press(desk, draft, "已经")
    assert now(draft).html == HTML.replace("己经", "已经")
    assert Draft.objects.get(pk=draft.pk).version == draft.version + 1


def test_all_words_are_replaced_at_once_and_numbers_only_one_by_one(desk: Client) -> None:
    draft = drafted()
    page = press(desk, draft, "Replace all 3")
    assert now(draft).title == "关于部署的通知"
    assert now(draft).html == f"<p>作出全面<strong>部署</strong>，问题已经解决。</p><p>张某（{NUMBER}）</p>"
    assert texts(page, ".findings-sum .chip") == ["Errors: 1"]
    press(desk, Draft.objects.get(pk=draft.pk), "Mask it")
    assert NUMBER not in now(draft).html


def test_what_was_changed_meanwhile_is_not_overwritten(desk: Client) -> None:
    draft = drafted()
    page = press(desk, draft, "已经", version=draft.version + 1)
    assert now(draft).html == HTML
    assert "changed meanwhile" in texts(page, ".reason.doubt")[0]


def test_descriptions_captions_summaries_and_variants_are_mended_too(desk: Client) -> None:
    shown = picture()
    asset_store().put(shown.content)
    file = File("picture", shown.sha256, "a.png", "image/png", alt="布署会", caption="布署会")
    html = f'<figure><img src="asset:{shown.sha256}" alt="布署会"><figcaption>布署会</figcaption></figure>'
    variants = {"weibo": {"title": "布署", "html": "<p>布署</p>"}}
    draft = drafted(html, title="题目", summary="布署", files=(file,), variants=variants)
    press(desk, draft, "Replace all")
    mended = now(draft)
    assert "布署" not in str(mended.as_json())
    assert (mended.summary, mended.files[0].alt, mended.files[0].caption) == ("部署", "部署会", "部署会")
    assert mended.variants == {"weibo": {"title": "部署", "html": "<p>部署</p>"}}
    assert "部署会</figcaption>" in mended.html


def test_a_script_gets_the_findings_as_data_and_as_a_part_of_a_page(desk: Client) -> None:
    draft = drafted()
    answer = desk.get(f"/drafts/{draft.pk}/findings/", headers={"Accept": "application/json"}).json()
    assert (answer["errors"], answer["warnings"], answer["version"]) == (1, 3, draft.version)
    assert [found["kind"] for found in answer["findings"]] == ["identity", "wrong_word", "wrong_word", "wrong_word"]
    assert "replace:" in answer["html"]
    assert NUMBER not in str(answer)


def test_a_draft_is_for_its_owner_and_who_may_edit_those_of_others(client: Client, office: Office) -> None:
    draft = drafted()
    client.force_login(person("lina", Role.DRAFTER))
    assert client.get(f"/drafts/{draft.pk}/findings/").status_code == 403
    assert client.post(f"/drafts/{draft.pk}/findings/", {"do": "replace:all", "version": 1}).status_code == 403
    assert client.get(f"/drafts/{draft.pk}/findings/text/").status_code == 403


def test_an_item_shows_its_findings_without_buttons(desk: Client) -> None:
    item = submitted("通知", html=HTML)
    page = desk.get(f"/items/{item.pk}/findings/")
    assert texts(page, ".findings-sum .chip") == ["Errors: 1", "Warnings: 2"]
    assert elements(page, "main button") == []
    assert "written reason" in page.content.decode() or "writes down why" in page.content.decode()
    assert desk.get(f"/items/{item.pk}/findings/text/").content.decode().count("<mark") == 4


def test_what_is_clean_is_said_to_be(desk: Client) -> None:
    item = submitted("通知", html="<p>一切正常。</p>")
    assert texts(desk.get(f"/items/{item.pk}/findings/"), ".findings-sum .chip") == ["The checks found nothing."]


def test_lists_with_mistakes_are_told_on_the_page(desk: Client, office: Office) -> None:
    folder = office.path.parent / "words"
    folder.mkdir()
    (folder / "ours.toml").write_text("name = ", encoding="utf-8")
    page = desk.get(f"/items/{submitted('通知').pk}/findings/")
    assert (page.status_code, texts(page, ".findings-sum .chip")) == (200, ["Errors: 1"])
    assert "ours.toml" in texts(page, ".finding-row")[0]


def test_a_text_cannot_bring_its_own_markup(desk: Client) -> None:
    draft = drafted("<p>&lt;script&gt;布署&lt;/script&gt;</p>", title="<b>布署</b>")
    for address in (f"/drafts/{draft.pk}/findings/", f"/drafts/{draft.pk}/findings/text/"):
        assert b"<script>" not in desk.get(address).content
        assert b"<b>" not in desk.get(address).content


def test_the_lists_are_shown_with_versions_and_sources(desk: Client, office: Office) -> None:
    folder = office.path.parent / "words"
    folder.mkdir()
    head = 'name = "本单位"\nkind = "forbidden"\nseverity = "error"\nversion = 2026-11-27\nsource = "通知"\n'
    text = f'{head}[words]\n"甲乙丙" = ""\n'
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    page = desk.get("/words/")
    assert "本单位 the office's own" in texts(page, "tbody th")
    assert "2026-11-27" in texts(page, "tbody time")
    assert texts(desk.get("/words/ours/"), ".words-list li") == ["甲乙丙"]
    assert texts(desk.get("/words/typos/", {"q": "布署"}), ".words-list li") == ["布署 → 部署"]
    assert desk.get("/words/none/").status_code == 404


def test_a_draft_is_looked_at_with_few_questions(office: Office, django_assert_max_num_queries: Any) -> None:
    draft = Draft.objects.prefetch_related("assets").get(pk=drafted(HTML * 50).pk)
    with django_assert_max_num_queries(1):
        assert findings_of(office, draft).errors == 50


def test_the_form_of_a_draft_shows_the_findings_and_its_buttons_keep_what_was_typed(desk: Client) -> None:
    draft = drafted()
    page = desk.get(f"/drafts/{draft.pk}/")
    assert texts(page, "#findings .findings-sum .chip") == ["Errors: 1", "Warnings: 3"]
    button = next(b for b in elements(page, "#findings button") if "已经" in b.get_text())
    typed = {"title": "新的标题", "html": HTML, "version": draft.version, "window": "", "do": button["value"]}
    answer = desk.post(f"/drafts/{draft.pk}/", typed)
    assert answer["Location"].endswith("#findings")
    assert (now(draft).title, now(draft).html) == ("新的标题", HTML.replace("己经", "已经"))


def test_an_empty_draft_is_not_blamed_for_what_is_not_written_yet(desk: Client) -> None:
    draft = drafted("", title="")
    assert texts(desk.get(f"/drafts/{draft.pk}/"), "#findings .chip") == ["The checks found nothing."]


def test_a_reviewer_sees_the_places_marked_and_passes_errors_over_only_with_a_reason(
    client: Client, office: Office
) -> None:
    steps = with_steps(office)
    revision = submitted("通知", html=HTML, to="portal").revisions.get()
    review = open_review(steps, revision, by="zhangwei")
    client.force_login(deciders()["head"])
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get(f"/reviews/{review.pk}/")
    assert [mark.get_text() for mark in elements(page, ".words mark")] == ["布", "署", "己经", NUMBER]
    assert texts(page, ".findings-sum .chip") == ["Errors: 1", "Warnings: 2"]
    for link in links(page, "a.finding-place"):
        assert elements(page, link)
    form = {"digest": review.digest, "step": 1, "verdict": "approve", "comment": "", "despite": ""}
    client.post(f"/reviews/{review.pk}/decide/", form)
    assert not Decision.objects.exists()
    client.post(f"/reviews/{review.pk}/decide/", {**form, "despite": "本人书面同意公开"})
    decision = Decision.objects.get()
    assert decision.despite == "本人书面同意公开"
    assert [found["kind"] for found in decision.findings] == ["identity"]
    assert NUMBER not in str(decision.findings)
