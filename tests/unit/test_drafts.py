"""Drafts keep everything that is written: who may overwrite what, the history, and two people at one draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.items.drafts import saving
from publisher.items.drafts.content import ATTACHMENT, PICTURE, Content, File, content_of
from publisher.items.drafts.saving import Conflict, Hand, NotWrittenIn, Saved
from publisher.items.models import Draft, DraftState, DraftVersion
from publisher.office import Office

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def draft(office: Office) -> Draft:
    return saving.begin(office, Content(title="科技活动周", channels=("portal",)), by="zhangwei", now=NOON)


def typed(draft: Draft, title: str, hand: Hand, *, at: datetime = NOON) -> Saved | Conflict:
    return saving.save(draft, replace(content_of(draft), title=title), hand, now=at)


def titles(draft: Draft) -> list[str]:
    return [version.content["title"] for version in draft.versions.order_by("pk")]


def test_a_change_gives_the_next_version(draft: Draft) -> None:
    saved = typed(draft, "科技活动周启动", Hand("zhangwei", base=1))
    assert isinstance(saved, Saved)
    assert (saved.draft.version, saved.draft.title, saved.draft.changed_by) == (2, "科技活动周启动", "zhangwei")


def test_saving_the_same_again_changes_nothing(draft: Draft) -> None:
    for _time in range(3):
        typed(draft, "科技活动周启动", Hand("zhangwei", base=1, window="a"))
    draft.refresh_from_db()
    assert (draft.version, draft.versions.filter(is_aside=True).count()) == (2, 0)


def test_a_page_that_never_heard_its_answer_goes_on(draft: Draft) -> None:
    typed(draft, "甲", Hand("zhangwei", base=1, window="a"))
    saved = typed(draft, "甲乙", Hand("zhangwei", base=1, window="a"))
    assert isinstance(saved, Saved)
    assert saved.draft.title == "甲乙"


def test_what_another_person_wrote_is_not_overwritten_and_both_are_there(draft: Draft) -> None:
    typed(draft, "王芳的标题", Hand("wangfang", base=1, window="b"))
    conflict = typed(draft, "张伟的标题", Hand("zhangwei", base=1, window="a"))
    assert isinstance(conflict, Conflict)
    draft.refresh_from_db()
    assert (draft.title, draft.version) == ("王芳的标题", 2)
    assert (conflict.aside.content["title"], conflict.aside.number) == ("张伟的标题", 1)


def test_two_pages_of_one_person_are_two_writers(draft: Draft) -> None:
    typed(draft, "甲", Hand("zhangwei", base=1, window="a"))
    assert isinstance(typed(draft, "乙", Hand("zhangwei", base=1, window="b")), Conflict)


def test_a_page_that_goes_on_beside_a_conflict_keeps_its_newest_words_in_one_place(draft: Draft) -> None:
    typed(draft, "王芳的标题", Hand("wangfang", base=1, window="b"))
    for title in ("张", "张伟", "张伟的标题"):
        typed(draft, title, Hand("zhangwei", base=1, window="a"))
    assert [aside.content["title"] for aside in draft.versions.filter(is_aside=True)] == ["张伟的标题"]


@pytest.mark.parametrize("state", [DraftState.SENT_UP, DraftState.DISCARDED])
def test_nothing_is_written_in_what_was_sent_up_or_discarded(draft: Draft, state: DraftState) -> None:
    Draft.objects.update(state=state)
    with pytest.raises(NotWrittenIn):
        typed(draft, "科技活动周启动", Hand("zhangwei", base=1))
    assert Draft.objects.get().title == "科技活动周"


def test_changes_of_ten_minutes_stand_in_one_row_of_the_history(draft: Draft) -> None:
    for minute in range(25):
        version = Draft.objects.get().version
        typed(draft, f"第{minute}稿", Hand("zhangwei", version, "a"), at=NOON + minute * MINUTE)
    assert titles(draft) == ["科技活动周", "第9稿", "第19稿", "第24稿"]


def test_a_change_the_history_keeps_is_not_overwritten(draft: Draft) -> None:
    typed(draft, "读入的文件", Hand("zhangwei", 1, "a", is_kept=True))
    typed(draft, "接着写", Hand("zhangwei", 2, "a"))
    assert titles(draft) == ["科技活动周", "读入的文件", "接着写"]


def test_the_history_keeps_the_newest_rows_and_the_last_of_each_older_day(draft: Draft) -> None:
    for number in range(80):
        version = Draft.objects.get().version
        typed(draft, f"第{number}稿", Hand("zhangwei", version, is_kept=True), at=NOON + number * timedelta(hours=6))
    kept = titles(draft)
    assert kept[-saving.NEWEST_KEPT :] == [f"第{number}稿" for number in range(50, 80)]
    days = [version.at.date() for version in draft.versions.order_by("pk")][: -saving.NEWEST_KEPT]
    assert len(days) == len(set(days)) == 12


def test_what_waits_to_be_put_together_leaves_the_history_only_by_hand(draft: Draft) -> None:
    typed(draft, "王芳的标题", Hand("wangfang", base=1))
    typed(draft, "张伟的标题", Hand("zhangwei", base=1))
    for number in range(40):
        typed(draft, f"第{number}稿", Hand("wangfang", number + 2, is_kept=True), at=NOON + number * MINUTE)
    assert draft.versions.filter(is_aside=True).count() == 1


def test_a_draft_in_which_nothing_was_written_is_taken_again(office: Office) -> None:
    first = saving.begin(office, Content(), by="zhangwei", now=NOON)
    assert saving.begin(office, Content(), by="zhangwei", now=NOON) == first
    assert saving.begin(office, Content(), by="wangfang", now=NOON) != first
    typed(first, "甲", Hand("zhangwei", base=1))
    assert saving.begin(office, Content(), by="zhangwei", now=NOON) != first


def test_a_discarded_draft_can_be_taken_up_again(draft: Draft) -> None:
    saving.discard(draft, by="zhangwei", now=NOON)
    with pytest.raises(NotWrittenIn):
        saving.discard(draft, by="zhangwei", now=NOON)
    saving.take_up_again(draft, by="zhangwei", now=NOON)
    assert Draft.objects.get().state == DraftState.OPEN


def test_variants_are_kept_without_disturbing_an_open_page(draft: Draft) -> None:
    changed = saving.amend(draft, {"variants": {"weibo": {"title": "短标题"}}}, by="wangfang", now=NOON)
    assert (changed.variants, changed.version) == ({"weibo": {"title": "短标题"}}, 1)
    saved = typed(changed, "科技活动周启动", Hand("zhangwei", base=1))
    assert isinstance(saved, Saved)
    assert saved.draft.variants == {"weibo": {"title": "短标题"}}


def test_files_are_kept_in_their_order(draft: Draft) -> None:
    files = tuple(
        File(role, number * 64, f"{number}.png", "image/png")
        for role, number in ((PICTURE, "b"), (PICTURE, "a"), (ATTACHMENT, "b"))
    )
    saving.save(draft, replace(content_of(draft), files=files), Hand("zhangwei", 1), now=NOON)
    assert content_of(Draft.objects.get()).files == files


TEXT = st.text(max_size=20)
FILES = st.builds(
    File,
    role=st.sampled_from([PICTURE, ATTACHMENT]),
    sha256=st.just("a" * 64),
    name=TEXT,
    media_type=st.just("image/png"),
    alt=TEXT,
    caption=TEXT,
)


@given(
    st.builds(
        Content,
        title=TEXT,
        html=TEXT,
        channels=st.lists(TEXT, max_size=3).map(tuple),
        publish_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        variants=st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, max_size=2), max_size=2),
        files=st.lists(FILES, max_size=2).map(tuple),
    )
)
def test_what_is_kept_in_the_history_comes_back_as_it_was(content: Content) -> None:
    assert Content.from_json(content.as_json()) == content


def test_a_history_row_of_an_older_program_still_opens() -> None:
    assert Content.from_json({"title": "甲", "colour": "red"}) == Content(title="甲")


def test_the_version_is_the_number_of_the_newest_row(draft: Draft) -> None:
    typed(draft, "甲", Hand("zhangwei", 1))
    assert DraftVersion.objects.order_by("-pk")[0].number == Draft.objects.get().version == 2
