"""Final reports: nothing missing, frozen to the byte, known to the log, and published like any other item."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from docx import Document as DocxDocument
from hypothesis import given
from hypothesis import strategies as st

from publisher.items.actions import BadSubmission, asset_store
from publisher.items.models import Item, RevisionAsset
from publisher.items.store import DamagedAsset
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.reports import finishing, guard
from publisher.reports.content import spans
from publisher.reports.figures.entering import Given, enter, enter_all
from publisher.reports.finals import Frozen, final, versions
from publisher.reports.finishing import NotFinal, finish
from publisher.reports.models import FinalReport
from publisher.reports.report import Report, make_report
from publisher.reports.submitting import submit_as_item
from tests.forms import COMPLETE, moment, office_with_example, publish

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SIGNED = moment("2018-01-24")
FORM = "short-report"


@pytest.fixture
def office(home: Path) -> Office:
    office = office_with_example(home)
    publish(office, "2017-03-01", "portal", range(1, 8))
    publish(office, "2017-05-01", "weibo", range(1, 14))
    return office


@pytest.fixture
def ready(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose report may become final; without the PDF, which takes seconds and has a test of its own."""
    monkeypatch.setattr(finishing, "FILES", ("html", "docx", "xlsx"))
    with time_machine.travel(moment("2018-01-10"), tick=False):
        enter_all(office, 2017, [Given(key, typed) for key, typed in COMPLETE.items()], by="张三")
    return office


def declare(office: Office, at: str = "2018-01-24") -> FinalReport:
    with time_machine.travel(moment(at), tick=False):
        return finish(office, 2017, FORM, by="李四")


def test_what_is_missing_keeps_a_report_from_becoming_final(office: Office) -> None:
    with pytest.raises(NotFinal) as caught:
        declare(office)
    assert "short.visits" in [figure.key for figure in caught.value.missing]
    assert not FinalReport.objects.exists()
    assert not LogEntry.objects.filter(event=Event.REPORT_FINISHED).exists()


def test_a_failed_check_keeps_a_report_from_becoming_final(ready: Office) -> None:
    with time_machine.travel(moment("2018-01-11"), tick=False):
        enter(ready, 2017, Given("short.powers", "9"), by="张三")
    with pytest.raises(NotFinal) as caught:
        declare(ready)
    assert [finding.check for finding in caught.value.errors] == ["power_list_sum"]


def test_a_final_report_keeps_every_figure_with_the_entries_behind_it(ready: Office) -> None:
    done = declare(ready)
    figures = {figure["key"]: figure for figure in json.loads(done.content)["figures"]}
    assert (figures["short.news"]["number"], figures["short.news"]["rows"]) == ("7", [[1, 7]])
    assert figures["short.social"]["rows"] == [[8, 20]]
    assert figures["short.visits"]["entered"]["by"] == "张三"
    assert figures["short.problems"]["text"] == "对照2017年的要求，工作仍有差距。"


def test_the_log_says_that_it_is_final_with_its_digest(ready: Office) -> None:
    done = declare(ready)
    entry = LogEntry.objects.get(event=Event.REPORT_FINISHED)
    assert (entry.seq, entry.digest, entry.actor, entry.at) == (done.seq, done.digest, "李四", SIGNED)
    assert entry.detail == {"year": 2017, "form": FORM, "version": 1}
    assert entry.title == "攀枝花市科学技术和知识产权局2017年度政府信息公开工作简报"


def test_what_happens_later_changes_no_byte_of_it(ready: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finishing, "FILES", ("html", "docx", "xlsx", "pdf"))
    declare(ready)
    before = {kind: bytes_of(ready, kind) for kind in ("html", "docx", "xlsx", "pdf")}
    publish(ready, "2017-12-01", "portal", range(60, 70))
    with time_machine.travel(moment("2018-02-01"), tick=False):
        enter(ready, 2017, Given("short.visits", "1"), by="张三")
    assert make_report(ready, 2017, FORM, today=date(2018, 2, 1)).figures["short.news"].number == 17
    assert {kind: bytes_of(ready, kind) for kind in before} == before
    assert "突破10万次" in before["html"].decode()
    assert zipfile.is_zipfile(io.BytesIO(before["docx"]))
    assert before["pdf"].startswith(b"%PDF")


def bytes_of(office: Office, kind: str, version: int | None = None) -> bytes | None:
    frozen = final(office, 2017, FORM, version=version)
    assert frozen is not None
    return frozen.file(kind)


def test_a_second_declaration_is_another_version_and_the_first_stays(ready: Office) -> None:
    first = declare(ready)
    with time_machine.travel(moment("2018-02-01"), tick=False):
        enter(ready, 2017, Given("short.visits", "20万"), by="张三")
    second = declare(ready, "2018-02-02")
    assert [done.version for done in versions(ready, 2017, FORM)] == [1, 2]
    assert first.digest != second.digest
    kept = bytes_of(ready, "html", 1), bytes_of(ready, "html", 2), bytes_of(ready, "html")
    assert kept == (first.html.encode(), second.html.encode(), second.html.encode())


def test_a_report_that_says_the_same_is_not_declared_final_again(ready: Office) -> None:
    declare(ready)
    with pytest.raises(NotFinal) as caught:
        declare(ready)
    assert "Nothing has changed since version 1" in str(caught.value.text)


def test_who_is_second_to_declare_a_report_final_is_told(ready: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    written = finishing._files

    def meanwhile(report: Report) -> dict[str, bytes]:
        monkeypatch.setattr(finishing, "_files", written)
        finish(ready, 2017, FORM, by="李四")
        return written(report)

    monkeypatch.setattr(finishing, "_files", meanwhile)
    with pytest.raises(NotFinal) as caught:
        declare(ready)
    assert caught.value.text.values["version"] == "1"
    assert LogEntry.objects.filter(event=Event.REPORT_FINISHED).count() == 1


def test_a_stored_file_that_was_changed_is_not_given_out(ready: Office) -> None:
    done = declare(ready)
    asset_store().path(Frozen(done).content["files"]["docx"]).write_bytes(b"changed")
    with pytest.raises(DamagedAsset):
        Frozen(done).file("docx")


@pytest.mark.parametrize("sql", ["UPDATE reports_finalreport SET html = 'x'", "DELETE FROM reports_finalreport"])
def test_the_database_itself_refuses_to_change_a_final_report(ready: Office, sql: str) -> None:
    guard.install(connection)
    declare(ready)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_last_years_numbers_are_those_that_were_declared_final(ready: Office) -> None:
    declare(ready)
    enter(ready, 2017, Given("short.visits", "1"), by="张三")
    by_key = {change.figure.key: change for change in make_report(ready, 2018, FORM).changes}
    assert by_key["short.visits"].before == 103_452


def test_a_final_report_becomes_an_item_with_its_word_file(ready: Office) -> None:
    frozen = Frozen(declare(ready))
    revision, _is_new = submit_as_item(ready, frozen, by="李四")
    assert (revision.item.column, revision.channels) == ("annual-reports", ["portal"])
    assert revision.title == frozen.content["title"]
    assert "本报告全文在门户网站公布" in revision.html
    assert '<td colspan="2" style="text-align:right' not in revision.html
    assert 'rowspan="2"' in revision.html
    [attached] = revision.assets.filter(role=RevisionAsset.Role.ATTACHMENT)
    attached_word, inner_word = (
        "\n".join(paragraph.text for paragraph in DocxDocument(io.BytesIO(content)).paragraphs)
        for content in (asset_store().read(attached.sha256), frozen.file("docx") or b"")
    )
    assert "网站访问量突破10万次" in attached_word
    assert "数字来源" in inner_word
    assert "数字来源" not in attached_word


@pytest.mark.usefixtures("committed")
def test_a_final_report_becomes_one_item_however_often_and_by_how_many_it_is_asked_for(ready: Office) -> None:
    frozen = Frozen(declare(ready))

    def ask(_number: int) -> tuple[int, bool]:
        try:
            revision, is_new = submit_as_item(ready, frozen, by="李四")
            return revision.item_id, is_new
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    answers.append(ask(5))
    item = Item.objects.get()
    assert {number for number, _is_new in answers} == {item.pk}
    assert [is_new for _number, is_new in answers].count(True) == 1
    assert LogEntry.objects.filter(event=Event.SUBMITTED).count() == 1
    # The next version is another report.
    assert submit_as_item(ready, Frozen(declare(ready, "2018-01-25")), by="李四").is_new


def test_an_office_without_a_column_for_annual_reports_is_told(home: Path) -> None:
    office = office_with_example(home, office_change=('class = "信息公开年报"', 'class = "其他"'))
    with time_machine.travel(moment("2018-01-10"), tick=False):
        enter_all(office, 2017, [Given(key, typed) for key, typed in COMPLETE.items()], by="张三")
    with pytest.raises(BadSubmission, match="信息公开年报"):
        submit_as_item(office, Frozen(declare(office)), by="李四")


@given(st.lists(st.integers(1, 60)))
def test_numbers_of_entries_are_kept_as_spans(numbers: list[int]) -> None:
    kept = spans(numbers)
    assert [number for first, last in kept for number in range(first, last + 1)] == sorted(set(numbers))
    assert all(after[0] > before[1] + 1 for before, after in pairwise(kept))
