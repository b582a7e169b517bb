"""From a draft to an item, once, and from an item back to a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from publisher.items.drafts import saving, sending
from publisher.items.drafts.checks import mistakes
from publisher.items.drafts.content import ATTACHMENT, PICTURE, Content, content_of
from publisher.items.drafts.files import in_text, with_attachment, with_manuscript, with_picture, without
from publisher.items.drafts.saving import Hand, NotWrittenIn, Saved
from publisher.items.drafts.sending import NEWER, SIMILAR, NotReady
from publisher.items.drafts.texts import take
from publisher.items.drafts.trial import source_of_draft
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.models import Draft, DraftState, Item, Revision
from publisher.office import Office
from tests.channels.samples import picture
from tests.desk_samples import submitted
from tests.unit.test_cleaning import data_url

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data"
WHOLE = Content(
    title="科技活动周启动", html="<p>欢迎参加。</p>", column="notices", channels=("portal", "weibo"), section="办公室"
)


def begun(office: Office, **changes: object) -> Draft:
    return saving.begin(office, replace(WHOLE, **changes), by="zhangwei", now=NOON)  # type: ignore[arg-type]


def sent(office: Office, draft: Draft, *despite: str) -> Revision:
    return sending.send_up(office, draft, by="zhangwei", now=NOON, despite=despite)


def changed(draft: Draft, **changes: object) -> Draft:
    content = replace(content_of(draft), **changes)  # type: ignore[arg-type]
    saved = saving.save(draft, content, Hand("zhangwei", draft.version), now=NOON)
    assert isinstance(saved, Saved)
    return saved.draft


# Sending up


def test_a_draft_says_which_document_it_interprets_and_which_it_cannot_find(office: Office) -> None:
    document = sent(office, saving.begin(office, replace(WHOLE, document_number="攀科〔2026〕12号"), by="z", now=NOON))
    draft = saving.begin(office, replace(WHOLE, title="解读", interprets="攀科〔2026〕12号"), by="z", now=NOON)
    assert source_of_draft(office, draft, now=NOON).article.interprets == (document.item_id,)
    assert sent(office, draft).interprets == str(document.item_id)
    unknown = mistakes(office, replace(WHOLE, interprets="攀科〔2026〕99号"), now=NOON)
    assert list(unknown) == ["interprets"]


def test_what_stands_in_the_draft_is_submitted(office: Office) -> None:
    content = replace(
        WHOLE,
        author="李红",
        origin="reposted",
        source="新华社",
        source_url="https://example.cn/1",
        document_number="攀科〔2026〕12号",
        in_force_until=date(2028, 12, 31),
        variants={"weibo": {"title": "短"}, "wechat": {"title": "没有勾选"}},
    )
    content, shown = with_picture(content, "现场.png", picture().content)
    content = replace(content, files=(replace(shown, alt="现场", caption="图1"),))
    content = with_attachment(in_text(content, shown), "名单.xlsx", b"PK")
    content = replace(content, html=take(content.html, content.files).html)
    revision = sent(office, saving.begin(office, content, by="zhangwei", now=NOON))
    item = revision.item
    assert (item.column, item.section, item.created_by) == ("notices", "办公室", "zhangwei")
    assert (revision.author, revision.origin, revision.source_url) == ("李红", "reposted", "https://example.cn/1")
    assert revision.in_force_until == date(2028, 12, 31)
    assert (revision.channels, revision.document_number) == (["portal", "weibo"], "攀科〔2026〕12号")
    assert revision.html.endswith(
        f'<figure><img src="asset:{shown.sha256}" alt="现场"><figcaption>图1</figcaption></figure>'
    )
    assert [(asset.role, asset.name, asset.caption) for asset in revision.assets.all()] == [
        (PICTURE, "现场.png", "图1"),
        (ATTACHMENT, "名单.xlsx", ""),
    ]
    assert {variant.channel: variant.title for variant in revision.variants.all()} == {"weibo": "短"}


def test_a_draft_becomes_one_item_however_often_it_is_sent(office: Office) -> None:
    draft = begun(office)
    first = sent(office, draft)
    assert sent(office, draft) == sent(office, Draft.objects.get()) == first
    assert (Item.objects.count(), Draft.objects.get().state) == (1, DraftState.SENT_UP)


def test_a_picture_that_stands_nowhere_is_not_sent_along(office: Office) -> None:
    content, _shown = with_picture(WHOLE, "a.png", picture().content)
    revision = sent(office, saving.begin(office, content, by="zhangwei", now=NOON))
    assert revision.assets.count() == 0


def test_a_change_since_it_was_read_is_not_sent_unseen(office: Office) -> None:
    draft = begun(office)
    changed(Draft.objects.get(), title="别人的标题")
    with pytest.raises(NotWrittenIn):
        sent(office, draft)
    assert Item.objects.count() == 0


def test_a_discarded_draft_is_not_sent(office: Office) -> None:
    draft = begun(office)
    saving.discard(draft, by="zhangwei", now=NOON)
    with pytest.raises(NotWrittenIn):
        sent(office, draft)


MISTAKES = [
    ({"title": " 　"}, "title"),
    ({"title": "长" * 1001}, "title"),
    ({"html": ""}, "html"),
    ({"column": "gone"}, "column"),
    ({"channels": ()}, "channels"),
    ({"channels": ("gone",)}, "channels"),
    ({"origin": "reposted"}, "source"),
    ({"origin": "reposted", "source": "新华社", "source_url": "javascript:1"}, "source_url"),
    ({"origin": "reposted", "source": "新华社", "source_url": "example.cn"}, "source_url"),
    ({"disclosure": "withheld"}, "disclosure_reason"),
    ({"publish_at": NOON - timedelta(minutes=1)}, "publish_at"),
    ({"section": "科" * 101}, "section"),
]


@pytest.mark.parametrize(("changes", "field"), MISTAKES, ids=[f"{field}-{i}" for i, (_, field) in enumerate(MISTAKES)])
def test_what_is_missing_or_wrong_is_said_at_its_field(office: Office, changes: dict[str, object], field: str) -> None:
    draft = begun(office, **changes)
    with pytest.raises(NotReady) as caught:
        sent(office, draft)
    assert list(caught.value.mistakes) == [field]
    assert (Item.objects.count(), Draft.objects.get().state) == (0, DraftState.OPEN)


def test_nothing_is_missing_in_a_whole_draft(office: Office) -> None:
    assert mistakes(office, WHOLE, now=NOON) == {}


def test_every_picture_in_the_text_needs_its_description(office: Office) -> None:
    content, first = with_picture(WHOLE, "a.png", picture().content)
    content, second = with_picture(content, "b.png", (DATA / "patent-notice-chart.png").read_bytes())
    shown = in_text(content, second)
    assert list(mistakes(office, shown, now=NOON)) == [f"alt-{second.sha256}"]
    assert mistakes(office, without(shown, PICTURE, [second.sha256]), now=NOON) == {}
    assert without(shown, PICTURE, [second.sha256]).files == (first,)


# The same again


def test_an_item_in_the_same_words_is_told_of_and_can_be_joined(office: Office) -> None:
    html = "<p>" + "攀枝花市科学技术和知识产权局组织开展科技活动周系列活动，欢迎市民参加。" * 4 + "</p>"
    there = submitted("科技活动周启动", html=html)
    draft = begun(office, html=html)
    with pytest.raises(NotReady) as caught:
        sent(office, draft)
    assert list(caught.value.mistakes) == [SIMILAR]
    joined = sending.join(draft, there, by="zhangwei", now=NOON)
    assert sent(office, joined).item == there
    assert (Item.objects.count(), there.revisions.count()) == (1, 2)
    assert sent(office, begun(office, html=html), SIMILAR).item != there


def test_an_item_that_is_being_revised_is_not_joined(office: Office) -> None:
    there = submitted()
    sending.draft_of(there, by="wangfang", now=NOON)
    with pytest.raises(NotWrittenIn):
        sending.join(begun(office), there, by="zhangwei", now=NOON)


# Revising


def test_a_draft_of_an_item_holds_what_it_says_and_becomes_its_next_revision(office: Office) -> None:
    first = sent(office, begun(office, author="李红", variants={"weibo": {"title": "短"}}))
    draft = sending.draft_of(first.item, by="wangfang", now=NOON)
    assert content_of(draft) == replace(WHOLE, author="李红", variants={"weibo": {"title": "短"}})
    assert sending.draft_of(first.item, by="zhangwei", now=NOON) == draft, "one draft of an item at a time"
    second = sent(office, changed(draft, html="<p>改过。</p>", author=""))
    assert (second.item, second.number, second.html, second.author) == (first.item, 2, "<p>改过。</p>", "")


def test_a_newer_revision_is_not_replaced_unseen(office: Office) -> None:
    item = sent(office, begun(office)).item
    draft = sending.draft_of(item, by="zhangwei", now=NOON)
    Draft.objects.filter(pk=draft.pk).update(begun_at_revision=0)
    draft.refresh_from_db()
    with pytest.raises(NotReady) as caught:
        sent(office, draft)
    assert list(caught.value.mistakes) == [NEWER]
    assert sent(office, draft, NEWER).number == 2


def test_what_is_given_back_is_written_on_in_the_same_draft(office: Office) -> None:
    draft = begun(office)
    revision = sent(office, draft)
    back = sending.give_back(revision, reason="请补充时间。", by="wangfang", now=NOON)
    assert (back.pk, back.state, back.reason, back.owner) == (
        draft.pk,
        DraftState.GIVEN_BACK,
        "请补充时间。",
        "zhangwei",
    )
    again = sent(office, changed(back, html="<p>补充了时间。</p>"))
    assert (again.item, again.number) == (revision.item, 2)


def test_what_came_another_way_is_given_back_to_who_submitted_it(office: Office) -> None:
    item = submitted("命令行来的")
    back = sending.give_back(item.revisions.get(), reason="改", by="wangfang", now=NOON)
    assert (back.owner, back.title, back.item) == ("zhangwei", "命令行来的", item)


# Files


def test_a_word_file_becomes_title_text_and_pictures(office: Office) -> None:
    before = with_attachment(WHOLE, "名单.xlsx", b"PK")
    content, notes = with_manuscript(before, "活动.docx", (DATA / "science-week.docx").read_bytes())
    assert content.title == "攀枝花市启动2018年科技活动周"
    assert [(file.alt, file.caption) for file in content.pictures] == [
        ("木棉花枝后的攀枝花城区和金沙江", "图1 金沙江畔的攀枝花市区"),
        ("市民在科普展台前观看望远镜和化学实验", "图2 市民参观科普展台"),
    ]
    assert [file.name for file in content.attachments] == ["名单.xlsx"]
    assert (content.section, notes) == ("办公室", ())


def test_an_unreadable_file_changes_nothing() -> None:
    with pytest.raises(UnreadableManuscript):
        with_manuscript(WHOLE, "a.docx", b"PK\x03\x04 broken")
    with pytest.raises(UnreadableManuscript):
        with_picture(WHOLE, "a.png", b"no picture")


def test_the_same_picture_twice_is_one() -> None:
    content, first = with_picture(WHOLE, "a.png", picture().content)
    again, second = with_picture(content, "b.png", picture().content)
    assert (again, second) == (content, first)


def test_a_text_may_name_the_drafts_own_pictures_only(home: Path) -> None:
    content, own = with_picture(WHOLE, "a.png", picture().content)
    other = "f" * 64
    html = f'<p>甲</p><img src="asset:{own.sha256}"><img src="asset:{other}"><img src="image1.png"><img src="file:///C:/a.png">'
    taken = take(html, content.files)
    assert taken.html == f'<p>甲</p><figure><img src="asset:{own.sha256}" alt=""></figure>'
    assert (taken.files, len(taken.notes)) == (content.files, 3)


def test_a_picture_within_the_text_becomes_one_of_the_draft(home: Path) -> None:
    shown = picture()
    taken = take(f'<p>甲</p><img src="{data_url(shown.content)}" alt="图">', ())
    assert [(file.sha256, file.alt) for file in taken.files] == [(shown.sha256, "图")]
