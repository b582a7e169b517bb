"""Freshness on days of one's own: lights, days, forecasts, verdicts, monthly minima, and what the doctor says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from channels.base import Column
from publisher.log.columns import note_columns
from publisher.office import Office, load
from publisher.queue.diagnosis.findings import Finding, Severity, Who
from publisher.reports.freshness.minima import MonthRow
from publisher.reports.freshness.overview import Freshness, Row, Verdict, freshness
from publisher.reports.freshness.standard import Light
from publisher.reports.freshness.watch import findings
from tests.logged import log_entry
from tests.world import MODEL

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(home: Path) -> Office:
    path = home / "office.toml"
    path.write_text(MODEL.read_text(encoding="utf-8"), encoding="utf-8")
    return load(path, home=home)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def at(office: Office, day: str, clock: str = "12:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=office.timezone)


def on(office: Office, day: str) -> Freshness:
    return freshness(office, now=at(office, day))


def row(found: Freshness, channel: str, column: str = "") -> Row:
    (one,) = [r for r in found.rows if r.channel.key == channel and (r.column.key if r.column else "") == column]
    return one


def home_row(found: Freshness) -> Row:
    (one,) = [r for r in found.rows if r.of == "home"]
    return one


def with_columns(office: Office, column_class: str, number: int) -> Office:
    columns = [Column(f"c{n}", f"栏目{n}", column_class) for n in range(number)]
    return replace(office, columns={column.key: column for column in columns})


def own(office: Office, text: str) -> Office:
    """The office, inspected by a standard of its own that adds to the national one."""
    folder = office.path.parent / "inspection"
    folder.mkdir(exist_ok=True)
    head = 'extends = "national-2019"\nname = "本单位"\nsource = "内部"\nsince = 2020-01-01\nmark = "verified"\n'
    (folder / "own.toml").write_text(head + text, encoding="utf-8")
    return replace(office, inspection="own")


# Lights and days


LIGHTS = [
    # column, published on, looked at on, light, days, red on
    ("dynamics", "2026-06-01", "2026-06-01", Light.GREEN, 0, "2026-06-15"),
    ("dynamics", "2026-06-01", "2026-06-10", Light.GREEN, 9, "2026-06-15"),
    ("dynamics", "2026-06-01", "2026-06-11", Light.WARN, 10, "2026-06-15"),
    ("dynamics", "2026-06-01", "2026-06-14", Light.WARN, 13, "2026-06-15"),
    ("dynamics", "2026-06-01", "2026-06-15", Light.RED, 14, "2026-06-15"),
    ("dynamics", "2026-12-25", "2027-01-08", Light.RED, 14, "2027-01-08"),
    ("notices", "2026-08-31", "2027-02-27", Light.WARN, 180, "2027-02-28"),
    ("notices", "2026-08-31", "2027-02-28", Light.RED, 181, "2027-02-28"),
    ("notices", "2026-01-15", "2026-06-01", Light.GREEN, 137, "2026-07-15"),
    ("annual-reports", "2026-01-28", "2027-01-31", Light.WARN, 368, "2027-02-28"),
    ("annual-reports", "2026-01-28", "2026-12-01", Light.GREEN, 307, "2027-02-28"),
]


@pytest.mark.parametrize(("column", "published", "day", "light", "days", "red_on"), LIGHTS)
def test_a_column_turns_on_its_day(
    office: Office, column: str, published: str, day: str, light: Light, days: int, red_on: str
) -> None:
    log_entry(office, published, column=column)
    found = row(on(office, day), "portal", column)
    assert (found.light, found.days, found.red_on) == (light, days, date.fromisoformat(red_on))


@pytest.mark.parametrize(("clock", "light"), [("23:59", Light.WARN), ("00:00", Light.RED)])
def test_a_day_begins_at_midnight_of_the_office(office: Office, clock: str, light: Light) -> None:
    log_entry(office, "2026-06-01")
    day = "2026-06-14" if light == Light.WARN else "2026-06-15"
    assert row(freshness(office, now=at(office, day, clock)), "portal", "dynamics").light == light


def test_a_column_whose_last_item_was_taken_back_is_as_old_as_what_is_left(office: Office) -> None:
    log_entry(office, "2026-06-01", 1)
    log_entry(office, "2026-06-12", 2)
    assert row(on(office, "2026-06-16"), "portal", "dynamics").light == Light.GREEN
    log_entry(office, "2026-06-13", 2, event="recalled")
    found = row(on(office, "2026-06-16"), "portal", "dynamics")
    assert (found.light, found.days) == (Light.RED, 15)
    log_entry(office, "2026-06-14", 1, event="recalled")
    assert row(on(office, "2026-06-16"), "portal", "dynamics").light == Light.EMPTY


def test_the_home_page_is_as_fresh_as_its_freshest_column(office: Office) -> None:
    log_entry(office, "2026-06-01", 1)
    log_entry(office, "2026-06-09", 2, column="policies", title="新政策")
    found = home_row(on(office, "2026-06-16"))
    assert (found.light, found.days) == (Light.GREEN, 7)
    assert found.last is not None
    assert found.last.title == "新政策"
    assert found.name == "Home page"


def test_the_home_page_does_not_show_what_stands_in_a_column_that_is_gone(office: Office) -> None:
    log_entry(office, "2026-06-15", column="gone")
    assert home_row(on(office, "2026-06-16")).light == Light.EMPTY


def test_what_was_backfilled_without_a_column_is_new_on_the_home_page(office: Office) -> None:
    log_entry(office, "2026-06-14", -1, column="", event="backfilled")
    assert home_row(on(office, "2026-06-16")).days == 2


def test_an_account_is_as_fresh_as_its_newest_post_in_whatever_column(office: Office) -> None:
    log_entry(office, "2026-06-01", 1, channel="weibo", column="dynamics")
    log_entry(office, "2026-06-05", 2, channel="weibo", column="notices")
    found = row(on(office, "2026-06-16"), "weibo")
    assert (found.light, found.days) == (Light.WARN, 11)
    log_entry(office, "2026-06-14", -1, channel="weibo", column="", event="backfilled")
    assert row(on(office, "2026-06-16"), "weibo").days == 2


def test_an_account_keeps_what_came_from_a_column_that_is_gone(office: Office) -> None:
    old = replace(office, columns=office.columns | {"video": Column("video", "视频", "政务动态")})
    note_columns(old, actor="test")
    log_entry(old, "2026-06-15", channel="weibo", column="video")
    note_columns(replace(office, changed_at=office.changed_at + timedelta(days=1)), actor="test")
    assert row(on(office, "2026-06-16"), "weibo").days == 1


def test_without_a_limit_there_is_no_day_and_no_blame(office: Office) -> None:
    assert row(on(office, "2026-06-16"), "daily").light == Light.UNLIMITED
    log_entry(office, "2020-01-01", channel="daily", event="handed_over")
    found = row(on(office, "2026-06-16"), "daily")
    assert (found.light, found.limit, found.red_on) == (Light.UNLIMITED, None, None)
    assert found.days == 2358


def test_a_column_without_a_limit_is_still_empty_without_items(office: Office) -> None:
    bare = with_columns(office, "机构职能", 1)
    assert row(on(bare, "2026-06-16"), "portal", "c0").light == Light.EMPTY
    log_entry(bare, "2020-01-01", column="c0")
    assert row(on(bare, "2026-06-16"), "portal", "c0").light == Light.UNLIMITED


def test_before_a_standard_is_in_force_nothing_is_late(office: Office) -> None:
    log_entry(office, "2018-01-01")
    assert row(on(office, "2018-12-31"), "portal", "dynamics").light == Light.UNLIMITED
    assert row(on(office, "2019-04-18"), "portal", "dynamics").light == Light.RED


# Forecast


FORECASTS = [
    # published on, looked at on, every, next on, late
    (["06-01", "06-04", "06-07"], "06-08", 3, "06-10", False),
    (["06-01", "06-04", "06-07"], "06-18", 3, "06-18", False),
    (["06-01", "06-04", "06-07"], "06-21", 3, "06-21", True),
    (["05-01", "05-15", "05-29"], "05-30", 14, "06-12", True),
    (["05-01", "05-14", "05-27"], "05-30", 13, "06-09", False),
    (["06-01", "06-02", "06-05", "06-25"], "06-26", 3, "06-28", False),
    (["06-01", "06-02", "06-04"], "06-05", 2, "06-06", False),
]


@pytest.mark.parametrize(("published", "day", "every", "next_on", "late"), FORECASTS)
def test_the_next_is_expected_after_the_usual_gap(
    office: Office, published: Sequence[str], day: str, every: int, next_on: str, late: bool
) -> None:
    for number, each in enumerate(published):
        log_entry(office, f"2026-{each}", number + 1)
    forecast = row(on(office, f"2026-{day}"), "portal", "dynamics").forecast
    assert forecast is not None
    assert (forecast.every_days, forecast.next_on, forecast.is_late) == (
        every,
        date.fromisoformat(f"2026-{next_on}"),
        late,
    )


def test_several_items_of_a_day_and_two_days_are_no_rhythm(office: Office) -> None:
    for number in range(5):
        log_entry(office, "2026-06-01", number + 1)
    log_entry(office, "2026-06-03", 9)
    assert row(on(office, "2026-06-04"), "portal", "dynamics").forecast is None


def test_the_rhythm_is_that_of_late_not_of_years_ago(office: Office) -> None:
    for number in range(40):
        log_entry(office, str(date(2026, 1, 1) + timedelta(days=number)), number + 1)
    for number in range(11):
        log_entry(office, str(date(2026, 3, 1) + timedelta(days=5 * number)), number + 100)
    forecast = row(on(office, "2026-05-01"), "portal", "dynamics").forecast
    assert forecast is not None
    assert forecast.every_days == 5


# Verdicts


def verdict(found: Freshness, key: str, channel: str = "portal") -> Verdict:
    (one,) = [v for v in found.verdicts if v.veto.key == key and v.channel.key == channel]
    return one


@pytest.mark.parametrize(
    ("red", "soon", "outcome"),
    [(5, 0, "hit"), (4, 0, "clear"), (4, 1, "near"), (3, 2, "near"), (3, 1, "clear"), (0, 5, "near"), (6, 2, "hit")],
)
def test_five_dynamic_columns_overdue_together_fail_the_site(office: Office, red: int, soon: int, outcome: str) -> None:
    many = with_columns(office, "工作动态", 9)
    for number in range(9):
        day = "2026-06-01" if number < red else "2026-06-05" if number < red + soon else "2026-06-15"
        log_entry(many, day, number + 1, column=f"c{number}")
    found = on(many, "2026-06-16")
    stale = verdict(found, "stale-columns")
    assert (len(stale.counted), stale.outcome) == (red, outcome)
    assert verdict(found, "home").outcome == "clear"


def test_dynamic_and_notice_columns_count_together_but_no_others(office: Office) -> None:
    columns = [
        Column(f"c{n}", f"栏目{n}", name)
        for n, name in enumerate(["工作动态"] * 3 + ["政策文件"] * 2 + ["人事信息"] * 4)
    ]
    many = replace(office, columns={column.key: column for column in columns})
    for number in range(9):
        log_entry(many, "2024-06-01", number + 1, column=f"c{number}")
    found = on(many, "2026-06-16")
    assert len(verdict(found, "stale-columns").counted) == 5
    assert len(verdict(found, "long-stale-columns").counted) == 9
    assert verdict(found, "long-stale-columns").outcome == "clear"
    assert found.outcome == "hit"


@pytest.mark.parametrize(("empty", "outcome"), [(4, "clear"), (5, "hit")])
def test_five_empty_columns_fail_the_site(office: Office, empty: int, outcome: str) -> None:
    many = with_columns(office, "机构职能", 6)
    for number in range(empty, 6):
        log_entry(many, "2026-06-15", number + 1, column=f"c{number}")
    assert verdict(on(many, "2026-06-16"), "empty-columns").outcome == outcome


@pytest.mark.parametrize(("day", "outcome"), [("2026-06-01", "hit"), ("2026-06-05", "near"), ("2026-06-15", "clear")])
def test_each_account_stands_for_itself(office: Office, day: str, outcome: str) -> None:
    log_entry(office, day, channel="weibo")
    log_entry(office, "2026-06-15", channel="wechat")
    found = on(office, "2026-06-16")
    assert verdict(found, "account", "weibo").outcome == outcome
    assert verdict(found, "account", "wechat").outcome == "clear"


def test_an_account_that_never_posted_fails(office: Office) -> None:
    assert verdict(on(office, "2026-06-16"), "account", "weibo").outcome == "hit"


# Monthly minima


MINIMUM = """
[[minima]]
key = "sections"
name = "每月数量"
words = "每月不少于3条"
by = "section"
per_month = 3
rule = "published"
kinds = ["website"]
"""


def month(found: Freshness, name: str, first: str) -> MonthRow:
    (one,) = [m for m in found.months if m.name == name and m.month.first == date.fromisoformat(first)]
    return one


def publish(office: Office, section: str, *days: str) -> None:
    for day in days:
        number = int(day.replace("-", "")) * 10 + len(section)
        log_entry(office, day, number, section=section)
        log_entry(office, day, number, channel="weibo", section=section)


def test_the_month_before_is_short_or_not_and_this_one_is_warned_of_in_time(office: Office) -> None:
    strict = own(office, MINIMUM)
    publish(strict, "办公室", "2026-05-04", "2026-05-20", "2026-06-02", "2026-06-03")
    publish(strict, "科技管理科", "2026-05-04", "2026-05-05", "2026-05-31", "2026-06-01", "2026-06-08", "2026-06-09")
    early, late = on(strict, "2026-06-20"), on(strict, "2026-06-21")
    assert month(early, "办公室", "2026-05-01").light == Light.RED
    assert (month(early, "办公室", "2026-06-01").light, month(late, "办公室", "2026-06-01").light) == (
        Light.GREEN,
        Light.WARN,
    )
    assert (month(late, "办公室", "2026-06-01").missing, month(late, "办公室", "2026-06-01").expected) == (1, 2)
    assert {m.light for m in late.months if m.name == "科技管理科"} == {Light.GREEN}


def test_a_section_that_fell_silent_is_still_asked(office: Office) -> None:
    strict = own(office, MINIMUM)
    publish(strict, "成果科", "2025-09-01")
    assert month(on(strict, "2026-06-21"), "成果科", "2026-05-01").count == 0
    assert not [m for m in on(strict, "2026-12-21").months if m.name == "成果科"]


def test_named_sections_are_asked_even_if_they_never_published(office: Office) -> None:
    strict = own(office, MINIMUM + 'names = ["人事科"]\n')
    publish(strict, "办公室", "2026-05-04")
    assert {m.name for m in on(strict, "2026-06-21").months} == {"人事科"}


def test_the_national_standard_asks_for_no_number(office: Office) -> None:
    assert on(office, "2026-06-21").months == []


# What it costs, and what the doctor says


@pytest.mark.parametrize("columns", [1, 60])
def test_any_number_of_columns_costs_two_questions(
    office: Office, columns: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = with_columns(office, "工作动态", columns)
    for number in range(columns):
        log_entry(many, "2026-06-01", number + 1, column=f"c{number}")
    with django_assert_num_queries(2):
        found = on(many, "2026-06-16")
    assert len(found.rows) == 1 + columns + 3


def told(office: Office, day: str) -> list[Finding]:
    return findings(office, now=at(office, day))


def fill(office: Office, day: str) -> None:
    for number, column in enumerate(office.columns):
        log_entry(office, day, number + 1, column=column)
    for channel in ("wechat", "weibo"):
        log_entry(office, day, 1, channel=channel)


def test_where_all_is_fresh_the_doctor_says_so_in_one_line(office: Office) -> None:
    fill(office, "2026-06-15")
    (found,) = told(office, "2026-06-16")
    assert (found.severity, found.who, found.check) == (Severity.OK, Who.NOBODY, "freshness")


def test_the_doctor_tells_the_editor_what_is_overdue_soon_due_and_empty(office: Office) -> None:
    fill(office, "2026-06-15")
    for number, column in enumerate(("policies", "annual-reports")):
        log_entry(office, "2026-06-15", number + 3, column=column, event="recalled")
    log_entry(office, "2026-06-05", 50, column="annual-reports")
    found = told(office, "2026-06-26")
    assert [(one.severity, one.who) for one in found] == [(Severity.WARNING, Who.EDITOR)] * 3
    words = [str(one.text) for one in found]
    assert words[0].startswith("An inspection is about to fail: 门户网站 · 首页不更新 0/1")
    assert words[1] == (
        "To be updated before the day given: Home page (2026-06-29), 工作动态 (2026-06-29), "
        "微信公众号 (2026-06-29), 新浪微博 (2026-06-29)."
    )
    assert words[2] == "Nothing is published there: 政策文件."


def test_the_doctor_says_since_when_something_is_overdue(office: Office) -> None:
    fill(office, "2026-06-01")
    log_entry(office, "2026-06-15", 1)
    overdue = [one for one in told(office, "2026-06-18") if "overdue" in str(one.text)]
    assert [str(one.text) for one in overdue] == [
        "Not updated in time, overdue since the day given: 微信公众号 (2026-06-15), 新浪微博 (2026-06-15)."
    ]
    assert overdue[0].since == at(office, "2026-06-15", "00:00")


def test_the_doctor_asks_the_clerk_to_fetch_what_is_missing_in_the_month(office: Office) -> None:
    strict = own(office, MINIMUM)
    fill(strict, "2026-06-20")
    publish(strict, "法规科", "2026-05-02")
    (found,) = [one for one in told(strict, "2026-06-21") if one.who == Who.CLERK]
    assert (
        str(found.text)
        == "Too little published in the month: 办公室 2026-05 0/3, 法规科 2026-05 1/3, 法规科 2026-06 0/3."
    )
