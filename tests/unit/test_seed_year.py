"""The year 2017 of the model bureau, counted again: the report made from the log says what the published one says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from publisher.log.verify import verify_database
from publisher.office import get_office
from publisher.reports.document import Heading, Paragraph
from publisher.reports.figures.entering import Given, enter_all
from publisher.reports.finishing import finish
from publisher.reports.queries import opened_in
from publisher.reports.report import Report, make_report
from tests.seed_year import YEAR, build, seed_office

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SEED: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "figures-2017.json").read_text(encoding="utf-8")
)
PRINTED: Mapping[str, Mapping[str, Any]] = {figure["key"]: figure for figure in SEED["figures"]}
COUNTED = [
    "columns_adjusted",
    "columns_added",
    "portal_work_news",
    "portal_notices",
    "newspaper_column_issues",
    "weibo_wechat_items",
    "catalogue_items",
    "items_published_total",
]
"""What the log knows; the published report's own list counts the columns among what is typed in."""

TYPED = {"report_parts_declared": "7", "statutory_aspects": "6"}
VISITS = "103276"
SIGNED = datetime(YEAR + 1, 1, 24, 2, tzinfo=UTC)


@pytest.fixture
def report(home: Path, settings: Settings) -> Report:
    """The report as it was on the day it was signed."""
    office = seed_office(home)
    settings.PUBLISHER_CONFIG = office.path
    get_office.cache_clear()
    build(office)
    with time_machine.travel(SIGNED, tick=False):
        enter_all(office, YEAR, given(), by="办公室")
        return make_report(office, YEAR)


def given() -> list[Given]:
    typed = {key: str(figure["value"]) for key, figure in PRINTED.items() if key not in {*COUNTED, *TYPED}}
    words = "政协第58号提案，经征求提出该提案的第九委员学习活动组（攀钢集团公司）意见，不予公开。"
    typed |= {"portal_visits": VISITS, "visits_total": VISITS, "proposals_text": words}
    return [Given(key, value, source="公文审签单") for key, value in typed.items()]


def words_of(report: Report) -> str:
    blocks = report.document().blocks
    return "\n".join(block.text for block in blocks if isinstance(block, Heading | Paragraph))


def expected(figure: Mapping[str, Any]) -> str:
    """What the published report prints of a figure, in the characters of today's forms."""
    worded = str(figure.get("wording", "")).translate(str.maketrans("餘萬條無沒開", "余万条无没开"))
    return worded or f"{figure['value']}{figure['unit']}"


def test_the_report_contains_every_figure_of_the_published_one(report: Report) -> None:
    text = words_of(report)
    assert [key for key, figure in PRINTED.items() if expected(figure) not in text] == []


@pytest.mark.parametrize("key", COUNTED)
def test_each_counted_figure_is_that_of_the_published_report_and_opens(report: Report, key: str) -> None:
    figure, printed = report.figures[key], PRINTED[key]
    assert figure.kind == "log"
    assert figure.number is not None
    if printed["precision"] == "exact":
        assert figure.number == printed["value"]
    else:
        assert printed["value"] < figure.number < 2 * printed["value"]
    assert figure.phrase == expected(printed)
    opened = opened_in(report, key)
    assert opened is not None
    assert len(opened.entries) == figure.number


def test_each_typed_figure_says_who_gave_it_and_when(report: Report) -> None:
    for key in ("power_list_total", "director_mailbox_replies", "portal_visits", "requests_received"):
        opened = opened_in(report, key)
        assert opened is not None
        (value,) = opened.history
        assert (value.by, value.at, value.source) == ("办公室", SIGNED, "公文审签单")


def test_the_report_states_its_rules(report: Report) -> None:
    """366 and 34 are 400, no more; the "more than 400" of the published report needs the catalogue."""
    text = words_of(report)
    assert "366条与通知公告公示信息34条合计400条" in text
    assert "加上政府信息公开目录发布的信息40条，合计440条" in text
    assert "不同渠道和方式公开相同信息计1条" in text
    assert report.figures["items_published_total"].phrase == "400余条"


def test_categories_and_channels_are_those_that_were_used(report: Report) -> None:
    categories = report.figures["disclosure_categories"].text.split("、")
    assert {name.replace("（", "(").replace("）", ")") for name in categories} == set(SEED["categories_zh"]["values"])
    assert report.figures["disclosure_channels"].text == "市政府门户网站、微信公众号、新浪微博、攀枝花日报"


def test_nothing_is_missing_and_the_report_can_be_final(report: Report) -> None:
    assert report.missing == []
    assert report.errors == []
    with time_machine.travel(SIGNED, tick=False):
        final = finish(report.office, YEAR, by="办公室")
    assert final.version == 1
    assert verify_database(report.office.slug).is_sound
