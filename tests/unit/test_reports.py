"""A report made from the real log and what people entered: every figure right, worded, opened, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from publisher.office import Office
from publisher.reports import queries
from publisher.reports.checks import texts
from publisher.reports.checks.passages import Passage
from publisher.reports.document import Paragraph, Run, Table
from publisher.reports.figures.entering import Given, enter, enter_all
from publisher.reports.figures.figure import MISSING
from publisher.reports.figures.wording import worded
from publisher.reports.filling import opening
from publisher.reports.forms.format import AnalyticsFigure
from publisher.reports.report import Report, WrongForm, make_report
from publisher.review.statements.phrases import supports
from publisher.wording import sentence
from tests.forms import COMPLETE, moment, office_with_example, publish

DATA = Path(__file__).parents[1] / "data"
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def office(home: Path) -> Office:
    office = office_with_example(home)
    publish(office, "2017-03-01", "portal", range(1, 8))
    publish(office, "2017-04-01", "portal", range(20, 23), column="notices")
    publish(office, "2017-05-01", "weibo", range(1, 8))
    publish(office, "2017-06-01", "wechat", range(1, 7))
    publish(office, "2018-01-02", "portal", range(40, 42))
    return office


def give(office: Office, *values: tuple[str, str], year: int = 2017, day: str = "2018-01-10") -> None:
    with time_machine.travel(moment(day), tick=False):
        enter_all(office, year, [Given(key, typed) for key, typed in values], by="张三")


def complete(office: Office, *changes: tuple[str, str], year: int = 2017) -> None:
    give(office, *(COMPLETE | dict(changes)).items(), year=year)


def report(office: Office, year: int = 2017, **more: date) -> Report:
    return make_report(office, year, "short-report", today=date(2018, 1, 24), **more)


def printed(made: Report) -> str:
    paragraphs = (block.text for block in made.document().blocks if isinstance(block, Paragraph))
    return "\n".join(paragraphs)


def cells(made: Report) -> list[list[str]]:
    table = next(block for block in made.document().blocks if isinstance(block, Table))
    return [[cell.text for cell in row] for row in table.rows]


# What is printed


def test_a_report_words_what_was_counted_and_entered(office: Office) -> None:
    complete(office)
    assert printed(report(office)).splitlines()[:3] == [
        "2017年，门户网站发布工作动态7条，微博、微信发布10余条，合计20条，网站访问量突破10万次。"
        "行政权力事项共4项:行政处罚3项、行政奖励1项。栏目有工作动态、通知公告。",
        "2017年度无收费。",
        "对照2017年的要求，工作仍有差距。",
    ]


def test_a_report_says_where_it_stands_by_which_rule_it_counts_and_who_signs_when(office: Office) -> None:
    text = printed(report(office))
    assert "本报告全文在门户网站公布。电话:3333482。" in text
    assert "微博、微信发布信息数”“使用的栏目”“各月发布数”按“已发布”口径（published v1）统计。统计已发布的信息" in text
    assert text.endswith("攀枝花市科学技术和知识产权局\n2018年1月24日")


def test_a_table_has_the_numbers_alone_with_computed_totals_and_boxes(office: Office) -> None:
    complete(office)
    made = cells(report(office))
    assert made[2] == ["一、本年新收", "2", "2", "4"]
    assert made[6] == ["是否设有局长信箱", "☑是 □否"]


def test_every_run_and_cell_knows_its_figure(office: Office) -> None:
    complete(office)
    document = report(office).document()
    first = next(block for block in document.blocks if isinstance(block, Paragraph))
    assert [(run.figure, run.text) for run in first.runs if run.figure][:2] == [
        ("short.news", "7条"),
        ("short.social", "10余条"),
    ]
    table = next(block for block in document.blocks if isinstance(block, Table))
    assert [cell.figure for cell in table.rows[4]][2:] == [
        f"short.requests.granted.{column}" for column in ("natural", "company", "total")
    ]


def test_a_draft_can_be_made_with_nothing_entered_and_shows_what_is_missing(office: Office) -> None:
    made = report(office)
    assert f"网站访问量{MISSING}" in printed(made)
    assert [figure.key for figure in made.missing][:4] == [
        "short.visits",
        "short.penalty",
        "short.award",
        "short.powers",
    ]
    assert "short.signed_on" not in [figure.key for figure in made.missing]
    assert {figure.key for figure in made.missing} == set(COMPLETE)  # not the totals, which follow from them


def test_what_people_entered_last_replaces_a_default_text_and_may_name_figures(office: Office) -> None:
    give(office, ("short.problems", "发布了{short.news}。\n还要多发。"), ("short.signed_on", "2018-02-01"))
    text = printed(report(office))
    assert "发布了7条。\n还要多发。" in text
    assert text.endswith("2018年2月1日")


def test_the_figures_can_be_made_again_as_they_stood_on_a_day(office: Office) -> None:
    give(office, ("short.visits", "10万"), day="2018-01-10")
    give(office, ("short.visits", "12万"), day="2018-02-10")
    stood = make_report(office, 2017, "short-report", as_of=moment("2018-01-20"))
    assert stood.figures["short.visits"].number == 100_000
    assert make_report(office, 2017, "short-report", as_of=moment("2017-05-20")).figures["short.social"].number == 7
    assert report(office).figures["short.visits"].number == 120_000


def counted(**more: object) -> AnalyticsFigure:
    return AnalyticsFigure.model_validate({"kind": "analytics", "key": "a", "label": "甲", "unit": "条", **more})


@given(st.integers(1, 10**9), st.sampled_from(["exact", "more", "over", "at_least", "near", "about", "under"]))
def test_the_words_for_a_number_are_true_of_it(number: int, precision: str) -> None:
    assert supports(worded(counted(precision=precision), Decimal(number)), number)


@pytest.mark.parametrize(
    ("more", "number", "words"),
    [
        ({"precision": "more"}, "7", "7条"),
        ({"precision": "more"}, "400", "400条"),
        ({"precision": "more"}, "440", "400余条"),
        ({"precision": "over"}, "103452", "突破10万条"),
        ({"precision": "at_least"}, "103452", "10万条以上"),
        ({"phrase": "{number}（{unit}）"}, "36", "36（条）"),
        ({"decimals": 2}, "12.5", "12.5条"),
        ({}, "0", "0条"),
        ({"precision": "more"}, "-36", "-36条"),
        ({"zero_phrase": "无"}, "0", "无"),
    ],
)
def test_numbers_are_worded_as_the_form_asks(more: dict[str, object], number: str, words: str) -> None:
    assert worded(counted(**more), Decimal(number)) == words


# Opening


def test_every_counted_figure_is_the_length_of_the_list_it_opens_into(office: Office) -> None:
    complete(office)
    for figure in queries.figures_of(office, 2017, "short-report"):
        if figure.kind == "log":
            opened = queries.open_figure(office, 2017, figure.key, "short-report")
            assert opened is not None
            assert len(opened.entries) == figure.number


def test_an_entered_figure_opens_into_everybody_who_gave_it(office: Office) -> None:
    enter(office, 2017, Given("short.visits", "1"), by="张三")
    enter(office, 2017, Given("short.visits", "2"), by="李四")
    opened = queries.open_figure(office, 2017, "short.visits", "short-report")
    assert opened is not None
    assert [(value.by, value.value) for value in opened.history] == [("李四", "2"), ("张三", "1")]


def test_exports_open_figures_into_their_rows(office: Office) -> None:
    complete(office)
    sources = report(office).sources
    news = sources["short.news"]
    assert [row["number"] for row in news.rows] == [str(number) for number in range(1, 8)]
    assert (news.rows[0]["date"], news.rows[0]["channel"], news.rows[0]["title"]) == ("2017-03-01", "门户网站", "第1条")
    assert (sources["short.items"].rule_words, len(sources["short.items"].rows)) == (
        "门户网站发布工作动态信息数7 + 微博、微信发布信息数13",
        20,
    )
    assert (sources["short.visits"].entered_by, str(sources["short.visits"].entered_at)[:10]) == ("张三", "2018-01-10")


def test_exports_list_what_can_be_read_and_say_that_there_is_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LISTED", 5)
    news = report(office).sources["short.news"]
    assert (len(news.rows), news.note) == (5, "只列出前5条，其余见发布日志")


def test_a_text_opens_into_whoever_wrote_it_and_a_forms_own_text_into_nothing(office: Office) -> None:
    assert "short.problems" not in report(office).sources
    give(office, ("short.problems", "我们自己写的一段很长很长很长的文字，说明存在的问题。"))
    problems = report(office).sources["short.problems"]
    assert report(office).sources["short.signed_on"].kind == "text"
    assert (problems.entered_by, problems.value_text) == ("张三", "我们自己写的一段很长很长很长的文字，说明…")


# Which form


def test_the_form_of_another_year_is_refused(office: Office) -> None:
    with pytest.raises(WrongForm) as caught:
        make_report(office, 2021, "short-report")
    assert "2017–2018" in sentence(caught.value.text)


def test_the_wrong_generation_is_refused_and_the_right_one_named(home: Path) -> None:
    office = office_with_example(home)
    text = (home / "forms" / "short-report.toml").read_text(encoding="utf-8")
    later = text.replace('"short-report"', '"later-report"').replace("years = [2017, 2018]", "years = [2019]")
    (home / "forms" / "later-report.toml").write_text(later, encoding="utf-8")
    with pytest.raises(WrongForm) as caught:
        make_report(office, 2022, "short-report")
    assert "later-report" in sentence(caught.value.text)
    assert make_report(office, 2022, "later-report").form.key == "later-report"


def test_an_unknown_form_is_refused_with_those_there_are(office: Office) -> None:
    with pytest.raises(WrongForm) as caught:
        make_report(office, 2017, "long-report")
    assert "short-report" in sentence(caught.value.text)


# Checks


def found(made: Report) -> list[tuple[str, str]]:
    return [(finding.check, finding.severity) for finding in made.findings]


def test_a_complete_report_passes(office: Office) -> None:
    complete(office)
    made = report(office)
    assert (made.missing, found(made)) == ([], [])


BROKEN: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    "sum of single figures": ([("short.powers", "5")], [("power_list_sum", "error"), ("sum_in_sentence", "warning")]),
    "one column of a table": (
        [("short.requests.granted.company", "2")],
        [("requests_balance", "error"), ("requests_balance", "error")],
    ),
    "number typed by hand": ([("short.problems", "全年回复来信12封。")], [("typed_number", "warning")]),
    "vague number typed by hand": ([("short.problems", "开展活动30余次。")], [("typed_number", "warning")]),
    "vague number typed by hand that a figure bears out": (
        [("short.problems", "访问量已突破10万次，超过9万人次。")],
        [],
    ),
    "number typed by hand that a figure has": ([("short.problems", "发布动态7条。")], []),
    "year, day and article typed by hand": ([("short.problems", "2017年9月1日起按第20条执行第3项要求。")], []),
    "sum in a sentence": (
        [("short.problems", "事项共计7项,其中行政处罚3项、行政奖励5项。")],
        [("typed_number", "warning")] * 2 + [("sum_in_sentence", "warning")],
    ),
    "own year in the outlook": (
        [("short.problems", "在2017年乃至今后，我局将继续努力。")],
        [("year_in_outlook", "warning")],
    ),
    "last year left over": ([("short.problems", "2016年，我局认真抓好公开工作。")], [("year_left_over", "warning")]),
    "last year for comparison": ([("short.problems", "发布数较2016年有所增加。")], []),
    "last year in a title": ([("short.problems", "落实《2016年工作要点》（攀办发〔2016〕8号）。")], []),
    "one number with two titles": (
        [
            (
                "short.problems",
                "按《责任分工的通知》(攀办发〔2017〕84 号)\n按《印发《分工方案》的通知》（攀办发〔2017〕84号）",
            )
        ],
        [("document_number", "warning")],
    ),
    "one number with one title": (
        [("short.problems", "按《甲的通知》(攀办发〔2017〕84 号)和《甲的通知》（攀办发[2017]84号）")],
        [],
    ),
    "parts that are not there": (
        [("short.problems", "报告共分7个部分。")],
        [("promised_parts", "warning")],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_found(
    office: Office, changes: Iterable[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    complete(office, *changes)
    made = report(office)
    assert sorted(found(made)) == sorted(expected), [sentence(finding.text) for finding in made.findings]


def test_what_is_carried_in_is_what_was_carried_out_the_year_before(office: Office) -> None:
    complete(office)
    complete(office, year=2018)
    made = report(office, 2018)
    assert ("requests_carried_over", "warning") in found(made)
    [finding] = [finding for finding in made.findings if finding.check == "requests_carried_over"]
    assert finding.text.values == {"words": "上年结转等于上年的结转下年度", "left": "2", "sign": "=", "right": "0"}


SAME = "".join(f"2017年第{part}项工作落实得很好，成效非常明显。" for part in "一二三四五")


def test_a_report_that_repeats_last_years_numbers_and_text_raises_an_alarm(office: Office) -> None:
    publish(office, "2018-03-01", "portal", range(50, 55))
    publish(office, "2018-03-01", "weibo", range(50, 63))
    complete(office, ("short.problems", SAME))
    complete(office, ("short.problems", SAME.replace("2017", "2018")), year=2018)
    alarms = {finding.check for finding in report(office, 2018).findings if finding.check.startswith("repeats")}
    assert alarms == {"repeats_numbers", "repeats_text"}


def test_a_report_that_repeats_what_was_typed_in_last_year_raises_an_alarm(office: Office) -> None:
    complete(office)
    complete(office, year=2018)
    publish(office, "2018-03-01", "portal", range(50, 90))
    (alarm,) = (finding for finding in report(office, 2018).findings if finding.check == "repeats_numbers")
    assert "typed" in str(alarm.text)


def test_a_report_with_new_numbers_and_a_new_text_raises_none(office: Office) -> None:
    complete(office, ("short.problems", SAME))
    complete(
        office,
        *((key, "9") for key in COMPLETE if "requests" in key),
        ("short.problems", SAME.replace("落实", "推进")),
        year=2018,
    )
    assert not [finding for finding in report(office, 2018).findings if finding.check.startswith("repeats")]


def test_figures_stand_beside_those_of_last_year(office: Office) -> None:
    complete(office)
    complete(office, ("short.visits", "206904"), year=2018)
    by_key = {change.figure.key: change for change in report(office, 2018).changes}
    visits, news = by_key["short.visits"], by_key["short.news"]
    assert (visits.difference, visits.percent) == (103_452, 100)
    assert (news.now, news.before, news.difference) == (2, 7, -5)
    assert by_key["short.fees"].percent is None


# The report of a real office


def seed() -> list[Passage]:
    """The paragraphs of the report for 2017, each below its heading."""
    place, found = "", []
    for line in (DATA / "annual-report-2017.txt").read_text(encoding="utf-8").splitlines():
        place = line if re.match("[一二三四五六]、", line) else place
        found.append(Passage(place, [Run(line)]))
    return found


def test_the_slips_of_a_real_report_are_found() -> None:
    read = seed()
    [number] = texts.document_numbers(read)
    assert number.text.values["number"] == "攀辦發〔2017〕84号"
    [parts] = texts.promised_parts(read, dict.fromkeys(passage.place for passage in read))
    assert parts.text.values == {"promised": "7", "count": "6"}
    [year] = texts.years(read, 2017)
    assert year.place.startswith("六、")
    assert list(texts.sums(read)) == []


def test_a_sum_of_a_real_report_that_is_changed_is_found() -> None:
    changed = [Passage(passage.place, [Run(passage.text.replace("行政處罰3項", "行政處罰4項"))]) for passage in seed()]
    [finding] = texts.sums(changed)
    assert finding.text.values["total"] == "7项"
