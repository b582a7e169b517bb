"""Pages of approvals: what waits first, the text with its changes and remarks, deciding, and the sheets."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import docx
import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import ItemState
from publisher.office import Office
from publisher.people.roles import Role
from publisher.queue.diagnosis import approvals
from publisher.queue.diagnosis.findings import Severity
from publisher.queue.models import Delivery
from publisher.review.checks.passages import passages
from publisher.review.deciding import Opinion, decide
from publisher.review.emergency import confirm_emergency, release_in_emergency
from publisher.review.models import Decision, Release, Review
from publisher.review.opening import open_review
from publisher.web.findings import place_of
from publisher.web.reviews import rows
from publisher.web.reviews.text import pieces
from tests.approval import AUTHOR, approve, changed, configured, deciders, manuscript, opinion, sent_up
from tests.channels.samples import picture
from tests.desk_samples import elements, links, texts
from tests.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def approving(office: Office) -> Office:
    return configured(office)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(found: Review, verdict: str, **more: str) -> dict[str, str]:
    """What the browser sends."""
    return {"verdict": verdict, "digest": found.digest, "step": str(opinion(found).step), **more}


def test_what_waits_for_the_reader_comes_first(approving: Office) -> None:
    who = deciders()
    first, second = sent_up(approving), sent_up(approving)
    approve(approving, second, who["head"])
    page = as_(who["head"]).get("/reviews/")
    assert links(page, ".reviews h2 a") == [f"/reviews/{first.pk}/"]
    assert links(as_(who["secrecy"]).get("/reviews/"), ".reviews h2 a") == [f"/reviews/{second.pk}/"]
    assert len(links(as_(who["leader"]).get("/reviews/"), ".reviews h2 a")) == 2


def test_late_ones_are_a_list_of_their_own(approving: Office) -> None:
    who = deciders()
    sent_up(approving)
    assert links(as_(who["head"]).get("/reviews/?list=late"), ".reviews h2 a") == []
    with travel("2026-03-02 10:00+08:00", tick=False):
        old = sent_up(approving)
    with travel("2026-03-12 10:00+08:00", tick=False):
        page = as_(who["head"]).get("/reviews/?list=late")
        assert links(page, ".reviews h2 a") == [f"/reviews/{old.pk}/"]
        assert texts(page, ".deadline.late") == ["逾期 5 个工作日"]


@pytest.mark.parametrize("which", ["open", "mine", "ended"])
def test_lists_ask_the_database_as_often_for_many_as_for_few(approving: Office, which: str) -> None:
    who = deciders()
    client = as_(who["head"])

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(f"/reviews/?list={which}")
        return len(caught)

    def fill() -> None:
        sent_up(approving)
        back = sent_up(approving)
        decide(approving, back, opinion(back, Decision.Verdict.SEND_BACK, "改"), by=who["head"])

    fill()
    few = asked()
    for _ in range(3):
        fill()
    assert asked() == few


def test_emergencies_are_listed_with_as_many_questions_for_many_as_for_few(approving: Office) -> None:
    who = deciders()
    asked = []
    for count in (1, 4):
        for _number in range(count):
            release_in_emergency(
                approving, sent_up(approving), by=who["leader"], reason="汛情", is_free_of_secrets=True
            )
        with CaptureQueriesContext(connection) as queries:
            page = as_(who["leader"]).get("/reviews/")
        asked.append(len(queries))
        assert len(elements(page, "main > .reason")) == Release.objects.count()
    assert asked[0] == asked[1]


def test_a_long_list_is_cut_into_pages(approving: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAGE_LENGTH", 2)
    reader = as_(deciders()["head"])
    numbers = [sent_up(approving).pk for _number in range(3)]
    first, second = reader.get("/reviews/?list=open"), reader.get("/reviews/?list=open&page=2")
    assert links(first, "nav.pages a") == ["?list=open&page=2"]
    shown = [link for page in (first, second) for link in links(page, ".reviews h2 a")]
    assert shown == [f"/reviews/{number}/" for number in numbers]
    assert [text.split()[-1] for text in texts(first, "nav.lists a")[:2]] == ["3", "3"], "all are counted"


def test_a_last_day_in_a_year_whose_holidays_are_not_announced_is_said_plainly(approving: Office) -> None:
    with travel("2026-12-30 10:00+08:00", tick=False):
        found = sent_up(approving)
        reader = as_(deciders()["head"])
        for page in (reader.get("/reviews/"), reader.get(f"/reviews/{found.pk}/"), reader.get("/todo/")):
            assert "2027年的放假安排尚未公布" in page.content.decode()


HTML = (
    '<figure><img src="asset:{0}" alt="会场"><figcaption>图1 会场</figcaption></figure><h2>一、要求</h2>'
    "<ul><li>甲</li><li>乙</li></ul><table><tbody><tr><td>丙</td></tr></tbody></table><blockquote><p>丁</p></blockquote><p>戊</p>"
)


def test_a_finding_counts_the_blocks_as_the_page_of_the_approval_numbers_them(approving: Office) -> None:
    shown = picture()
    text = Manuscript("会议", HTML.format(shown.sha256), (shown,))
    revision = submit(approving, text, Wish(), by=AUTHOR)
    numbered = {piece.number: piece for piece in pieces(revision)}
    for passage in passages(revision.html):
        assert passage.text in numbered[passage.where.block].html
    places = [place_of(approving, passage.where).split(" · ")[0] for passage in passages(revision.html)]
    assert places == [f"第 {number} 段" for number in (1, 1, 2, 3, 3, 4, 5, 6)]


def test_deciding_in_the_browser_step_by_step(approving: Office) -> None:
    who = deciders()
    found = sent_up(approving)
    for key in ("head", "secrecy", "leader"):
        client = as_(who[key])
        assert elements(client.get(f"/reviews/{found.pk}/"), "form#decide")
        answer = client.post(f"/reviews/{found.pk}/decide/", form(found, "approve", comment="同意"))
        assert (answer.status_code, answer["Location"]) == (302, "/reviews/")
    assert Release.objects.get().kind == "approved"
    assert [delivery.channel for delivery in Delivery.objects.all()] == ["portal"]


def test_whoever_is_not_asked_sees_no_form_and_decides_nothing(approving: Office) -> None:
    who = deciders()
    found = sent_up(approving)
    client = as_(who["leader"])
    assert not elements(client.get(f"/reviews/{found.pk}/"), "form#decide")
    assert client.post(f"/reviews/{found.pk}/decide/", form(found, "approve")).status_code == 409
    assert not Decision.objects.exists()


def test_the_author_is_told_why_they_do_not_decide(approving: Office) -> None:
    author = person("wangfang", Role.DRAFTER, Role.REVIEWER)
    found = sent_up(approving, by="wangfang")
    page = as_(author).get(f"/reviews/{found.pk}/")
    assert not elements(page, "form#decide")
    assert "不得审批本人稿件" in page.content.decode()


def test_what_was_typed_stays_when_somebody_was_faster(approving: Office) -> None:
    found = sent_up(approving)
    sent = form(found, "send_back", comment="请核实", **{"remark-1": "日期不对"})
    approve(approving, found, person("chenhua", Role.REVIEWER))
    both = person("sunli", Role.REVIEWER, Role.SECRECY_REVIEWER)
    page = as_(both).post(f"/reviews/{found.pk}/decide/", sent)
    assert page.status_code == 409
    assert "chenhua" in texts(page, ".alarm")[0]
    assert texts(page, "#comment") == ["请核实"]
    assert texts(page, "#remark-1") == ["日期不对"]
    assert Decision.objects.count() == 1


def test_without_a_verdict_nothing_is_decided(approving: Office) -> None:
    found = sent_up(approving)
    client = as_(deciders()["head"])
    assert client.post(f"/reviews/{found.pk}/decide/", form(found, "perhaps")).status_code == 400


def test_remarks_stand_at_their_paragraph_and_the_author_finds_them(approving: Office) -> None:
    found = sent_up(approving)
    sent = form(found, "send_back", **{"remark-1": "人数请核实", "remark-7": "没有这一段", "remark-x": "?"})
    assert as_(deciders()["head"]).post(f"/reviews/{found.pk}/decide/", sent).status_code == 302
    assert Decision.objects.get().remarks == [{"place": 1, "quote": "欢迎参加。", "text": "人数请核实"}]
    page = as_(person(AUTHOR, Role.DRAFTER)).get(f"/reviews/{found.pk}/")
    assert texts(page, "#piece-1 .remark") == ["lina 人数请核实"]


def test_the_page_marks_what_was_changed_since_it_was_decided_on(approving: Office) -> None:
    who = deciders()
    found = sent_up(approving)
    decide(approving, found, opinion(found, Decision.Verdict.SEND_BACK, "改标题"), by=who["head"])
    again = changed(approving, found.item, title="科技活动周开幕", text="欢迎大家参加。")
    page = as_(who["head"]).get(f"/reviews/{again.pk}/?view=changes")
    assert texts(page, "h1 del") + texts(page, "h1 ins") == ["启动", "开幕"]
    assert texts(page, ".compared .changed ins") == ["大家"]
    assert "标题、文字" in texts(page, ".reason.doubt")[0]


EVIL = '<p style="text-align: center">文<script>alert(1)</script></p><p onclick="x()">二</p>'


def test_the_text_shows_no_more_than_text(approving: Office) -> None:
    found = sent_up(approving)
    found.item.revisions.update(html=EVIL)
    page = as_(deciders()["head"]).get(f"/reviews/{found.pk}/")
    shown = BeautifulSoup(page.content.decode(), "html.parser").select(".words")
    assert "script" not in str(shown)
    assert "onclick" not in str(shown)
    assert elements(page, ".words p.align-center")


def test_errors_of_the_checks_are_passed_over_with_a_reason_only(approving: Office) -> None:
    text = manuscript(text="联系人身份证号11010519491231002X。")
    found = open_review(approving, submit(approving, text, Wish(channels=("portal",)), by=AUTHOR), by=AUTHOR)
    client = as_(deciders()["head"])
    assert elements(client.get(f"/reviews/{found.pk}/"), "#despite")
    assert client.post(f"/reviews/{found.pk}/decide/", form(found, "approve")).status_code == 409
    assert client.post(f"/reviews/{found.pk}/decide/", form(found, "approve", despite="已获授权")).status_code == 302
    assert Decision.objects.get().despite == "已获授权"


def test_the_author_takes_it_back_and_sends_it_up_again(approving: Office) -> None:
    found = sent_up(approving)
    client = as_(person(AUTHOR, Role.DRAFTER))
    assert client.post(f"/reviews/{found.pk}/withdraw/").status_code == 302
    found.item.refresh_from_db()
    assert found.item.state == ItemState.WITHDRAWN
    assert client.post(f"/reviews/{found.pk}/withdraw/").status_code == 409
    assert client.post(f"/reviews/{found.pk}/again/").status_code == 302
    assert list(Review.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "open"]


def test_somebody_else_does_not_take_it_back(approving: Office) -> None:
    found = sent_up(approving)
    assert as_(person("sunli", Role.DRAFTER)).post(f"/reviews/{found.pk}/withdraw/").status_code == 409


def test_an_emergency_is_marked_and_confirmed_on_its_page(approving: Office) -> None:
    who = deciders()
    found = sent_up(approving)
    client = as_(who["leader"])
    address = f"/reviews/{found.pk}/emergency/"
    assert client.post(address, {"reason": "汛情"}).status_code == 409
    assert client.post(address, {"reason": "汛情", "free_of_secrets": "yes"}).status_code == 302
    assert [delivery.channel for delivery in Delivery.objects.all()] == ["portal"]
    for place in ("/reviews/", f"/reviews/{found.pk}/", f"/items/{found.item_id}/"):
        assert "紧急放行" in client.get(place).content.decode()
    assert client.post(f"/reviews/{found.pk}/confirm/", {"agrees": "yes"}).status_code == 409
    second = as_(person("chenhua", Role.SIGNER))
    assert second.post(f"/reviews/{found.pk}/confirm/", {"agrees": "no"}).status_code == 409
    assert second.post(f"/reviews/{found.pk}/confirm/", {"agrees": "yes"}).status_code == 302
    assert "已确认" in client.get(f"/reviews/{found.pk}/").content.decode()


def test_what_is_not_there_is_not_found(approving: Office) -> None:
    found = sent_up(approving)
    client = as_(deciders()["head"])
    assert client.get(f"/reviews/{found.pk + 1}/").status_code == 404
    assert client.get(f"/reviews/{found.pk}/other-sheet.docx").status_code == 404
    assert client.get(f"/reviews/{found.pk}/approval-sheet.exe").status_code == 404


def sheet(page: Any) -> str:
    """All words of a Word file, cells in reading order."""
    opened = docx.Document(io.BytesIO(page.content))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in opened.paragraphs] + cells)


def test_the_approval_sheet_names_everybody_with_their_opinion_and_time(approving: Office) -> None:
    who = deciders()
    User.objects.filter(username="lina").update(first_name="李娜")
    found = sent_up(approving, section="办公室")
    with travel("2026-03-02 10:05+08:00", tick=False):
        decide(approving, found, Opinion(Decision.Verdict.APPROVE, found.digest, 1, "属实"), by=who["head"])
    written = sheet(as_(who["head"]).get(f"/reviews/{found.pk}/approval-sheet.docx"))
    for words in ("信息发布审批表", "科技活动周启动", "办公室", "☑ 门户网站", "□ 新浪微博", found.digest, "主动公开"):
        assert words in written
    assert "同意：属实" in written
    assert "李娜　2026-03-02 10:05" in written
    assert written.count("（待办）") >= 2


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_the_secrecy_sheet_answers_its_questions_with_the_approval_only(approving: Office, is_done: bool) -> None:
    who = deciders()
    found = sent_up(approving)
    approve(approving, found, who["head"])
    if is_done:
        approve(approving, found, who["secrecy"])
    written = sheet(as_(who["secrecy"]).get(f"/reviews/{found.pk}/secrecy-sheet.docx"))
    assert "是否涉及国家秘密" in written
    assert ("☑ 否" in written) == is_done
    assert ("wanggang" in written) == is_done


def test_a_sheet_comes_as_pdf(approving: Office) -> None:
    found = sent_up(approving)
    page = as_(deciders()["head"]).get(f"/reviews/{found.pk}/approval-sheet.pdf")
    assert page.content.startswith(b"%PDF")


def severities(findings: list[Any]) -> list[Severity]:
    return [finding.severity for finding in findings]


def test_the_doctor_tells_of_late_approvals_and_unconfirmed_emergencies(approving: Office) -> None:
    who = deciders()
    with travel("2026-03-02 10:00+08:00", tick=False):
        sent_up(approving)
        assert severities(approvals.decided(approving, timezone.now())) == [Severity.OK]
        assert severities(approvals.confirmed(approving, timezone.now())) == [Severity.OK]
    with travel("2026-03-12 10:00+08:00", tick=False):
        assert severities(approvals.decided(approving, timezone.now())) == [Severity.WARNING]
        urgent = sent_up(approving)
        release = release_in_emergency(approving, urgent, by=who["leader"], reason="汛情", is_free_of_secrets=True)
        now = timezone.now()
        assert severities(approvals.confirmed(approving, now)) == [Severity.WARNING]
        assert severities(approvals.confirmed(approving, now + timedelta(hours=25))) == [Severity.PROBLEM]
        confirm_emergency(approving, release.emergency, by=person("chenhua", Role.SIGNER), agrees=True)
        assert severities(approvals.confirmed(approving, now + timedelta(hours=25))) == [Severity.OK]


def test_the_doctor_asks_for_the_holidays_of_next_year_in_time(approving: Office) -> None:
    with travel("2026-12-20 10:00+08:00", tick=False):
        findings = approvals.decided(approving, timezone.now())
    assert [finding.check for finding in findings] == ["holidays"]
