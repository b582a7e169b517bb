"""Taking in an item: what is said of it beside its text, and what its digest says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from pytest_django import Settings

from channels.base import Medium
from publisher.cli.items import correct
from publisher.items.actions import BadSubmission, Wish, revise, revision_digest, submit
from publisher.items.attachments import attachment
from publisher.items.captions import captioned
from publisher.items.document_number import is_usual, tidied
from publisher.items.manuscript import Manuscript, UnreadableManuscript
from publisher.items.models import Item, Revision
from publisher.items.queries import article
from publisher.items.readers import read
from publisher.items.wishes import completed, remarks
from publisher.office import Office, get_office
from publisher.review.products import drafts
from tests.channels.samples import picture
from tests.world import write_office

pytestmark = pytest.mark.django_db

REPOSTED = Wish(
    source="新华社",
    source_url="https://www.news.cn/20260102/c.html",
    document_number="攀科[2026] 12 号",
    summary="摘要一句。",
    in_force_until=date(2028, 12, 31),
)


def text(html: str = "<p>正文。</p>", **more: Any) -> Manuscript:
    return Manuscript(title="关于科技活动周的通知", html=html, media=more.pop("media", ()), **more)


def with_picture(caption: str, inside: str = "") -> Manuscript:
    shown = replace(picture(name="a.png"), caption=caption)
    html = f'<p>正文。</p><figure><img src="asset:{shown.sha256}" alt="示意图">{inside}</figure>'
    return text(html, media=(shown,))


def test_what_is_said_of_an_item_is_kept_with_its_revision(office: Office) -> None:
    revision = Revision.objects.get(pk=submit(office, text(), REPOSTED, by="t").pk)
    assert (revision.origin, revision.source, revision.source_url) == ("reposted", "新华社", REPOSTED.source_url)
    assert (revision.document_number, revision.summary) == ("攀科〔2026〕12号", "摘要一句。")
    assert revision.in_force_until == revision.item.in_force_until == date(2028, 12, 31)
    found = article(office, revision)
    assert found.in_force_until == date(2028, 12, 31)
    assert (found.is_reposted, found.source_url, found.document_number) == (
        True,
        REPOSTED.source_url,
        "攀科〔2026〕12号",
    )


WRONG = {
    "own work with an original": (Wish(origin="own", source_url="https://a.cn/1"), "belongs to a reposted item"),
    "reposted from nobody": (Wish(origin="reposted"), "needs its source"),
    "original that is no page": (Wish(source="甲", source_url="javascript:alert(1)"), "not the address of a web page"),
    "original without a host": (Wish(source="甲", source_url="https:///x"), "not the address of a web page"),
    "original that cannot be read": (Wish(source="甲", source_url="http://[x"), "not the address of a web page"),
    "unknown origin": (Wish(origin="stolen"), "not an origin"),
    "withheld without a reason": (Wish(disclosure="withheld", disclosure_reason=" \n"), "needs the reason"),
    "section that is too long": (Wish(section="科" * 101), "101 characters, and 100 at most"),
    "title that is too long": (Wish(title="题" * 1001), "1001 characters"),
}


@pytest.mark.parametrize(("wish", "message"), WRONG.values(), ids=WRONG)
def test_what_will_not_do_is_refused_and_nothing_is_kept(office: Office, wish: Wish, message: str) -> None:
    with pytest.raises(BadSubmission, match=message):
        submit(office, text(), wish, by="t")
    assert not Item.objects.exists()


def test_the_database_keeps_originals_to_reposted_items(office: Office) -> None:
    revision = submit(office, text(), Wish(), by="t")
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(source_url="https://a.cn/1")


def test_a_text_keeps_to_one_line_and_to_what_databases_hold(office: Office) -> None:
    revision = submit(office, text(), Wish(title="通\x00知\n二", section=" 办公室\t ", author="张\ud800三"), by="t")
    assert (revision.title, revision.item.section, revision.author) == ("通知 二", "办公室", "张三")


def test_a_digest_from_before_these_fields_still_holds(office: Office) -> None:
    # Made by the version before; the same revision must have it today.
    revision = Revision(
        item=Item(pk=31, office="kzj", column="notices"),
        number=1,
        title="关于科技活动周的通知",
        html="<p>正文。</p>",
        channels=["portal"],
    )
    assert revision_digest(revision, ()) == OLD_DIGEST


OLD_DIGEST = "ef09b9862a2a83d363beb1d9c5c8456537eddf9b9c9d1053fa3214b53af4d5df"

CHANGES: dict[str, Wish] = {
    "source": Wish(source="甲"),
    "origin": Wish(source="甲", origin="reposted"),
    "original": Wish(source="甲", source_url="https://a.cn/1"),
    "document number": Wish(document_number="攀科〔2026〕12号"),
    "reason": Wish(disclosure="withheld", disclosure_reason="内部"),
    "summary": Wish(summary="一句"),
    "last day": Wish(in_force_until=date(2028, 12, 31)),
}


def test_every_field_counts_in_the_digest(office: Office) -> None:
    first = submit(office, text(), Wish(), by="t")
    digests = {first.digest}
    for wish in CHANGES.values():
        other = submit(office, text(), wish, by="t")
        other.item = first.item
        digests.add(revision_digest(other, ()))
    assert len(digests) == len(CHANGES) + 1


@pytest.mark.parametrize("said", ["{item}", "攀科（2026）12 号", "攀科〔2026〕12号，{item}", "{page}"])
def test_a_document_that_is_interpreted_is_named_as_people_name_it(office: Office, said: str) -> None:
    document = submit(office, text(), Wish(document_number="攀科〔2026〕12号"), by="t").item
    page = f"http://127.0.0.1:8000/site/202611/t20261127_{document.pk}.html"
    said = said.format(item=document.pk, page=page).replace(" ", "")
    made = submit(office, text("<p>解读。</p>"), Wish(interprets=said), by="t")
    assert made.interprets == str(document.pk)
    assert article(office, Revision.objects.get(pk=made.pk)).interprets == [document.pk]
    again = revise(office, made.item, text("<p>改。</p>"), Wish(), by="t")
    assert again.interprets == made.interprets
    assert revise(office, made.item, text("<p>改。</p>"), Wish(cleared=["interprets"]), by="t").interprets == ""


@pytest.mark.parametrize("said", ["99999", "1" * 40, "攀科〔2026〕99号", "https://other.cn/a.html"])
def test_a_document_nobody_knows_here_cannot_be_interpreted(office: Office, said: str) -> None:
    with pytest.raises(BadSubmission, match="No item here is the document"):
        submit(office, text(), Wish(interprets=said), by="t")


def test_an_interpretation_is_about_the_documents_it_cites(home: Path, settings: Settings) -> None:
    settings.PUBLISHER_CONFIG = write_office(
        home, "https://a.cn", changes=[('class = "通知公告"', 'class = "政策解读"')]
    )
    office = get_office()
    document = submit(office, text(), Wish(document_number="攀科〔2026〕12号"), by="t").item
    cites = "<p>为落实《办法》（攀科〔2026〕12号），根据<strong>攀科</strong>〔2026〕12号和国办发〔2017〕47号制定。</p>"
    assert submit(office, text(cites), Wish(column="notices"), by="t").interprets == str(document.pk)
    assert submit(office, text(cites), Wish(), by="t").interprets == "", "a mere notice may cite what it wants"


def test_a_revision_takes_over_what_is_not_said_again(office: Office) -> None:
    item = submit(office, text(), REPOSTED, by="t").item
    again = revise(office, item, text("<p>改。</p>"), Wish(), by="t")
    assert (again.origin, again.source_url, again.document_number) == (
        "reposted",
        REPOSTED.source_url,
        "攀科〔2026〕12号",
    )
    assert again.in_force_until == REPOSTED.in_force_until
    own = revise(office, item, text("<p>改。</p>"), Wish(origin="own", in_force_until=date(2029, 1, 1)), by="t")
    item.refresh_from_db()
    assert item.in_force_until == date(2029, 1, 1)
    assert (own.origin, own.source, own.source_url, own.summary) == ("own", "", "", "摘要一句。")
    whole = revise(office, item, text("<p>改。</p>"), Wish(is_whole=True), by="t")
    assert (whole.document_number, whole.summary, whole.channels) == ("", "", list(office.channels))


NUMBERS = [
    ("攀科[2026] 12 号", "攀科〔2026〕12号", True),
    ("攀科(2026)第012号", "攀科〔2026〕12号", True),
    ("攀科【２０２６】１２号", "攀科〔2026〕12号", True),  # noqa: RUF001 - typed with a Chinese input method
    ("国办函〔2025〕84號", "国办函〔2025〕84号", True),
    ("攀科2026-12", "攀科2026-12", False),
    ("攀科〔26〕12号", "攀科〔26〕12号", False),
    ("2026年第3号公告", "2026年第3号公告", False),
]


@pytest.mark.parametrize(("typed", "tidy", "usual"), NUMBERS)
def test_a_document_number_is_tidied_and_an_unusual_one_is_remarked(
    office: Office, typed: str, tidy: str, usual: bool
) -> None:
    assert (tidied(typed), is_usual(tidy)) == (tidy, usual)
    assert tidied(tidy) == tidy
    wish = completed(office, text(), Wish(document_number=typed))
    assert bool(remarks(wish, today=date(2026, 11, 27))) is not usual


@pytest.mark.parametrize(("today", "is_remarked"), [(date(2028, 12, 31), False), (date(2029, 1, 1), True)])
def test_a_last_day_that_is_past_is_remarked(office: Office, today: date, is_remarked: bool) -> None:
    wish = completed(office, text(), Wish(in_force_until=date(2028, 12, 31)))
    assert bool(remarks(wish, today=today)) is is_remarked


def test_a_correction_on_the_command_line_says_what_a_submission_says(office: Office, tmp_path: Path) -> None:
    item = submit(
        office, replace(text(), attachments=(Medium("名单.pdf", "application/pdf", b"%PDF"),)), Wish(), by="t"
    ).item
    file = tmp_path / "新.md"
    file.write_text("# 新标题\n\n正文。", encoding="utf-8")
    words = "--author 李红 --source 新华社 --source-url https://a.cn/1 --document-number 攀科[2026]3号 --summary 摘要"
    words += " --in-force-until 2028-12-31 --to portal,daily --at 2030-01-01T09:00"
    done = CliRunner().invoke(correct, [str(item.pk), str(file), *words.split()])
    assert done.exit_code == 0, done.output
    made = item.revisions.get(number=2)
    assert (made.title, made.author, made.source, made.origin) == ("新标题", "李红", "新华社", "reposted")
    assert (made.source_url, made.document_number, made.summary) == ("https://a.cn/1", "攀科〔2026〕3号", "摘要")
    assert (made.in_force_until, made.channels) == (date(2028, 12, 31), ["portal", "daily"])
    assert made.publish_at == datetime(2030, 1, 1, 1, tzinfo=UTC)
    assert [asset.name for asset in made.assets.all()] == ["名单.pdf"], "what is not said stays"
    CliRunner().invoke(correct, [str(item.pk), str(file), "--clear", "in-force-until", "--clear", "summary"])
    made = item.revisions.get(number=3)
    assert (made.in_force_until, made.summary, made.author) == (None, "", "李红")
    (tmp_path / "表.pdf").write_bytes(b"%PDF-1.4")
    for more, names in ((["--attach", str(tmp_path / "表.pdf")], ["表.pdf"]), (["--no-attachments"], [])):
        assert CliRunner().invoke(correct, [str(item.pk), str(file), *more]).exit_code == 0
        assert [asset.name for asset in item.revisions.last().assets.all()] == names
    wrong = CliRunner().invoke(correct, [str(item.pk), str(file), "--in-force-until", "31.12.2028"])
    assert isinstance(wrong.exception, BadSubmission)


CAPTIONS = {
    "given beside the picture": ("现场 <1>", "", "现场 &lt;1&gt;", "现场 <1>"),
    "in the text": ("", "<figcaption>现场</figcaption>", "现场", "现场"),
    "in both: the text goes before": ("旧", "<figcaption>新</figcaption>", "新", "新"),
}


@pytest.mark.parametrize(("given", "inside", "html", "kept"), CAPTIONS.values(), ids=CAPTIONS)
def test_text_and_picture_say_the_same_caption(office: Office, given: str, inside: str, html: str, kept: str) -> None:
    revision = submit(office, with_picture(given, inside), Wish(channels=["portal", "wechat", "daily"]), by="t")
    assert f"<figcaption>{html}</figcaption></figure>" in revision.html
    assert revision.assets.get().caption == kept
    made = {draft.entry.key: draft.product for draft in drafts(office, revision)}
    assert made["portal"] is not None
    assert made["wechat"] is not None
    assert html in made["portal"].body
    assert html in made["wechat"].body
    again = captioned(Manuscript(revision.title, revision.html, with_picture(kept).media))
    assert again.html == revision.html


def test_a_picture_without_caption_stays_as_it_is(office: Office) -> None:
    revision = submit(office, with_picture(""), Wish(), by="t")
    assert "figcaption" not in revision.html
    assert revision.assets.get().caption == ""


def test_captions_of_a_word_or_html_file_are_kept_beside_the_picture(office: Office) -> None:
    data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    html = f'<h1>题</h1><p>文</p><figure><img src="data:image/png;base64,{data}"><figcaption>图一</figcaption></figure>'
    revision = submit(office, read(None, html.encode(), name="a.html"), Wish(), by="t")
    assert revision.assets.get().caption == "图一"


def test_readers_learn_where_a_reposted_item_comes_from(office: Office) -> None:
    wish = replace(REPOSTED, channels=["portal", "wechat", "daily"])
    made = {d.entry.key: d.product for d in drafts(office, submit(office, text(), wish, by="t"))}
    portal, wechat, daily = made["portal"], made["wechat"], made["daily"]
    assert portal
    assert portal.fields["source_url"] == REPOSTED.source_url
    assert wechat
    assert "转载自：新华社" in wechat.body
    assert f"原文：{REPOSTED.source_url}" in wechat.body
    assert "发文字号：攀科〔2026〕12号" in wechat.body
    assert daily
    assert "转载自：新华社" in daily.fields["byline"]


def test_own_items_have_the_products_they_always_had(office: Office) -> None:
    (portal,) = drafts(office, submit(office, text(), Wish(channels=["portal"]), by="t"))
    assert portal.product
    assert not {"reposted", "source_url", "document_number"} & set(portal.product.fields)


FILES = [
    ("..\\..\\附件 1.pdf", b"%PDF", "附件 1.pdf", "application/pdf"),
    ("/etc/名单.xlsx", b"PK", "名单.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("a.odd", b"?", "a.odd", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "content", "kept", "media_type"), FILES)
def test_an_attachment_has_the_last_part_of_its_name(name: str, content: bytes, kept: str, media_type: str) -> None:
    assert attachment(name, content) == Medium(kept, media_type, content)


@pytest.mark.parametrize(("name", "content"), [("", b"x"), ("a/", b""), ("a.pdf", b""), ("长" * 201, b"x")])
def test_an_attachment_that_cannot_be_one_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(UnreadableManuscript):
        attachment(name, content)
