"""The checks on whole items: found where they stand, kept back, passed over with a reason, looked at again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from docx import Document
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFilter
from weasyprint import HTML

from channels.base import ASSET, Medium
from channels.sandbox.server import Sandbox
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import ItemState, Revision
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue.diagnosis import wording as wording_out
from publisher.queue.diagnosis.findings import Severity as Grade
from publisher.review.actions import FoundErrors, release_directly
from publisher.review.checks import attachments, links, live, pictures, statements
from publisher.review.checks.attached import unreadable
from publisher.review.checks.fields import Facts
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passages import Passage, passages
from publisher.review.checks.scan import Work, examine, scan
from publisher.review.checks.wordlists import Words, words
from publisher.review.models import LiveFindings
from tests.clocks import run
from tests.queued import released
from tests.world import World

NUMBER = "99000020000229001X"
EMPTY = Words({}, "")
ON = date(2018, 1, 24)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def told(text: str, on: date = ON) -> list[tuple[Kind, str]]:
    """What the statements of a paragraph are blamed for, each with the words that are marked."""
    passage = Passage(Place("paragraph", 1), text)
    found = [*statements.document_numbers(passage), *statements.dates(passage, on), *statements.sums(passage)]
    return [(finding.kind, text[finding.start : finding.end]) for finding in found]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("攀办发[2017]84号", Kind.DOCUMENT_NUMBER, "[2017]84号"),
        ("攀办发〔2017〕84 號", Kind.DOCUMENT_NUMBER, "〔2017〕84 號"),
        ("攀办发〔2017〕第084号", Kind.DOCUMENT_NUMBER, "〔2017〕第084号"),
        ("在2017年乃至今后的工作中", Kind.DATE, "2017年乃至今后"),
        ("2017年2月29日", Kind.DATE, "2017年2月29日"),
        ("2018年1月24日（星期二）", Kind.DATE, "2018年1月24日（星期二）"),
        ("大会将于2017年3月召开", Kind.DATE, "2017年3月"),
        ("2018年12月1日，市局召开了会议", Kind.DATE, "2018年12月1日"),
        ("2107年完成投资", Kind.DATE, "2107年"),
        ("共7项:行政许可3项、行政处罚1项、其他1项", Kind.SUM, "7项:行政许可3项、行政处罚1项、其他1项"),
    ],
)
def test_a_slip_is_found_where_it_stands(text: str, kind: Kind, words: str) -> None:
    assert told(text) == [(kind, words)]


@pytest.mark.parametrize(
    "text",
    [
        "攀办发〔2017〕84号",
        "（2017）川04民初84号",
        "在2018年乃至今后的工作中",
        "2016年2月29日",
        "2018年1月24日（星期三）",
        "大会将于2018年3月召开",
        "2017年12月1日，市局召开了会议",
        "《2107年规划》",
        "共7项:行政许可3项、行政处罚1项、行政检查1项、行政确认1项、其他1项",
        "共7件，其中许可3件、处罚1件",
        "住在幸福小区（2017）5号楼",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert told(text) == []


def test_one_number_with_two_titles_is_found_in_the_text_and_beside_what_was_published() -> None:
    one, other = "《责任分工》（攀办发〔2017〕84号）", "《分工方案》(攀办发[2017]84号)"
    both = [Passage(Place("paragraph", 1), one), Passage(Place("paragraph", 2), other)]
    (found,) = statements.two_titles(both, {})
    assert (found.kind, found.where) == (Kind.TWO_TITLES, Place("paragraph", 2))
    (found,) = statements.two_titles(both[1:], {"攀办发〔2017〕84号": "责任分工"})
    assert "责任分工" in str(found.text)
    assert list(statements.two_titles(both[:1], {"攀办发〔2017〕84号": "责任分工"})) == []


def test_places_count_as_a_reader_counts() -> None:
    html = (
        "<p>甲</p><ul><li>乙</li></ul><table><caption>丙</caption><tbody><tr><td>丁</td><td>戊</td></tr></tbody></table>"
        f'<figure><img src="{ASSET}{"0" * 64}" alt="己"><figcaption>庚</figcaption></figure><p>辛</p>'
    )
    found = {passage.text: passage.where for passage in passages(html)}
    assert found == {
        "甲": Place("paragraph", 1),
        "乙": Place("paragraph", 2),
        "丙": Place("caption", 1),
        "丁": Place("cell", 1, 1, 1),
        "戊": Place("cell", 1, 1, 2),
        "己": Place("alt", 1),
        "庚": Place("caption", 2),
        "辛": Place("paragraph", 3),
    }


def word_file() -> bytes:
    document = Document()
    document.add_paragraph("名单如下")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ["姓名", "证件", "甲", NUMBER], strict=True):
        cell.text = text
    return saved(document)


def excel_file() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "名单"
    sheet.append(["姓名", "手机"])
    sheet.append(["甲", 13812345678])
    return saved(book)


def saved(document: object) -> bytes:
    stream = BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def pdf_file(text: str) -> bytes:
    return bytes(HTML(string=f"<p>{text}</p>").write_pdf())


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("名单.docx", word_file(), Place("cell", 1, 2, 2, file="名单.docx")),
        ("名单.xlsx", excel_file(), Place("cell", 1, 2, 2, file="名单.xlsx", sheet="名单")),
        ("list.pdf", pdf_file(f"ID {NUMBER}"), Place("paragraph", 1, file="list.pdf", sheet="1")),
        ("list.csv", f"甲,{NUMBER}".encode("gb18030"), Place("paragraph", 1, file="list.csv")),
    ],
)
def test_personal_data_is_found_inside_attachments(
    office: Office, db: None, name: str, content: bytes, where: Place
) -> None:
    work = Work(Facts("题目"), "<p>见附件。</p>", ON, attachments=[Medium(name, "x", content)])
    (found,) = [finding for finding in examine(work, words(office)) if finding.is_error]
    assert found.where == where


def bomb() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * (unreadable.MAX_UNPACKED + 1))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", b"no file at all"),
        ("a.docx", word_file()[:-200]),
        ("a.xlsx", word_file()),
        ("a.pdf", b"%PDF-1.7 and no more"),
        ("a.pdf", pdf_file("")),
        ("a.doc", b"\xd0\xcf\x11\xe0"),
        ("a.docx", bomb()),
    ],
    ids=["no file", "cut off", "another kind", "half a PDF", "PDF without text", "old Word", "bomb"],
)
def test_an_attachment_that_cannot_be_read_is_told(name: str, content: bytes) -> None:
    inside, (found,) = attachments.read(Medium(name, "x", content))
    assert inside == []
    assert (found.kind, found.severity) == (Kind.ATTACHMENT, Severity.WARNING)


def drawn(size: int, blur: float = 0) -> bytes:
    picture = Image.new("L", (size, size), 255)
    pen = ImageDraw.Draw(picture)
    for line in range(0, size, 16):
        pen.rectangle((line, line // 2, line + 6, size - line // 3), fill=line % 200)
    return saved_picture(picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture)


def saved_picture(picture: Image.Image) -> bytes:
    stream = BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "alt", "words"),
    [
        (drawn(512), "标题", []),
        (drawn(512), "", ["alternative"]),
        (drawn(64), "标题", ["pixels"]),
        (drawn(512, blur=12), "标题", ["blurred"]),
        (saved_picture(Image.new("L", (512, 512), 200)), "标题", []),
    ],
    ids=["sharp", "without words", "tiny", "blurred", "plain"],
)
def test_pictures_are_looked_at(content: bytes, alt: str, words: list[str]) -> None:
    medium = Medium("a.png", "image/png", content, alt)
    html = f'<p><img src="{ASSET}{medium.sha256}" alt="{alt}"></p>'
    found = list(pictures.findings(html, {medium.sha256: medium}))
    assert len(found) == len(words)
    assert all(word in str(finding.text) for finding, word in zip(found, words, strict=True))


def test_an_attachment_that_is_named_must_be_there() -> None:
    assert len(list(links.missing_attachments(passages("<p>正文</p><p>附件：1.名单</p>"), attached=0, linked=0))) == 1
    assert list(links.missing_attachments(passages("<p>附件：1.名单</p>"), attached=1, linked=0)) == []


def made(office: Office, html: str, title: str = "题目") -> Revision:
    return submit(office, Manuscript(title=title, html=html, media=()), Wish(), by="zhangwei")


@pytest.mark.django_db
def test_what_has_errors_does_not_go_out_without_a_reason(office: Office) -> None:
    revision = made(office, f"<p>{NUMBER}</p>")
    with pytest.raises(FoundErrors) as raised:
        release_directly(office, revision, by="li", despite="  ")
    assert [error.kind for error in raised.value.errors] == [Kind.IDENTITY]
    revision.item.refresh_from_db()
    assert revision.item.state == ItemState.SUBMITTED
    assert not LogEntry.objects.filter(event="released_directly").exists()


@pytest.mark.django_db
def test_the_reason_stands_in_the_log_with_what_was_found_and_without_the_number(office: Office) -> None:
    release_directly(office, made(office, f"<p>{NUMBER}</p>"), by="li", despite="本人书面同意")
    entry = LogEntry.objects.get(event="released_directly")
    assert entry.detail["despite"] == "本人书面同意"
    assert [found["kind"] for found in entry.detail["findings"]] == ["identity"]
    assert NUMBER[6:14] not in entry.canonical


@pytest.mark.django_db
def test_a_title_published_before_is_remembered(office: Office) -> None:
    release_directly(office, made(office, "<p>《责任分工》（攀办发〔2017〕84号）</p>"), by="li")
    found = scan(office, made(office, "<p>《分工方案》（攀办发〔2017〕84号）</p>"))
    assert [finding.kind for finding in found] == [Kind.TWO_TITLES]


@pytest.mark.django_db
def test_what_is_out_is_looked_through_again_when_a_list_changes(office: Office) -> None:
    (grade,) = wording_out.looked_through(office)
    assert grade.severity == Grade.OK
    item = released(office, "portal")
    run(item)
    assert live.look_through(office, now=timezone.now()).errors == 0
    folder = office.path.parent / "words"
    folder.mkdir()
    title = item.revisions.get().title
    head = 'name = "x"\nkind = "forbidden"\nseverity = "error"\nversion = 2026-01-01\n[words]\n'
    text = f'{head}{json.dumps(title[:4])} = ""\n'
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    (stale,) = wording_out.looked_through(office)
    assert stale.severity == Grade.WARNING
    again = live.look_through(office, now=timezone.now())
    row = LiveFindings.objects.get()
    assert (again.items, again.errors > 0, row.item, again.errors) == (1, True, item.pk, row.errors)
    assert live.finding(row.found[0]).kind == Kind.FORBIDDEN
    (told_now,) = wording_out.looked_through(office)
    assert str(again.errors) in str(told_now.text)


@pytest.mark.django_db
def test_what_was_taken_back_is_out_no_more(office: Office) -> None:
    item = released(office, "portal")
    assert live.revisions_out(office, [item.pk]) == {}
    run(item)
    assert live.revisions_out(office, [item.pk]) == {item.pk: {1}}


def test_a_kept_finding_comes_back_as_it_was() -> None:
    (passage,) = passages(f"<p>{NUMBER}</p>")
    (found,) = [f for f in examine(Work(Facts("题"), f"<p>{NUMBER}</p>", ON), EMPTY) if f.is_error]
    assert isinstance(found, Finding)
    assert live.finding(json.loads(json.dumps(found.json()))) == found
    assert passage.where == found.where


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox)
    yield made
    made.stop()


@pytest.fixture
def manuscript(tmp_path: Path) -> Path:
    path = tmp_path / "note.md"
    path.write_text(f"# 公示\n\n张某（{NUMBER}）作出全面布署。\n", encoding="utf-8")
    return path


@pytest.mark.once
def test_the_command_line_checks_releases_and_looks_again(world: World, manuscript: Path) -> None:
    checked = world.publisher("check", str(manuscript), "--json")
    assert checked.status == 1
    assert [found["kind"] for found in checked.json["findings"]] == ["identity", "wrong_word"]
    submitted = world.publisher("submit", str(manuscript), "--to", "portal", "--json")
    assert (submitted.status, "布署" in submitted.err, NUMBER in submitted.err) == (0, True, False)
    item = str(submitted.json["item"])
    refused = world.publisher("approve", item)
    assert (refused.status, "--despite" in refused.err, world.rows("review_release")) == (1, True, 0)
    assert world.publisher("approve", item, "--despite", "本人书面同意", "--wait", "60").status == 0
    live_now = world.publisher("check", "--live", "--json")
    # The error has its reason; what is only a warning has none and is told.
    assert (live_now.status, live_now.json["items"], live_now.json["errors"]) == (0, 1, 0)
    assert [found["kind"] for found in live_now.json["found"][0]["findings"]] == ["wrong_word"]
    assert NUMBER not in live_now.out
    assert world.publisher("check").status == 2
