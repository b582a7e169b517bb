"""What was published before is taken in once, under one number for the same information, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Evidence, Past
from publisher.log import verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.likeness import is_telling, same_address, same_title
from publisher.log.models import Backfill, Backfilled, LogEntry
from publisher.log.past import Judged, Taking, Verdict, begin, end
from publisher.office import Office, load

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 24, 4, tzinfo=UTC)
SITE = "http://www.old.gov.cn/"


@pytest.fixture(autouse=True)
def time_of_the_report() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


def taking(office: Office, channel: str = "portal", year: int = 2017) -> Taking:
    entry = office.channels[channel]
    return Taking(office, entry, year, "tester", begin(office, entry, year, source="channel", by="tester"))


def page(number: int, day: date = date(2017, 3, 12), **more: Any) -> Past:
    """A page of the old website."""
    values: dict[str, Any] = {
        "title": f"第{number}次科技工作会议召开",
        "url": f"{SITE}t{number}.html",
        "column": "dynamics",
    }
    return Past(published_on=day, **values | more)


def row(number: int, day: date = date(2017, 3, 12), **more: Any) -> Past:
    """The same in somebody's table."""
    return replace(page(number, day), url="", evidence=Evidence.DECLARED, **more)


def verdicts(judged: list[Judged]) -> list[Verdict]:
    return [one.verdict for one in judged]


def backfilled(office: Office) -> list[LogEntry]:
    return list(LogEntry.objects.filter(office=office.slug, event=Event.BACKFILLED).order_by("seq"))


def published(office: Office, item: int, day: datetime, *, event: Event = Event.PUBLISHED, **more: Any) -> LogEntry:
    """What the program itself put out."""
    values: dict[str, Any] = {"channel": "portal", "title": "", "url": "", "remote_id": ""} | more
    proof = Proof(values.pop("remote_id"), values.pop("url"), "E2")
    with time_machine.travel(day):
        return record(office, event, Subject(item=item, column="notices", **values), actor="tester", proof=proof)


def test_an_entry_says_what_was_found_and_where(office: Office) -> None:
    found = page(1, source="省科技厅", section="规划科", where=f"{SITE}index_3.html", raw={"author": "张三"})
    assert verdicts(taking(office).take([found])) == [Verdict.ADDED]
    (entry,) = backfilled(office)
    assert (entry.happened_on, entry.year, entry.month) == (date(2017, 3, 12), 2017, 3)
    assert entry.at.date() == NOW.date()
    assert (entry.title, entry.url, entry.evidence) == (found.title, found.url, "E2")
    assert (entry.column, entry.column_name, entry.column_class) == ("dynamics", "工作动态", "政务动态")
    assert (entry.channel, entry.channel_kind, entry.section, entry.source) == (
        "portal",
        "website",
        "规划科",
        "省科技厅",
    )
    assert (entry.item, entry.actor) == (-1, "tester")
    run = Backfill.objects.get()
    assert entry.detail == {"run": run.pk, "source": f"{SITE}index_3.html", "found": {"author": "张三"}}
    assert verify.verify_database(office.slug).is_sound


def test_nothing_is_taken_in_twice_whoever_asks_how_often(office: Office) -> None:
    found = [page(number) for number in range(5)]
    first = taking(office)
    assert verdicts(first.take(found)) == [Verdict.ADDED] * 5
    assert verdicts(first.take(found)) == [Verdict.ALREADY] * 5
    https = [replace(past, url=past.url.replace("http:", "https:") + "#top") for past in found]
    assert verdicts(taking(office).take(https)) == [Verdict.ALREADY] * 5
    moved = [replace(past, title=f"{past.title}（更正）", published_on=date(2017, 3, 13)) for past in found]
    assert verdicts(taking(office).take(moved)) == [Verdict.ALREADY] * 5
    assert len(backfilled(office)) == 5


def test_other_years_and_days_to_come_are_left_out_with_the_reason(office: Office) -> None:
    found = [page(1, date(2016, 12, 31)), page(2, date(2018, 1, 1)), page(3, date(2017, 12, 31))]
    judged = taking(office).take(found)
    assert verdicts(judged) == [Verdict.OUTSIDE, Verdict.OUTSIDE, Verdict.ADDED]
    assert str(judged[0].text) == "2016-12-31 is not in 2017."
    this_year = taking(office, year=2018).take([page(4, date(2018, 1, 24)), page(5, date(2018, 1, 25))])
    assert verdicts(this_year) == [Verdict.ADDED, Verdict.REFUSED]
    assert str(this_year[1].text) == "2018-01-25 is still to come."


def test_today_is_the_offices_today(office: Office) -> None:
    # Half past midnight in Panzhihua, still yesterday by UTC.
    with time_machine.travel(datetime(2018, 1, 24, 16, 30, tzinfo=UTC)):
        assert verdicts(taking(office, year=2018).take([page(5, date(2018, 1, 25))])) == [Verdict.ADDED]


def test_what_the_program_published_itself_is_not_taken_in(office: Office) -> None:
    day = datetime(2017, 3, 12, 2, tzinfo=UTC)
    published(office, 31, day, url=f"{SITE}t1.html", title="第1次科技工作会议召开")
    published(
        office, 32, day, channel="wechat", remote_id="ART32", url="https://mp.weixin.qq.com/s?__biz=M&mid=1&idx=1"
    )
    judged = taking(office).take([page(1), page(2)])
    assert verdicts(judged) == [Verdict.ALREADY, Verdict.ADDED]
    assert str(judged[0].text) == "The program published it itself: item 31."
    by_number = Past("改了题", date(2017, 3, 12), remote_id="ART32", url="https://mp.weixin.qq.com/s/short")
    by_address = Past("改了题", date(2017, 3, 12), url="http://mp.weixin.qq.com/s?mid=1&idx=1&__biz=M&chksm=ab#rd")
    assert verdicts(taking(office, "wechat").take([by_number, by_address])) == [Verdict.ALREADY] * 2
    # Published while the run was at work.
    run = taking(office)
    run.take([page(3)])
    published(office, 33, day, url=f"{SITE}t4.html")
    assert verdicts(run.take([page(4)])) == [Verdict.ALREADY]


@pytest.mark.parametrize(
    ("title", "hours", "verdict"),
    [
        ("科技活动周启动！", 0, Verdict.ALREADY),
        ("科技活动周启动", 14, Verdict.ALREADY),
        ("科技活动周启动", 38, Verdict.ADDED),
        ("科技活动周启动", -24, Verdict.ADDED),
        ("科技活动周结束", 0, Verdict.ADDED),
    ],
    ids=["same day", "told after midnight", "two days later", "the day before", "another title"],
)
def test_what_the_platform_numbers_in_another_way_is_known_by_its_title(
    office: Office, title: str, hours: int, verdict: Verdict
) -> None:
    at = datetime(2017, 3, 12, 3, tzinfo=UTC) + timedelta(hours=hours)
    published(office, 7, at, channel="wechat", title=title, remote_id="3147483651", url="")
    push = Past(
        "科技活动周启动",
        date(2017, 3, 12),
        remote_id="msg:2247483650_1",
        url="https://mp.weixin.qq.com/s/a",
        is_same_by_title=True,
    )
    assert verdicts(taking(office, "wechat").take([push])) == [verdict]


def test_a_list_without_addresses_meets_what_the_program_published(office: Office) -> None:
    day = datetime(2017, 3, 12, 2, tzinfo=UTC)
    published(office, 31, day, title="第1次科技工作会议召开！", url=f"{SITE}other.html")
    published(office, 32, day, channel="daily", event=Event.HANDED_OVER, title="第2次科技工作会议召开")
    assert verdicts(taking(office).take([row(1), row(1, date(2017, 3, 13))])) == [Verdict.ALREADY, Verdict.ADDED]
    printed = [row(2, date(2017, 3, 11)), row(2, date(2017, 3, 20)), row(2, date(2017, 5, 1))]
    assert verdicts(taking(office, "daily").take(printed)) == [Verdict.ADDED, Verdict.ALREADY, Verdict.ADDED]


def test_the_same_title_on_different_channels_within_days_is_one_item(office: Office) -> None:
    taking(office).take([page(1), page(2)])
    told = [
        Past("第1次科技工作会议召开！", date(2017, 3, 14), remote_id="A1"),
        Past(" 第２次　科技工作会议召开", date(2017, 3, 19), remote_id="A2"),
        Past("第1次科技工作会议召开", date(2017, 3, 20), remote_id="A3"),
    ]
    taking(office, "wechat").take(told)
    taking(office, "weibo").take([replace(told[0], remote_id="4331051486294436")])
    items = [(entry.channel, entry.item) for entry in backfilled(office)]
    # The third is a second publication of the first on that channel, and too late.
    assert items == [("portal", -1), ("portal", -2), ("wechat", -1), ("wechat", -2), ("wechat", -3), ("weibo", -1)]


def test_on_one_channel_the_same_title_is_two_items(office: Office) -> None:
    twice = [page(1), replace(page(1), url=f"{SITE}notices/t1.html", column="notices")]
    assert verdicts(taking(office).take(twice)) == [Verdict.ADDED] * 2
    assert [entry.item for entry in backfilled(office)] == [-1, -2]
    posts = [Past(page(1).title, date(2017, 3, 12), remote_id=f"{number}") for number in (1, 2, 3)]
    taking(office, "weibo").take(posts)
    assert [entry.item for entry in backfilled(office)][2:] == [-1, -2, -3]


def test_a_title_that_says_nothing_makes_nothing_the_same(office: Office) -> None:
    taking(office).take([replace(page(1), title="公示")])
    taking(office, "wechat").take([Past("公示", date(2017, 3, 12), remote_id="A1")])
    assert [entry.item for entry in backfilled(office)] == [-1, -2]


def test_what_points_to_a_page_is_the_item_of_that_page_and_has_its_column(office: Office) -> None:
    taking(office).take([page(1)])
    published(
        office,
        31,
        datetime(2017, 3, 12, 2, tzinfo=UTC),
        url="https://www.new.gov.cn/31.html",
        title="自己发布的一条信息",
    )
    told = [
        Past("完全不同的题目", date(2017, 9, 1), remote_id="A1", about=f"{SITE}t1.html"),
        Past("另一个题目", date(2017, 9, 1), remote_id="A2", about="http://www.new.gov.cn/31.html"),
        Past("自己发布的一条信息", date(2017, 3, 15), remote_id="A3"),
    ]
    taking(office, "wechat").take(told)
    entries = [entry for entry in backfilled(office) if entry.channel == "wechat"]
    assert [(entry.item, entry.column_name) for entry in entries] == [(-1, "工作动态"), (31, "通知公告"), (-2, "")]


def test_a_table_and_the_site_itself_are_one_in_either_order(office: Office) -> None:
    taking(office).take([page(1)])
    assert verdicts(taking(office).take([row(1), row(2)])) == [Verdict.ALREADY, Verdict.ADDED]
    assert verdicts(taking(office).take([page(1), page(2)])) == [Verdict.ALREADY] * 2
    # A row of a table stands for one publication: the second with its title is another one.
    second = replace(page(2), url=f"{SITE}notices/t2.html")
    assert verdicts(taking(office).take([second, page(2)])) == [Verdict.ADDED, Verdict.ALREADY]
    assert len(backfilled(office)) == 3


def test_two_tables_differ_where_both_say_another_place(office: Office) -> None:
    first = [row(1, issue="7"), replace(row(2), url=f"{SITE}2.html")]
    assert verdicts(taking(office, "daily").take(first)) == [Verdict.ADDED] * 2
    again = [row(1), row(1, issue="7"), row(2), row(1, issue="8"), replace(row(2), url=f"{SITE}3.html")]
    assert verdicts(taking(office, "daily").take(again)) == [Verdict.ALREADY] * 3 + [Verdict.ADDED] * 2


def test_a_run_that_only_shows_writes_nothing_and_counts_the_same(office: Office) -> None:
    taking(office).take([page(1)])
    before = (LogEntry.objects.count(), Backfilled.objects.count(), Backfill.objects.count())
    shown = Taking(office, office.channels["portal"], 2017, "tester")
    found = [page(1), page(2), page(2), replace(page(2), url=page(2).url + "#a"), row(3), row(3)]
    expected = [Verdict.ALREADY, Verdict.ADDED, *[Verdict.ALREADY] * 2, Verdict.ADDED, Verdict.ALREADY]
    assert verdicts(shown.take(found)) == expected
    assert (LogEntry.objects.count(), Backfilled.objects.count(), Backfill.objects.count()) == before
    assert verdicts(taking(office).take(found)) == expected


def test_a_batch_that_breaks_leaves_nothing(office: Office) -> None:
    run = taking(office)
    with pytest.raises(AttributeError):
        run.take([page(1), None], after="2")  # type: ignore[list-item]
    assert (backfilled(office), Backfilled.objects.count(), Backfill.objects.get().cursor) == ([], 0, "")


def test_a_run_goes_on_where_it_was_and_an_ended_one_begins_anew(office: Office) -> None:
    run = taking(office)
    run.take([page(1)], after="page 3")
    assert run.run is not None
    again = begin(office, office.channels["portal"], 2017, source="channel", by="another")
    assert (again.pk, again.cursor) == (run.run.pk, "page 3")
    assert begin(office, office.channels["portal"], 2016, source="channel", by="x").cursor == ""
    assert begin(office, office.channels["portal"], 2017, source="list.xlsx", by="x").cursor == ""
    end(again)
    assert begin(office, office.channels["portal"], 2017, source="channel", by="x").cursor == ""


def test_a_run_of_a_year_under_way_is_not_taken_up_days_later(office: Office) -> None:
    for year, cursor in ((2017, "page 3"), (2018, "")):
        run = taking(office, year=year)
        run.take([], after="page 3")
        with time_machine.travel(NOW.replace(day=26)):
            assert begin(office, office.channels["portal"], year, source="channel", by="x").cursor == cursor


def test_pages_that_are_known_need_not_be_looked_at(office: Office) -> None:
    published(office, 31, datetime(2017, 3, 12, 2, tzinfo=UTC), url="https://www.new.gov.cn/31.html")
    run = taking(office)
    run.take([page(1)])
    known = (f"{SITE}t1.html", "https://www.new.gov.cn/31.html", f"{SITE}t2.html")
    assert [run.is_known(url) for url in known] == [True, True, False]


def test_signs_no_database_keeps_are_dropped_and_what_is_too_long_is_cut(office: Office) -> None:
    odd = page(1, source="省" * 300, raw={"text": "a\x00b", "list": ["\x07"]})
    assert verdicts(taking(office).take([replace(odd, title="第1次\x00会议\ud800召开")])) == [Verdict.ADDED]
    (entry,) = backfilled(office)
    assert (entry.title, len(entry.source), entry.detail["found"]) == (
        "第1次会议召开",
        200,
        {"text": "ab", "list": [""]},
    )
    assert verify.verify_database(office.slug).is_sound


marks = st.text(st.sampled_from(" 　，。！“”《》·—-()（）\t!?"), max_size=6)


@given(st.lists(st.sampled_from("科技会议攀枝花ABCabc123釩鈦")), st.data())
def test_punctuation_blanks_case_and_width_do_not_make_a_title_another(letters: list[str], data: st.DataObject) -> None:
    plain = "".join(letters)
    dressed = "".join(data.draw(marks) + _wide(letter, data.draw(st.booleans())) for letter in letters) + data.draw(
        marks
    )
    assert same_title(dressed) == same_title(plain) == plain.casefold()
    assert is_telling(dressed) == (len(plain) >= 6)


@given(st.text())
def test_folding_a_title_again_changes_nothing(title: str) -> None:
    assert same_title(same_title(title)) == same_title(title)


@given(first=st.text("科技12"), second=st.text("科技12"))
def test_titles_that_differ_in_a_letter_stay_apart(first: str, second: str) -> None:
    assert (same_title(first) == same_title(second)) == (first == second)


ADDRESSES = {
    "scheme": ("http://a.cn/x", "https://a.cn/x"),
    "port": ("http://a.cn:80/x", "https://a.cn:443/x"),
    "host": ("http://A.CN./x", "http://a.cn/x"),
    "session": ("http://a.cn/x;jsessionid=1F?id=2", "http://a.cn/x?id=2&sessionid=9"),
    "order": ("http://a.cn/x?b=1&a=2", "http://a.cn/x?a=2&b=1"),
    "place on the page": ("http://a.cn/x#top", "http://a.cn/x"),
    "encoding": ("http://a.cn/新闻.html", f"http://a.cn/{quote('新闻')}.html"),
    "root": ("http://a.cn", "http://a.cn/"),
    "slashes": ("http://a.cn//b///c", "http://a.cn/b/c"),
    "WeChat's marks": (
        "http://mp.weixin.qq.com/s?__biz=M==&mid=1&idx=2&sn=f&chksm=abc&scene=0#rd",
        "https://mp.weixin.qq.com/s?__biz=M==&mid=1&idx=2&sn=f",
    ),
}


@pytest.mark.parametrize(("first", "second"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_that_lead_to_the_same_page_are_the_same(first: str, second: str) -> None:
    assert same_address(first) == same_address(second) != ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("http://a.cn/x?id=1", "http://a.cn/x?id=2"),
        ("http://a.cn/#/1", "http://a.cn/#/2"),
        ("http://a.cn/x", "http://a.cn:8080/x"),
    ],
)
def test_addresses_of_different_pages_stay_apart(first: str, second: str) -> None:
    assert same_address(first) != same_address(second)


@given(st.text())
def test_no_text_upsets_the_reading_of_addresses(text: str) -> None:
    same_address(text)
    same_address(f"http://{text}")
    same_address(f"http://a.cn/{text}")


numbers = st.integers(1, 4)
days = st.dates(date(2017, 3, 1), date(2017, 3, 4))
things = st.one_of(
    st.builds(lambda number, day: ("portal", page(number, day)), numbers, days),
    st.builds(lambda number, day: ("portal", row(number, day)), numbers, days),
    st.builds(
        lambda number, day: ("wechat", replace(page(number, day), url="", remote_id=f"A{number}{day}")), numbers, days
    ),
    st.builds(lambda number, day: ("daily", row(number, day, issue=str(day.day))), numbers, days),
)


@settings(max_examples=10)
@given(batches=st.lists(st.lists(things, max_size=6), max_size=4))
def test_whatever_comes_in_whatever_order_nothing_doubles_and_each_item_is_on_a_channel_once(
    batches: list[list[tuple[str, Past]]],
) -> None:
    office = load(Path(__file__).parents[2] / "config" / "office.toml", home=Path("/nowhere"))
    with transaction.atomic():
        for batch in batches:
            for channel in ("portal", "wechat", "daily"):
                taking(office, channel).take([past for name, past in batch if name == channel])
        before = [(entry.channel, entry.item) for entry in backfilled(office)]
        for batch in batches:
            for channel, past in batch:
                assert verdicts(taking(office, channel).take([past])) == [Verdict.ALREADY]
        assert [(entry.channel, entry.item) for entry in backfilled(office)] == before
        assert len(set(before)) == len(before)
        transaction.set_rollback(True)


def _wide(letter: str, is_wide: bool) -> str:
    return chr(ord(letter) + 0xFEE0) if is_wide and "!" <= letter <= "~" else letter
