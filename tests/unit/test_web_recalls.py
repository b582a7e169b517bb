"""The pages of recalls: asking, what is still to be done, evidence, notices and the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from channels.sandbox.server import Sandbox
from publisher.items.models import Item
from publisher.office import Office, get_office
from publisher.people.roles import Role
from publisher.queue import actions, clock
from publisher.queue.models import Recall, RecallEvidence, RecallLine
from publisher.queue.recalls.asking import Wish, ask
from publisher.queue.states import LineState, RecallKind
from publisher.review.actions import release_directly
from publisher.web.recalls.rows import LOOKS, PAGE_LENGTH
from tests.clocks import run
from tests.desk_samples import links, sign_in, texts
from tests.queued import close_the_page, one, released
from tests.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


@pytest.fixture
def recall(office: Office, sandbox: Sandbox) -> Recall:
    """One of which the website is done, the post was left to a person, and a notice is due in the newspaper."""
    item = released(office, "portal", "weibo", "daily")
    run(item)
    close_the_page(item)
    made, _ = ask(item, Wish("数字有误"), by="leader")
    actions.cancel(one(item, "weibo"), by="clerk")
    run(item)
    return made


def other(office: Office, number: int) -> Recall:
    """A recall that waits for a newspaper."""
    item = released(office, "daily", title=f"第{number}号")
    run(item)
    close_the_page(item)
    made, _ = ask(item, Wish("数字有误"), by="leader")
    run(item)
    return made


def states(recall: Recall) -> dict[str, str]:
    return dict(recall.lines.values_list("channel", "state"))


# Asking


def test_before_asking_every_channel_says_what_will_happen(desk: Client, office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo", "daily")
    run(item)
    page = desk.get(f"/items/{item.pk}/recall/")
    shown = texts(page, ".outlook li")
    assert len(shown) == 3
    assert "A notice takes the place of the page" in shown[0]
    assert "The post is deleted" in shown[1]
    assert "The package is taken out of the newspaper's folder" in shown[2]
    close_the_page(item)
    late = texts(desk.get(f"/items/{item.pk}/recall/"), ".outlook li")[2]
    assert "The deadline of 攀枝花日报" in late
    assert "correction notice" in late
    assert not Recall.objects.exists()


def test_asking_leads_to_the_recall(desk: Client, office: Office) -> None:
    item = released(office, "portal", "daily")
    run(item)
    answer = desk.post(
        f"/items/{item.pk}/recall/", {"kind": "law", "reason": "已被废止", "channels": ["portal", "daily"]}
    )
    made = Recall.objects.get()
    assert answer.headers["Location"] == f"/recalls/{made.pk}/"
    assert (made.kind, made.reason, made.asked_by) == ("law", "已被废止", "zhangwei")
    assert set(states(made)) == {"portal", "daily"}


MISTAKES = {
    "no reason": ({"kind": "error", "reason": " ", "channels": ["portal"]}, "Taking back needs a reason"),
    "no channel": ({"kind": "error", "reason": "x"}, "Tick at least one channel"),
    "no kind": ({"reason": "x", "channels": ["portal"]}, "Choose why"),
    "an address without being superseded": (
        {"kind": "error", "reason": "x", "channels": ["portal"], "replaced_by": "https://www.example.gov.cn/"},
        "Only what is superseded",
    ),
    "a bad address": (
        {"kind": "superseded", "reason": "x", "channels": ["portal"], "replaced_by": "javascript:alert(1)"},
        "Address of what takes its place",
    ),
}


@pytest.mark.parametrize(("sent", "said"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_asked_for_is_said_and_what_was_typed_stays(
    desk: Client, office: Office, sent: dict[str, object], said: str
) -> None:
    item = released(office, "portal")
    run(item)
    answer = desk.post(f"/items/{item.pk}/recall/", sent)
    assert answer.status_code == 400
    assert said in " ".join(texts(answer, ".alarm, .mistake"))
    if sent["reason"] != " ":
        assert texts(answer, "textarea") == [sent["reason"]]
    assert not Recall.objects.exists()


def test_what_was_to_stay_may_be_asked_to_go_and_nothing_else_twice(desk: Client, office: Office) -> None:
    for kind, status in (("law", 200), ("error", 302)):
        item = released(office, "portal", "daily")
        run(item)
        recall, _ = ask(item, Wish("x", kind), by="leader")
        assert desk.get(f"/items/{item.pk}/recall/").status_code == status
        links = desk.get(f"/recalls/{recall.pk}/").content.decode()
        assert (f'href="/items/{item.pk}/recall/"' in links) == (kind == "law")


def test_where_nothing_is_out_nothing_can_be_asked_for(desk: Client, office: Office) -> None:
    item = released(office, "portal")
    run(item)
    ask(item, Wish("x"), by="leader")
    run(item)
    page = desk.get(f"/items/{item.pk}/recall/")
    assert texts(page, "form textarea") == []
    assert "there is nothing to take back" in texts(page, "main")[0]
    sent = {"kind": "error", "reason": "x", "channels": ["portal"]}
    assert desk.post(f"/items/{item.pk}/recall/", sent).status_code == 400


def test_who_comes_second_is_led_to_the_recall_there_is(desk: Client, recall: Recall) -> None:
    answer = desk.get(f"/items/{recall.item_id}/recall/")
    assert answer.headers["Location"] == f"/recalls/{recall.pk}/"
    sent = {"kind": "error", "reason": "y", "channels": ["portal"]}
    answer = desk.post(f"/items/{recall.item_id}/recall/", sent)
    assert answer.headers["Location"] == f"/recalls/{recall.pk}/"
    assert Recall.objects.count() == 1


# The list


def test_open_ones_come_first_and_what_is_overdue_is_red(desk: Client, office: Office, recall: Recall) -> None:
    late = other(office, 1)
    RecallLine.objects.filter(recall=late).update(due_at=clock.now() - timedelta(hours=1))
    Recall.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(hours=1))
    done = released(office, "portal", title="已办结")
    run(done)
    ask(done, Wish("x"), by="leader")
    run(done)
    Recall.objects.filter(item=done).update(closed_at=clock.now())
    page = desk.get("/recalls/")
    assert texts(page, ".recalls h2") == ["第1号", "科技活动周启动", "已办结"]
    assert texts(page, ".recalls .about .chip") == ["overdue", "being taken back", "recall closed"]
    assert texts(page, ".recalls .late h2") == ["第1号"]
    assert texts(page, ".heading .count") == ["Open: 2 overdue: 1"]
    assert texts(page, ".times dd")[:2] == ["1", "1"]


@pytest.mark.parametrize("count", [2, 8])
def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    desk: Client, office: Office, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        other(office, number)
    # session, user, membership, open ones, times, count, recalls, lines, proofs, revisions, names; 5 to do
    with django_assert_num_queries(16):
        page = desk.get("/recalls/")
    assert len(texts(page, ".recalls > li")) == count


def test_the_list_is_cut_into_pages(desk: Client, office: Office) -> None:
    made = other(office, 0)
    Recall.objects.filter(pk=made.pk).update(closed_at=clock.now())
    twins = [Recall(**{**fields_of(made), "closed_at": clock.now()}) for _ in range(PAGE_LENGTH)]
    Recall.objects.bulk_create(twins)
    assert len(texts(desk.get("/recalls/"), ".recalls > li")) == PAGE_LENGTH
    assert len(texts(desk.get("/recalls/?page=2"), ".recalls > li")) == 1


def fields_of(recall: Recall) -> dict[str, object]:
    columns = [field.attname for field in Recall._meta.concrete_fields if not field.primary_key]
    return {column: getattr(recall, column) for column in columns}


def test_without_recalls_the_list_says_where_to_ask(desk: Client, office: Office) -> None:
    assert "Nothing has ever been taken back" in texts(desk.get("/recalls/"), ".empty")[0]


# One recall


def test_what_was_taken_back_does_not_stand_there_as_published(desk: Client, recall: Recall) -> None:
    page = desk.get(f"/items/{recall.item_id}/")
    assert texts(page, ".delivery .chip")[:2] == ["published, replaced since", "taken back"]


def test_people_are_called_by_their_names(desk: Client, recall: Recall) -> None:
    User.objects.create_user("leader", first_name="赵敏")
    assert "赵敏" in " ".join(texts(desk.get(f"/recalls/{recall.pk}/"), ".side dd"))
    assert "赵敏" in " ".join(texts(desk.get("/recalls/"), ".recalls .facts"))


@pytest.mark.parametrize(("year", "is_said"), [(2026, False), (2031, True)])
def test_days_counted_without_the_holidays_of_their_year_are_said(
    desk: Client, recall: Recall, year: int, is_said: bool
) -> None:
    Recall.objects.filter(pk=recall.pk).update(asked_at=recall.asked_at.replace(year=year, month=3))
    page = desk.get(f"/recalls/{recall.pk}/")
    assert (f"The holidays of {year} are not known yet" in " ".join(texts(page, "#daily dd"))) is is_said


def test_the_page_says_what_a_person_must_do_and_until_when(desk: Client, recall: Recall) -> None:
    page = desk.get(f"/recalls/{recall.pk}/")
    assert texts(page, ".line h2") == ["门户网站", "新浪微博", "攀枝花日报"]
    assert texts(page, ".line header .chip") == [
        "removed, and read back as gone",
        "a person must act there",
        "a correction notice is due",
    ]
    assert "weibo.com" in texts(page, "#weibo .instruction li")[0]
    assert "gone to print" in texts(page, "#daily .instruction li")[0]
    assert texts(page, "#portal .instruction") == []
    assert texts(page, "#portal form") == []
    assert f"/items/{recall.item_id}/" in links(page)


def test_who_may_not_decide_sees_no_forms(client: Client, recall: Recall) -> None:
    client.force_login(person("lina", Role.AUDITOR))
    page = client.get(f"/recalls/{recall.pk}/")
    assert page.status_code == 200
    assert texts(page, ".line form") == []


def test_evidence_is_handed_in_and_can_be_opened_again(desk: Client, recall: Recall) -> None:
    picture = SimpleUploadedFile("删除截图.png", b"\x89PNG picture", "image/png")
    sent = {"outcome": "declared", "text": "王芳已删除", "address": "https://weibo.com/1/a", "file": picture}
    answer = desk.post(f"/recalls/{recall.pk}/weibo/evidence/", sent)
    assert answer.headers["Location"] == f"/recalls/{recall.pk}/"
    proof = RecallEvidence.objects.get()
    page = desk.get(f"/recalls/{recall.pk}/")
    assert "王芳已删除" in texts(page, "#weibo .proof")[0]
    assert proof.digest in texts(page, "#weibo .proof")[0]
    kept = desk.get(f"/recalls/{recall.pk}/files/{proof.pk}/")
    assert (kept.content, kept.headers["Content-Type"]) == (b"\x89PNG picture", "image/png")
    assert desk.get(f"/recalls/{recall.pk + 1}/files/{proof.pk}/").status_code == 404
    assert states(recall)["weibo"] == "declared"


def test_a_file_that_browsers_could_run_is_only_for_saving(desk: Client, recall: Recall) -> None:
    page = SimpleUploadedFile("x.html", b"<script>alert(1)</script>", "text/html")
    desk.post(f"/recalls/{recall.pk}/weibo/evidence/", {"outcome": "declared", "file": page})
    kept = desk.get(f"/recalls/{recall.pk}/files/{RecallEvidence.objects.get().pk}/")
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment")


BAD_EVIDENCE = {
    "nothing to show": ({"outcome": "declared"}, "Evidence is an address, a text or a file"),
    "that it was read back": ({"outcome": "removed", "text": "x"}, "What became of it"),
    "a bad address": ({"outcome": "declared", "address": "javascript:alert(1)"}, "Address where it can be seen"),
    "kept without a word": ({"outcome": "kept", "address": "https://weibo.com/1/a"}, "somebody's decision"),
}


@pytest.mark.parametrize(("sent", "said"), BAD_EVIDENCE.values(), ids=BAD_EVIDENCE)
def test_evidence_that_shows_nothing_is_refused_beside_its_form(
    desk: Client, recall: Recall, sent: dict[str, str], said: str
) -> None:
    answer = desk.post(f"/recalls/{recall.pk}/weibo/evidence/", sent)
    assert answer.status_code == 400
    assert said in texts(answer, "#weibo .alarm")[0]
    assert states(recall)["weibo"] == "by_hand"


def test_a_notice_is_proposed_changed_and_submitted(desk: Client, recall: Recall) -> None:
    page = desk.get(f"/recalls/{recall.pk}/")
    (proposed,) = texts(page, "#daily textarea[name=text]")[:1]
    assert "《科技活动周启动》" in proposed
    sent = {"title": "更正启事", "text": "应为二百余名。", "issue": "第32期"}
    answer = desk.post(f"/recalls/{recall.pk}/daily/notice/", sent)
    assert answer.headers["Location"] == f"/recalls/{recall.pk}/"
    notice = recall.lines.get(channel="daily").notice
    assert notice is not None
    assert notice.revisions.get().html == "<p>应为二百余名。</p>"
    page = desk.get(f"/recalls/{recall.pk}/")
    assert "第32期" in texts(page, "#daily dl")[0]
    assert texts(page, "#daily form[action$=notice\\/]") == []
    assert desk.post(f"/recalls/{recall.pk}/daily/notice/", sent).status_code == 400
    assert "The correction notice has been printed" not in texts(page, "#daily .choices label")
    release_directly(get_office(), notice.revisions.get(), by="leader")
    run(notice)
    page = desk.get(f"/recalls/{recall.pk}/")
    assert "The correction notice has been printed" in texts(page, "#daily .choices label")
    assert "correction notice handed over to the newspaper" in texts(page, "#daily dl .chip")


def test_the_record_can_be_filed(desk: Client, recall: Recall) -> None:
    desk.post(f"/recalls/{recall.pk}/weibo/evidence/", {"outcome": "declared", "text": "王芳已删除"})
    page = desk.get(f"/recalls/{recall.pk}/record/")
    shown = " ".join(texts(page, ".record"))
    digest = RecallEvidence.objects.get().digest
    for part in (get_office().name, "科技活动周启动", "数字有误", "leader", "王芳已删除", digest):
        assert part in shown


def test_the_item_leads_to_its_recall_and_to_another_one_when_that_is_closed(desk: Client, recall: Recall) -> None:
    address = f"/items/{recall.item_id}/"
    shown = links(desk.get(address), ".afterwards a")
    assert shown == [f"/recalls/{recall.pk}/", f"{address}correct/"]
    for channel in ("weibo", "daily"):
        desk.post(f"/recalls/{recall.pk}/{channel}/evidence/", {"outcome": "kept", "text": "领导决定保留"})
    shown = links(desk.get(address), ".afterwards a")
    assert shown == [f"/recalls/{recall.pk}/", f"{address}correct/", f"{address}recall/"]


def test_correcting_says_what_it_means_on_each_channel(desk: Client, office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat", "weibo", "daily")
    run(item)
    shown = texts(desk.get(f"/items/{item.pk}/correct/"), ".outlook li")
    wanted = ("keeps its address", "lets no program change", "a new one is published", "newspaper's folder is replaced")
    assert [words in said for said, words in zip(shown, wanted, strict=True)] == [True] * 4


def test_every_state_has_its_colour_and_its_chinese_word() -> None:
    assert LOOKS.keys() == set(LineState)
    with translation.override("zh-hans"):
        assert not any(str(word.label).isascii() for word in (*LineState, *RecallKind))


@pytest.mark.parametrize("path", ["/recalls/999/", "/recalls/999/record/", "/items/999/recall/", "/items/999/correct/"])
def test_what_is_not_there_has_a_page_of_its_own(desk: Client, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_another_offices_recall_is_not_there(desk: Client, recall: Recall) -> None:
    Recall.objects.filter(pk=recall.pk).update(office="other")
    Item.objects.filter(pk=recall.item_id).update(office="other")
    assert desk.get(f"/recalls/{recall.pk}/").status_code == 404
    assert desk.post(f"/recalls/{recall.pk}/weibo/evidence/", {"outcome": "declared", "text": "x"}).status_code == 404
