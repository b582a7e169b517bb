"""Inspection standards: the shipped ones, an office's own, and every mistake in them with its place and remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import hypothesis.strategies as st
import pytest
from django.utils import translation
from hypothesis import given

from channels.base import Column
from publisher.office import BadConfiguration, Office, load
from publisher.reports.freshness.loading import standard
from publisher.reports.freshness.standard import Limit, Mark, months_later
from publisher.wording import sentence
from tests.world import MODEL

SHIPPED = sorted(path.stem for path in (MODEL.parent / "inspection").glob("*.toml"))
DAY = date(2026, 6, 30)


@pytest.fixture
def office(home: Path) -> Office:
    """The model office with a configuration of its own, beside which own standards may stand."""
    path = home / "office.toml"
    path.write_text(MODEL.read_text(encoding="utf-8"), encoding="utf-8")
    (home / "inspection").mkdir()
    return load(path, home=home)


def own(office: Office, text: str, name: str = "own") -> Office:
    """The office, inspected by a standard of its own."""
    (office.path.parent / "inspection" / f"{name}.toml").write_text(text, encoding="utf-8")
    return replace(office, inspection=name)


HEAD = """
name = "本单位"
source = "内部规定"
since = 2020-01-01
mark = "verified"
"""
LIMIT = """
[[limits]]
key = "dynamic"
name = "动态"
words = "动态7天内更新"
of = "column"
kinds = ["website"]
classes = ["政务动态"]
days = 7
"""


# The shipped ones


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_standard_can_be_used(office: Office, name: str) -> None:
    found = standard(replace(office, inspection=name))
    assert found.limits
    assert all(part.source and part.mark for part in (*found.limits, *found.vetoes, *found.minima))


CLASSES = [
    ("政务动态", "dynamic"),
    ("工作动态", "dynamic"),
    ("时政要闻", "dynamic"),
    ("通知公告", "notices"),
    ("政策文件", "notices"),
    ("信息公开，政策文件", "notices"),
    ("政策解读", None),
    ("人事信息", "plans"),
    ("规划计划", "plans"),
    ("信息公开年报", "annual"),
    ("机构职能", None),
]


@pytest.mark.parametrize(("column_class", "key"), CLASSES)
def test_the_class_of_a_column_decides_on_its_limit(office: Office, column_class: str, key: str | None) -> None:
    column = Column("any", "栏目", column_class)
    found = standard(office).limit("column", office.channels["portal"], column, day=DAY)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("name", "channel", "length"),
    [
        ("national-2019", "wechat", 14),
        ("national-2019", "weibo", 14),
        ("national-2019", "daily", None),
        ("national-2015", "wechat", None),
        ("minhou-2025", "weibo", 10),
    ],
)
def test_the_kind_of_a_channel_decides_on_its_limit(
    office: Office, name: str, channel: str, length: int | None
) -> None:
    found = standard(replace(office, inspection=name)).limit("channel", office.channels[channel], None, day=DAY)
    assert (found.days if found else None) == length


def test_a_standard_holds_from_its_first_day_on(office: Office) -> None:
    portal, column = office.channels["portal"], office.columns["dynamics"]
    for day, is_there in ((date(2019, 4, 17), False), (date(2019, 4, 18), True)):
        assert bool(standard(office).limit("column", portal, column, day=day)) is is_there


def test_what_was_not_read_is_marked(office: Office) -> None:
    found = standard(replace(office, inspection="sichuan-2021"))
    marks = {limit.key: limit.mark for limit in found.limits}
    assert {marks[key] for key in ("home", "dynamic", "notices", "account")} == {Mark.UNVERIFIED}
    assert "川府公开办函〔2021〕28号" in found.document
    assert {limit.days for limit in found.limits if limit.key in ("home", "dynamic", "account")} == {14}


def test_what_extends_the_national_one_names_its_own_source_only_for_what_it_changes(office: Office) -> None:
    found = standard(replace(office, inspection="minhou-2025"))
    sources = {limit.key: (limit.source, limit.document) for limit in found.limits}
    assert sources["account"] == ("闽侯县通报（2025年）", "")
    assert sources["home"][1] == "国办秘函〔2019〕19号"
    assert sources["annual"] == ("《政府信息公开条例》第四十九条", "")


# Lengths


MONTHS = [
    ("2026-08-31", 6, "2027-02-28"),
    ("2027-08-31", 6, "2028-02-29"),
    ("2026-08-28", 6, "2027-02-28"),
    ("2026-01-31", 1, "2026-02-28"),
    ("2026-03-15", 6, "2026-09-15"),
    ("2026-10-31", 1, "2026-11-30"),
    ("2026-12-31", 12, "2027-12-31"),
    ("2028-02-29", 12, "2029-02-28"),
    ("2026-01-15", 13, "2027-02-15"),
    ("2026-12-01", 1, "2027-01-01"),
]


@pytest.mark.parametrize(("day", "months", "later"), MONTHS)
def test_a_month_later_is_the_same_day_or_the_last_one(day: str, months: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.integers(1, 120))
def test_months_later_are_that_many_months_and_never_another_one(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and months_later(later, 1).month != later.month)
    assert later.day == min(day.day, (months_later(date(later.year, later.month, 1), 1) - later).days + later.day - 1)


def limit(**length: int) -> Limit:
    facts = {"key": "any", "name": "名", "words": "话", "source": "据", "since": DAY, "mark": Mark.VERIFIED}
    return Limit.model_validate({**facts, "of": "home", "kinds": ["website"], **length})


@pytest.mark.parametrize(
    ("length", "warn", "red"),
    [
        ({"days": 14, "warn_percent": 70}, "2026-07-10", "2026-07-14"),
        ({"days": 14, "warn_percent": 100}, "2026-07-14", "2026-07-14"),
        ({"days": 10}, "2026-07-07", "2026-07-10"),
        ({"days": 1}, "2026-07-01", "2026-07-01"),
        ({"months": 6, "warn_percent": 80}, "2026-11-24", "2026-12-30"),
    ],
    ids=str,
)
def test_it_is_warned_of_before_it_is_too_late(length: dict[str, int], warn: str, red: str) -> None:
    found = limit(**length)
    assert (found.warn_on(DAY).isoformat(), found.red_on(DAY).isoformat()) == (warn, red)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 3660), st.integers(1, 100))
def test_the_warning_never_comes_before_the_publication_nor_after_the_limit(day: date, days: int, share: int) -> None:
    found = limit(days=days, warn_percent=share)
    assert day < found.warn_on(day) <= found.red_on(day)


# An office's own


def test_an_own_file_replaces_the_shipped_one_of_its_name_and_may_extend_it(office: Office) -> None:
    changed = HEAD + 'extends = "national-2019"\n[[limits]]\nkey = "dynamic"\ndays = 7\n'
    found = {one.key: one for one in standard(own(office, changed, "national-2019")).limits}
    assert (found["dynamic"].days, found["dynamic"].source, found["dynamic"].classes[0]) == (7, "内部规定", "*动态*")
    assert found["notices"].months == 6


def test_days_take_the_place_of_months(office: Office) -> None:
    changed = HEAD + 'extends = "national-2019"\n[[limits]]\nkey = "notices"\ndays = 90\n'
    found = {one.key: one for one in standard(own(office, changed)).limits}
    assert (found["notices"].days, found["notices"].months) == (90, None)


def test_the_shortest_of_several_limits_holds(office: Office) -> None:
    second = LIMIT.replace('key = "dynamic"', 'key = "mine"').replace(
        'classes = ["政务动态"]', 'columns = ["dynamics"]'
    )
    found = standard(own(office, HEAD + LIMIT + second.replace("days = 7", "days = 5")))
    chosen = found.limit("column", office.channels["portal"], office.columns["dynamics"], day=DAY)
    assert chosen is not None
    assert chosen.key == "mine"


BAD: dict[str, tuple[str, str, str]] = {
    "no length": (LIMIT.replace("days = 7\n", ""), "limits.dynamic", "请写 days 或 months 其中之一"),
    "two lengths": (LIMIT + "months = 1\n", "limits.dynamic", "请写 days 或 months 其中之一"),
    "no class": (LIMIT.replace('classes = ["政务动态"]\n', ""), "limits.dynamic", "classes"),
    "a class without need": (LIMIT.replace('of = "column"', 'of = "home"'), "limits.dynamic", "classes"),
    "a length that is none": (LIMIT.replace("days = 7", "days = 0"), "limits.dynamic.days", "请写不小于 1 的数。"),
    "a share beyond all": (LIMIT + "warn_percent = 101\n", "limits.dynamic.warn_percent", "请写不大于 100 的数。"),
    "an unknown kind": (
        LIMIT.replace('["website"]', '["webpage"]'),
        "limits.dynamic.kinds.0",
        '没有渠道类型 "webpage"',
    ),
    "an unknown setting": (LIMIT + "day = 7\n", "limits.dynamic.day", "没有此项设置：请删除，或改正名称。"),
    "no key": (LIMIT.replace('key = "dynamic"\n', ""), "limits.0.key", "缺少此项设置：请补充。"),
    "twice the same key": (LIMIT + LIMIT, "limits", "请为每个表另取一个"),
    "no table": ("limits = 5\n", "limits", "[[limits]]"),
    "an unknown column": (
        LIMIT.replace('classes = ["政务动态"]', 'columns = ["dynamic"]'),
        "limits.dynamic.columns",
        "没有 dynamic：请使用下列之一：dynamics",
    ),
    "an unknown mark": (LIMIT + 'mark = "sure"\n', "limits.dynamic.mark", "请写下列之一：'verified'"),
    "no day": (LIMIT + 'since = "soon"\n', "limits.dynamic.since", "请写不带引号的日期"),
    "a veto over an unknown limit": (
        LIMIT + '[[vetoes]]\nkey = "v"\nname = "否"\nwords = "决"\nof = "column"\nlimits = ["x"]\nlights = ["red"]\n'
        "at_least = 5\n",
        "",
        "没有 x 这一时限",
    ),
    "an unknown rule": (
        '[[minima]]\nkey = "m"\nname = "量"\nwords = "数"\nby = "section"\nper_month = 20\nrule = "x"\n',
        "minima.m.rule",
        "没有 x",
    ),
    "an unknown base": ('extends = "nowhere"\n', "extends", "没有另一个标准 nowhere"),
    "itself as its base": ('extends = "own"\n', "extends", "没有另一个标准 own"),
}


@pytest.mark.parametrize(("text", "key", "remedy"), BAD.values(), ids=BAD)
def test_a_mistake_is_told_in_chinese_with_its_place(office: Office, text: str, key: str, remedy: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        standard(own(office, HEAD + text))
    with translation.override("zh-hans"):
        told = {flaw.key: sentence(flaw.text) for flaw in caught.value.flaws}
    assert key in told
    assert remedy in told[key]
    assert caught.value.path.name == "own.toml"


def test_files_that_extend_each_other_are_told_apart(office: Office) -> None:
    own(office, HEAD + 'extends = "own"\n', "other")
    with pytest.raises(BadConfiguration) as caught:
        standard(own(office, HEAD + 'extends = "other"\n'))
    assert [flaw.key for flaw in caught.value.flaws] == ["extends"]


def test_an_unknown_standard_is_a_mistake_of_the_configuration(office: Office) -> None:
    text = office.path.read_text(encoding="utf-8").replace('"national-2019"', '"national-2091"')
    office.path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load(office.path, home=office.path.parent)
    (flaw,) = caught.value.flaws
    assert flaw.key == "inspection.standard"
    assert "national-2019" in str(flaw.text)
