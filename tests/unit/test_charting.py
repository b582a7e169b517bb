"""The charts of a report: the same counts as its figures, laid out along months, years and days."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.office import Office
from publisher.reports.charting import chart_data
from publisher.reports.counts import Selection
from publisher.reports.periods import Period
from publisher.reports.rules import rule
from tests.forms import office_with_example, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(home: Path) -> Office:
    office = office_with_example(home)
    publish(office, "2015-07-01", "portal", range(1, 3))
    publish(office, "2017-01-31", "portal", range(10, 13))
    publish(office, "2017-12-31", "portal", range(20, 21), column="notices")
    publish(office, "2017-12-31", "weibo", range(20, 22))
    return office


@pytest.fixture
def selection() -> Selection:
    period = Period.of_year(2017)
    return Selection(period, rule("published", on=period.last))


def test_months_have_a_bar_for_each_channel(office: Office, selection: Selection) -> None:
    chart = chart_data(office, selection, "months", "各月发布数")
    assert chart.labels[0] == "1月"
    assert {series.name: series.values for series in chart.series} == {
        "门户网站": [3, *[0] * 10, 1],
        "新浪微博": [*[0] * 11, 2],
    }
    assert chart.words == "各月发布数：门户网站4，新浪微博2。"


def test_years_stand_side_by_side(office: Office, selection: Selection) -> None:
    chart = chart_data(office, selection, "years")
    assert chart.labels == ["2013", "2014", "2015", "2016", "2017"]
    assert {series.name: series.values for series in chart.series} == {
        "门户网站": [0, 0, 2, 0, 4],
        "新浪微博": [0, 0, 0, 0, 2],
    }


def test_the_calendar_has_every_day_for_each_column(office: Office, selection: Selection) -> None:
    chart = chart_data(office, selection, "calendar")
    assert (chart.labels[0], chart.labels[-1], len(chart.labels)) == ("2017-01-01", "2017-12-31", 365)
    by_name = {series.name: dict(zip(chart.labels, series.values, strict=True)) for series in chart.series}
    assert by_name["工作动态"]["2017-01-31"] == 3
    assert by_name["通知公告"]["2017-12-31"] == 1
    assert {name: sum(days.values()) for name, days in by_name.items()} == {"工作动态": 5, "通知公告": 1}


def test_a_chart_of_nothing_says_so(office: Office, selection: Selection) -> None:
    period = Period.of_year(2010)
    chart = chart_data(office, Selection(period, selection.rule), "months")
    assert (list(chart.series), chart.words) == ([], "没有发布记录。")
